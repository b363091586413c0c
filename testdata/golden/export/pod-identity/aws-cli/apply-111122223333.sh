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

# The role of service account apps/backup.
if has aws iam get-role --cli-input-json '{"RoleName": "shop-backup"}'; then
  aws iam update-role --cli-input-json '{"RoleName": "shop-backup", "Description": "", "MaxSessionDuration": 3600}' >/dev/null
  aws iam tag-role --cli-input-json '{"RoleName": "shop-backup", "Tags": [{"Key":"helm-irsa.dev/cluster","Value":"prod_cluster"},{"Key":"helm-irsa.dev/id","Value":"6025f7d77d05b27d2e49"},{"Key":"helm-irsa.dev/namespace","Value":"apps"},{"Key":"helm-irsa.dev/release","Value":"shop"},{"Key":"helm-irsa.dev/scope","Value":"111122223333/eu-west-3"}]}'
  boundary=$(aws iam get-role --cli-input-json '{"RoleName": "shop-backup"}' --query Role.PermissionsBoundary.PermissionsBoundaryArn --output text)
  [ "$boundary" = None ] || aws iam delete-role-permissions-boundary --cli-input-json '{"RoleName": "shop-backup"}'
else
document <<'EOF'
{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "HelmIrsa99ed4c42d51eN1",
      "Effect": "Allow",
      "Principal": {
        "Service": "pods.eks.amazonaws.com"
      },
      "Action": [
        "sts:AssumeRole",
        "sts:TagSession"
      ],
      "Condition": {
        "StringEquals": {
          "aws:SourceAccount": "111122223333",
          "aws:SourceArn": "arn:aws:eks:eu-west-3:111122223333:cluster/prod_cluster"
        }
      }
    }
  ]
}
EOF
  again aws iam create-role --cli-input-json '{"RoleName": "shop-backup", "Path": "/", "MaxSessionDuration": 3600, "Tags": [{"Key":"helm-irsa.dev/cluster","Value":"prod_cluster"},{"Key":"helm-irsa.dev/id","Value":"6025f7d77d05b27d2e49"},{"Key":"helm-irsa.dev/namespace","Value":"apps"},{"Key":"helm-irsa.dev/release","Value":"shop"},{"Key":"helm-irsa.dev/scope","Value":"111122223333/eu-west-3"}]}' --assume-role-policy-document "$document" >/dev/null
fi
again aws iam attach-role-policy --cli-input-json '{"RoleName": "shop-backup", "PolicyArn": "arn:aws:iam::aws:policy/AmazonS3FullAccess"}'
for one in $(aws iam list-attached-role-policies --cli-input-json '{"RoleName": "shop-backup"}' --query 'AttachedPolicies[].PolicyArn' --output text); do
  case $one in None | 'arn:aws:iam::aws:policy/AmazonS3FullAccess') ;; *) aws iam detach-role-policy --cli-input-json '{"RoleName": "shop-backup"}' --policy-arn "$one" ;; esac
done
for one in $(aws iam list-role-policies --cli-input-json '{"RoleName": "shop-backup"}' --query 'PolicyNames[]' --output text); do
  case $one in None) ;; *) aws iam delete-role-policy --cli-input-json '{"RoleName": "shop-backup"}' --policy-name "$one" ;; esac
done

# The role of service account apps/orders.
if has aws iam get-role --cli-input-json '{"RoleName": "shop-orders"}'; then
  aws iam update-role --cli-input-json '{"RoleName": "shop-orders", "Description": "", "MaxSessionDuration": 3600}' >/dev/null
  aws iam tag-role --cli-input-json '{"RoleName": "shop-orders", "Tags": [{"Key":"helm-irsa.dev/cluster","Value":"prod_cluster"},{"Key":"helm-irsa.dev/id","Value":"0e25212fb891371dffb8"},{"Key":"helm-irsa.dev/namespace","Value":"apps"},{"Key":"helm-irsa.dev/release","Value":"shop"},{"Key":"helm-irsa.dev/scope","Value":"111122223333/eu-west-3"}]}'
  boundary=$(aws iam get-role --cli-input-json '{"RoleName": "shop-orders"}' --query Role.PermissionsBoundary.PermissionsBoundaryArn --output text)
  [ "$boundary" = None ] || aws iam delete-role-permissions-boundary --cli-input-json '{"RoleName": "shop-orders"}'
else
document <<'EOF'
{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "HelmIrsa99ed4c42d51eN1",
      "Effect": "Allow",
      "Principal": {
        "Service": "pods.eks.amazonaws.com"
      },
      "Action": [
        "sts:AssumeRole",
        "sts:TagSession"
      ],
      "Condition": {
        "StringEquals": {
          "aws:RequestTag/eks-cluster-arn": "arn:aws:eks:eu-west-3:111122223333:cluster/prod_cluster",
          "aws:RequestTag/kubernetes-namespace": "apps",
          "aws:RequestTag/kubernetes-service-account": "orders"
        }
      }
    }
  ]
}
EOF
  again aws iam create-role --cli-input-json '{"RoleName": "shop-orders", "Path": "/", "MaxSessionDuration": 3600, "Tags": [{"Key":"helm-irsa.dev/cluster","Value":"prod_cluster"},{"Key":"helm-irsa.dev/id","Value":"0e25212fb891371dffb8"},{"Key":"helm-irsa.dev/namespace","Value":"apps"},{"Key":"helm-irsa.dev/release","Value":"shop"},{"Key":"helm-irsa.dev/scope","Value":"111122223333/eu-west-3"}]}' --assume-role-policy-document "$document" >/dev/null
fi
again aws iam attach-role-policy --cli-input-json '{"RoleName": "shop-orders", "PolicyArn": "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"}'
for one in $(aws iam list-attached-role-policies --cli-input-json '{"RoleName": "shop-orders"}' --query 'AttachedPolicies[].PolicyArn' --output text); do
  case $one in None | 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess') ;; *) aws iam detach-role-policy --cli-input-json '{"RoleName": "shop-orders"}' --policy-arn "$one" ;; esac
done
for one in $(aws iam list-role-policies --cli-input-json '{"RoleName": "shop-orders"}' --query 'PolicyNames[]' --output text); do
  case $one in None) ;; *) aws iam delete-role-policy --cli-input-json '{"RoleName": "shop-orders"}' --policy-name "$one" ;; esac
done

# The role of service account apps/reports.
if has aws iam get-role --cli-input-json '{"RoleName": "shop-reports"}'; then
  aws iam update-role --cli-input-json '{"RoleName": "shop-reports", "Description": "", "MaxSessionDuration": 3600}' >/dev/null
  aws iam tag-role --cli-input-json '{"RoleName": "shop-reports", "Tags": [{"Key":"helm-irsa.dev/cluster","Value":"prod_cluster"},{"Key":"helm-irsa.dev/id","Value":"49f97fb97f342d5adafe"},{"Key":"helm-irsa.dev/namespace","Value":"apps"},{"Key":"helm-irsa.dev/release","Value":"shop"},{"Key":"helm-irsa.dev/scope","Value":"111122223333/eu-west-3"}]}'
  boundary=$(aws iam get-role --cli-input-json '{"RoleName": "shop-reports"}' --query Role.PermissionsBoundary.PermissionsBoundaryArn --output text)
  [ "$boundary" = None ] || aws iam delete-role-permissions-boundary --cli-input-json '{"RoleName": "shop-reports"}'
else
document <<'EOF'
{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "HelmIrsa99ed4c42d51eN1",
      "Effect": "Allow",
      "Principal": {
        "Service": "pods.eks.amazonaws.com"
      },
      "Action": [
        "sts:AssumeRole",
        "sts:TagSession"
      ],
      "Condition": {
        "StringEquals": {
          "aws:RequestTag/eks-cluster-arn": "arn:aws:eks:eu-west-3:111122223333:cluster/prod_cluster",
          "aws:RequestTag/kubernetes-namespace": "apps",
          "aws:RequestTag/kubernetes-service-account": "reports"
        }
      }
    }
  ]
}
EOF
  again aws iam create-role --cli-input-json '{"RoleName": "shop-reports", "Path": "/", "MaxSessionDuration": 3600, "Tags": [{"Key":"helm-irsa.dev/cluster","Value":"prod_cluster"},{"Key":"helm-irsa.dev/id","Value":"49f97fb97f342d5adafe"},{"Key":"helm-irsa.dev/namespace","Value":"apps"},{"Key":"helm-irsa.dev/release","Value":"shop"},{"Key":"helm-irsa.dev/scope","Value":"111122223333/eu-west-3"}]}' --assume-role-policy-document "$document" >/dev/null
fi
for one in $(aws iam list-attached-role-policies --cli-input-json '{"RoleName": "shop-reports"}' --query 'AttachedPolicies[].PolicyArn' --output text); do
  case $one in None) ;; *) aws iam detach-role-policy --cli-input-json '{"RoleName": "shop-reports"}' --policy-arn "$one" ;; esac
done
document <<'EOF'
{
  "Version": "2012-10-17",
  "Statement": {
    "Effect": "Allow",
    "Action": [
      "sts:AssumeRole",
      "sts:TagSession"
    ],
    "Resource": [
      "arn:aws:iam::444455556666:role/shop-data"
    ]
  }
}
EOF
aws iam put-role-policy --cli-input-json '{"RoleName": "shop-reports", "PolicyName": "helm-irsa-target-roles"}' --policy-document "$document"
for one in $(aws iam list-role-policies --cli-input-json '{"RoleName": "shop-reports"}' --query 'PolicyNames[]' --output text); do
  case $one in None | 'helm-irsa-target-roles') ;; *) aws iam delete-role-policy --cli-input-json '{"RoleName": "shop-reports"}' --policy-name "$one" ;; esac
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
        "Service": "pods.eks.amazonaws.com"
      },
      "Action": [
        "sts:AssumeRole",
        "sts:TagSession"
      ],
      "Condition": {
        "StringEquals": {
          "aws:SourceAccount": "111122223333",
          "aws:SourceArn": "arn:aws:eks:eu-west-3:111122223333:cluster/prod_cluster"
        }
      }
    }
  ]
}
EOF
again aws iam update-assume-role-policy --cli-input-json '{"RoleName": "shop-backup"}' --policy-document "$document"
document <<'EOF'
{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "HelmIrsa99ed4c42d51eN1",
      "Effect": "Allow",
      "Principal": {
        "Service": "pods.eks.amazonaws.com"
      },
      "Action": [
        "sts:AssumeRole",
        "sts:TagSession"
      ],
      "Condition": {
        "StringEquals": {
          "aws:RequestTag/eks-cluster-arn": "arn:aws:eks:eu-west-3:111122223333:cluster/prod_cluster",
          "aws:RequestTag/kubernetes-namespace": "apps",
          "aws:RequestTag/kubernetes-service-account": "orders"
        }
      }
    }
  ]
}
EOF
again aws iam update-assume-role-policy --cli-input-json '{"RoleName": "shop-orders"}' --policy-document "$document"
document <<'EOF'
{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "HelmIrsa99ed4c42d51eN1",
      "Effect": "Allow",
      "Principal": {
        "Service": "pods.eks.amazonaws.com"
      },
      "Action": [
        "sts:AssumeRole",
        "sts:TagSession"
      ],
      "Condition": {
        "StringEquals": {
          "aws:RequestTag/eks-cluster-arn": "arn:aws:eks:eu-west-3:111122223333:cluster/prod_cluster",
          "aws:RequestTag/kubernetes-namespace": "apps",
          "aws:RequestTag/kubernetes-service-account": "reports"
        }
      }
    }
  ]
}
EOF
again aws iam update-assume-role-policy --cli-input-json '{"RoleName": "shop-reports"}' --policy-document "$document"

# The Pod Identity association of service account apps/backup.
document <<'EOF'
{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": "s3:PutObject",
      "Resource": "arn:aws:s3:::shop-backups/*"
    }
  ]
}
EOF
id=$(aws eks list-pod-identity-associations --cli-input-json '{"clusterName": "prod_cluster", "namespace": "apps", "serviceAccount": "backup"}' --query 'associations[0].associationId' --output text)
if [ "$id" = None ]; then
  again aws eks create-pod-identity-association --cli-input-json '{"clusterName": "prod_cluster", "namespace": "apps", "serviceAccount": "backup", "roleArn": "arn:aws:iam::111122223333:role/shop-backup", "disableSessionTags": true, "tags": {"helm-irsa.dev/cluster":"prod_cluster","helm-irsa.dev/namespace":"apps","helm-irsa.dev/release":"shop","helm-irsa.dev/scope":"111122223333/eu-west-3"}}' --policy "$document" >/dev/null
else
  aws eks update-pod-identity-association --cli-input-json '{"clusterName": "prod_cluster", "roleArn": "arn:aws:iam::111122223333:role/shop-backup", "disableSessionTags": true, "targetRoleArn": ""}' --association-id "$id" --policy "$document" >/dev/null
fi

# The Pod Identity association of service account apps/orders.
id=$(aws eks list-pod-identity-associations --cli-input-json '{"clusterName": "prod_cluster", "namespace": "apps", "serviceAccount": "orders"}' --query 'associations[0].associationId' --output text)
if [ "$id" = None ]; then
  again aws eks create-pod-identity-association --cli-input-json '{"clusterName": "prod_cluster", "namespace": "apps", "serviceAccount": "orders", "roleArn": "arn:aws:iam::111122223333:role/shop-orders", "disableSessionTags": false, "tags": {"helm-irsa.dev/cluster":"prod_cluster","helm-irsa.dev/namespace":"apps","helm-irsa.dev/release":"shop","helm-irsa.dev/scope":"111122223333/eu-west-3"}}' >/dev/null
else
  aws eks update-pod-identity-association --cli-input-json '{"clusterName": "prod_cluster", "roleArn": "arn:aws:iam::111122223333:role/shop-orders", "disableSessionTags": false, "targetRoleArn": ""}' --association-id "$id" --policy '' >/dev/null
fi

# The Pod Identity association of service account apps/reports.
id=$(aws eks list-pod-identity-associations --cli-input-json '{"clusterName": "prod_cluster", "namespace": "apps", "serviceAccount": "reports"}' --query 'associations[0].associationId' --output text)
if [ "$id" = None ]; then
  again aws eks create-pod-identity-association --cli-input-json '{"clusterName": "prod_cluster", "namespace": "apps", "serviceAccount": "reports", "roleArn": "arn:aws:iam::111122223333:role/shop-reports", "disableSessionTags": false, "targetRoleArn": "arn:aws:iam::444455556666:role/shop-data", "tags": {"helm-irsa.dev/cluster":"prod_cluster","helm-irsa.dev/namespace":"apps","helm-irsa.dev/release":"shop","helm-irsa.dev/scope":"111122223333/eu-west-3"}}' >/dev/null
else
  aws eks update-pod-identity-association --cli-input-json '{"clusterName": "prod_cluster", "roleArn": "arn:aws:iam::111122223333:role/shop-reports", "disableSessionTags": false, "targetRoleArn": "arn:aws:iam::444455556666:role/shop-data"}' --association-id "$id" --policy '' >/dev/null
fi
