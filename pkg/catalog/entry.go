package catalog

// Entry is one chart, or one purpose, and the policy that it needs.
type Entry struct {
	// Name is what irsa.yaml writes; Aliases are other names that are understood.
	Name    string   `yaml:"name"`
	Aliases []string `yaml:"aliases"`
	// Title is the name that people know, and Allows says what the policy is for.
	Title  string `yaml:"title"`
	Allows string `yaml:"allows"`
	// Charts are the charts that make what needs the policy; none where any application may.
	Charts     []Chart     `yaml:"charts"`
	Parameters []Parameter `yaml:"parameters"`
	// AnyOf are optional parameters and features of which at least one is given.
	AnyOf      []string    `yaml:"anyOf"`
	Features   []Feature   `yaml:"features"`
	Statements []Statement `yaml:"statements"`
	Managed    []Managed   `yaml:"managed"`
	// Sources are the publisher's pages; Publisher is what they say, and Narrowed what is
	// narrower here.
	Sources   []string `yaml:"sources"`
	Publisher string   `yaml:"publisher"`
	Narrowed  string   `yaml:"narrowed"`
	// Needs is what else has to be set or made.
	Needs []string `yaml:"needs"`
	// Limits are circumstances in which it does not work or is not needed.
	Limits []string `yaml:"limits"`
	// Modes are the values of `mode` in irsa.yaml that it works with; all where empty.
	Modes []string `yaml:"modes"`
	// Replaces is what people used before.
	Replaces []string `yaml:"replaces"`
	Example  Example  `yaml:"example"`
}

// Chart is a chart whose pods need the policy.
type Chart struct {
	Name string `yaml:"name"`
	// Home is where the chart comes from; charts move, and of one name there are several.
	Home string `yaml:"home"`
	// Moved are earlier homes.
	Moved []string `yaml:"moved"`
	// Versions are those that were looked at.
	Versions []string `yaml:"versions"`
	// Namespace is the usual one; empty where there is none.
	Namespace       string           `yaml:"namespace"`
	ServiceAccounts []ServiceAccount `yaml:"serviceAccounts"`
	// Set are values that the chart needs to render, or to use the role.
	Set map[string]any `yaml:"set"`
}

// ServiceAccount is one that a chart makes, and the values that drive it.
type ServiceAccount struct {
	// Name is the name by default; RELEASE stands for the release's. Where the release's
	// name holds the chart's, most charts leave the latter out.
	Name string `yaml:"name"`
	// Off is true where the chart makes it only once Values.Create is set.
	Off    bool   `yaml:"off"`
	Values Values `yaml:"values"`
}

// Values are dotted paths into a chart's values; empty where the chart has none.
type Values struct {
	Annotations string `yaml:"annotations"`
	Name        string `yaml:"name"`
	Create      string `yaml:"create"`
	// RoleARN takes the role's ARN itself.
	RoleARN string `yaml:"roleARN"`
}

// Parameter is something that the policy is narrowed to.
type Parameter struct {
	Name string `yaml:"name"`
	// Type is one of the table in values.go.
	Type     string `yaml:"type"`
	Required bool   `yaml:"required"`
	// Single is true where one value is taken, not a list.
	Single bool `yaml:"single"`
	// Default are the values where none is given; the lines of statements that name a
	// parameter without any are left out.
	Default []string `yaml:"default"`
	About   string   `yaml:"about"`
}

// Feature adds statements, or takes some away.
type Feature struct {
	Name  string `yaml:"name"`
	About string `yaml:"about"`
	// Modes are as those of an entry.
	Modes []string `yaml:"modes"`
}

// Statement allows actions on resources. In resources and conditions, ${PARAMETER} stands for
// each value in turn; ${PARAMETER.bucket} and ${PARAMETER.objects} for the ARN of a bucket and
// of what lies in it; ${partition}, ${cluster.name}, ${cluster.region} and
// ${cluster.accountID} for those of the cluster. Variables of IAM pass through.
type Statement struct {
	Sid string `yaml:"sid"`
	// Part puts the statement into a document of its own, where one would be too long.
	Part string `yaml:"part"`
	// When and Unless are features, or parameters that have values.
	When       string                         `yaml:"when"`
	Unless     string                         `yaml:"unless"`
	Actions    []string                       `yaml:"actions"`
	Resources  []string                       `yaml:"resources"`
	Conditions map[string]map[string][]string `yaml:"conditions"`
	// All says why the resource is * although an action takes one.
	All string `yaml:"all"`
}

// Managed is a policy that AWS keeps: its path and name, such as service-role/Name.
type Managed struct {
	Policy string `yaml:"policy"`
	When   string `yaml:"when"`
	Unless string `yaml:"unless"`
}

// Example is a use of the entry, for documentation and tests, in the standard partition.
type Example struct {
	Parameters map[string][]string `yaml:"parameters"`
	Features   []string            `yaml:"features"`
}

// Parameter finds one by name.
func (e *Entry) parameter(name string) *Parameter {
	for i := range e.Parameters {
		if e.Parameters[i].Name == name {
			return &e.Parameters[i]
		}
	}
	return nil
}

func (e *Entry) feature(name string) *Feature {
	for i := range e.Features {
		if e.Features[i].Name == name {
			return &e.Features[i]
		}
	}
	return nil
}
