package adopt

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"

	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
)

// tfChange is what a saved plan does to a resource
// (https://developer.hashicorp.com/terraform/internals/json-format#change-representation).
type tfChange struct {
	Address string `json:"address"`
	Mode    string `json:"mode"`
	Type    string `json:"type"`
	Deposed string `json:"deposed"` // the rest of a replacement that was made before
	Change  struct {
		Actions []string                   `json:"actions"`
		Before  map[string]json.RawMessage `json:"before"`
		After   map[string]json.RawMessage `json:"after"`
	} `json:"change"`
}

func (c tfChange) does(action string) bool { return slices.Contains(c.Change.Actions, action) }

// was is an attribute as it is in AWS.
func (c tfChange) was(name string) string {
	var s string
	_ = json.Unmarshal(c.Change.Before[name], &s) // what is no text, or not there, is empty
	return s
}

// renames reports whether what replaces a thing has another name.
func (c tfChange) renames() bool {
	return !bytes.Equal(c.Change.Before["name"], c.Change.After["name"])
}

const notYet = "terraform apply has not changed it yet: irsa.yaml has it as it will be, and a plan shows the difference"

// tfTaken are the types of resources that are read: what else a plan changes is not looked at.
var tfTaken = []string{
	"aws_iam_role", "aws_iam_policy", "aws_iam_role_policy", "aws_iam_role_policy_attachment", "aws_iam_role_policy_attachments_exclusive",
	"aws_iam_role_policies_exclusive", "aws_iam_policy_attachment", "aws_iam_openid_connect_provider", "aws_eks_pod_identity_association",
}

// tfThings are those of them that are something by themselves: they are adopted, or made.
var tfThings = []string{"aws_iam_role", "aws_iam_policy", "aws_eks_pod_identity_association"}

// changes notes what a saved plan would still do. What is read is what there will be after it.
func (t *tfReading) changes() {
	gone := map[string]bool{} // roles by their names
	for _, c := range t.file.Changes {
		if c.Type == "aws_iam_role" && c.does("delete") {
			gone[c.was("name")] = true
		}
	}
	for _, c := range t.file.Changes {
		if c.Mode == "data" || c.Deposed != "" || !slices.Contains(tfTaken, c.Type) {
			continue
		}
		makes, removes := c.does("create"), c.does("delete")
		thing := slices.Contains(tfThings, c.Type)
		switch {
		case makes && removes:
			t.ahead[c.Address] = thing && c.renames()
			t.out.note(c.Address, "terraform apply would replace it: irsa.yaml has it as it will be")
		case makes && thing:
			t.ahead[c.Address] = true
		case makes && c.Type == "aws_iam_openid_connect_provider":
			t.out.note(c.Address, "it is not in AWS yet: helm irsa apply makes it where terraform apply has not")
		case removes && thing:
			t.out.note(c.Address, "terraform apply would delete it: it is left out; to keep it: terraform state rm %s, and import it from a snapshot", safe.Word(c.Address))
		case c.does("forget") && thing:
			t.out.note(c.Address, "terraform apply would let go of it, and leave it in AWS: it is left out; import it from the state, or from a snapshot")
		case makes: // a policy of a role, which says it where it is there already
			t.ahead[c.Address] = true
		case removes && gone[c.was("role")]:
		case removes || c.does("update"): // what it forgets stays in AWS
			t.out.note(c.Address, "%s", notYet)
		}
	}
}

// puts notes that a saved plan would put something on a role that is there already.
func (t *tfReading) puts(r *tfResource, role *awsstate.Role) {
	if t.ahead[r.Address] && t.out.Ahead[role.ARN] == "" {
		t.out.note(r.Address, "%s", notYet)
	}
}

// kept notes the address under which Terraform keeps something, or will.
func (t *tfReading) kept(arn string, r *tfResource) {
	if t.ahead[r.Address] {
		t.out.Ahead[arn] = r.Address
	} else {
		t.out.Kept[arn] = r.Address
	}
}

// later notes that a resource is left out, since a plan does not know enough of it.
func (t *tfReading) later(r *tfResource, what string) {
	t.out.Later = true
	t.out.note(r.Address, "%s only after terraform apply: it is left out", what)
}

// addressOf is the address under which Terraform keeps something, or will.
func (t *tfReading) addressOf(arn string) string {
	return cmp.Or(t.out.Kept[arn], t.out.Ahead[arn])
}
