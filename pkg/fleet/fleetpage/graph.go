package fleetpage

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/helm-irsa/helm-irsa/pkg/fleet"
)

// The graph is a drawing for each namespace, in three columns: service accounts, roles, policies.
// A drawing of all would have a thousand lines across each other.

// clusterGraph is a cluster with its namespaces.
type clusterGraph struct {
	Name       string
	Open       bool
	Namespaces []drawing
}

// drawing is one namespace.
type drawing struct {
	Namespace string
	// State is the worst of its service accounts', Counts are in words.
	State, Counts string
	Open          bool
	Width, Height int
	Nodes         []node
	Lines         []line
	// Left is how many service accounts have no room, and stand in the table alone.
	Left int
}

// node is a box with a text, which links to a row where it has one.
type node struct {
	X, Y, Width       int
	Text, Title, Link string
	Class             string
}

// line joins two boxes.
type line struct {
	Path, Class, Title string
}

// Sizes in pixels.
const (
	rowHeight   = 30
	boxHeight   = 24
	boxWidth    = 250
	columnWidth = 330
	top         = 34
	letters     = 34
	// mostAccounts is how many service accounts a drawing has room for.
	mostAccounts = 150
)

// MiddleY is where the text of a box stands.
func (n node) MiddleY() int { return n.Y + 16 }

// TextX is where it begins.
func (n node) TextX() int { return n.X + 8 }

// graphsOf draws the pairs of the report.
func graphsOf(r *fleet.Report, roles map[string]string) []clusterGraph {
	edges := map[[2]string][]fleet.Edge{}
	for _, e := range r.Edges {
		k := [2]string{e.Cluster, e.Namespace}
		edges[k] = append(edges[k], e)
	}
	byARN := map[string]*fleet.Role{}
	for i := range r.Roles {
		byARN[r.Roles[i].ARN] = &r.Roles[i]
	}
	rows := map[[3]string]string{}
	for i, a := range r.ServiceAccounts {
		rows[[3]string{a.Cluster, a.Namespace, a.Name}] = fmt.Sprintf("sa-%d", i)
	}
	var out []clusterGraph
	for _, c := range r.Clusters {
		g := clusterGraph{Name: c.Name, Open: true}
		for k, of := range edges {
			if k[0] == c.Name {
				d := &drawer{edges: of, roles: byARN, roleRows: roles, rows: rows, cluster: c.Name}
				g.Namespaces = append(g.Namespaces, d.draw(k[1]))
			}
		}
		slices.SortFunc(g.Namespaces, func(a, b drawing) int { return cmp.Compare(a.Namespace, b.Namespace) })
		for i := range g.Namespaces {
			g.Namespaces[i].Open = len(edges) <= few
		}
		out = append(out, g)
	}
	return out
}

// drawer draws one namespace.
type drawer struct {
	cluster  string
	edges    []fleet.Edge
	roles    map[string]*fleet.Role
	roleRows map[string]string
	rows     map[[3]string]string
	out      drawing
}

// state is how a pair is drawn.
func state(e fleet.Edge) string {
	switch {
	case !e.Named:
		return "trust"
	case e.Status == "":
		return "unknown"
	}
	return string(e.Status)
}

// worse states come first.
var states = []string{"broken", "unknown", "ok", "trust"}

func (d *drawer) draw(namespace string) drawing {
	d.out = drawing{Namespace: namespace, State: "trust", Width: 2*columnWidth + boxWidth + 8}
	var accounts, roles []string
	accountState, mean, n := map[string]string{}, map[string]int{}, map[string]int{}
	for _, e := range d.edges {
		if _, had := accountState[e.ServiceAccount]; !had {
			accounts = append(accounts, e.ServiceAccount)
			accountState[e.ServiceAccount] = "trust"
		}
		s := state(e)
		if slices.Index(states, s) < slices.Index(states, accountState[e.ServiceAccount]) {
			accountState[e.ServiceAccount] = s
		}
	}
	slices.Sort(accounts)
	d.count(accountState)
	if len(accounts) > mostAccounts {
		d.out.Left = len(accounts) - mostAccounts
		accounts = accounts[:mostAccounts]
	}
	y := map[string]int{}
	for i, a := range accounts {
		y[a] = top + i*rowHeight
		d.box(0, y[a], a, namespace+"/"+a, "#"+d.rows[[3]string{d.cluster, namespace, a}], "holder "+accountState[a])
	}
	for _, e := range d.edges {
		if at, ok := y[e.ServiceAccount]; ok {
			if n[e.RoleARN] == 0 {
				roles = append(roles, e.RoleARN)
			}
			mean[e.RoleARN] += at
			n[e.RoleARN]++
		}
	}
	slices.SortStableFunc(roles, func(a, b string) int { return cmp.Or(mean[a]/n[a]-mean[b]/n[b], cmp.Compare(a, b)) })
	roleY := d.placeRoles(roles, func(arn string) int { return mean[arn] / n[arn] })
	for _, e := range d.edges {
		if at, ok := y[e.ServiceAccount]; ok {
			d.join(boxWidth, at, columnWidth, roleY[e.RoleARN], state(e), e.ServiceAccount+" and role "+last(e.RoleARN)+": "+inWords(e))
		}
	}
	for _, b := range d.out.Nodes {
		d.out.Height = max(d.out.Height, b.Y+boxHeight+8)
	}
	return d.out
}

// inWords says what a line stands for.
func inWords(e fleet.Edge) string {
	if !e.Named {
		return "the trust policy lets it in, and it does not name the role"
	}
	return string(e.Status)
}

// count says how many service accounts are in which state, and which is the worst.
func (d *drawer) count(of map[string]string) {
	n := map[string]int{}
	for _, s := range of {
		n[s]++
	}
	for _, s := range states {
		if n[s] == 0 {
			continue
		}
		if d.out.Counts == "" {
			d.out.State = s
		} else {
			d.out.Counts += ", "
		}
		name := s
		if s == "trust" {
			name = "by trust alone"
		}
		d.out.Counts += fmt.Sprintf("%d %s", n[s], name)
	}
}

// placeRoles draws the roles near their service accounts, and their policies beside them.
func (d *drawer) placeRoles(roles []string, wish func(string) int) map[string]int {
	out := map[string]int{}
	next, nextPolicy := top, top
	for _, arn := range roles {
		at := max(next, wish(arn))
		at = max(at, nextPolicy)
		out[arn] = at
		r := d.roles[arn]
		class := "role"
		if r != nil && (r.Everything || r.Administrator != "") {
			class = "role wide"
		}
		d.box(columnWidth, at, last(arn), arn, "#"+d.roleRows[arn], class)
		policy := at
		if r != nil {
			for _, p := range r.Policies {
				d.box(2*columnWidth, policy, p.Name, p.Kind+" policy "+p.Name, "", "policy")
				d.join(columnWidth+boxWidth, at, 2*columnWidth, policy, "has", "role "+last(arn)+" has policy "+p.Name)
				policy += rowHeight
			}
		}
		next, nextPolicy = at+rowHeight, max(nextPolicy, policy)
	}
	return out
}

func (d *drawer) box(x, y int, text, title, link, class string) {
	if link == "#" {
		link = ""
	}
	d.out.Nodes = append(d.out.Nodes, node{X: x + 4, Y: y, Width: boxWidth, Text: short(text, letters), Title: title, Link: link, Class: class})
}

func (d *drawer) join(x, y, toX, toY int, class, title string) {
	y, toY = y+boxHeight/2, toY+boxHeight/2
	middle := (x + toX) / 2
	d.out.Lines = append(d.out.Lines, line{fmt.Sprintf("M%d %dC%d %d %d %d %d %d", x+4, y, middle, y, middle, toY, toX+4, toY), class, title})
}

// last is what stands behind the last slash.
func last(arn string) string {
	for i := len(arn) - 1; i >= 0; i-- {
		if arn[i] == '/' {
			return arn[i+1:]
		}
	}
	return arn
}
