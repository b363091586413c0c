package docs

import (
	"bytes"
	"fmt"
	"log"
	"os"
	"regexp"
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/postrender"

	"github.com/helm-irsa/helm-irsa/pkg/render"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// A Renderer is what Helm's SDK takes as a post-renderer.
var _ postrender.PostRenderer = (*render.Renderer)(nil)

func Example() {
	if err := os.Chdir(root); err != nil {
		log.Fatal(err)
	}
	manifests := bytes.NewBufferString("apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: my-app-sa\n")

	// README
	file, err := spec.Load("docs/examples/qovery-cluster/irsa.yaml")
	if err != nil {
		log.Fatal(err)
	}
	renderer, err := render.New(render.Options{Spec: file, Namespace: "z0a1b2c3d-production"})
	if err != nil {
		log.Fatal(err)
	}
	result, err := renderer.Run(manifests)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(result)
	// end

	// Output:
	// apiVersion: v1
	// kind: ServiceAccount
	// metadata:
	//   annotations:
	//     eks.amazonaws.com/role-arn: arn:aws:iam::111122223333:role/my-s3-role
	//   name: my-app-sa
}

// TestPageShowsTheExample: the Go code in docs/post-renderer.md is that of Example.
func TestPageShowsTheExample(t *testing.T) {
	t.Parallel()
	blocks := regexp.MustCompile("(?s)\n```go\n(.*?)```\n").FindAllStringSubmatch(read(t, "docs/post-renderer.md"), -1)
	if len(blocks) != 1 {
		t.Fatalf("docs/post-renderer.md has %d blocks of Go, want 1", len(blocks))
	}
	_, code, _ := strings.Cut(read(t, "test/docs/example_test.go"), "\t// README\n")
	code, _, _ = strings.Cut(code, "\t// end\n")
	if code = strings.ReplaceAll("\n"+code, "\n\t", "\n")[1:]; blocks[0][1] != code {
		t.Errorf("docs/post-renderer.md shows\n%s\nExample is\n%s", blocks[0][1], code)
	}
}

// TestReadmeSpec: the irsa.yaml in README.md is one.
func TestReadmeSpec(t *testing.T) {
	t.Parallel()
	blocks := regexp.MustCompile("(?s)\n```yaml\n(apiVersion: helm-irsa.*?)```\n").FindAllStringSubmatch(read(t, "README.md"), -1)
	if len(blocks) != 1 {
		t.Fatalf("README.md has %d irsa.yaml, want 1", len(blocks))
	}
	file, err := spec.Parse("README.md", []byte(blocks[0][1]))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := render.New(render.Options{Spec: file, Namespace: "default"}); err != nil {
		t.Error(err)
	}
}
