package awsiam

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
)

// accessedPatience is how long IAM may take for one role's information.
const accessedPatience = 2 * time.Minute

// accessedPause is between two questions whether it is there.
const accessedPause = 500 * time.Millisecond

// readUse reads which services roles have used. IAM prepares that in a job for each role
// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_GenerateServiceLastAccessedDetails.html).
func (v *survey) readUse(ctx context.Context, o SurveyOptions) error {
	if o.LastAccessed == nil {
		return nil
	}
	var jobs []func() error
	for i := range v.out.Roles.List {
		role := &v.out.Roles.List[i]
		if o.LastAccessed(*role) {
			jobs = append(jobs, func() error {
				used, err := v.used(ctx, role.ARN)
				if err != nil {
					return v.unless(ctx, explain(err, subject{"reading which services role " + role.Name + " has used", v.a.ID, role.ARN}))
				}
				role.Services = awsstate.Known[awsstate.ServiceUse]{Read: true, List: used}
				return nil
			})
		}
	}
	return v.s.run(ctx, jobs)
}

// used asks for one role's information, and waits for it.
func (v *survey) used(ctx context.Context, arn string) ([]awsstate.ServiceUse, error) {
	job, err := v.client.iam.GenerateServiceLastAccessedDetails(ctx, &iam.GenerateServiceLastAccessedDetailsInput{Arn: &arn, Granularity: types.AccessAdvisorUsageGranularityTypeServiceLevel})
	if err != nil {
		return nil, err
	}
	in := iam.GetServiceLastAccessedDetailsInput{JobId: job.JobId, MaxItems: aws.Int32(pageSize)}
	var out []awsstate.ServiceUse
	for end := v.s.opts.Now().Add(accessedPatience); ; {
		page, err := v.client.iam.GetServiceLastAccessedDetails(ctx, &in)
		switch {
		case err != nil:
			return nil, err
		case page.JobStatus == types.JobStatusTypeFailed:
			message := "no reason was given"
			if page.Error != nil {
				message = aws.ToString(page.Error.Code) + ": " + aws.ToString(page.Error.Message)
			}
			return nil, fault("", "reading which services %s has used: IAM's job failed: %s", arn, message)
		case page.JobStatus == types.JobStatusTypeInProgress && v.s.opts.Now().After(end):
			return nil, fault("", "reading which services %s has used: IAM has not prepared it within %s", arn, accessedPatience)
		case page.JobStatus == types.JobStatusTypeInProgress:
			if err := v.s.opts.Sleep(ctx, accessedPause); err != nil {
				return nil, err
			}
			continue
		}
		for _, u := range page.ServicesLastAccessed {
			out = append(out, awsstate.ServiceUse{Name: aws.ToString(u.ServiceName), Namespace: aws.ToString(u.ServiceNamespace), Last: isoTime(u.LastAuthenticated)})
		}
		if !page.IsTruncated {
			return out, nil
		}
		in.Marker = page.Marker
	}
}
