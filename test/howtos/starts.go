package howtos

// Start is a public chart's shape, and how a first irsa.yaml for it is asked for.
type Start struct {
	// Name is the chart's and the release's; the chart lies in testdata/charts.
	Name, Namespace string
	// Grants are what --grant says.
	Grants []string
	// Set are values of the chart, as --set has them.
	Set []string
	// ServiceAccounts are those that get a role.
	ServiceAccounts []string
}

// Chart is the chart's folder, from the root of the repository.
func (s Start) Chart() string { return "testdata/charts/" + s.Name }

// Starts are one for each way in which charts take a role: an annotation, a part's annotation,
// several service accounts of which two have one, and the ARN as a value.
func Starts() []Start {
	return []Start{
		{Name: "external-dns", Namespace: "start-dns", Grants: []string{"external-dns=externalDNS,hostedZoneIDs=Z0123456789"}, ServiceAccounts: []string{"external-dns"}},
		{Name: "velero", Namespace: "start-velero", Grants: []string{"velero-server=velero,buckets=backups/prod"}, Set: []string{"configuration.backupStorageLocation.bucket=backups"}, ServiceAccounts: []string{"velero-server"}},
		{Name: "cert-manager", Namespace: "start-certs", Grants: []string{"cert-manager=certManager", "cert-manager-webhook=none"}, ServiceAccounts: []string{"cert-manager", "cert-manager-webhook"}},
		{Name: "falcosidekick", Namespace: "start-falco", Grants: []string{"falcosidekick=falcosidekick,topics=arn:aws:sns:eu-west-3:111122223333:falco"}, ServiceAccounts: []string{"falcosidekick"}},
	}
}
