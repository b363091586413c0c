package main

import (
	"bytes"
	"cmp"
	"context"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/types"
	spec "github.com/opencontainers/image-spec/specs-go/v1"
)

const (
	source      = "https://github.com/helm-irsa/helm-irsa"
	license     = "Apache-2.0"
	description = "AWS identity (IRSA and EKS Pod Identity) for the pods of a Helm release"
	// user is that of distroless images: any number that is not root's will do.
	user = "65532:65532"
)

// imageOptions say what image to make. It has Helm 4, the plugin, and each of its programs on
// PATH; it runs as nobody, and writes to /tmp alone, so that its root may be read-only. It has
// no entrypoint: CI systems and Argo CD's sidecars run commands of their own.
type imageOptions struct {
	dist, version    string
	helms            map[string]string
	base, layout, to string
	plain            bool
}

func (o imageOptions) run(ctx context.Context) error {
	if len(o.helms) == 0 {
		return errors.New("-helm is missing: an image without Helm is of no use")
	}
	var all []mutate.IndexAddendum
	for _, platform := range slices.Sorted(maps.Keys(o.helms)) {
		goos, goarch, _ := strings.Cut(platform, "/")
		p := v1.Platform{OS: goos, Architecture: goarch}
		image, err := o.imageFor(ctx, p)
		if err != nil {
			return fmt.Errorf("%s: %w", platform, err)
		}
		all = append(all, mutate.IndexAddendum{Add: image, Descriptor: v1.Descriptor{Platform: &p}})
	}
	index := mutate.AppendManifests(mutate.IndexMediaType(empty.Index, types.OCIImageIndex), all...)
	if o.layout != "" {
		if err := writeLayout(o.layout, index); err != nil {
			return fmt.Errorf("writing %s: %w", o.layout, err)
		}
	}
	if o.to == "" {
		return nil
	}
	for _, tag := range []string{o.version, "latest"} {
		ref, err := name.NewTag(o.to+":"+tag, o.registry()...)
		if err != nil {
			return err
		}
		if err := remote.WriteIndex(ref, index, remote.WithContext(ctx), remote.WithAuthFromKeychain(authn.DefaultKeychain)); err != nil {
			return fmt.Errorf("sending %s: %w", ref, err)
		}
		digest, err := index.Digest()
		if err != nil {
			return err
		}
		fmt.Printf("%s@%s\n", ref, digest)
	}
	return nil
}

func (o imageOptions) registry() []name.Option {
	if o.plain {
		return []name.Option{name.Insecure}
	}
	return nil
}

func writeLayout(folder string, index v1.ImageIndex) error {
	path, err := layout.Write(folder, empty.Index)
	if err != nil {
		return err
	}
	return path.AppendIndex(index)
}

// imageFor makes the image of a platform.
func (o imageOptions) imageFor(ctx context.Context, p v1.Platform) (v1.Image, error) {
	base, labels, err := o.baseFor(ctx, p)
	if err != nil {
		return nil, fmt.Errorf("reading the image to build on: %w", err)
	}
	helm, err := os.ReadFile(o.helms[p.OS+"/"+p.Architecture])
	if err != nil {
		return nil, err
	}
	if wants := interpreter(helm); wants != "" && o.base == "" {
		return nil, fmt.Errorf("%s needs %s, which the image does not have: take a Helm that was built with CGO_ENABLED=0, as its releases are", o.helms[p.OS+"/"+p.Architecture], wants)
	}
	plugin, err := readPlugin(filepath.Join(o.dist, fmt.Sprintf("helm-irsa-%s-%s-%s.tar.gz", o.version, p.OS, p.Architecture)))
	if err != nil {
		return nil, err
	}
	// Helm changes seldom, so it is a layer of its own.
	groups := []tree{{"usr/local/bin/helm": {data: helm, mode: 0o755}}, pluginTree(plugin)}
	if o.base == "" {
		groups = slices.Insert(groups, 0, rootTree())
	}
	out := base
	for _, files := range groups {
		layer, err := files.layer()
		if err != nil {
			return nil, err
		}
		if out, err = mutate.AppendLayers(out, layer); err != nil {
			return nil, err
		}
	}
	return configured(out, p, o.version, labels)
}

// interpreter is the program that a dynamically linked one is started by; empty where it needs none.
func interpreter(program []byte) string {
	f, err := elf.NewFile(bytes.NewReader(program))
	if err != nil {
		return ""
	}
	for _, part := range f.Progs {
		if part.Type == elf.PT_INTERP {
			text, _ := io.ReadAll(part.Open())
			return strings.TrimRight(string(text), "\x00")
		}
	}
	return ""
}

// baseFor is the image to build on, and what is to be said of it.
func (o imageOptions) baseFor(ctx context.Context, p v1.Platform) (v1.Image, map[string]string, error) {
	if o.base == "" {
		return mutate.MediaType(empty.Image, types.OCIManifestSchema1), nil, nil
	}
	ref, err := name.ParseReference(o.base, o.registry()...)
	if err != nil {
		return nil, nil, err
	}
	image, err := remote.Image(ref, remote.WithContext(ctx), remote.WithPlatform(p), remote.WithAuthFromKeychain(authn.DefaultKeychain))
	if err != nil {
		return nil, nil, err
	}
	digest, err := image.Digest()
	return image, map[string]string{spec.AnnotationBaseImageName: ref.String(), spec.AnnotationBaseImageDigest: digest.String()}, err
}

// configured is the image with its user, environment and labels.
func configured(image v1.Image, p v1.Platform, version string, labels map[string]string) (v1.Image, error) {
	file, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	file = file.DeepCopy()
	file.OS, file.Architecture = p.OS, p.Architecture
	file.Created = v1.Time{Time: time.Unix(0, 0).UTC()}
	c := &file.Config
	c.User, c.Entrypoint, c.Cmd, c.WorkingDir = user, nil, []string{"helm", "irsa", "--help"}, "/tmp"
	c.Env = environment(c.Env)
	if c.Labels == nil {
		c.Labels = map[string]string{}
	}
	maps.Copy(c.Labels, map[string]string{
		spec.AnnotationTitle: "helm-irsa", spec.AnnotationDescription: description, spec.AnnotationVersion: version,
		spec.AnnotationSource: source, spec.AnnotationLicenses: license,
	})
	maps.Copy(c.Labels, labels)
	return mutate.ConfigFile(image, file)
}

// environment is the base's, with Helm's folders where anybody may write. The plugin is in a
// folder that nobody writes to.
func environment(base []string) []string {
	own := map[string]string{
		"HELM_PLUGINS": "/opt/helm/plugins", "HELM_CACHE_HOME": "/tmp/helm/cache", "HELM_CONFIG_HOME": "/tmp/helm/config",
		"HELM_DATA_HOME": "/tmp/helm/data", "HOME": "/tmp",
	}
	path := "/usr/local/bin:/usr/bin:/bin"
	var out []string
	for _, pair := range base {
		key, value, _ := strings.Cut(pair, "=")
		if key == "PATH" {
			path = cmp.Or(value, path)
		} else if _, ours := own[key]; !ours {
			out = append(out, pair)
		}
	}
	own["PATH"] = path
	for _, key := range slices.Sorted(maps.Keys(own)) {
		out = append(out, key+"="+own[key])
	}
	return out
}
