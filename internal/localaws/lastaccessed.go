package localaws

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// accessJob is what GenerateServiceLastAccessedDetails began for a role.
type accessJob struct {
	Role          string // its ARN
	Created, Done time.Time
}

// generateServiceLastAccessedDetails begins a job, for roles alone
// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_GenerateServiceLastAccessedDetails.html).
// It is done as soon as a change shows, see Faults.Propagation.
func (c *call) generateServiceLastAccessedDetails() (any, error) {
	arn := c.args.get("Arn")
	a, ok := parseARN(arn)
	if !ok {
		return nil, validation("Value at 'arn' is no ARN: %s", arn)
	}
	if c.roleOfARN(arn) == nil || a.account != c.account.ID {
		return nil, noSuchEntity("ARN %s cannot be found.", arn)
	}
	if c.account.AccessJobs == nil {
		c.account.AccessJobs = map[string]*accessJob{}
	}
	id := uuid(c.fresh())
	c.account.AccessJobs[id] = &accessJob{arn, c.time, c.visibleFrom()}
	return struct {
		JobID string `xml:"JobId"`
	}{id}, nil
}

// serviceAccessedXML is a service that the role's policies name. What a role does with its
// credentials nobody here sees, so none was ever used, but STS by which it was assumed is none of
// its own.
type serviceAccessedXML struct {
	ServiceName                string
	ServiceNamespace           string
	TotalAuthenticatedEntities int
}

// getServiceLastAccessedDetails gives what the job found
// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetServiceLastAccessedDetails.html).
func (c *call) getServiceLastAccessedDetails() (any, error) {
	job := c.account.AccessJobs[c.args.get("JobId")]
	if job == nil {
		return nil, noSuchEntity("Job with ID %s cannot be found.", c.args.get("JobId"))
	}
	out := struct {
		JobStatus            string
		JobType              string
		JobCreationDate      string
		JobCompletionDate    string `xml:",omitempty"`
		ServicesLastAccessed members[serviceAccessedXML]
		paging
	}{JobStatus: "IN_PROGRESS", JobType: "SERVICE_LEVEL", JobCreationDate: date(job.Created)}
	if !c.seen(job.Done) {
		return out, nil
	}
	out.JobStatus, out.JobCompletionDate = "COMPLETED", date(job.Done)
	services, pages, err := page(c, c.servicesOf(c.roleOfARN(job.Role)), func(s string) string { return s })
	for _, s := range services {
		out.ServicesLastAccessed.Member = append(out.ServicesLastAccessed.Member, serviceAccessedXML{ServiceName: s, ServiceNamespace: s})
	}
	out.paging = pages
	return out, err
}

var actionPrefix = regexp.MustCompile(`^[a-z0-9-]+$`)

// servicesOf are the prefixes of the actions that the role's policies allow; nil where it is gone.
func (c *call) servicesOf(r *role) []string {
	if r == nil {
		return nil
	}
	documents := slices.Collect(maps.Values(r.Inline))
	for _, arn := range r.Attached {
		if p := c.policyOfARN(arn); p != nil {
			documents = append(documents, p.current().Document)
		}
	}
	found := map[string]bool{}
	for _, text := range documents {
		d, err := trust.ParsePermissions(text)
		if err != nil {
			continue // as it was put: what is wrong with it, putting it said
		}
		for _, s := range d.Statements() {
			actions, not := s.Actions()
			for _, action := range actions {
				if prefix, _, _ := strings.Cut(strings.ToLower(action), ":"); s.Allows() && !not && actionPrefix.MatchString(prefix) {
					found[prefix] = true
				}
			}
		}
	}
	return slices.Sorted(maps.Keys(found))
}
