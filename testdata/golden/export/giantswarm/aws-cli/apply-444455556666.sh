#!/bin/sh
# Makes in AWS account 444455556666 what irsa.yaml wants for release apps/shop of cluster abc12.
# Written by helm irsa export aws-cli: change irsa.yaml, and export again. It may be run again,
# with credentials of that AWS account, such as by AWS_PROFILE=shared-data.
set -eu
account=444455556666
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
if has aws iam get-open-id-connect-provider --cli-input-json '{"OpenIDConnectProviderArn": "arn:aws:iam::444455556666:oidc-provider/s3.eu-west-3.amazonaws.com/111122223333-g8s-abc12-oidc-pod-identity"}'; then
  clients=$(aws iam get-open-id-connect-provider --cli-input-json '{"OpenIDConnectProviderArn": "arn:aws:iam::444455556666:oidc-provider/s3.eu-west-3.amazonaws.com/111122223333-g8s-abc12-oidc-pod-identity"}' --query 'ClientIDList[]' --output text | tr '\t' '\n')
  printf '%s\n' "$clients" | grep -qxF -e sts.amazonaws.com ||
    aws iam add-client-id-to-open-id-connect-provider --cli-input-json '{"OpenIDConnectProviderArn": "arn:aws:iam::444455556666:oidc-provider/s3.eu-west-3.amazonaws.com/111122223333-g8s-abc12-oidc-pod-identity", "ClientID": "sts.amazonaws.com"}'
else
  aws iam create-open-id-connect-provider --cli-input-json '{"Url": "https://s3.eu-west-3.amazonaws.com/111122223333-g8s-abc12-oidc-pod-identity", "ClientIDList": ["sts.amazonaws.com"], "Tags": [{"Key":"helm-irsa.dev/cluster","Value":"abc12"},{"Key":"helm-irsa.dev/namespace","Value":"apps"},{"Key":"helm-irsa.dev/release","Value":"shop"},{"Key":"helm-irsa.dev/scope","Value":"111122223333/eu-west-3"}]}' >/dev/null
fi

# Policy data-bucket.
document <<'EOF'
{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": [
        "s3:GetObject",
        "s3:PutObject",
        "s3:DeleteObject"
      ],
      "Resource": "arn:aws:s3:::data-bucket/*"
    }
  ]
}
EOF
if has aws iam get-policy --cli-input-json '{"PolicyArn": "arn:aws:iam::444455556666:policy/data-bucket"}'; then
  aws iam tag-policy --cli-input-json '{"PolicyArn": "arn:aws:iam::444455556666:policy/data-bucket", "Tags": [{"Key":"helm-irsa.dev/cluster","Value":"abc12"},{"Key":"helm-irsa.dev/namespace","Value":"apps"},{"Key":"helm-irsa.dev/release","Value":"shop"},{"Key":"helm-irsa.dev/scope","Value":"111122223333/eu-west-3"}]}'
  version=$(aws iam get-policy --cli-input-json '{"PolicyArn": "arn:aws:iam::444455556666:policy/data-bucket"}' --query Policy.DefaultVersionId --output text)
  there=$(aws iam get-policy-version --cli-input-json '{"PolicyArn": "arn:aws:iam::444455556666:policy/data-bucket"}' --version-id "$version" --query PolicyVersion.Document --output json)
  if ! same "$there" "$document"; then
    # IAM keeps five versions.
    old=$(aws iam list-policy-versions --cli-input-json '{"PolicyArn": "arn:aws:iam::444455556666:policy/data-bucket"}' --query 'Versions[?!IsDefaultVersion].VersionId | [3]' --output text)
    [ "$old" = None ] || aws iam delete-policy-version --cli-input-json '{"PolicyArn": "arn:aws:iam::444455556666:policy/data-bucket"}' --version-id "$old"
    aws iam create-policy-version --cli-input-json '{"PolicyArn": "arn:aws:iam::444455556666:policy/data-bucket"}' --set-as-default --policy-document "$document" >/dev/null
  fi
else
  aws iam create-policy --cli-input-json '{"PolicyName": "data-bucket", "Path": "/", "Description": "(helm-irsa: apps/shop of abc12, 95ba467ad43d)", "Tags": [{"Key":"helm-irsa.dev/cluster","Value":"abc12"},{"Key":"helm-irsa.dev/namespace","Value":"apps"},{"Key":"helm-irsa.dev/release","Value":"shop"},{"Key":"helm-irsa.dev/scope","Value":"111122223333/eu-west-3"}]}' --policy-document "$document" >/dev/null
fi

# The role of service account apps/sweeper.
if has aws iam get-role --cli-input-json '{"RoleName": "sweeper"}'; then
  aws iam update-role --cli-input-json '{"RoleName": "sweeper", "Description": "", "MaxSessionDuration": 3600}' >/dev/null
  aws iam tag-role --cli-input-json '{"RoleName": "sweeper", "Tags": [{"Key":"helm-irsa.dev/cluster","Value":"abc12"},{"Key":"helm-irsa.dev/id","Value":"53c6087ad3c1527aa904"},{"Key":"helm-irsa.dev/namespace","Value":"apps"},{"Key":"helm-irsa.dev/release","Value":"shop"},{"Key":"helm-irsa.dev/scope","Value":"111122223333/eu-west-3"}]}'
  boundary=$(aws iam get-role --cli-input-json '{"RoleName": "sweeper"}' --query Role.PermissionsBoundary.PermissionsBoundaryArn --output text)
  [ "$boundary" = None ] || aws iam delete-role-permissions-boundary --cli-input-json '{"RoleName": "sweeper"}'
else
document <<'EOF'
{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "HelmIrsa95ba467ad43dN1",
      "Effect": "Allow",
      "Principal": {
        "Federated": "arn:aws:iam::444455556666:oidc-provider/s3.eu-west-3.amazonaws.com/111122223333-g8s-abc12-oidc-pod-identity"
      },
      "Action": "sts:AssumeRoleWithWebIdentity",
      "Condition": {
        "StringEquals": {
          "s3.eu-west-3.amazonaws.com/111122223333-g8s-abc12-oidc-pod-identity:aud": "sts.amazonaws.com",
          "s3.eu-west-3.amazonaws.com/111122223333-g8s-abc12-oidc-pod-identity:sub": "system:serviceaccount:apps:sweeper"
        }
      }
    }
  ]
}
EOF
  again aws iam create-role --cli-input-json '{"RoleName": "sweeper", "Path": "/", "MaxSessionDuration": 3600, "Tags": [{"Key":"helm-irsa.dev/cluster","Value":"abc12"},{"Key":"helm-irsa.dev/id","Value":"53c6087ad3c1527aa904"},{"Key":"helm-irsa.dev/namespace","Value":"apps"},{"Key":"helm-irsa.dev/release","Value":"shop"},{"Key":"helm-irsa.dev/scope","Value":"111122223333/eu-west-3"}]}' --assume-role-policy-document "$document" >/dev/null
fi
again aws iam attach-role-policy --cli-input-json '{"RoleName": "sweeper", "PolicyArn": "arn:aws:iam::444455556666:policy/data-bucket"}'
for one in $(aws iam list-attached-role-policies --cli-input-json '{"RoleName": "sweeper"}' --query 'AttachedPolicies[].PolicyArn' --output text); do
  case $one in None | 'arn:aws:iam::444455556666:policy/data-bucket') ;; *) aws iam detach-role-policy --cli-input-json '{"RoleName": "sweeper"}' --policy-arn "$one" ;; esac
done
for one in $(aws iam list-role-policies --cli-input-json '{"RoleName": "sweeper"}' --query 'PolicyNames[]' --output text); do
  case $one in None) ;; *) aws iam delete-role-policy --cli-input-json '{"RoleName": "sweeper"}' --policy-name "$one" ;; esac
done

# The trust policies, now that the roles exist which they may name.
document <<'EOF'
{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "HelmIrsa95ba467ad43dN1",
      "Effect": "Allow",
      "Principal": {
        "Federated": "arn:aws:iam::444455556666:oidc-provider/s3.eu-west-3.amazonaws.com/111122223333-g8s-abc12-oidc-pod-identity"
      },
      "Action": "sts:AssumeRoleWithWebIdentity",
      "Condition": {
        "StringEquals": {
          "s3.eu-west-3.amazonaws.com/111122223333-g8s-abc12-oidc-pod-identity:aud": "sts.amazonaws.com",
          "s3.eu-west-3.amazonaws.com/111122223333-g8s-abc12-oidc-pod-identity:sub": "system:serviceaccount:apps:sweeper"
        }
      }
    }
  ]
}
EOF
again aws iam update-assume-role-policy --cli-input-json '{"RoleName": "sweeper"}' --policy-document "$document"
