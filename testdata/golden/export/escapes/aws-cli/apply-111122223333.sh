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

# Policy 1st@home+=.
document <<'EOF'
{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": "s3:*",
      "Resource": "*",
      "Condition": {
        "StringEquals": {
          "aws:PrincipalTag/a": "it's \"quoted\" \\ $HOME `id` é"
        }
      }
    }
  ]
}
EOF
if has aws iam get-policy --cli-input-json '{"PolicyArn": "arn:aws:iam::111122223333:policy/helm-irsa/1st@home+="}'; then
  aws iam tag-policy --cli-input-json '{"PolicyArn": "arn:aws:iam::111122223333:policy/helm-irsa/1st@home+=", "Tags": [{"Key":"helm-irsa.dev/cluster","Value":"prod_cluster"},{"Key":"helm-irsa.dev/namespace","Value":"apps"},{"Key":"helm-irsa.dev/release","Value":"shop"},{"Key":"helm-irsa.dev/scope","Value":"111122223333/eu-west-3"}]}'
  version=$(aws iam get-policy --cli-input-json '{"PolicyArn": "arn:aws:iam::111122223333:policy/helm-irsa/1st@home+="}' --query Policy.DefaultVersionId --output text)
  there=$(aws iam get-policy-version --cli-input-json '{"PolicyArn": "arn:aws:iam::111122223333:policy/helm-irsa/1st@home+="}' --version-id "$version" --query PolicyVersion.Document --output json)
  if ! same "$there" "$document"; then
    # IAM keeps five versions.
    old=$(aws iam list-policy-versions --cli-input-json '{"PolicyArn": "arn:aws:iam::111122223333:policy/helm-irsa/1st@home+="}' --query 'Versions[?!IsDefaultVersion].VersionId | [3]' --output text)
    [ "$old" = None ] || aws iam delete-policy-version --cli-input-json '{"PolicyArn": "arn:aws:iam::111122223333:policy/helm-irsa/1st@home+="}' --version-id "$old"
    aws iam create-policy-version --cli-input-json '{"PolicyArn": "arn:aws:iam::111122223333:policy/helm-irsa/1st@home+="}' --set-as-default --policy-document "$document" >/dev/null
  fi
else
  aws iam create-policy --cli-input-json '{"PolicyName": "1st@home+=", "Path": "/helm-irsa/", "Description": "(helm-irsa: apps/shop of prod_cluster, 99ed4c42d51e)", "Tags": [{"Key":"helm-irsa.dev/cluster","Value":"prod_cluster"},{"Key":"helm-irsa.dev/namespace","Value":"apps"},{"Key":"helm-irsa.dev/release","Value":"shop"},{"Key":"helm-irsa.dev/scope","Value":"111122223333/eu-west-3"}]}' --policy-document "$document" >/dev/null
fi

# Policy home,folders.
document <<'EOF'
{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": "s3:*",
      "Resource": "arn:aws:s3:::home/$${*}/%{*}"
    }
  ]
}
EOF
if has aws iam get-policy --cli-input-json '{"PolicyArn": "arn:aws:iam::111122223333:policy/helm-irsa/home,folders"}'; then
  aws iam tag-policy --cli-input-json '{"PolicyArn": "arn:aws:iam::111122223333:policy/helm-irsa/home,folders", "Tags": [{"Key":"helm-irsa.dev/cluster","Value":"prod_cluster"},{"Key":"helm-irsa.dev/namespace","Value":"apps"},{"Key":"helm-irsa.dev/release","Value":"shop"},{"Key":"helm-irsa.dev/scope","Value":"111122223333/eu-west-3"}]}'
  version=$(aws iam get-policy --cli-input-json '{"PolicyArn": "arn:aws:iam::111122223333:policy/helm-irsa/home,folders"}' --query Policy.DefaultVersionId --output text)
  there=$(aws iam get-policy-version --cli-input-json '{"PolicyArn": "arn:aws:iam::111122223333:policy/helm-irsa/home,folders"}' --version-id "$version" --query PolicyVersion.Document --output json)
  if ! same "$there" "$document"; then
    # IAM keeps five versions.
    old=$(aws iam list-policy-versions --cli-input-json '{"PolicyArn": "arn:aws:iam::111122223333:policy/helm-irsa/home,folders"}' --query 'Versions[?!IsDefaultVersion].VersionId | [3]' --output text)
    [ "$old" = None ] || aws iam delete-policy-version --cli-input-json '{"PolicyArn": "arn:aws:iam::111122223333:policy/helm-irsa/home,folders"}' --version-id "$old"
    aws iam create-policy-version --cli-input-json '{"PolicyArn": "arn:aws:iam::111122223333:policy/helm-irsa/home,folders"}' --set-as-default --policy-document "$document" >/dev/null
  fi
else
  aws iam create-policy --cli-input-json '{"PolicyName": "home,folders", "Path": "/helm-irsa/", "Description": "(helm-irsa: apps/shop of prod_cluster, 99ed4c42d51e)", "Tags": [{"Key":"helm-irsa.dev/cluster","Value":"prod_cluster"},{"Key":"helm-irsa.dev/namespace","Value":"apps"},{"Key":"helm-irsa.dev/release","Value":"shop"},{"Key":"helm-irsa.dev/scope","Value":"111122223333/eu-west-3"}]}' --policy-document "$document" >/dev/null
fi

# Policy home.folders.
document <<'EOF'
{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": "s3:*",
      "Resource": "arn:aws:s3:::home/${aws:username}/*"
    }
  ]
}
EOF
if has aws iam get-policy --cli-input-json '{"PolicyArn": "arn:aws:iam::111122223333:policy/helm-irsa/home.folders"}'; then
  aws iam tag-policy --cli-input-json '{"PolicyArn": "arn:aws:iam::111122223333:policy/helm-irsa/home.folders", "Tags": [{"Key":"helm-irsa.dev/cluster","Value":"prod_cluster"},{"Key":"helm-irsa.dev/namespace","Value":"apps"},{"Key":"helm-irsa.dev/release","Value":"shop"},{"Key":"helm-irsa.dev/scope","Value":"111122223333/eu-west-3"}]}'
  version=$(aws iam get-policy --cli-input-json '{"PolicyArn": "arn:aws:iam::111122223333:policy/helm-irsa/home.folders"}' --query Policy.DefaultVersionId --output text)
  there=$(aws iam get-policy-version --cli-input-json '{"PolicyArn": "arn:aws:iam::111122223333:policy/helm-irsa/home.folders"}' --version-id "$version" --query PolicyVersion.Document --output json)
  if ! same "$there" "$document"; then
    # IAM keeps five versions.
    old=$(aws iam list-policy-versions --cli-input-json '{"PolicyArn": "arn:aws:iam::111122223333:policy/helm-irsa/home.folders"}' --query 'Versions[?!IsDefaultVersion].VersionId | [3]' --output text)
    [ "$old" = None ] || aws iam delete-policy-version --cli-input-json '{"PolicyArn": "arn:aws:iam::111122223333:policy/helm-irsa/home.folders"}' --version-id "$old"
    aws iam create-policy-version --cli-input-json '{"PolicyArn": "arn:aws:iam::111122223333:policy/helm-irsa/home.folders"}' --set-as-default --policy-document "$document" >/dev/null
  fi
else
  aws iam create-policy --cli-input-json '{"PolicyName": "home.folders", "Path": "/helm-irsa/", "Description": "(helm-irsa: apps/shop of prod_cluster, 99ed4c42d51e)", "Tags": [{"Key":"helm-irsa.dev/cluster","Value":"prod_cluster"},{"Key":"helm-irsa.dev/namespace","Value":"apps"},{"Key":"helm-irsa.dev/release","Value":"shop"},{"Key":"helm-irsa.dev/scope","Value":"111122223333/eu-west-3"}]}' --policy-document "$document" >/dev/null
fi

# Policy home_folders.
document <<'EOF'
{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": "s3:*",
      "Resource": "arn:aws:s3:::home/{{ .Values.x }}/${$}%%{"
    }
  ]
}
EOF
if has aws iam get-policy --cli-input-json '{"PolicyArn": "arn:aws:iam::111122223333:policy/helm-irsa/home_folders"}'; then
  aws iam tag-policy --cli-input-json '{"PolicyArn": "arn:aws:iam::111122223333:policy/helm-irsa/home_folders", "Tags": [{"Key":"helm-irsa.dev/cluster","Value":"prod_cluster"},{"Key":"helm-irsa.dev/namespace","Value":"apps"},{"Key":"helm-irsa.dev/release","Value":"shop"},{"Key":"helm-irsa.dev/scope","Value":"111122223333/eu-west-3"}]}'
  version=$(aws iam get-policy --cli-input-json '{"PolicyArn": "arn:aws:iam::111122223333:policy/helm-irsa/home_folders"}' --query Policy.DefaultVersionId --output text)
  there=$(aws iam get-policy-version --cli-input-json '{"PolicyArn": "arn:aws:iam::111122223333:policy/helm-irsa/home_folders"}' --version-id "$version" --query PolicyVersion.Document --output json)
  if ! same "$there" "$document"; then
    # IAM keeps five versions.
    old=$(aws iam list-policy-versions --cli-input-json '{"PolicyArn": "arn:aws:iam::111122223333:policy/helm-irsa/home_folders"}' --query 'Versions[?!IsDefaultVersion].VersionId | [3]' --output text)
    [ "$old" = None ] || aws iam delete-policy-version --cli-input-json '{"PolicyArn": "arn:aws:iam::111122223333:policy/helm-irsa/home_folders"}' --version-id "$old"
    aws iam create-policy-version --cli-input-json '{"PolicyArn": "arn:aws:iam::111122223333:policy/helm-irsa/home_folders"}' --set-as-default --policy-document "$document" >/dev/null
  fi
else
  aws iam create-policy --cli-input-json '{"PolicyName": "home_folders", "Path": "/helm-irsa/", "Description": "(helm-irsa: apps/shop of prod_cluster, 99ed4c42d51e)", "Tags": [{"Key":"helm-irsa.dev/cluster","Value":"prod_cluster"},{"Key":"helm-irsa.dev/namespace","Value":"apps"},{"Key":"helm-irsa.dev/release","Value":"shop"},{"Key":"helm-irsa.dev/scope","Value":"111122223333/eu-west-3"}]}' --policy-document "$document" >/dev/null
fi

# The role of service account apps/0web.
if has aws iam get-role --cli-input-json '{"RoleName": "web.a"}'; then
  aws iam update-role --cli-input-json '{"RoleName": "web.a", "Description": "It'\''s $HOME, and {{ it }} %", "MaxSessionDuration": 3600}' >/dev/null
  aws iam tag-role --cli-input-json '{"RoleName": "web.a", "Tags": [{"Key":"helm-irsa.dev/cluster","Value":"prod_cluster"},{"Key":"helm-irsa.dev/id","Value":"052eb4ad18ee976667ec"},{"Key":"helm-irsa.dev/namespace","Value":"apps"},{"Key":"helm-irsa.dev/release","Value":"shop"},{"Key":"helm-irsa.dev/scope","Value":"111122223333/eu-west-3"}]}'
  boundary=$(aws iam get-role --cli-input-json '{"RoleName": "web.a"}' --query Role.PermissionsBoundary.PermissionsBoundaryArn --output text)
  [ "$boundary" = None ] || aws iam delete-role-permissions-boundary --cli-input-json '{"RoleName": "web.a"}'
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
          "oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE:sub": "system:serviceaccount:apps:0web"
        }
      }
    }
  ]
}
EOF
  again aws iam create-role --cli-input-json '{"RoleName": "web.a", "Path": "/helm-irsa/", "MaxSessionDuration": 3600, "Tags": [{"Key":"helm-irsa.dev/cluster","Value":"prod_cluster"},{"Key":"helm-irsa.dev/id","Value":"052eb4ad18ee976667ec"},{"Key":"helm-irsa.dev/namespace","Value":"apps"},{"Key":"helm-irsa.dev/release","Value":"shop"},{"Key":"helm-irsa.dev/scope","Value":"111122223333/eu-west-3"}], "Description": "It'\''s $HOME, and {{ it }} %"}' --assume-role-policy-document "$document" >/dev/null
fi
again aws iam attach-role-policy --cli-input-json '{"RoleName": "web.a", "PolicyArn": "arn:aws:iam::111122223333:policy/helm-irsa/1st@home+="}'
again aws iam attach-role-policy --cli-input-json '{"RoleName": "web.a", "PolicyArn": "arn:aws:iam::111122223333:policy/helm-irsa/home,folders"}'
again aws iam attach-role-policy --cli-input-json '{"RoleName": "web.a", "PolicyArn": "arn:aws:iam::111122223333:policy/helm-irsa/home.folders"}'
again aws iam attach-role-policy --cli-input-json '{"RoleName": "web.a", "PolicyArn": "arn:aws:iam::111122223333:policy/helm-irsa/home_folders"}'
for one in $(aws iam list-attached-role-policies --cli-input-json '{"RoleName": "web.a"}' --query 'AttachedPolicies[].PolicyArn' --output text); do
  case $one in None | 'arn:aws:iam::111122223333:policy/helm-irsa/1st@home+=' | 'arn:aws:iam::111122223333:policy/helm-irsa/home,folders' | 'arn:aws:iam::111122223333:policy/helm-irsa/home.folders' | 'arn:aws:iam::111122223333:policy/helm-irsa/home_folders') ;; *) aws iam detach-role-policy --cli-input-json '{"RoleName": "web.a"}' --policy-arn "$one" ;; esac
done
document <<'EOF'
{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": "s3:*",
      "Resource": "arn:aws:s3:::${aws:PrincipalTag/team}"
    }
  ]
}
EOF
aws iam put-role-policy --cli-input-json '{"RoleName": "web.a", "PolicyName": "a_b"}' --policy-document "$document"
for one in $(aws iam list-role-policies --cli-input-json '{"RoleName": "web.a"}' --query 'PolicyNames[]' --output text); do
  case $one in None | 'a_b') ;; *) aws iam delete-role-policy --cli-input-json '{"RoleName": "web.a"}' --policy-name "$one" ;; esac
done

# The role of service account apps/web-a.
if has aws iam get-role --cli-input-json '{"RoleName": "web_a"}'; then
  aws iam update-role --cli-input-json '{"RoleName": "web_a", "Description": "", "MaxSessionDuration": 3600}' >/dev/null
  aws iam tag-role --cli-input-json '{"RoleName": "web_a", "Tags": [{"Key":"helm-irsa.dev/cluster","Value":"prod_cluster"},{"Key":"helm-irsa.dev/id","Value":"e83b28f1881202cca426"},{"Key":"helm-irsa.dev/namespace","Value":"apps"},{"Key":"helm-irsa.dev/release","Value":"shop"},{"Key":"helm-irsa.dev/scope","Value":"111122223333/eu-west-3"}]}'
  boundary=$(aws iam get-role --cli-input-json '{"RoleName": "web_a"}' --query Role.PermissionsBoundary.PermissionsBoundaryArn --output text)
  [ "$boundary" = None ] || aws iam delete-role-permissions-boundary --cli-input-json '{"RoleName": "web_a"}'
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
          "oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE:sub": "system:serviceaccount:apps:web-a"
        }
      }
    }
  ]
}
EOF
  again aws iam create-role --cli-input-json '{"RoleName": "web_a", "Path": "/helm-irsa/", "MaxSessionDuration": 3600, "Tags": [{"Key":"helm-irsa.dev/cluster","Value":"prod_cluster"},{"Key":"helm-irsa.dev/id","Value":"e83b28f1881202cca426"},{"Key":"helm-irsa.dev/namespace","Value":"apps"},{"Key":"helm-irsa.dev/release","Value":"shop"},{"Key":"helm-irsa.dev/scope","Value":"111122223333/eu-west-3"}]}' --assume-role-policy-document "$document" >/dev/null
fi
for one in $(aws iam list-attached-role-policies --cli-input-json '{"RoleName": "web_a"}' --query 'AttachedPolicies[].PolicyArn' --output text); do
  case $one in None) ;; *) aws iam detach-role-policy --cli-input-json '{"RoleName": "web_a"}' --policy-arn "$one" ;; esac
done
for one in $(aws iam list-role-policies --cli-input-json '{"RoleName": "web_a"}' --query 'PolicyNames[]' --output text); do
  case $one in None) ;; *) aws iam delete-role-policy --cli-input-json '{"RoleName": "web_a"}' --policy-name "$one" ;; esac
done

# The role of service account apps/web.a.
if has aws iam get-role --cli-input-json '{"RoleName": "web,a"}'; then
  aws iam update-role --cli-input-json '{"RoleName": "web,a", "Description": "", "MaxSessionDuration": 3600}' >/dev/null
  aws iam tag-role --cli-input-json '{"RoleName": "web,a", "Tags": [{"Key":"helm-irsa.dev/cluster","Value":"prod_cluster"},{"Key":"helm-irsa.dev/id","Value":"74d39b02a61db28d0a49"},{"Key":"helm-irsa.dev/namespace","Value":"apps"},{"Key":"helm-irsa.dev/release","Value":"shop"},{"Key":"helm-irsa.dev/scope","Value":"111122223333/eu-west-3"}]}'
  boundary=$(aws iam get-role --cli-input-json '{"RoleName": "web,a"}' --query Role.PermissionsBoundary.PermissionsBoundaryArn --output text)
  [ "$boundary" = None ] || aws iam delete-role-permissions-boundary --cli-input-json '{"RoleName": "web,a"}'
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
          "oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE:sub": "system:serviceaccount:apps:web.a"
        }
      }
    },
    {
      "Sid": "HelmIrsa99ed4c42d51eN2",
      "Effect": "Allow",
      "Principal": {
        "Service": "s3.amazonaws.com"
      },
      "Action": "sts:AssumeRole",
      "Condition": {
        "StringLike": {
          "aws:SourceArn": "arn:aws:s3:::${aws:username}"
        }
      }
    }
  ]
}
EOF
  again aws iam create-role --cli-input-json '{"RoleName": "web,a", "Path": "/helm-irsa/", "MaxSessionDuration": 3600, "Tags": [{"Key":"helm-irsa.dev/cluster","Value":"prod_cluster"},{"Key":"helm-irsa.dev/id","Value":"74d39b02a61db28d0a49"},{"Key":"helm-irsa.dev/namespace","Value":"apps"},{"Key":"helm-irsa.dev/release","Value":"shop"},{"Key":"helm-irsa.dev/scope","Value":"111122223333/eu-west-3"}]}' --assume-role-policy-document "$document" >/dev/null
fi
for one in $(aws iam list-attached-role-policies --cli-input-json '{"RoleName": "web,a"}' --query 'AttachedPolicies[].PolicyArn' --output text); do
  case $one in None) ;; *) aws iam detach-role-policy --cli-input-json '{"RoleName": "web,a"}' --policy-arn "$one" ;; esac
done
for one in $(aws iam list-role-policies --cli-input-json '{"RoleName": "web,a"}' --query 'PolicyNames[]' --output text); do
  case $one in None) ;; *) aws iam delete-role-policy --cli-input-json '{"RoleName": "web,a"}' --policy-name "$one" ;; esac
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
          "oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE:sub": "system:serviceaccount:apps:0web"
        }
      }
    }
  ]
}
EOF
again aws iam update-assume-role-policy --cli-input-json '{"RoleName": "web.a"}' --policy-document "$document"
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
          "oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE:sub": "system:serviceaccount:apps:web-a"
        }
      }
    }
  ]
}
EOF
again aws iam update-assume-role-policy --cli-input-json '{"RoleName": "web_a"}' --policy-document "$document"
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
          "oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE:sub": "system:serviceaccount:apps:web.a"
        }
      }
    },
    {
      "Sid": "HelmIrsa99ed4c42d51eN2",
      "Effect": "Allow",
      "Principal": {
        "Service": "s3.amazonaws.com"
      },
      "Action": "sts:AssumeRole",
      "Condition": {
        "StringLike": {
          "aws:SourceArn": "arn:aws:s3:::${aws:username}"
        }
      }
    }
  ]
}
EOF
again aws iam update-assume-role-policy --cli-input-json '{"RoleName": "web,a"}' --policy-document "$document"
