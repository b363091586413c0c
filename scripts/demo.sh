#!/bin/sh
# The demo: a short story on a chart like Epinio's, from a bare AWS account to manifests with
# roles that exist, and back to nothing. AWS is one on this machine (helm irsa local-aws): no AWS
# account and no cluster is needed, and no credentials and no kubeconfig of yours are used. It
# leaves only caches behind.
#
#   DEMO_KUBECONFIG=FILE   installs into that cluster instead
#   DEMO_SECONDS=0         how long a step stays on a terminal before the next (default 5)
#   HELM_BIN=helm          the Helm to use
set -eu
. "$(dirname "$0")/demo-common.sh"
export KUBECONFIG="${DEMO_KUBECONFIG:-$tmp/none}"
if [ -t 1 ]; then pause=${DEMO_SECONDS:-5}; else pause=0; fi

# Every command below finds the same local AWS, which keeps its state in a file. Its cluster
# has to be the one that Helm changes: where there is one, its issuer is asked for.
cluster=prod_cluster
if [ -n "${DEMO_KUBECONFIG-}" ] && issuer=$(kubectl get --raw /.well-known/openid-configuration | sed -n 's/.*"issuer": *"\([^"]*\)".*/\1/p') && [ -n "$issuer" ]; then
	cluster=$cluster,issuer=$issuer
fi
with_aws() { "$root/bin/helm-irsa" local-aws --state "$tmp/aws.json" --cluster "$cluster" -- "$@"; }
irsa() { with_aws "$helm" irsa "$@" --namespace epinio --irsa-file "$file"; }

number=0
# tell SENTENCE COMMAND: one step of the story.
tell() {
	[ "$number" -eq 0 ] || sleep "$pause"
	number=$((number + 1))
	printf '\n%s%s. %s%s\n' "$bold" "$number" "$1" "$plain"
	[ -z "${2-}" ] || printf '$ %s\n' "$2"
}
indent() { sed 's/^/  /'; }

"$helm" plugin install "$root" >/dev/null 2>"$tmp/said" || { cat "$tmp/said" >&2; exit 1; }
echo "Pods on EKS get their AWS permissions from an IAM role, by IRSA: IAM Roles for Service Accounts."
echo "Five things have to agree, in Kubernetes and in AWS. One file says them all. Nothing of yours is"
if [ -n "${DEMO_KUBECONFIG-}" ]; then
	echo "touched but the cluster of $DEMO_KUBECONFIG: AWS is one on this machine."
else
	echo "touched: no kubeconfig, no cluster, no AWS account. AWS is one on this machine."
fi

tell "The file: two service accounts, a role for each, and what is to run as the new one." "cat irsa.yaml"
sed -n '/^serviceAccounts:/,$p' "$file" | grep -v '^ *#' | head -n 9 | indent

tell "What would be made in AWS? Lines with + are new; look who can assume what." "helm irsa plan epinio"
irsa plan epinio | grep '^[+]\|^[0-9]' | grep -v attachment | cut -c 1-96 | indent

tell "The same, done. A second time it finds nothing to do." "helm irsa apply epinio --yes"
irsa apply epinio --yes 2>&1 | tail -n 1 | indent
irsa apply epinio --yes 2>&1 | tail -n 1 | indent

if [ -n "${DEMO_KUBECONFIG-}" ]; then
	tell "Helm installs the chart, and each service account is verified." "helm irsa upgrade --install epinio CHART"
	irsa upgrade --install epinio "$chart" --create-namespace 2>&1 | grep '^helm-irsa' | indent
	"$helm" get manifest epinio --namespace epinio >"$tmp/after.yaml"
else
	tell "Helm renders the chart with the roles. Look at role-arn, and at the service account of the jobs." "helm irsa template epinio CHART"
	irsa template epinio "$chart" >"$tmp/after.yaml" 2>"$tmp/said" || { cat "$tmp/said" >&2; exit 1; }
fi
grep 'role-arn' "$tmp/after.yaml" | sed 's/^ *//' | indent
grep -o '"serviceAccountName":"[^"]*"' "$tmp/after.yaml" | sort -u | indent

tell "Can each service account assume its role? Every link is judged; ok is only said of what was looked at." "helm irsa status epinio"
irsa status epinio | head -n 3 | cut -c 1-96 | indent

tell "Somebody mistypes the role's name in the manifests. Verify names the link, and how to mend it." "helm irsa verify --manifests rendered.yaml --snapshot aws.json"
irsa snapshot epinio >"$tmp/snapshot.json"
sed 's/epinio-server-role/epinio-sever-role/' "$tmp/after.yaml" >"$tmp/broken.yaml"
"$helm" irsa verify --manifests "$tmp/broken.yaml" --snapshot "$tmp/snapshot.json" -n epinio >"$tmp/verdict" 2>&1 || true
grep -A 1 '^✗' "$tmp/verdict" | indent
sed -n '/^error/,$p' "$tmp/verdict" | grep -v '^ *\(where\|why\|repair\):' | head -n 3 | cut -c 1-150 | indent

tell "And back to nothing: what the release owns goes, and nothing else." "helm irsa destroy epinio --yes --oidc-provider"
[ -z "${DEMO_KUBECONFIG-}" ] || irsa uninstall epinio --irsa-yes >/dev/null 2>&1
irsa destroy epinio --yes --oidc-provider 2>&1 | tail -n 1 | indent

sleep "$pause"
cat <<END

${bold}That was:${plain} one file, a plan, roles in AWS, a chart that uses them, a verdict, and nothing left.
${bold}Now yours:${plain} helm plugin install .
           helm irsa inspect YOUR-CHART          which service accounts there are
           helm irsa local-aws -- sh             an AWS to try it with
           helm irsa verify RELEASE -n NAMESPACE what is wrong with one that you have
END
