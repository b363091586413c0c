#!/bin/sh
# Makes in AWS account 111122223333 what irsa.yaml wants for release apps/shop of cluster
# prod_cluster. Written by helm irsa export aws-cli: change irsa.yaml, and export again. It may
# be run again, with credentials of that AWS account.
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
  aws iam create-open-id-connect-provider --cli-input-json '{"Url": "https://oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE", "ClientIDList": ["sts.amazonaws.com"], "Tags": [{"Key":"helm-irsa.dev/cluster","Value":"prod_cluster"},{"Key":"helm-irsa.dev/namespace","Value":"apps"},{"Key":"helm-irsa.dev/release","Value":"shop"},{"Key":"helm-irsa.dev/scope","Value":"111122223333/eu-west-3"}]}' >/dev/null
fi

# Policy EpinioECEKSClusterPolicy.
document <<'EOF'
{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": [
        "s3:ListBucket",
        "s3:PutObject",
        "s3:GetObject",
        "s3:GetBucketLocation",
        "s3:ListAllMyBuckets",
        "s3:CreateBucket",
        "s3:DeleteObject",
        "sts:AssumeRole"
      ],
      "Resource": "*"
    }
  ]
}
EOF
if has aws iam get-policy --cli-input-json '{"PolicyArn": "arn:aws:iam::111122223333:policy/EpinioECEKSClusterPolicy"}'; then
  aws iam tag-policy --cli-input-json '{"PolicyArn": "arn:aws:iam::111122223333:policy/EpinioECEKSClusterPolicy", "Tags": [{"Key":"helm-irsa.dev/cluster","Value":"prod_cluster"},{"Key":"helm-irsa.dev/namespace","Value":"apps"},{"Key":"helm-irsa.dev/release","Value":"shop"},{"Key":"helm-irsa.dev/scope","Value":"111122223333/eu-west-3"}]}'
  version=$(aws iam get-policy --cli-input-json '{"PolicyArn": "arn:aws:iam::111122223333:policy/EpinioECEKSClusterPolicy"}' --query Policy.DefaultVersionId --output text)
  there=$(aws iam get-policy-version --cli-input-json '{"PolicyArn": "arn:aws:iam::111122223333:policy/EpinioECEKSClusterPolicy"}' --version-id "$version" --query PolicyVersion.Document --output json)
  if ! same "$there" "$document"; then
    # IAM keeps five versions.
    old=$(aws iam list-policy-versions --cli-input-json '{"PolicyArn": "arn:aws:iam::111122223333:policy/EpinioECEKSClusterPolicy"}' --query 'Versions[?!IsDefaultVersion].VersionId | [3]' --output text)
    [ "$old" = None ] || aws iam delete-policy-version --cli-input-json '{"PolicyArn": "arn:aws:iam::111122223333:policy/EpinioECEKSClusterPolicy"}' --version-id "$old"
    aws iam create-policy-version --cli-input-json '{"PolicyArn": "arn:aws:iam::111122223333:policy/EpinioECEKSClusterPolicy"}' --set-as-default --policy-document "$document" >/dev/null
  fi
else
  aws iam create-policy --cli-input-json '{"PolicyName": "EpinioECEKSClusterPolicy", "Path": "/", "Description": "(helm-irsa: apps/shop of prod_cluster, 99ed4c42d51e)", "Tags": [{"Key":"helm-irsa.dev/cluster","Value":"prod_cluster"},{"Key":"helm-irsa.dev/namespace","Value":"apps"},{"Key":"helm-irsa.dev/release","Value":"shop"},{"Key":"helm-irsa.dev/scope","Value":"111122223333/eu-west-3"}]}' --policy-document "$document" >/dev/null
fi

# The role of service account apps/epinio-server.
if has aws iam get-role --cli-input-json '{"RoleName": "epinio-server-role"}'; then
  aws iam update-role --cli-input-json '{"RoleName": "epinio-server-role", "Description": "Epinio server role", "MaxSessionDuration": 3600}' >/dev/null
  aws iam tag-role --cli-input-json '{"RoleName": "epinio-server-role", "Tags": [{"Key":"helm-irsa.dev/cluster","Value":"prod_cluster"},{"Key":"helm-irsa.dev/id","Value":"689c789adbb79e3be584"},{"Key":"helm-irsa.dev/namespace","Value":"apps"},{"Key":"helm-irsa.dev/release","Value":"shop"},{"Key":"helm-irsa.dev/scope","Value":"111122223333/eu-west-3"}]}'
  boundary=$(aws iam get-role --cli-input-json '{"RoleName": "epinio-server-role"}' --query Role.PermissionsBoundary.PermissionsBoundaryArn --output text)
  [ "$boundary" = None ] || aws iam delete-role-permissions-boundary --cli-input-json '{"RoleName": "epinio-server-role"}'
else
document <<'EOF'
{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "HelmIrsa99ed4c42d51eN1",
      "Effect": "Allow",
      "Principal": {
        "Federated": "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE"
      },
      "Action": "sts:AssumeRoleWithWebIdentity",
      "Condition": {
        "StringEquals": {
          "oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE:aud": "sts.amazonaws.com",
          "oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE:sub": "system:serviceaccount:apps:epinio-server"
        }
      }
    }
  ]
}
EOF
  again aws iam create-role --cli-input-json '{"RoleName": "epinio-server-role", "Path": "/", "MaxSessionDuration": 3600, "Tags": [{"Key":"helm-irsa.dev/cluster","Value":"prod_cluster"},{"Key":"helm-irsa.dev/id","Value":"689c789adbb79e3be584"},{"Key":"helm-irsa.dev/namespace","Value":"apps"},{"Key":"helm-irsa.dev/release","Value":"shop"},{"Key":"helm-irsa.dev/scope","Value":"111122223333/eu-west-3"}], "Description": "Epinio server role"}' --assume-role-policy-document "$document" >/dev/null
fi
again aws iam attach-role-policy --cli-input-json '{"RoleName": "epinio-server-role", "PolicyArn": "arn:aws:iam::111122223333:policy/EpinioECEKSClusterPolicy"}'
for one in $(aws iam list-attached-role-policies --cli-input-json '{"RoleName": "epinio-server-role"}' --query 'AttachedPolicies[].PolicyArn' --output text); do
  case $one in None | 'arn:aws:iam::111122223333:policy/EpinioECEKSClusterPolicy') ;; *) aws iam detach-role-policy --cli-input-json '{"RoleName": "epinio-server-role"}' --policy-arn "$one" ;; esac
done
for one in $(aws iam list-role-policies --cli-input-json '{"RoleName": "epinio-server-role"}' --query 'PolicyNames[]' --output text); do
  case $one in None) ;; *) aws iam delete-role-policy --cli-input-json '{"RoleName": "epinio-server-role"}' --policy-name "$one" ;; esac
done

# The role of service account apps/epinio-staging.
if has aws iam get-role --cli-input-json '{"RoleName": "epinio-staging-role"}'; then
  aws iam update-role --cli-input-json '{"RoleName": "epinio-staging-role", "Description": "Epinio staging role", "MaxSessionDuration": 3600}' >/dev/null
  aws iam tag-role --cli-input-json '{"RoleName": "epinio-staging-role", "Tags": [{"Key":"helm-irsa.dev/cluster","Value":"prod_cluster"},{"Key":"helm-irsa.dev/id","Value":"3748502dde782d53a4c6"},{"Key":"helm-irsa.dev/namespace","Value":"apps"},{"Key":"helm-irsa.dev/release","Value":"shop"},{"Key":"helm-irsa.dev/scope","Value":"111122223333/eu-west-3"}]}'
  boundary=$(aws iam get-role --cli-input-json '{"RoleName": "epinio-staging-role"}' --query Role.PermissionsBoundary.PermissionsBoundaryArn --output text)
  [ "$boundary" = None ] || aws iam delete-role-permissions-boundary --cli-input-json '{"RoleName": "epinio-staging-role"}'
else
document <<'EOF'
{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "HelmIrsa99ed4c42d51eN1",
      "Effect": "Allow",
      "Principal": {
        "Federated": "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE"
      },
      "Action": "sts:AssumeRoleWithWebIdentity",
      "Condition": {
        "StringEquals": {
          "oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE:aud": "sts.amazonaws.com",
          "oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE:sub": "system:serviceaccount:apps:epinio-staging"
        }
      }
    }
  ]
}
EOF
  again aws iam create-role --cli-input-json '{"RoleName": "epinio-staging-role", "Path": "/", "MaxSessionDuration": 3600, "Tags": [{"Key":"helm-irsa.dev/cluster","Value":"prod_cluster"},{"Key":"helm-irsa.dev/id","Value":"3748502dde782d53a4c6"},{"Key":"helm-irsa.dev/namespace","Value":"apps"},{"Key":"helm-irsa.dev/release","Value":"shop"},{"Key":"helm-irsa.dev/scope","Value":"111122223333/eu-west-3"}], "Description": "Epinio staging role"}' --assume-role-policy-document "$document" >/dev/null
fi
again aws iam attach-role-policy --cli-input-json '{"RoleName": "epinio-staging-role", "PolicyArn": "arn:aws:iam::111122223333:policy/EpinioECEKSClusterPolicy"}'
for one in $(aws iam list-attached-role-policies --cli-input-json '{"RoleName": "epinio-staging-role"}' --query 'AttachedPolicies[].PolicyArn' --output text); do
  case $one in None | 'arn:aws:iam::111122223333:policy/EpinioECEKSClusterPolicy') ;; *) aws iam detach-role-policy --cli-input-json '{"RoleName": "epinio-staging-role"}' --policy-arn "$one" ;; esac
done
for one in $(aws iam list-role-policies --cli-input-json '{"RoleName": "epinio-staging-role"}' --query 'PolicyNames[]' --output text); do
  case $one in None) ;; *) aws iam delete-role-policy --cli-input-json '{"RoleName": "epinio-staging-role"}' --policy-name "$one" ;; esac
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
        "Federated": "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE"
      },
      "Action": "sts:AssumeRoleWithWebIdentity",
      "Condition": {
        "StringEquals": {
          "oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE:aud": "sts.amazonaws.com",
          "oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE:sub": "system:serviceaccount:apps:epinio-server"
        }
      }
    }
  ]
}
EOF
again aws iam update-assume-role-policy --cli-input-json '{"RoleName": "epinio-server-role"}' --policy-document "$document"
document <<'EOF'
{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "HelmIrsa99ed4c42d51eN1",
      "Effect": "Allow",
      "Principal": {
        "Federated": "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE"
      },
      "Action": "sts:AssumeRoleWithWebIdentity",
      "Condition": {
        "StringEquals": {
          "oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE:aud": "sts.amazonaws.com",
          "oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE:sub": "system:serviceaccount:apps:epinio-staging"
        }
      }
    }
  ]
}
EOF
again aws iam update-assume-role-policy --cli-input-json '{"RoleName": "epinio-staging-role"}' --policy-document "$document"
