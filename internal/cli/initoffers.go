package cli

import (
	"context"
	"strconv"

	"github.com/helm-irsa/helm-irsa/internal/faults"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
	"github.com/helm-irsa/helm-irsa/pkg/catalog"
)

// offered are the types of parameters for which AWS is asked what there is.
var offered = map[string]struct {
	many string
	ask  func(context.Context, string) ([]awsiam.Offer, error)
}{
	"bucket":     {"buckets", awsiam.Buckets},
	"hostedZone": {"hosted zones", awsiam.HostedZones},
}

// mostOffers is how many are shown: more would hide the question.
const mostOffers = 20

// offers shows what AWS has for a parameter, each with a number to answer with. AWS is asked once.
// What cannot be read is said, and has to be typed.
func (c *conversation) offers(p catalog.Parameter) []awsiam.Offer {
	kind, ok := offered[p.Type]
	if !ok {
		return nil
	}
	all, known := c.offer[p.Type]
	if !known {
		var err error
		if all, err = kind.ask(c.ctx, c.w.cluster.region()); err != nil && c.ctx.Err() == nil {
			c.say("  AWS was asked in vain which %s there are: %s", kind.many, faults.FirstLine(err))
		}
		c.offer[p.Type] = all
	}
	for i, o := range all {
		if i == mostOffers {
			c.say("  and %d more", len(all)-i)
			break
		}
		if o.Name != "" {
			c.say("  %d  %s  %s", i+1, o.Value, o.Name)
		} else {
			c.say("  %d  %s", i+1, o.Value)
		}
	}
	return all
}

// meantBy is what an answer stands for: the value with that number, or that is called so.
func meantBy(offers []awsiam.Offer, answer string) string {
	if n, err := strconv.Atoi(answer); err == nil && n >= 1 && n <= len(offers) {
		return offers[n-1].Value
	}
	found := ""
	for _, o := range offers {
		if o.Name == answer {
			if found != "" { // a private zone and a public one
				return answer
			}
			found = o.Value
		}
	}
	if found != "" {
		return found
	}
	return answer
}
