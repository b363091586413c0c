#!/bin/sh
# Makes in AWS account 111122223333 what irsa.yaml wants for release apps/shop of cluster
# qovery-z0000aaaa. Written by helm irsa export aws-cli: change irsa.yaml, and export again. It
# may be run again, with credentials of that AWS account.
set -eu
account=111122223333
export AWS_REGION=eu-west-3 AWS_DEFAULT_REGION=eu-west-3 AWS_PAGER=

fail() { echo "$0: error: $1" >&2; exit 1; }
document() { document=$(cat); }
has() { "$@" >/dev/null 2>&1; }
# IAM shows what was just made to everybody only after some seconds.
again() {
  for wait in 1 2 4 8 16; do
    "$@" && return
    sleep "$wait"
  done
  "$@"
}
same() { [ "$(printf %s "$1" | tr -d '[:space:]')" = "$(printf %s "$2" | tr -d '[:space:]')" ]; }

caller=$(aws sts get-caller-identity --query Account --output text)
[ "$caller" = "$account" ] || fail "this is for AWS account $account, and the credentials are of $caller"

# The OIDC provider, which all releases of the cluster share.
if has aws iam get-open-id-connect-provider --cli-input-json '{"OpenIDConnectProviderArn": "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE"}'; then
  clients=$(aws iam get-open-id-connect-provider --cli-input-json '{"OpenIDConnectProviderArn": "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE"}' --query 'ClientIDList[]' --output text | tr '\t' '\n')
  printf '%s\n' "$clients" | grep -qxF -e sts.amazonaws.com ||
    aws iam add-client-id-to-open-id-connect-provider --cli-input-json '{"OpenIDConnectProviderArn": "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE", "ClientID": "sts.amazonaws.com"}'
else
  aws iam create-open-id-connect-provider --cli-input-json '{"Url": "https://oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE", "ClientIDList": ["sts.amazonaws.com"], "Tags": [{"Key":"helm-irsa.dev/cluster","Value":"qovery-z0000aaaa"},{"Key":"helm-irsa.dev/namespace","Value":"apps"},{"Key":"helm-irsa.dev/release","Value":"shop"},{"Key":"helm-irsa.dev/scope","Value":"111122223333/eu-west-3"}]}' >/dev/null
fi

# The role of service account apps/my-app-sa.
if has aws iam get-role --cli-input-json '{"RoleName": "my-s3-role"}'; then
  aws iam update-role --cli-input-json '{"RoleName": "my-s3-role", "Description": "", "MaxSessionDuration": 3600}' >/dev/null
  aws iam tag-role --cli-input-json '{"RoleName": "my-s3-role", "Tags": [{"Key":"helm-irsa.dev/cluster","Value":"qovery-z0000aaaa"},{"Key":"helm-irsa.dev/id","Value":"d49abc86868e3b0fc326"},{"Key":"helm-irsa.dev/namespace","Value":"apps"},{"Key":"helm-irsa.dev/release","Value":"shop"},{"Key":"helm-irsa.dev/scope","Value":"111122223333/eu-west-3"},{"Key":"helm-irsa.dev/shared-with","Value":"z4e5f6a7b-preview/my-app-identity"}]}'
  boundary=$(aws iam get-role --cli-input-json '{"RoleName": "my-s3-role"}' --query Role.PermissionsBoundary.PermissionsBoundaryArn --output text)
  [ "$boundary" = None ] || aws iam delete-role-permissions-boundary --cli-input-json '{"RoleName": "my-s3-role"}'
else
document <<'EOF'
{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "HelmIrsa821758fbcd15N1W52edc46f4265a5fd",
      "Effect": "Allow",
      "Principal": {
        "Federated": "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE"
      },
      "Action": "sts:AssumeRoleWithWebIdentity",
      "Condition": {
        "StringEquals": {
          "oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE:aud": "sts.amazonaws.com"
        },
        "StringLike": {
          "oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE:sub": "system:serviceaccount:z*:my-app-sa"
        }
      }
    }
  ]
}
EOF
  again aws iam create-role --cli-input-json '{"RoleName": "my-s3-role", "Path": "/", "MaxSessionDuration": 3600, "Tags": [{"Key":"helm-irsa.dev/cluster","Value":"qovery-z0000aaaa"},{"Key":"helm-irsa.dev/id","Value":"d49abc86868e3b0fc326"},{"Key":"helm-irsa.dev/namespace","Value":"apps"},{"Key":"helm-irsa.dev/release","Value":"shop"},{"Key":"helm-irsa.dev/scope","Value":"111122223333/eu-west-3"},{"Key":"helm-irsa.dev/shared-with","Value":"z4e5f6a7b-preview/my-app-identity"}]}' --assume-role-policy-document "$document" >/dev/null
fi
again aws iam attach-role-policy --cli-input-json '{"RoleName": "my-s3-role", "PolicyArn": "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"}'
for one in $(aws iam list-attached-role-policies --cli-input-json '{"RoleName": "my-s3-role"}' --query 'AttachedPolicies[].PolicyArn' --output text); do
  case $one in None | 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess') ;; *) aws iam detach-role-policy --cli-input-json '{"RoleName": "my-s3-role"}' --policy-arn "$one" ;; esac
done
for one in $(aws iam list-role-policies --cli-input-json '{"RoleName": "my-s3-role"}' --query 'PolicyNames[]' --output text); do
  case $one in None) ;; *) aws iam delete-role-policy --cli-input-json '{"RoleName": "my-s3-role"}' --policy-name "$one" ;; esac
done

# The trust policies, now that the roles exist which they may name.
document <<'EOF'
{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "HelmIrsa821758fbcd15N1W52edc46f4265a5fd",
      "Effect": "Allow",
      "Principal": {
        "Federated": "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE"
      },
      "Action": "sts:AssumeRoleWithWebIdentity",
      "Condition": {
        "StringEquals": {
          "oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE:aud": "sts.amazonaws.com"
        },
        "StringLike": {
          "oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE:sub": "system:serviceaccount:z*:my-app-sa"
        }
      }
    }
  ]
}
EOF
again aws iam update-assume-role-policy --cli-input-json '{"RoleName": "my-s3-role"}' --policy-document "$document"
