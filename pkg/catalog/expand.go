package catalog

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// targetOf is what an irsa.yaml says of its cluster; what it leaves out is otherwise's.
func targetOf(f *spec.File, otherwise Target) Target {
	t := Target{Region: f.Cluster.Region, AccountID: cmp.Or(f.Cluster.AccountID, otherwise.AccountID), ClusterName: cmp.Or(f.Cluster.Name, otherwise.ClusterName)}
	if t.Region == "" {
		t.Region, t.Partition = otherwise.Region, otherwise.Partition
	}
	t.Partition = cmp.Or(spec.PartitionOf(t.Region), t.Partition)
	return t
}

// Expand gives an irsa.yaml in which the documents and the policies of AWS stand that its
// wellKnownPolicies mean, among inlinePolicies and policyARNs; the names themselves stay. The
// file that is given is not changed. All faults come at once, with their places.
//
// Where no region is known at all, entries that need one are left out, and are no fault: who
// goes to AWS needs a region and is told so there, and all else can do without.
func Expand(f *spec.File, otherwise Target) (*spec.File, []spec.Fault) {
	target := targetOf(f, otherwise)
	out := *f
	out.ServiceAccounts = slices.Clone(f.ServiceAccounts)
	var faults []spec.Fault
	for i := range out.ServiceAccounts {
		if sa := &out.ServiceAccounts[i]; len(sa.Role.WellKnownPolicies) > 0 {
			faults = append(faults, expandRole(sa, target)...)
		}
	}
	return &out, faults
}

func expandRole(sa *spec.ServiceAccount, target Target) []spec.Fault {
	role := &sa.Role
	role.InlinePolicies, role.PolicyARNs = maps.Clone(role.InlinePolicies), slices.Clone(role.PolicyARNs)
	if role.InlinePolicies == nil {
		role.InlinePolicies = map[string]spec.Document{}
	}
	var faults []spec.Fault
	first := map[string]spec.Place{}
	for _, w := range role.WellKnownPolicies {
		if w.Name == "" {
			continue // the loader has said so
		}
		e, err := Find(w.Name)
		if err != nil {
			faults = append(faults, faultsAt(w, err)...)
			continue
		}
		if before, twice := first[e.Name]; twice {
			faults = append(faults, w.Place.Fault(fmt.Sprintf("%s is listed twice, first on line %d", e.Name, before.Line), "write its parameters once"))
			continue
		}
		first[e.Name] = w.Place
		r, repeated := requestOf(w, target)
		faults = append(faults, repeated...)
		policy, err := e.Build(r)
		if err != nil {
			faults = append(faults, faultsAt(w, withoutRegion(err, target))...)
			continue
		}
		faults = append(faults, modeFaults(e, w, sa.Mode)...)
		faults = append(faults, addPolicy(role, w, policy)...)
	}
	return faults
}

// withoutRegion leaves off that the region is not known, where it is known for nobody.
func withoutRegion(err error, target Target) error {
	e, ok := err.(*Error)
	if !ok || target.Partition != "" {
		return err
	}
	return &Error{Entry: e.Entry, Faults: slices.DeleteFunc(slices.Clone(e.Faults), Fault.OfRegion)}
}

// requestOf is what an entry of irsa.yaml says. Values that are there twice are faults.
func requestOf(w spec.WellKnownPolicy, target Target) (Request, []spec.Fault) {
	r := Request{Parameters: map[string][]string{}, Target: target}
	var faults []spec.Fault
	for _, p := range w.Parameters {
		values := []string{}
		for _, v := range p.Values {
			if v.Text != "" && slices.Contains(values, v.Text) && p.Name != FeaturesParameter {
				faults = append(faults, v.Place.Fault(fmt.Sprintf("%q is listed twice", v.Text), "drop one"))
			}
			values = append(values, v.Text)
		}
		if p.Name == FeaturesParameter {
			r.Features = values
		} else {
			r.Parameters[p.Name] = values
		}
	}
	return r, faults
}

// addPolicy adds what an entry comes to. A name that irsa.yaml has for a policy of its own is
// a fault: IAM ignores case
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html).
func addPolicy(role *spec.Role, w spec.WellKnownPolicy, policy *Policy) []spec.Fault {
	var faults []spec.Fault
	for _, d := range policy.Documents {
		for name := range role.InlinePolicies {
			if strings.EqualFold(name, d.Name) {
				faults = append(faults, w.Place.Fault("inlinePolicies has "+name+" too, the name of what this entry adds", "give that policy another name"))
			}
		}
		document, err := spec.ParseDocument("the catalogue's "+d.Name, d.JSON)
		if err != nil {
			faults = append(faults, w.Place.Fault("the catalogue's document is not valid: "+err.Error(), ""))
		}
		role.InlinePolicies[d.Name] = document
	}
	for _, arn := range policy.ManagedARNs {
		if !slices.Contains(role.PolicyARNs, arn) {
			role.PolicyARNs = append(role.PolicyARNs, arn)
		}
	}
	return faults
}

// modeFaults finds an entry, or a feature of it, that does not work the way the pods get
// their role.
func modeFaults(e *Entry, w spec.WellKnownPolicy, mode string) []spec.Fault {
	var faults []spec.Fault
	if !worksIn(e.Modes, mode) {
		faults = append(faults, w.Place.Fault(fmt.Sprintf("%s does not work in mode %s", e.Name, mode), "write mode: "+strings.Join(e.Modes, " or ")))
	}
	for _, p := range w.Parameters {
		for _, v := range p.Values {
			if f := e.feature(v.Text); p.Name == FeaturesParameter && f != nil && !worksIn(f.Modes, mode) {
				faults = append(faults, v.Place.Fault(fmt.Sprintf("the feature %s does not work in mode %s", f.Name, mode), "write mode: "+strings.Join(f.Modes, " or ")))
			}
		}
	}
	return faults
}

func worksIn(modes []string, mode string) bool {
	return len(modes) == 0 || slices.Contains(modes, mode)
}

// faultsAt puts the faults of one entry where they stand in irsa.yaml. Values that the loader
// has refused are empty, and are not reported twice.
func faultsAt(w spec.WellKnownPolicy, err error) []spec.Fault {
	e, ok := err.(*Error)
	if !ok {
		return []spec.Fault{w.Place.Fault(err.Error(), "")}
	}
	var out []spec.Fault
	for _, f := range e.Faults {
		at, refused := w.Place, false
		for _, p := range w.Parameters {
			if f.Parameter == "" || p.Name != f.Parameter {
				continue
			}
			at = p.Place
			if f.Index >= 0 && f.Index < len(p.Values) {
				at, refused = p.Values[f.Index].Place, p.Values[f.Index].Text == ""
			}
		}
		if !refused {
			out = append(out, at.Fault(f.Message, f.Hint))
		}
	}
	return out
}
