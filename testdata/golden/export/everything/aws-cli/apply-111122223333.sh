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
if has aws iam get-open-id-connect-provider --cli-input-json '{"OpenIDConnectProviderArn": "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/STANDBY"}'; then
  clients=$(aws iam get-open-id-connect-provider --cli-input-json '{"OpenIDConnectProviderArn": "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/STANDBY"}' --query 'ClientIDList[]' --output text | tr '\t' '\n')
  printf '%s\n' "$clients" | grep -qxF -e sts.amazonaws.com ||
    aws iam add-client-id-to-open-id-connect-provider --cli-input-json '{"OpenIDConnectProviderArn": "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/STANDBY", "ClientID": "sts.amazonaws.com"}'
else
  aws iam create-open-id-connect-provider --cli-input-json '{"Url": "https://oidc.eks.eu-west-1.amazonaws.com/id/STANDBY", "ClientIDList": ["sts.amazonaws.com"], "Tags": [{"Key":"helm-irsa.dev/cluster","Value":"prod_cluster"},{"Key":"helm-irsa.dev/namespace","Value":"apps"},{"Key":"helm-irsa.dev/release","Value":"shop"},{"Key":"helm-irsa.dev/scope","Value":"111122223333/eu-west-3"},{"Key":"team","Value":"shop"}]}' >/dev/null
fi

# The OIDC provider, which all releases of the cluster share.
if has aws iam get-open-id-connect-provider --cli-input-json '{"OpenIDConnectProviderArn": "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE"}'; then
  clients=$(aws iam get-open-id-connect-provider --cli-input-json '{"OpenIDConnectProviderArn": "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE"}' --query 'ClientIDList[]' --output text | tr '\t' '\n')
  printf '%s\n' "$clients" | grep -qxF -e sts.amazonaws.com ||
    aws iam add-client-id-to-open-id-connect-provider --cli-input-json '{"OpenIDConnectProviderArn": "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE", "ClientID": "sts.amazonaws.com"}'
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
if has aws iam get-policy --cli-input-json '{"PolicyArn": "arn:aws:iam::111122223333:policy/apps/data"}'; then
  aws iam tag-policy --cli-input-json '{"PolicyArn": "arn:aws:iam::111122223333:policy/apps/data", "Tags": [{"Key":"helm-irsa.dev/cluster","Value":"prod_cluster"},{"Key":"helm-irsa.dev/namespace","Value":"apps"},{"Key":"helm-irsa.dev/release","Value":"shop"},{"Key":"helm-irsa.dev/scope","Value":"111122223333/eu-west-3"},{"Key":"team","Value":"shop"}]}'
  version=$(aws iam get-policy --cli-input-json '{"PolicyArn": "arn:aws:iam::111122223333:policy/apps/data"}' --query Policy.DefaultVersionId --output text)
  there=$(aws iam get-policy-version --cli-input-json '{"PolicyArn": "arn:aws:iam::111122223333:policy/apps/data"}' --version-id "$version" --query PolicyVersion.Document --output json)
  if ! same "$there" "$document"; then
    # IAM keeps five versions.
    old=$(aws iam list-policy-versions --cli-input-json '{"PolicyArn": "arn:aws:iam::111122223333:policy/apps/data"}' --query 'Versions[?!IsDefaultVersion].VersionId | [3]' --output text)
    [ "$old" = None ] || aws iam delete-policy-version --cli-input-json '{"PolicyArn": "arn:aws:iam::111122223333:policy/apps/data"}' --version-id "$old"
    aws iam create-policy-version --cli-input-json '{"PolicyArn": "arn:aws:iam::111122223333:policy/apps/data"}' --set-as-default --policy-document "$document" >/dev/null
  fi
else
  aws iam create-policy --cli-input-json '{"PolicyName": "data", "Path": "/apps/", "Description": "What the shop reads (helm-irsa: apps/shop of prod_cluster, 99ed4c42d51e)", "Tags": [{"Key":"helm-irsa.dev/cluster","Value":"prod_cluster"},{"Key":"helm-irsa.dev/namespace","Value":"apps"},{"Key":"helm-irsa.dev/release","Value":"shop"},{"Key":"helm-irsa.dev/scope","Value":"111122223333/eu-west-3"},{"Key":"team","Value":"shop"}]}' --policy-document "$document" >/dev/null
fi

# Policy nodes.
document <<'EOF'
{
  "Version": "2012-10-17",
  "Statement": {
    "Effect": "Allow",
    "Action": "ecr:GetAuthorizationToken",
    "Resource": "*"
  }
}
EOF
if has aws iam get-policy --cli-input-json '{"PolicyArn": "arn:aws:iam::111122223333:policy/apps/nodes"}'; then
  aws iam tag-policy --cli-input-json '{"PolicyArn": "arn:aws:iam::111122223333:policy/apps/nodes", "Tags": [{"Key":"helm-irsa.dev/attached.d6a502d1","Value":"eks-nodes"},{"Key":"helm-irsa.dev/cluster","Value":"prod_cluster"},{"Key":"helm-irsa.dev/namespace","Value":"apps"},{"Key":"helm-irsa.dev/release","Value":"shop"},{"Key":"helm-irsa.dev/scope","Value":"111122223333/eu-west-3"},{"Key":"team","Value":"shop"}]}'
  version=$(aws iam get-policy --cli-input-json '{"PolicyArn": "arn:aws:iam::111122223333:policy/apps/nodes"}' --query Policy.DefaultVersionId --output text)
  there=$(aws iam get-policy-version --cli-input-json '{"PolicyArn": "arn:aws:iam::111122223333:policy/apps/nodes"}' --version-id "$version" --query PolicyVersion.Document --output json)
  if ! same "$there" "$document"; then
    # IAM keeps five versions.
    old=$(aws iam list-policy-versions --cli-input-json '{"PolicyArn": "arn:aws:iam::111122223333:policy/apps/nodes"}' --query 'Versions[?!IsDefaultVersion].VersionId | [3]' --output text)
    [ "$old" = None ] || aws iam delete-policy-version --cli-input-json '{"PolicyArn": "arn:aws:iam::111122223333:policy/apps/nodes"}' --version-id "$old"
    aws iam create-policy-version --cli-input-json '{"PolicyArn": "arn:aws:iam::111122223333:policy/apps/nodes"}' --set-as-default --policy-document "$document" >/dev/null
  fi
else
  aws iam create-policy --cli-input-json '{"PolicyName": "nodes", "Path": "/apps/", "Description": "(helm-irsa: apps/shop of prod_cluster, 99ed4c42d51e)", "Tags": [{"Key":"helm-irsa.dev/attached.d6a502d1","Value":"eks-nodes"},{"Key":"helm-irsa.dev/cluster","Value":"prod_cluster"},{"Key":"helm-irsa.dev/namespace","Value":"apps"},{"Key":"helm-irsa.dev/release","Value":"shop"},{"Key":"helm-irsa.dev/scope","Value":"111122223333/eu-west-3"},{"Key":"team","Value":"shop"}]}' --policy-document "$document" >/dev/null
fi

# The role of service account apps/both.
if has aws iam get-role --cli-input-json '{"RoleName": "prod_cluster-apps-both-iombsthucpozp"}'; then
  aws iam update-role --cli-input-json '{"RoleName": "prod_cluster-apps-both-iombsthucpozp", "Description": "", "MaxSessionDuration": 7200}' >/dev/null
  aws iam tag-role --cli-input-json '{"RoleName": "prod_cluster-apps-both-iombsthucpozp", "Tags": [{"Key":"helm-irsa.dev/cluster","Value":"prod_cluster"},{"Key":"helm-irsa.dev/id","Value":"163fa76de642b3c7ecbd"},{"Key":"helm-irsa.dev/namespace","Value":"apps"},{"Key":"helm-irsa.dev/release","Value":"shop"},{"Key":"helm-irsa.dev/scope","Value":"111122223333/eu-west-3"},{"Key":"team","Value":"shop"}]}'
  aws iam put-role-permissions-boundary --cli-input-json '{"RoleName": "prod_cluster-apps-both-iombsthucpozp", "PermissionsBoundary": "arn:aws:iam::111122223333:policy/boundary"}'
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
          "oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE:sub": "system:serviceaccount:apps:both"
        }
      }
    },
    {
      "Sid": "HelmIrsa99ed4c42d51eN2",
      "Effect": "Allow",
      "Principal": {
        "Federated": "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/STANDBY"
      },
      "Action": "sts:AssumeRoleWithWebIdentity",
      "Condition": {
        "StringEquals": {
          "oidc.eks.eu-west-1.amazonaws.com/id/STANDBY:aud": "sts.amazonaws.com",
          "oidc.eks.eu-west-1.amazonaws.com/id/STANDBY:sub": "system:serviceaccount:apps:both"
        }
      }
    },
    {
      "Sid": "HelmIrsa99ed4c42d51eN3",
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
          "aws:SourceArn": [
            "arn:aws:eks:eu-west-1:111122223333:cluster/standby",
            "arn:aws:eks:eu-west-3:111122223333:cluster/prod_cluster"
          ]
        }
      }
    }
  ]
}
EOF
  again aws iam create-role --cli-input-json '{"RoleName": "prod_cluster-apps-both-iombsthucpozp", "Path": "/apps/", "MaxSessionDuration": 7200, "Tags": [{"Key":"helm-irsa.dev/cluster","Value":"prod_cluster"},{"Key":"helm-irsa.dev/id","Value":"163fa76de642b3c7ecbd"},{"Key":"helm-irsa.dev/namespace","Value":"apps"},{"Key":"helm-irsa.dev/release","Value":"shop"},{"Key":"helm-irsa.dev/scope","Value":"111122223333/eu-west-3"},{"Key":"team","Value":"shop"}], "PermissionsBoundary": "arn:aws:iam::111122223333:policy/boundary"}' --assume-role-policy-document "$document" >/dev/null
fi
for one in $(aws iam list-attached-role-policies --cli-input-json '{"RoleName": "prod_cluster-apps-both-iombsthucpozp"}' --query 'AttachedPolicies[].PolicyArn' --output text); do
  case $one in None) ;; *) aws iam detach-role-policy --cli-input-json '{"RoleName": "prod_cluster-apps-both-iombsthucpozp"}' --policy-arn "$one" ;; esac
done
document <<'EOF'
{
  "Version": "2012-10-17",
  "Statement": {
    "Effect": "Allow",
    "Action": [
      "sts:AssumeRole"
    ],
    "Resource": [
      "arn:aws:iam::444455556666:role/shop-data"
    ]
  }
}
EOF
aws iam put-role-policy --cli-input-json '{"RoleName": "prod_cluster-apps-both-iombsthucpozp", "PolicyName": "helm-irsa-target-roles"}' --policy-document "$document"
for one in $(aws iam list-role-policies --cli-input-json '{"RoleName": "prod_cluster-apps-both-iombsthucpozp"}' --query 'PolicyNames[]' --output text); do
  case $one in None | 'helm-irsa-target-roles') ;; *) aws iam delete-role-policy --cli-input-json '{"RoleName": "prod_cluster-apps-both-iombsthucpozp"}' --policy-name "$one" ;; esac
done

# The role of service account apps/pods.
if has aws iam get-role --cli-input-json '{"RoleName": "pods-role"}'; then
  aws iam update-role --cli-input-json '{"RoleName": "pods-role", "Description": "", "MaxSessionDuration": 7200}' >/dev/null
  aws iam tag-role --cli-input-json '{"RoleName": "pods-role", "Tags": [{"Key":"helm-irsa.dev/cluster","Value":"prod_cluster"},{"Key":"helm-irsa.dev/id","Value":"23e06ce70e96ad3236bc"},{"Key":"helm-irsa.dev/namespace","Value":"apps"},{"Key":"helm-irsa.dev/release","Value":"shop"},{"Key":"helm-irsa.dev/scope","Value":"111122223333/eu-west-3"},{"Key":"team","Value":"shop"}]}'
  aws iam put-role-permissions-boundary --cli-input-json '{"RoleName": "pods-role", "PermissionsBoundary": "arn:aws:iam::111122223333:policy/boundary"}'
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
          "aws:RequestTag/eks-cluster-arn": [
            "arn:aws:eks:eu-west-1:111122223333:cluster/standby",
            "arn:aws:eks:eu-west-3:111122223333:cluster/prod_cluster"
          ],
          "aws:RequestTag/kubernetes-namespace": "apps",
          "aws:RequestTag/kubernetes-service-account": "pods"
        }
      }
    }
  ]
}
EOF
  again aws iam create-role --cli-input-json '{"RoleName": "pods-role", "Path": "/apps/", "MaxSessionDuration": 7200, "Tags": [{"Key":"helm-irsa.dev/cluster","Value":"prod_cluster"},{"Key":"helm-irsa.dev/id","Value":"23e06ce70e96ad3236bc"},{"Key":"helm-irsa.dev/namespace","Value":"apps"},{"Key":"helm-irsa.dev/release","Value":"shop"},{"Key":"helm-irsa.dev/scope","Value":"111122223333/eu-west-3"},{"Key":"team","Value":"shop"}], "PermissionsBoundary": "arn:aws:iam::111122223333:policy/boundary"}' --assume-role-policy-document "$document" >/dev/null
fi
again aws iam attach-role-policy --cli-input-json '{"RoleName": "pods-role", "PolicyArn": "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"}'
for one in $(aws iam list-attached-role-policies --cli-input-json '{"RoleName": "pods-role"}' --query 'AttachedPolicies[].PolicyArn' --output text); do
  case $one in None | 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess') ;; *) aws iam detach-role-policy --cli-input-json '{"RoleName": "pods-role"}' --policy-arn "$one" ;; esac
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
      "arn:aws:iam::111122223333:role/apps/web-role"
    ]
  }
}
EOF
aws iam put-role-policy --cli-input-json '{"RoleName": "pods-role", "PolicyName": "helm-irsa-target-roles"}' --policy-document "$document"
for one in $(aws iam list-role-policies --cli-input-json '{"RoleName": "pods-role"}' --query 'PolicyNames[]' --output text); do
  case $one in None | 'helm-irsa-target-roles') ;; *) aws iam delete-role-policy --cli-input-json '{"RoleName": "pods-role"}' --policy-name "$one" ;; esac
done

# The role of service account apps/web.
if has aws iam get-role --cli-input-json '{"RoleName": "web-role"}'; then
  aws iam update-role --cli-input-json '{"RoleName": "web-role", "Description": "The shop'\''s web role", "MaxSessionDuration": 7200}' >/dev/null
  aws iam tag-role --cli-input-json '{"RoleName": "web-role", "Tags": [{"Key":"helm-irsa.dev/cluster","Value":"prod_cluster"},{"Key":"helm-irsa.dev/id","Value":"d69934450b1dc8fb19c9"},{"Key":"helm-irsa.dev/namespace","Value":"apps"},{"Key":"helm-irsa.dev/release","Value":"shop"},{"Key":"helm-irsa.dev/scope","Value":"111122223333/eu-west-3"},{"Key":"team","Value":"shop"}]}'
  aws iam put-role-permissions-boundary --cli-input-json '{"RoleName": "web-role", "PermissionsBoundary": "arn:aws:iam::111122223333:policy/boundary"}'
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
          "oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE:aud": "sts.amazonaws.com"
        },
        "StringLike": {
          "oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE:sub": [
            "system:serviceaccount:apps:web",
            "system:serviceaccount:preview-*:web"
          ]
        }
      }
    },
    {
      "Sid": "HelmIrsa99ed4c42d51eN2",
      "Effect": "Allow",
      "Principal": {
        "Federated": "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/STANDBY"
      },
      "Action": "sts:AssumeRoleWithWebIdentity",
      "Condition": {
        "StringEquals": {
          "oidc.eks.eu-west-1.amazonaws.com/id/STANDBY:aud": "sts.amazonaws.com"
        },
        "StringLike": {
          "oidc.eks.eu-west-1.amazonaws.com/id/STANDBY:sub": [
            "system:serviceaccount:apps:web",
            "system:serviceaccount:preview-*:web"
          ]
        }
      }
    },
    {
      "Sid": "HelmIrsa99ed4c42d51eN3",
      "Effect": "Allow",
      "Principal": {
        "Service": "s3.amazonaws.com"
      },
      "Action": "sts:AssumeRole",
      "Condition": {
        "StringEquals": {
          "aws:SourceAccount": "111122223333"
        }
      }
    }
  ]
}
EOF
  again aws iam create-role --cli-input-json '{"RoleName": "web-role", "Path": "/apps/", "MaxSessionDuration": 7200, "Tags": [{"Key":"helm-irsa.dev/cluster","Value":"prod_cluster"},{"Key":"helm-irsa.dev/id","Value":"d69934450b1dc8fb19c9"},{"Key":"helm-irsa.dev/namespace","Value":"apps"},{"Key":"helm-irsa.dev/release","Value":"shop"},{"Key":"helm-irsa.dev/scope","Value":"111122223333/eu-west-3"},{"Key":"team","Value":"shop"}], "Description": "The shop'\''s web role", "PermissionsBoundary": "arn:aws:iam::111122223333:policy/boundary"}' --assume-role-policy-document "$document" >/dev/null
fi
again aws iam attach-role-policy --cli-input-json '{"RoleName": "web-role", "PolicyArn": "arn:aws:iam::111122223333:policy/apps/data"}'
again aws iam attach-role-policy --cli-input-json '{"RoleName": "web-role", "PolicyArn": "arn:aws:iam::aws:policy/CloudWatchAgentServerPolicy"}'
for one in $(aws iam list-attached-role-policies --cli-input-json '{"RoleName": "web-role"}' --query 'AttachedPolicies[].PolicyArn' --output text); do
  case $one in None | 'arn:aws:iam::111122223333:policy/apps/data' | 'arn:aws:iam::aws:policy/CloudWatchAgentServerPolicy') ;; *) aws iam detach-role-policy --cli-input-json '{"RoleName": "web-role"}' --policy-arn "$one" ;; esac
done
document <<'EOF'
{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": "sqs:SendMessage",
      "Resource": "arn:aws:sqs:eu-west-3:111122223333:orders"
    }
  ]
}
EOF
aws iam put-role-policy --cli-input-json '{"RoleName": "web-role", "PolicyName": "queue"}' --policy-document "$document"
for one in $(aws iam list-role-policies --cli-input-json '{"RoleName": "web-role"}' --query 'PolicyNames[]' --output text); do
  case $one in None | 'queue') ;; *) aws iam delete-role-policy --cli-input-json '{"RoleName": "web-role"}' --policy-name "$one" ;; esac
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
          "oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE:sub": "system:serviceaccount:apps:both"
        }
      }
    },
    {
      "Sid": "HelmIrsa99ed4c42d51eN2",
      "Effect": "Allow",
      "Principal": {
        "Federated": "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/STANDBY"
      },
      "Action": "sts:AssumeRoleWithWebIdentity",
      "Condition": {
        "StringEquals": {
          "oidc.eks.eu-west-1.amazonaws.com/id/STANDBY:aud": "sts.amazonaws.com",
          "oidc.eks.eu-west-1.amazonaws.com/id/STANDBY:sub": "system:serviceaccount:apps:both"
        }
      }
    },
    {
      "Sid": "HelmIrsa99ed4c42d51eN3",
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
          "aws:SourceArn": [
            "arn:aws:eks:eu-west-1:111122223333:cluster/standby",
            "arn:aws:eks:eu-west-3:111122223333:cluster/prod_cluster"
          ]
        }
      }
    }
  ]
}
EOF
again aws iam update-assume-role-policy --cli-input-json '{"RoleName": "prod_cluster-apps-both-iombsthucpozp"}' --policy-document "$document"
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
          "aws:RequestTag/eks-cluster-arn": [
            "arn:aws:eks:eu-west-1:111122223333:cluster/standby",
            "arn:aws:eks:eu-west-3:111122223333:cluster/prod_cluster"
          ],
          "aws:RequestTag/kubernetes-namespace": "apps",
          "aws:RequestTag/kubernetes-service-account": "pods"
        }
      }
    }
  ]
}
EOF
again aws iam update-assume-role-policy --cli-input-json '{"RoleName": "pods-role"}' --policy-document "$document"
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
          "oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE:aud": "sts.amazonaws.com"
        },
        "StringLike": {
          "oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE:sub": [
            "system:serviceaccount:apps:web",
            "system:serviceaccount:preview-*:web"
          ]
        }
      }
    },
    {
      "Sid": "HelmIrsa99ed4c42d51eN2",
      "Effect": "Allow",
      "Principal": {
        "Federated": "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/STANDBY"
      },
      "Action": "sts:AssumeRoleWithWebIdentity",
      "Condition": {
        "StringEquals": {
          "oidc.eks.eu-west-1.amazonaws.com/id/STANDBY:aud": "sts.amazonaws.com"
        },
        "StringLike": {
          "oidc.eks.eu-west-1.amazonaws.com/id/STANDBY:sub": [
            "system:serviceaccount:apps:web",
            "system:serviceaccount:preview-*:web"
          ]
        }
      }
    },
    {
      "Sid": "HelmIrsa99ed4c42d51eN3",
      "Effect": "Allow",
      "Principal": {
        "AWS": "arn:aws:iam::111122223333:role/apps/web-role",
        "Service": "s3.amazonaws.com"
      },
      "Action": "sts:AssumeRole",
      "Condition": {
        "StringEquals": {
          "aws:SourceAccount": "111122223333"
        }
      }
    },
    {
      "Sid": "HelmIrsa99ed4c42d51eN4",
      "Effect": "Allow",
      "Principal": {
        "AWS": "arn:aws:iam::111122223333:role/apps/pods-role"
      },
      "Action": [
        "sts:AssumeRole",
        "sts:TagSession"
      ],
      "Condition": {
        "StringEquals": {
          "aws:RequestTag/eks-cluster-arn": [
            "arn:aws:eks:eu-west-1:111122223333:cluster/standby",
            "arn:aws:eks:eu-west-3:111122223333:cluster/prod_cluster"
          ],
          "aws:RequestTag/kubernetes-namespace": "apps",
          "aws:RequestTag/kubernetes-service-account": "pods"
        }
      }
    }
  ]
}
EOF
again aws iam update-assume-role-policy --cli-input-json '{"RoleName": "web-role"}' --policy-document "$document"

# The role of the nodes.
again aws iam attach-role-policy --cli-input-json '{"RoleName": "eks-nodes", "PolicyArn": "arn:aws:iam::111122223333:policy/apps/nodes"}'
again aws iam attach-role-policy --cli-input-json '{"RoleName": "eks-nodes", "PolicyArn": "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"}'

# The Pod Identity association of service account apps/both.
document <<'EOF'
{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": "s3:GetObject",
      "Resource": "*"
    }
  ]
}
EOF
id=$(aws eks list-pod-identity-associations --cli-input-json '{"clusterName": "prod_cluster", "namespace": "apps", "serviceAccount": "both"}' --query 'associations[0].associationId' --output text)
if [ "$id" = None ]; then
  again aws eks create-pod-identity-association --cli-input-json '{"clusterName": "prod_cluster", "namespace": "apps", "serviceAccount": "both", "roleArn": "arn:aws:iam::111122223333:role/apps/prod_cluster-apps-both-iombsthucpozp", "disableSessionTags": true, "targetRoleArn": "arn:aws:iam::444455556666:role/shop-data", "tags": {"helm-irsa.dev/cluster":"prod_cluster","helm-irsa.dev/namespace":"apps","helm-irsa.dev/release":"shop","helm-irsa.dev/scope":"111122223333/eu-west-3","team":"shop"}}' --policy "$document" >/dev/null
else
  aws eks update-pod-identity-association --cli-input-json '{"clusterName": "prod_cluster", "roleArn": "arn:aws:iam::111122223333:role/apps/prod_cluster-apps-both-iombsthucpozp", "disableSessionTags": true, "targetRoleArn": "arn:aws:iam::444455556666:role/shop-data"}' --association-id "$id" --policy "$document" >/dev/null
fi

# The Pod Identity association of service account apps/pods.
id=$(aws eks list-pod-identity-associations --cli-input-json '{"clusterName": "prod_cluster", "namespace": "apps", "serviceAccount": "pods"}' --query 'associations[0].associationId' --output text)
if [ "$id" = None ]; then
  again aws eks create-pod-identity-association --cli-input-json '{"clusterName": "prod_cluster", "namespace": "apps", "serviceAccount": "pods", "roleArn": "arn:aws:iam::111122223333:role/apps/pods-role", "disableSessionTags": false, "targetRoleArn": "arn:aws:iam::111122223333:role/apps/web-role", "tags": {"helm-irsa.dev/cluster":"prod_cluster","helm-irsa.dev/namespace":"apps","helm-irsa.dev/release":"shop","helm-irsa.dev/scope":"111122223333/eu-west-3","team":"shop"}}' >/dev/null
else
  aws eks update-pod-identity-association --cli-input-json '{"clusterName": "prod_cluster", "roleArn": "arn:aws:iam::111122223333:role/apps/pods-role", "disableSessionTags": false, "targetRoleArn": "arn:aws:iam::111122223333:role/apps/web-role"}' --association-id "$id" --policy '' >/dev/null
fi
