package discover

import (
	"fmt"
	"strings"
)

// Options say what is rendered, and how.
type Options struct {
	// Chart is the path of a chart's folder or archive.
	Chart string
	// Values are the caller's own values; see MergeValues. They are not changed.
	Values             map[string]any
	Release, Namespace string
	// KubeVersion and APIVersions are what the chart is told of the cluster; where they are
	// empty it is told what Helm's own library assumes.
	KubeVersion string
	APIVersions []string
	IsUpgrade   bool
	// NoHooks leaves hooks out, and SkipTests those that are tests.
	NoHooks, SkipTests bool
	// SkipSchema takes values that the chart's schema refuses.
	SkipSchema bool
	// Bare takes a chart that makes no service account, as long as pods run in it, and no value
	// that is off by default makes one.
	Bare bool
	// Through renders the chart with values as helm template prints it, by the user's own Helm:
	// for a chart whose templates need Helm 4. Nil where there is none.
	Through func(values map[string]any, skipSchema bool) ([]byte, error) `json:"-"`
}

// Result is what a chart makes. Its JSON is that of `helm irsa inspect -o json`.
type Result struct {
	Chart Chart `json:"chart"`
	// Renders is how often the chart was rendered.
	Renders         int              `json:"renders"`
	ServiceAccounts []ServiceAccount `json:"serviceAccounts"`
	// Elsewhere are workloads that run as a service account that the chart does not make.
	Elsewhere []Runner `json:"-"`
	// Whole are the caller's values and the chart's, as templates see them.
	Whole map[string]any `json:"-"`
}

// Chart is the chart that was inspected.
type Chart struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// ServiceAccount is one that the chart makes.
type ServiceAccount struct {
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	// NameVaries is true where it is called otherwise with each render, so that nothing can name it.
	NameVaries bool `json:"nameVaries,omitempty"`
	// Hook is true where Helm makes it as a hook, which may be gone while the release runs.
	Hook      bool       `json:"hook"`
	Workloads []Workload `json:"workloads"`
	Values    Values     `json:"values"`
	// Catalog is the name of the catalogue's entry that fits; empty where none does.
	Catalog string `json:"catalog"`
	// Refers are objects whose controller asks for a token of it.
	Refers []Workload `json:"-"`
	// Ways are the values that lead to its annotations, in no order; see Result.Ways.
	Ways []Way `json:"-"`
}

// Workload is an object that runs pods, or that asks for tokens.
type Workload struct {
	Kind string `json:"kind"`
	Name string `json:"name"`
}

// Runner is a workload, and the name of the service account that it runs as.
type Runner struct {
	Workload
	Namespace, ServiceAccount string
}

// Values are paths into the chart's values, each proven by a render: setting it does this and
// nothing else has to be set.
type Values struct {
	// Annotations are mappings, or texts, that become annotations of the service account.
	Annotations []string `json:"annotations"`
	// Name are texts that become its name.
	Name []string `json:"name"`
	// Create are switches that keep the chart from making it.
	Create []string `json:"create"`
	// RoleARN are texts that end as the ARN of its role annotation.
	RoleARN []string `json:"roleARN"`
}

// Error says in one line why a chart cannot be inspected, and how to go on.
type Error struct {
	Message string
	// Next is what to type; empty where that cannot be said.
	Next string
}

// Error is the message.
func (e *Error) Error() string { return e.Message }

// Hint is what to type.
func (e *Error) Hint() string { return e.Next }

// DependencyError says that a chart's folder lacks charts that it depends on.
type DependencyError struct {
	Chart   string
	Missing []string
}

// Error names them.
func (e *DependencyError) Error() string {
	return fmt.Sprintf("loading chart %s: it depends on %s, which its charts folder does not have", e.Chart, strings.Join(e.Missing, ", "))
}
