package cli

import (
	"fmt"
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
)

// manyRows are rows with a change each whose diff has so many lines.
func manyRows(rows, lines int) *driftReport {
	r := &driftReport{}
	for i := range rows {
		row := driftRow{File: fmt.Sprintf("apps/a%d/irsa.yaml", i), Release: fmt.Sprintf("a%d", i), Namespace: "apps", State: driftFound}
		row.Changes = []awsiam.Change{{Action: awsiam.Update, Type: awsiam.TypePolicy, Name: "p", Diff: strings.Repeat("+ \"s3:GetObject\"\n", lines)}}
		row.Summary.Update = 1
		r.Files = append(r.Files, row)
		r.Summary.count(row.State)
	}
	return r
}

// TestCommentsFit: a comment is never longer than what is taken, says what it leaves out, and
// leaves nothing half open.
func TestCommentsFit(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		rows, lines int
		left        string
	}{{3, 10, ""}, {50, 500, "The changes of "}, {3000, 1, " have no room here"}} {
		text := driftMarkdown(manyRows(c.rows, c.lines))
		if len(text) > 65_536 {
			t.Errorf("%d rows of %d lines: %d characters", c.rows, c.lines, len(text))
		}
		if !strings.Contains(text, c.left) || c.left == "" && strings.Contains(text, "no room") {
			t.Errorf("%d rows of %d lines: %s", c.rows, c.lines, text[len(text)-200:])
		}
		if strings.Count(text, "<details>") != strings.Count(text, "</details>") || strings.Count(text, "```")%2 != 0 {
			t.Errorf("%d rows of %d lines: something is left open", c.rows, c.lines)
		}
	}
}

// TestCommentsHoldNoMarkup: what others wrote cannot leave the place where it is shown.
func TestCommentsHoldNoMarkup(t *testing.T) {
	t.Parallel()
	const evil = "a|b</code><script>x</script> [x](https://e.example) ![](https://e.example/i.png) @team `c` ```\n```\n# h\n</details>"
	row := driftRow{File: evil, Release: evil, Namespace: evil, State: driftFound, Warnings: []string{evil}, Errors: []driftError{{Message: evil, Hint: evil}}}
	row.Changes = []awsiam.Change{{Action: awsiam.Create, Type: awsiam.TypeRole, Name: evil, Diff: "+" + evil}}
	text := driftMarkdown(&driftReport{Files: []driftRow{row}})
	fence := "\n" + strings.Repeat("`", 4) // longer than any row of backticks inside
	before, inside, _ := strings.Cut(text, fence+"diff\n")
	inside, after, ok := strings.Cut(inside, fence+"\n")
	if !ok || strings.Contains(inside, fence) || strings.Contains(after, "e.example") {
		t.Errorf("the fence does not hold what others wrote:\n%s", text)
	}
	for _, bad := range []string{"<script", "](", "@team", "https:", "`", "a|b", "\n# "} {
		if strings.Contains(strings.Replace(before, "\n### AWS", "", 1), bad) {
			t.Errorf("outside of the fence stands %q:\n%s", bad, before)
		}
	}
	for _, s := range driftSARIF(&driftReport{Files: []driftRow{row}}, "v1").Runs[0].Results {
		if strings.Contains(s.Message.Text, "\x1b") {
			t.Error("a control character")
		}
	}
}

// TestTwoFilesOfOneRelease are told, since each takes away what the other has.
func TestTwoFilesOfOneRelease(t *testing.T) {
	t.Parallel()
	owner := awsiam.Owner{Cluster: "c", Namespace: "n", Release: "r"}
	r := &driftReport{Files: []driftRow{{File: "a", owner: owner}, {File: "b"}, {File: "c", owner: owner}}}
	r.sameRelease()
	if len(r.Files[0].Warnings) != 1 || len(r.Files[1].Warnings) != 0 || len(r.Files[2].Warnings) != 1 ||
		!strings.Contains(r.Files[2].Warnings[0], "a is of the same release") {
		t.Errorf("%+v", r.Files)
	}
}
