package cli

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/internal/faults"
	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/fleet"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// What a report reads of AWS accounts.

// nameIssuers takes the issuers that were typed.
func (r *reportReader) nameIssuers(context.Context) error {
	named := map[int]string{}
	for _, text := range r.issuers {
		f := clusterFileOf(text)
		if !strings.HasPrefix(f.value, "https://") {
			return faults.Hinted(fmt.Errorf("--cluster-issuer %s: not an issuer", text), "--cluster-issuer CLUSTER=https://…")
		}
		at := slices.IndexFunc(r.out.Clusters, func(c fleet.ClusterFacts) bool { return c.Name == f.cluster })
		if f.cluster == "" && len(r.out.Clusters) == 1 {
			at = 0
		}
		if at < 0 {
			var names []string
			for _, c := range r.out.Clusters {
				names = append(names, c.Name)
			}
			err := fmt.Errorf("--cluster-issuer %s: there is no cluster %q in this report", text, f.cluster)
			if near, ok := spec.Nearest(f.cluster, names); ok {
				return faults.Hinted(err, "--cluster-issuer %s", safe.Word(near+"="+f.value))
			}
			return faults.Hinted(err, "name one of %s", strings.Join(names, ", "))
		}
		if before := named[at]; before != "" && before != f.value {
			return faults.Hinted(fmt.Errorf("--cluster-issuer %s: another one, %s, is given for the same cluster", text, before), "leave one of them out")
		}
		named[at], r.out.Clusters[at].Issuer = f.value, f.value
	}
	return nil
}

// accounts reads the AWS accounts, each once, whatever leads to it.
func (r *reportReader) accounts(ctx context.Context) error {
	accesses := r.accesses()
	if len(r.profiles)+len(r.assumeRoles)+len(r.reportOptions.snapshots) == 0 {
		for _, p := range slices.Sorted(maps.Keys(r.named)) {
			accesses = append(accesses, awsiam.Access{Profile: p})
		}
	}
	sessions := make([]*awsiam.Session, len(accesses))
	err := r.side(len(accesses), func(i int) error {
		return r.within(ctx, accessName(accesses[i]), func(ctx context.Context) (err error) {
			sessions[i], err = r.openAccount(ctx, accesses[i])
			return err
		})
	})
	if err != nil {
		return err
	}
	of := map[string][]*awsiam.Session{} // in the order in which they were named
	for _, s := range sessions {
		if s != nil {
			of[s.Facts().CallerAccount] = append(of[s.Facts().CallerAccount], s)
		}
	}
	ids := slices.Sorted(maps.Keys(of))
	found := make([]*awsiam.Snapshot, len(ids))
	err = r.side(len(ids), func(i int) error {
		return r.within(ctx, "AWS account "+ids[i], func(ctx context.Context) (err error) {
			found[i], err = mostOf(ctx, of[ids[i]], r.survey)
			return err
		})
	})
	for _, taken := range found {
		if taken == nil {
			continue
		}
		for _, f := range taken.Unread {
			r.missing("AWS account "+taken.Account, f)
		}
		r.out.Accounts = append(r.out.Accounts, taken.State)
	}
	return err
}

// mostOf reads one AWS account with the first of several credentials, and with the next ones only
// where that one may not read all of it. Where none may, it is what the first read.
func mostOf[S any](ctx context.Context, sessions []S, survey func(context.Context, S) (*awsiam.Snapshot, error)) (*awsiam.Snapshot, error) {
	var most *awsiam.Snapshot
	var failed error
	for _, s := range sessions {
		taken, err := survey(ctx, s)
		switch {
		case ctx.Err() != nil && most != nil:
			return most, nil // nobody waits for the others
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err != nil:
			failed = cmp.Or(failed, err)
		case len(taken.Unread) == 0:
			return taken, nil
		case most == nil:
			most = taken
		}
	}
	if most != nil {
		return most, nil
	}
	return nil, failed
}

// accessName is how messages name an AWS account that could not be opened.
func accessName(a awsiam.Access) string {
	switch {
	case a.Profile != "":
		return "AWS profile " + a.Profile
	case a.AssumeRoleARN != "":
		return "role " + a.AssumeRoleARN
	}
	return "AWS"
}

func (r *reportReader) openAccount(ctx context.Context, a awsiam.Access) (*awsiam.Session, error) {
	for _, c := range r.out.Clusters {
		a.Region = cmp.Or(a.Region, c.Region)
	}
	return awsiam.OpenAccount(ctx, a, awsiam.Options{Trace: tracer(r.sys), QPS: r.qps})
}

func (r *reportReader) survey(ctx context.Context, s *awsiam.Session) (*awsiam.Snapshot, error) {
	o := awsiam.SurveyOptions{Associations: r.wants}
	for _, c := range r.out.Clusters {
		if c.Region != "" {
			o.Regions = append(o.Regions, c.Region)
		}
	}
	if r.lastAccessed {
		o.LastAccessed = func(role awsstate.Role) bool { return role.Trust != nil && fleet.ForPods(*role.Trust) }
	}
	return awsiam.Survey(ctx, s, o)
}

// wants: the associations of the clusters that are in the report.
func (r *reportReader) wants(c awsstate.Cluster) bool {
	return slices.ContainsFunc(r.out.Clusters, func(of fleet.ClusterFacts) bool {
		if of.Issuer != "" && c.Issuer != "" {
			return trust.ProviderName(of.Issuer) == trust.ProviderName(c.Issuer)
		}
		return of.EKSName != "" && of.EKSName == c.Name && (of.Region == "" || of.Region == c.Region)
	})
}
