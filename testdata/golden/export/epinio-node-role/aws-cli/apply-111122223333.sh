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
  aws iam tag-policy --cli-input-json '{"PolicyArn": "arn:aws:iam::111122223333:policy/EpinioECEKSClusterPolicy", "Tags": [{"Key":"helm-irsa.dev/attached.d6a502d1","Value":"eks-nodes"},{"Key":"helm-irsa.dev/cluster","Value":"prod_cluster"},{"Key":"helm-irsa.dev/namespace","Value":"apps"},{"Key":"helm-irsa.dev/release","Value":"shop"},{"Key":"helm-irsa.dev/scope","Value":"111122223333/eu-west-3"}]}'
  version=$(aws iam get-policy --cli-input-json '{"PolicyArn": "arn:aws:iam::111122223333:policy/EpinioECEKSClusterPolicy"}' --query Policy.DefaultVersionId --output text)
  there=$(aws iam get-policy-version --cli-input-json '{"PolicyArn": "arn:aws:iam::111122223333:policy/EpinioECEKSClusterPolicy"}' --version-id "$version" --query PolicyVersion.Document --output json)
  if ! same "$there" "$document"; then
    # IAM keeps five versions.
    old=$(aws iam list-policy-versions --cli-input-json '{"PolicyArn": "arn:aws:iam::111122223333:policy/EpinioECEKSClusterPolicy"}' --query 'Versions[?!IsDefaultVersion].VersionId | [3]' --output text)
    [ "$old" = None ] || aws iam delete-policy-version --cli-input-json '{"PolicyArn": "arn:aws:iam::111122223333:policy/EpinioECEKSClusterPolicy"}' --version-id "$old"
    aws iam create-policy-version --cli-input-json '{"PolicyArn": "arn:aws:iam::111122223333:policy/EpinioECEKSClusterPolicy"}' --set-as-default --policy-document "$document" >/dev/null
  fi
else
  aws iam create-policy --cli-input-json '{"PolicyName": "EpinioECEKSClusterPolicy", "Path": "/", "Description": "(helm-irsa: apps/shop of prod_cluster, 99ed4c42d51e)", "Tags": [{"Key":"helm-irsa.dev/attached.d6a502d1","Value":"eks-nodes"},{"Key":"helm-irsa.dev/cluster","Value":"prod_cluster"},{"Key":"helm-irsa.dev/namespace","Value":"apps"},{"Key":"helm-irsa.dev/release","Value":"shop"},{"Key":"helm-irsa.dev/scope","Value":"111122223333/eu-west-3"}]}' --policy-document "$document" >/dev/null
fi

# The role of the nodes.
again aws iam attach-role-policy --cli-input-json '{"RoleName": "eks-nodes", "PolicyArn": "arn:aws:iam::111122223333:policy/EpinioECEKSClusterPolicy"}'
