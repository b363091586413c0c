package catalog

// Entry is one chart, or one purpose, and the policy that it needs.
type Entry struct {
	// Name is what irsa.yaml writes; Aliases are other names that are understood.
	Name    string   `yaml:"name" json:"name"`
	Aliases []string `yaml:"aliases" json:"aliases,omitempty"`
	// Title is the name that people know, and Allows says what the policy is for.
	Title  string `yaml:"title" json:"title,omitempty"`
	Allows string `yaml:"allows" json:"allows,omitempty"`
	// Charts are the charts that make what needs the policy; none where any application may.
	Charts     []Chart     `yaml:"charts" json:"charts,omitempty"`
	Parameters []Parameter `yaml:"parameters" json:"parameters,omitempty"`
	// AnyOf are optional parameters and features of which at least one is given.
	AnyOf      []string    `yaml:"anyOf" json:"anyOf,omitempty"`
	Features   []Feature   `yaml:"features" json:"features,omitempty"`
	Statements []Statement `yaml:"statements" json:"statements,omitempty"`
	Managed    []Managed   `yaml:"managed" json:"managed,omitempty"`
	// Sources are the publisher's pages; Publisher is what they say, and Narrowed what is
	// narrower here.
	Sources   []string `yaml:"sources" json:"sources,omitempty"`
	Publisher string   `yaml:"publisher" json:"publisher,omitempty"`
	Narrowed  string   `yaml:"narrowed" json:"narrowed,omitempty"`
	// Presets are the names of targets of irsa.yaml for the chart.
	Presets []string `yaml:"presets" json:"presets,omitempty"`
	// Needs is what else has to be set or made.
	Needs []string `yaml:"needs" json:"needs,omitempty"`
	// Limits are circumstances in which it does not work or is not needed.
	Limits []string `yaml:"limits" json:"limits,omitempty"`
	// Modes are the values of `mode` in irsa.yaml that it works with; all where empty.
	Modes []string `yaml:"modes" json:"modes,omitempty"`
	// Replaces is what people used before.
	Replaces []string `yaml:"replaces" json:"replaces,omitempty"`
	Example  Example  `yaml:"example" json:"example,omitempty"`
}

// Chart is a chart whose pods need the policy.
type Chart struct {
	Name string `yaml:"name" json:"name"`
	// Home is where the chart comes from; charts move, and of one name there are several.
	Home string `yaml:"home" json:"home,omitempty"`
	// Moved are earlier homes.
	Moved []string `yaml:"moved" json:"moved,omitempty"`
	// Versions are those that were looked at.
	Versions []string `yaml:"versions" json:"versions,omitempty"`
	// Namespace is the usual one; empty where there is none.
	Namespace       string           `yaml:"namespace" json:"namespace,omitempty"`
	ServiceAccounts []ServiceAccount `yaml:"serviceAccounts" json:"serviceAccounts,omitempty"`
	// Set are values that the chart needs to render, or to use the role.
	Set map[string]any `yaml:"set" json:"set,omitempty"`
}

// ServiceAccount is one that a chart makes, and the values that drive it.
type ServiceAccount struct {
	// Name is the name by default; RELEASE stands for the release's. Where the release's
	// name holds the chart's, most charts leave the latter out.
	Name string `yaml:"name" json:"name"`
	// Off is true where the chart makes it only once Values.Create is set.
	Off    bool   `yaml:"off" json:"off,omitempty"`
	Values Values `yaml:"values" json:"values"`
}

// Values are dotted paths into a chart's values; empty where the chart has none.
type Values struct {
	Annotations string `yaml:"annotations" json:"annotations,omitempty"`
	Name        string `yaml:"name" json:"name"`
	Create      string `yaml:"create" json:"create,omitempty"`
	// RoleARN takes the role's ARN itself.
	RoleARN string `yaml:"roleARN" json:"roleARN,omitempty"`
}

// Parameter is something that the policy is narrowed to.
type Parameter struct {
	Name string `yaml:"name" json:"name"`
	// Type is one of the table in values.go.
	Type     string `yaml:"type" json:"type,omitempty"`
	Required bool   `yaml:"required" json:"required,omitempty"`
	// Default are the values where none is given; the lines of statements that name a
	// parameter without any are left out.
	Default []string `yaml:"default" json:"default,omitempty"`
	About   string   `yaml:"about" json:"about,omitempty"`
}

// Feature adds statements, or takes some away.
type Feature struct {
	Name  string `yaml:"name" json:"name"`
	About string `yaml:"about" json:"about,omitempty"`
	// Modes are as those of an entry.
	Modes []string `yaml:"modes" json:"modes,omitempty"`
}

// Statement allows actions on resources. In resources and conditions, ${PARAMETER} stands for
// each value in turn; ${PARAMETER.bucket} and ${PARAMETER.objects} for the ARN of a bucket and
// of what lies in it; ${partition}, ${cluster.name}, ${cluster.region} and
// ${cluster.accountID} for those of the cluster. Variables of IAM pass through.
type Statement struct {
	Sid string `yaml:"sid" json:"sid,omitempty"`
	// Part puts the statement into a document of its own, where one would be too long.
	Part string `yaml:"part" json:"part,omitempty"`
	// When and Unless are features, or parameters that have values.
	When       string                         `yaml:"when" json:"when,omitempty"`
	Unless     string                         `yaml:"unless" json:"unless,omitempty"`
	Actions    []string                       `yaml:"actions" json:"actions,omitempty"`
	Resources  []string                       `yaml:"resources" json:"resources,omitempty"`
	Conditions map[string]map[string][]string `yaml:"conditions" json:"conditions,omitempty"`
	// All says why the resource is * although an action takes one.
	All string `yaml:"all" json:"all,omitempty"`
}

// Managed is a policy that AWS keeps: its path and name, such as service-role/Name.
type Managed struct {
	Policy string `yaml:"policy" json:"policy,omitempty"`
	When   string `yaml:"when" json:"when,omitempty"`
	Unless string `yaml:"unless" json:"unless,omitempty"`
}

// Example is a use of the entry, for documentation and tests, in the standard partition.
type Example struct {
	Parameters map[string][]string `yaml:"parameters" json:"parameters,omitempty"`
	Features   []string            `yaml:"features" json:"features,omitempty"`
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
