#!/bin/sh
# Makes in AWS account 444455556666 what irsa.yaml wants for release apps/shop of cluster
# prod_cluster. Written by helm irsa export aws-cli: change irsa.yaml, and export again. It may
# be run again, with credentials of that AWS account, such as those of role
# arn:aws:iam::444455556666:role/deploy.
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
if has aws iam get-open-id-connect-provider --cli-input-json '{"OpenIDConnectProviderArn": "arn:aws:iam::444455556666:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/STANDBY"}'; then
  clients=$(aws iam get-open-id-connect-provider --cli-input-json '{"OpenIDConnectProviderArn": "arn:aws:iam::444455556666:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/STANDBY"}' --query 'ClientIDList[]' --output text | tr '\t' '\n')
  printf '%s\n' "$clients" | grep -qxF -e sts.amazonaws.com ||
    aws iam add-client-id-to-open-id-connect-provider --cli-input-json '{"OpenIDConnectProviderArn": "arn:aws:iam::444455556666:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/STANDBY", "ClientID": "sts.amazonaws.com"}'
else
  aws iam create-open-id-connect-provider --cli-input-json '{"Url": "https://oidc.eks.eu-west-1.amazonaws.com/id/STANDBY", "ClientIDList": ["sts.amazonaws.com"], "Tags": [{"Key":"helm-irsa.dev/cluster","Value":"prod_cluster"},{"Key":"helm-irsa.dev/namespace","Value":"apps"},{"Key":"helm-irsa.dev/release","Value":"shop"},{"Key":"helm-irsa.dev/scope","Value":"111122223333/eu-west-3"},{"Key":"team","Value":"shop"}]}' >/dev/null
fi

# The OIDC provider, which all releases of the cluster share.
if has aws iam get-open-id-connect-provider --cli-input-json '{"OpenIDConnectProviderArn": "arn:aws:iam::444455556666:oidc-provider/oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE"}'; then
  clients=$(aws iam get-open-id-connect-provider --cli-input-json '{"OpenIDConnectProviderArn": "arn:aws:iam::444455556666:oidc-provider/oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE"}' --query 'ClientIDList[]' --output text | tr '\t' '\n')
  printf '%s\n' "$clients" | grep -qxF -e sts.amazonaws.com ||
    aws iam add-client-id-to-open-id-connect-provider --cli-input-json '{"OpenIDConnectProviderArn": "arn:aws:iam::444455556666:oidc-provider/oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE", "ClientID": "sts.amazonaws.com"}'
else
  aws iam create-open-id-connect-provider --cli-input-json '{"Url": "https://oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE", "ClientIDList": ["sts.amazonaws.com"], "Tags": [{"Key":"helm-irsa.dev/cluster","Value":"prod_cluster"},{"Key":"helm-irsa.dev/namespace","Value":"apps"},{"Key":"helm-irsa.dev/release","Value":"shop"},{"Key":"helm-irsa.dev/scope","Value":"111122223333/eu-west-3"},{"Key":"team","Value":"shop"}]}' >/dev/null
fi

# Policy data.
document <<'EOF'
{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "Read",
      "Effect": "Allow",
      "Action": [
        "s3:GetObject",
        "s3:ListBucket"
      ],
      "Resource": [
        "arn:aws:s3:::shop",
        "arn:aws:s3:::shop/*"
      ]
    }
  ]
}
EOF
if has aws iam get-policy --cli-input-json '{"PolicyArn": "arn:aws:iam::444455556666:policy/apps/data"}'; then
  aws iam tag-policy --cli-input-json '{"PolicyArn": "arn:aws:iam::444455556666:policy/apps/data", "Tags": [{"Key":"helm-irsa.dev/cluster","Value":"prod_cluster"},{"Key":"helm-irsa.dev/namespace","Value":"apps"},{"Key":"helm-irsa.dev/release","Value":"shop"},{"Key":"helm-irsa.dev/scope","Value":"111122223333/eu-west-3"},{"Key":"team","Value":"shop"}]}'
  version=$(aws iam get-policy --cli-input-json '{"PolicyArn": "arn:aws:iam::444455556666:policy/apps/data"}' --query Policy.DefaultVersionId --output text)
  there=$(aws iam get-policy-version --cli-input-json '{"PolicyArn": "arn:aws:iam::444455556666:policy/apps/data"}' --version-id "$version" --query PolicyVersion.Document --output json)
  if ! same "$there" "$document"; then
    # IAM keeps five versions.
    old=$(aws iam list-policy-versions --cli-input-json '{"PolicyArn": "arn:aws:iam::444455556666:policy/apps/data"}' --query 'Versions[?!IsDefaultVersion].VersionId | [3]' --output text)
    [ "$old" = None ] || aws iam delete-policy-version --cli-input-json '{"PolicyArn": "arn:aws:iam::444455556666:policy/apps/data"}' --version-id "$old"
    aws iam create-policy-version --cli-input-json '{"PolicyArn": "arn:aws:iam::444455556666:policy/apps/data"}' --set-as-default --policy-document "$document" >/dev/null
  fi
else
  aws iam create-policy --cli-input-json '{"PolicyName": "data", "Path": "/apps/", "Description": "What the shop reads (helm-irsa: apps/shop of prod_cluster, 99ed4c42d51e)", "Tags": [{"Key":"helm-irsa.dev/cluster","Value":"prod_cluster"},{"Key":"helm-irsa.dev/namespace","Value":"apps"},{"Key":"helm-irsa.dev/release","Value":"shop"},{"Key":"helm-irsa.dev/scope","Value":"111122223333/eu-west-3"},{"Key":"team","Value":"shop"}]}' --policy-document "$document" >/dev/null
fi

# The role of service account apps/far.
if has aws iam get-role --cli-input-json '{"RoleName": "far-role"}'; then
  aws iam update-role --cli-input-json '{"RoleName": "far-role", "Description": "", "MaxSessionDuration": 7200}' >/dev/null
  aws iam tag-role --cli-input-json '{"RoleName": "far-role", "Tags": [{"Key":"helm-irsa.dev/cluster","Value":"prod_cluster"},{"Key":"helm-irsa.dev/id","Value":"f9ff356df0a2ea51e182"},{"Key":"helm-irsa.dev/namespace","Value":"apps"},{"Key":"helm-irsa.dev/release","Value":"shop"},{"Key":"helm-irsa.dev/scope","Value":"111122223333/eu-west-3"},{"Key":"team","Value":"shop"}]}'
  aws iam put-role-permissions-boundary --cli-input-json '{"RoleName": "far-role", "PermissionsBoundary": "arn:aws:iam::444455556666:policy/boundary"}'
else
document <<'EOF'
{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "HelmIrsa99ed4c42d51eN1",
      "Effect": "Allow",
      "Principal": {
        "Federated": "arn:aws:iam::444455556666:oidc-provider/oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE"
      },
      "Action": "sts:AssumeRoleWithWebIdentity",
      "Condition": {
        "StringEquals": {
          "oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE:aud": "sts.amazonaws.com",
          "oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE:sub": "system:serviceaccount:apps:far"
        }
      }
    },
    {
      "Sid": "HelmIrsa99ed4c42d51eN2",
      "Effect": "Allow",
      "Principal": {
        "Federated": "arn:aws:iam::444455556666:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/STANDBY"
      },
      "Action": "sts:AssumeRoleWithWebIdentity",
      "Condition": {
        "StringEquals": {
          "oidc.eks.eu-west-1.amazonaws.com/id/STANDBY:aud": "sts.amazonaws.com",
          "oidc.eks.eu-west-1.amazonaws.com/id/STANDBY:sub": "system:serviceaccount:apps:far"
        }
      }
    }
  ]
}
EOF
  again aws iam create-role --cli-input-json '{"RoleName": "far-role", "Path": "/apps/", "MaxSessionDuration": 7200, "Tags": [{"Key":"helm-irsa.dev/cluster","Value":"prod_cluster"},{"Key":"helm-irsa.dev/id","Value":"f9ff356df0a2ea51e182"},{"Key":"helm-irsa.dev/namespace","Value":"apps"},{"Key":"helm-irsa.dev/release","Value":"shop"},{"Key":"helm-irsa.dev/scope","Value":"111122223333/eu-west-3"},{"Key":"team","Value":"shop"}], "PermissionsBoundary": "arn:aws:iam::444455556666:policy/boundary"}' --assume-role-policy-document "$document" >/dev/null
fi
again aws iam attach-role-policy --cli-input-json '{"RoleName": "far-role", "PolicyArn": "arn:aws:iam::444455556666:policy/apps/data"}'
for one in $(aws iam list-attached-role-policies --cli-input-json '{"RoleName": "far-role"}' --query 'AttachedPolicies[].PolicyArn' --output text); do
  case $one in None | 'arn:aws:iam::444455556666:policy/apps/data') ;; *) aws iam detach-role-policy --cli-input-json '{"RoleName": "far-role"}' --policy-arn "$one" ;; esac
done
for one in $(aws iam list-role-policies --cli-input-json '{"RoleName": "far-role"}' --query 'PolicyNames[]' --output text); do
  case $one in None) ;; *) aws iam delete-role-policy --cli-input-json '{"RoleName": "far-role"}' --policy-name "$one" ;; esac
done

# The trust policies, now that the roles exist which they may name.
document <<'EOF'
{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "HelmIrsa99ed4c42d51eN1",
      "Effect": "Allow",
      "Principal": {
        "Federated": "arn:aws:iam::444455556666:oidc-provider/oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE"
      },
      "Action": "sts:AssumeRoleWithWebIdentity",
      "Condition": {
        "StringEquals": {
          "oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE:aud": "sts.amazonaws.com",
          "oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE:sub": "system:serviceaccount:apps:far"
        }
      }
    },
    {
      "Sid": "HelmIrsa99ed4c42d51eN2",
      "Effect": "Allow",
      "Principal": {
        "Federated": "arn:aws:iam::444455556666:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/STANDBY"
      },
      "Action": "sts:AssumeRoleWithWebIdentity",
      "Condition": {
        "StringEquals": {
          "oidc.eks.eu-west-1.amazonaws.com/id/STANDBY:aud": "sts.amazonaws.com",
          "oidc.eks.eu-west-1.amazonaws.com/id/STANDBY:sub": "system:serviceaccount:apps:far"
        }
      }
    }
  ]
}
EOF
again aws iam update-assume-role-policy --cli-input-json '{"RoleName": "far-role"}' --policy-document "$document"
