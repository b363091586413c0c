package localaws

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"time"
)

// association gives a ServiceAccount of a cluster a role through EKS Pod Identity
// (https://docs.aws.amazon.com/eks/latest/APIReference/API_PodIdentityAssociation.html).
type association struct {
	ID, Namespace, ServiceAccount string
	RoleARN, TargetRoleARN        string
	DisableSessionTags            bool
	Policy                        string
	Tags                          map[string]string
	Created, Modified             time.Time
	// Request is the clientRequestToken that made it.
	Request string
}

// associationInput is the body of the calls that write.
type associationInput struct {
	Namespace          string            `json:"namespace"`
	ServiceAccount     string            `json:"serviceAccount"`
	RoleARN            string            `json:"roleArn"`
	TargetRoleARN      *string           `json:"targetRoleArn"`
	DisableSessionTags *bool             `json:"disableSessionTags"`
	Policy             *string           `json:"policy"`
	Tags               map[string]string `json:"tags"`
	ClientRequestToken string            `json:"clientRequestToken"`
}

func (c *call) associationInput() (associationInput, error) {
	var in associationInput
	if len(c.body) > 0 && json.Unmarshal(c.body, &in) != nil {
		return in, refuse(http.StatusBadRequest, "SerializationException", "the body is not JSON of the operation's input")
	}
	return in, nil
}

// into writes what the input says; what it does not say stays. Empty text takes away: the
// controller of EKS that AWS publishes sends it for a target role that is not wanted any more
// (https://github.com/aws-controllers-k8s/eks-controller/pull/164).
func (in associationInput) into(a *association) {
	if in.RoleARN != "" {
		a.RoleARN = in.RoleARN
	}
	if in.TargetRoleARN != nil {
		a.TargetRoleARN = *in.TargetRoleARN
	}
	if in.DisableSessionTags != nil {
		a.DisableSessionTags = *in.DisableSessionTags
	}
	if in.Policy != nil {
		a.Policy = *in.Policy
	}
}

// createAssociation: the same clientRequestToken again gives what it gave at first,
// so that a call whose answer got lost can be repeated.
func (c *call) createAssociation() (any, error) {
	found, in, err := c.clusterAndInput()
	if err != nil {
		return nil, err
	}
	if err := c.checkAssociation(in); err != nil {
		return nil, err
	}
	for _, old := range found.Associations {
		if old.Namespace != in.Namespace || old.ServiceAccount != in.ServiceAccount {
			continue
		}
		if in.ClientRequestToken != "" && old.Request == in.ClientRequestToken {
			return found.association(old), nil
		}
		return nil, refuse(http.StatusConflict, "ResourceInUseException", "Association already exists: %s", old.ID)
	}
	a := &association{
		ID: c.associationID(), Namespace: in.Namespace, ServiceAccount: in.ServiceAccount, Tags: in.Tags,
		Created: c.time, Modified: c.time, Request: in.ClientRequestToken,
	}
	in.into(a)
	if err := c.checkSettings(a, true); err != nil {
		return nil, err
	}
	found.Associations[a.ID] = a
	return found.association(a), nil
}

func (c *call) clusterAndInput() (*cluster, associationInput, error) {
	found, err := c.cluster()
	if err != nil {
		return nil, associationInput{}, err
	}
	in, err := c.associationInput()
	return found, in, err
}

// associationOf is the cluster and association that the request names.
func (c *call) associationOf() (*cluster, *association, error) {
	found, err := c.cluster()
	if err != nil {
		return nil, nil, err
	}
	id := c.path.get("associationId")
	a := found.Associations[id]
	if a == nil {
		return nil, nil, notFound("Association %s not found", id)
	}
	return found, a, nil
}

func (c *call) describeAssociation() (any, error) {
	found, a, err := c.associationOf()
	if err != nil {
		return nil, err
	}
	return found.association(a), nil
}

func (c *call) updateAssociation() (any, error) {
	found, a, err := c.associationOf()
	if err != nil {
		return nil, err
	}
	in, err := c.associationInput()
	if err != nil {
		return nil, err
	}
	changed := *a
	in.into(&changed)
	if err := c.checkSettings(&changed, in.RoleARN != ""); err != nil {
		return nil, err
	}
	*a = changed
	a.Modified = c.time
	return found.association(a), nil
}

func (c *call) deleteAssociation() (any, error) {
	found, a, err := c.associationOf()
	if err != nil {
		return nil, err
	}
	delete(found.Associations, a.ID)
	return found.association(a), nil
}

// summary is an association as lists have it.
func (c *cluster) summary(a *association) map[string]any {
	return map[string]any{
		"associationId": a.ID, "associationArn": c.associationARN(a.ID),
		"clusterName": c.Name, "namespace": a.Namespace, "serviceAccount": a.ServiceAccount,
	}
}

func (c *cluster) association(a *association) any {
	out := c.summary(a)
	out["roleArn"], out["createdAt"], out["modifiedAt"] = a.RoleARN, epoch(a.Created), epoch(a.Modified)
	out["tags"], out["disableSessionTags"] = maps.Clone(a.Tags), a.DisableSessionTags
	if a.TargetRoleARN != "" {
		out["targetRoleArn"], out["externalId"] = a.TargetRoleARN, c.externalID(a)
	}
	if a.Policy != "" {
		out["policy"] = a.Policy
	}
	return map[string]any{"association": out}
}

// listAssociations can be narrowed to a namespace and a service account in it.
func (c *call) listAssociations() (any, error) {
	found, err := c.cluster()
	if err != nil {
		return nil, err
	}
	ids := slices.DeleteFunc(slices.Collect(maps.Keys(found.Associations)), func(id string) bool {
		a, ns, account := found.Associations[id], c.path.get("namespace"), c.path.get("serviceAccount")
		return ns != "" && a.Namespace != ns || account != "" && a.ServiceAccount != account
	})
	paged, err := c.eksPage("associations", ids)
	if err != nil {
		return nil, err
	}
	out := paged.(map[string]any)
	summaries := []any{}
	for _, id := range out["associations"].([]string) {
		summaries = append(summaries, found.summary(found.Associations[id]))
	}
	out["associations"] = summaries
	return out, nil
}
