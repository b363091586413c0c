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

resource "aws_iam_policy" "EpinioECEKSClusterPolicy" {
  name        = "EpinioECEKSClusterPolicy"
  path        = "/"
  description = "(helm-irsa: apps/shop of prod_cluster, 99ed4c42d51e)"

  policy = <<-EOT
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
  EOT

  tags = {
    "helm-irsa.dev/cluster"   = "prod_cluster"
    "helm-irsa.dev/namespace" = "apps"
    "helm-irsa.dev/release"   = "shop"
    "helm-irsa.dev/scope"     = "111122223333/eu-west-3"
  }
}

import {
  to = aws_iam_policy.EpinioECEKSClusterPolicy
  id = "arn:aws:iam::111122223333:policy/EpinioECEKSClusterPolicy"
}

# The role of service account apps/epinio-server.
resource "aws_iam_role" "apps_epinio-server" {
  name                 = "epinio-server-role"
  path                 = "/"
  description          = "Epinio server role"
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
              "oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE:sub": "system:serviceaccount:apps:epinio-server"
            }
          }
        }
      ]
    }
  EOT

  tags = {
    "helm-irsa.dev/cluster"   = "prod_cluster"
    "helm-irsa.dev/id"        = "689c789adbb79e3be584"
    "helm-irsa.dev/namespace" = "apps"
    "helm-irsa.dev/release"   = "shop"
    "helm-irsa.dev/scope"     = "111122223333/eu-west-3"
  }

  depends_on = [aws_iam_openid_connect_provider.oidc_EXAMPLE_e571dc61]
}

import {
  to = aws_iam_role.apps_epinio-server
  id = "epinio-server-role"
}

resource "aws_iam_role_policy_attachment" "apps_epinio-server" {
  for_each = {
    "arn:aws:iam::111122223333:policy/EpinioECEKSClusterPolicy" = aws_iam_policy.EpinioECEKSClusterPolicy.arn
  }

  role       = aws_iam_role.apps_epinio-server.name
  policy_arn = each.value
}

import {
  to = aws_iam_role_policy_attachment.apps_epinio-server["arn:aws:iam::111122223333:policy/EpinioECEKSClusterPolicy"]
  id = "epinio-server-role/arn:aws:iam::111122223333:policy/EpinioECEKSClusterPolicy"
}

resource "aws_iam_role_policy_attachments_exclusive" "apps_epinio-server" {
  role_name   = aws_iam_role.apps_epinio-server.name
  policy_arns = [for a in aws_iam_role_policy_attachment.apps_epinio-server : a.policy_arn]
}

resource "aws_iam_role_policies_exclusive" "apps_epinio-server" {
  role_name    = aws_iam_role.apps_epinio-server.name
  policy_names = []
}

# The role of service account apps/epinio-staging.
resource "aws_iam_role" "apps_epinio-staging" {
  name                 = "epinio-staging-role"
  path                 = "/"
  description          = "Epinio staging role"
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
              "oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE:sub": "system:serviceaccount:apps:epinio-staging"
            }
          }
        }
      ]
    }
  EOT

  tags = {
    "helm-irsa.dev/cluster"   = "prod_cluster"
    "helm-irsa.dev/id"        = "3748502dde782d53a4c6"
    "helm-irsa.dev/namespace" = "apps"
    "helm-irsa.dev/release"   = "shop"
    "helm-irsa.dev/scope"     = "111122223333/eu-west-3"
  }

  depends_on = [aws_iam_openid_connect_provider.oidc_EXAMPLE_e571dc61]
}

import {
  to = aws_iam_role.apps_epinio-staging
  id = "epinio-staging-role"
}

resource "aws_iam_role_policy_attachment" "apps_epinio-staging" {
  for_each = {
    "arn:aws:iam::111122223333:policy/EpinioECEKSClusterPolicy" = aws_iam_policy.EpinioECEKSClusterPolicy.arn
  }

  role       = aws_iam_role.apps_epinio-staging.name
  policy_arn = each.value
}

import {
  to = aws_iam_role_policy_attachment.apps_epinio-staging["arn:aws:iam::111122223333:policy/EpinioECEKSClusterPolicy"]
  id = "epinio-staging-role/arn:aws:iam::111122223333:policy/EpinioECEKSClusterPolicy"
}

resource "aws_iam_role_policy_attachments_exclusive" "apps_epinio-staging" {
  role_name   = aws_iam_role.apps_epinio-staging.name
  policy_arns = [for a in aws_iam_role_policy_attachment.apps_epinio-staging : a.policy_arn]
}

resource "aws_iam_role_policies_exclusive" "apps_epinio-staging" {
  role_name    = aws_iam_role.apps_epinio-staging.name
  policy_names = []
}
