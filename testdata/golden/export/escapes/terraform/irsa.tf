# What irsa.yaml wants in AWS for release apps/shop of cluster prod_cluster, for Terraform 1.5 or
# OpenTofu 1.6 and later. Written by helm irsa export terraform: change irsa.yaml, and export
# again.

terraform {
  required_version = ">= 1.5"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.28"
    }
  }
}

provider "aws" {
  region              = "eu-west-3"
  allowed_account_ids = ["111122223333"]
}

# All releases of the cluster use this provider: keep it in one configuration, and export the
# others with --oidc-provider=false.
resource "aws_iam_openid_connect_provider" "oidc_EXAMPLE_e571dc61" {
  url            = "https://oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE"
  client_id_list = ["sts.amazonaws.com"]

  tags = {
    "helm-irsa.dev/cluster"   = "prod_cluster"
    "helm-irsa.dev/namespace" = "apps"
    "helm-irsa.dev/release"   = "shop"
    "helm-irsa.dev/scope"     = "111122223333/eu-west-3"
  }
}

import {
  to = aws_iam_openid_connect_provider.oidc_EXAMPLE_e571dc61
  id = "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE"
}

resource "aws_iam_policy" "x_1st_home___14d4fbdb" {
  name        = "1st@home+="
  path        = "/helm-irsa/"
  description = "(helm-irsa: apps/shop of prod_cluster, 99ed4c42d51e)"

  policy = <<-EOT
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
  EOT

  tags = {
    "helm-irsa.dev/cluster"   = "prod_cluster"
    "helm-irsa.dev/namespace" = "apps"
    "helm-irsa.dev/release"   = "shop"
    "helm-irsa.dev/scope"     = "111122223333/eu-west-3"
  }
}

import {
  to = aws_iam_policy.x_1st_home___14d4fbdb
  id = "arn:aws:iam::111122223333:policy/helm-irsa/1st@home+="
}

resource "aws_iam_policy" "home_folders_2bf3aadf" {
  name        = "home,folders"
  path        = "/helm-irsa/"
  description = "(helm-irsa: apps/shop of prod_cluster, 99ed4c42d51e)"

  policy = <<-EOT
    {
      "Version": "2012-10-17",
      "Statement": [
        {
          "Effect": "Allow",
          "Action": "s3:*",
          "Resource": "arn:aws:s3:::home/$$${*}/%%{*}"
        }
      ]
    }
  EOT

  tags = {
    "helm-irsa.dev/cluster"   = "prod_cluster"
    "helm-irsa.dev/namespace" = "apps"
    "helm-irsa.dev/release"   = "shop"
    "helm-irsa.dev/scope"     = "111122223333/eu-west-3"
  }
}

import {
  to = aws_iam_policy.home_folders_2bf3aadf
  id = "arn:aws:iam::111122223333:policy/helm-irsa/home,folders"
}

resource "aws_iam_policy" "home_folders_a1f325b2" {
  name        = "home.folders"
  path        = "/helm-irsa/"
  description = "(helm-irsa: apps/shop of prod_cluster, 99ed4c42d51e)"

  policy = <<-EOT
    {
      "Version": "2012-10-17",
      "Statement": [
        {
          "Effect": "Allow",
          "Action": "s3:*",
          "Resource": "arn:aws:s3:::home/$${aws:username}/*"
        }
      ]
    }
  EOT

  tags = {
    "helm-irsa.dev/cluster"   = "prod_cluster"
    "helm-irsa.dev/namespace" = "apps"
    "helm-irsa.dev/release"   = "shop"
    "helm-irsa.dev/scope"     = "111122223333/eu-west-3"
  }
}

import {
  to = aws_iam_policy.home_folders_a1f325b2
  id = "arn:aws:iam::111122223333:policy/helm-irsa/home.folders"
}

resource "aws_iam_policy" "home_folders" {
  name        = "home_folders"
  path        = "/helm-irsa/"
  description = "(helm-irsa: apps/shop of prod_cluster, 99ed4c42d51e)"

  policy = <<-EOT
    {
      "Version": "2012-10-17",
      "Statement": [
        {
          "Effect": "Allow",
          "Action": "s3:*",
          "Resource": "arn:aws:s3:::home/{{ .Values.x }}/$${$}%%%{"
        }
      ]
    }
  EOT

  tags = {
    "helm-irsa.dev/cluster"   = "prod_cluster"
    "helm-irsa.dev/namespace" = "apps"
    "helm-irsa.dev/release"   = "shop"
    "helm-irsa.dev/scope"     = "111122223333/eu-west-3"
  }
}

import {
  to = aws_iam_policy.home_folders
  id = "arn:aws:iam::111122223333:policy/helm-irsa/home_folders"
}

# The role of service account apps/0web.
resource "aws_iam_role" "apps_0web" {
  name                 = "web.a"
  path                 = "/helm-irsa/"
  description          = "It's $HOME, and {{ it }} %"
  max_session_duration = 3600

  assume_role_policy = <<-EOT
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
  EOT

  tags = {
    "helm-irsa.dev/cluster"   = "prod_cluster"
    "helm-irsa.dev/id"        = "052eb4ad18ee976667ec"
    "helm-irsa.dev/namespace" = "apps"
    "helm-irsa.dev/release"   = "shop"
    "helm-irsa.dev/scope"     = "111122223333/eu-west-3"
  }

  depends_on = [aws_iam_openid_connect_provider.oidc_EXAMPLE_e571dc61]
}

import {
  to = aws_iam_role.apps_0web
  id = "web.a"
}

resource "aws_iam_role_policy_attachment" "apps_0web" {
  for_each = {
    "arn:aws:iam::111122223333:policy/helm-irsa/1st@home+="   = aws_iam_policy.x_1st_home___14d4fbdb.arn
    "arn:aws:iam::111122223333:policy/helm-irsa/home,folders" = aws_iam_policy.home_folders_2bf3aadf.arn
    "arn:aws:iam::111122223333:policy/helm-irsa/home.folders" = aws_iam_policy.home_folders_a1f325b2.arn
    "arn:aws:iam::111122223333:policy/helm-irsa/home_folders" = aws_iam_policy.home_folders.arn
  }

  role       = aws_iam_role.apps_0web.name
  policy_arn = each.value
}

import {
  to = aws_iam_role_policy_attachment.apps_0web["arn:aws:iam::111122223333:policy/helm-irsa/1st@home+="]
  id = "web.a/arn:aws:iam::111122223333:policy/helm-irsa/1st@home+="
}

import {
  to = aws_iam_role_policy_attachment.apps_0web["arn:aws:iam::111122223333:policy/helm-irsa/home,folders"]
  id = "web.a/arn:aws:iam::111122223333:policy/helm-irsa/home,folders"
}

import {
  to = aws_iam_role_policy_attachment.apps_0web["arn:aws:iam::111122223333:policy/helm-irsa/home.folders"]
  id = "web.a/arn:aws:iam::111122223333:policy/helm-irsa/home.folders"
}

import {
  to = aws_iam_role_policy_attachment.apps_0web["arn:aws:iam::111122223333:policy/helm-irsa/home_folders"]
  id = "web.a/arn:aws:iam::111122223333:policy/helm-irsa/home_folders"
}

resource "aws_iam_role_policy_attachments_exclusive" "apps_0web" {
  role_name   = aws_iam_role.apps_0web.name
  policy_arns = [for a in aws_iam_role_policy_attachment.apps_0web : a.policy_arn]
}

resource "aws_iam_role_policy" "apps_0web_a_b" {
  name = "a_b"
  role = aws_iam_role.apps_0web.name

  policy = <<-EOT
    {
      "Version": "2012-10-17",
      "Statement": [
        {
          "Effect": "Allow",
          "Action": "s3:*",
          "Resource": "arn:aws:s3:::$${aws:PrincipalTag/team}"
        }
      ]
    }
  EOT
}

import {
  to = aws_iam_role_policy.apps_0web_a_b
  id = "web.a:a_b"
}

resource "aws_iam_role_policies_exclusive" "apps_0web" {
  role_name    = aws_iam_role.apps_0web.name
  policy_names = [aws_iam_role_policy.apps_0web_a_b.name]
}

# The role of service account apps/web-a.
resource "aws_iam_role" "apps_web-a" {
  name                 = "web_a"
  path                 = "/helm-irsa/"
  max_session_duration = 3600

  assume_role_policy = <<-EOT
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
  EOT

  tags = {
    "helm-irsa.dev/cluster"   = "prod_cluster"
    "helm-irsa.dev/id"        = "e83b28f1881202cca426"
    "helm-irsa.dev/namespace" = "apps"
    "helm-irsa.dev/release"   = "shop"
    "helm-irsa.dev/scope"     = "111122223333/eu-west-3"
  }

  depends_on = [aws_iam_openid_connect_provider.oidc_EXAMPLE_e571dc61]
}

import {
  to = aws_iam_role.apps_web-a
  id = "web_a"
}

resource "aws_iam_role_policy_attachments_exclusive" "apps_web-a" {
  role_name   = aws_iam_role.apps_web-a.name
  policy_arns = []
}

resource "aws_iam_role_policies_exclusive" "apps_web-a" {
  role_name    = aws_iam_role.apps_web-a.name
  policy_names = []
}

# The role of service account apps/web.a.
resource "aws_iam_role" "apps_web_a_a3a42ef9" {
  name                 = "web,a"
  path                 = "/helm-irsa/"
  max_session_duration = 3600

  assume_role_policy = <<-EOT
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
              "aws:SourceArn": "arn:aws:s3:::$${aws:username}"
            }
          }
        }
      ]
    }
  EOT

  tags = {
    "helm-irsa.dev/cluster"   = "prod_cluster"
    "helm-irsa.dev/id"        = "74d39b02a61db28d0a49"
    "helm-irsa.dev/namespace" = "apps"
    "helm-irsa.dev/release"   = "shop"
    "helm-irsa.dev/scope"     = "111122223333/eu-west-3"
  }

  depends_on = [aws_iam_openid_connect_provider.oidc_EXAMPLE_e571dc61]
}

import {
  to = aws_iam_role.apps_web_a_a3a42ef9
  id = "web,a"
}

resource "aws_iam_role_policy_attachments_exclusive" "apps_web_a_a3a42ef9" {
  role_name   = aws_iam_role.apps_web_a_a3a42ef9.name
  policy_arns = []
}

resource "aws_iam_role_policies_exclusive" "apps_web_a_a3a42ef9" {
  role_name    = aws_iam_role.apps_web_a_a3a42ef9.name
  policy_names = []
}
