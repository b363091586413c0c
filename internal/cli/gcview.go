package cli

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
)

// gcReport is what -o json prints.
type gcReport struct {
	Leftovers []awsiam.Leftover    `json:"leftovers"`
	Clusters  []gcCluster          `json:"clusters"`
	Summary   map[awsiam.Class]int `json:"summary"`
}

func (f *gcFound) report() gcReport {
	r := gcReport{Leftovers: append([]awsiam.Leftover{}, f.all...), Clusters: append([]gcCluster{}, f.clusters...), Summary: map[awsiam.Class]int{}}
	for _, l := range f.all {
		r.Summary[l.Class]++
	}
	return r
}

func (o *gcOptions) print(f *gcFound) error {
	if o.format == "json" {
		return printJSON(o.sys.Stdout, f.report())
	}
	gcView{newPlanView(o.sys, o.sys.Stdout), o.all}.print(f)
	return o.sys.printed()
}

// gcView prints what is left over for people.
type gcView struct {
	planView
	all bool
}

func (v gcView) print(f *gcFound) {
	var going, staying []awsiam.Leftover
	used := 0
	for _, l := range f.all {
		switch {
		case l.Delete:
			going = append(going, l)
		case l.Class == awsiam.InUse && !v.all:
			used++
		default:
			staying = append(staying, l)
		}
	}
	if len(going) == 0 {
		v.line("", "Nothing is left over.")
	} else {
		v.line("", "Left over:")
		v.table(going, red)
	}
	if len(staying) > 0 {
		fmt.Fprintln(v.w)
		v.line("", "Stays:")
		v.table(staying, "")
	}
	fmt.Fprintln(v.w)
	v.line("", fmt.Sprintf("%d to delete, %d in use, %d that stay for another reason", len(going), used+count(staying, awsiam.InUse), len(staying)-count(staying, awsiam.InUse)))
}

func count(all []awsiam.Leftover, class awsiam.Class) int {
	n := 0
	for _, l := range all {
		if l.Class == class {
			n++
		}
	}
	return n
}

// table writes a line each; the reason stands last, since it may be long.
func (v gcView) table(all []awsiam.Leftover, colour string) {
	var text strings.Builder
	w := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "TYPE\tNAME\tAWS ACCOUNT\tLAST USED\tWHY")
	for _, l := range all {
		used := l.LastUsed
		switch {
		case l.Type != awsiam.TypeRole:
			used = "-"
		case used == "":
			used = "never"
		default:
			used, _, _ = strings.Cut(used, "T")
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", typeNames[l.Type], safe.Value(l.Name), safe.Value(l.Account), safe.Text(used), safe.Text(l.Reason))
	}
	_ = w.Flush() // to memory
	for i, line := range strings.Split(strings.TrimSuffix(text.String(), "\n"), "\n") {
		if i == 0 {
			v.line("", line)
			continue
		}
		v.line(colour, line)
	}
}
