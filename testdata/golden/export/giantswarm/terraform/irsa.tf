# What irsa.yaml wants in AWS for release apps/shop of cluster abc12, for Terraform 1.5 or
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

provider "aws" {
  alias               = "account_444455556666"
  region              = "eu-west-3"
  allowed_account_ids = ["444455556666"]
  profile             = "shared-data"
}

# All releases of the cluster use this provider: keep it in one configuration, and export the
# others with --oidc-provider=false.
resource "aws_iam_openid_connect_provider" "oidc_111122223333-g8s-abc12-oidc-pod-identity_a58a5afa" {
  url            = "https://s3.eu-west-3.amazonaws.com/111122223333-g8s-abc12-oidc-pod-identity"
  client_id_list = ["sts.amazonaws.com"]

  tags = {
    "helm-irsa.dev/cluster"   = "abc12"
    "helm-irsa.dev/namespace" = "apps"
    "helm-irsa.dev/release"   = "shop"
    "helm-irsa.dev/scope"     = "111122223333/eu-west-3"
  }
}

import {
  to = aws_iam_openid_connect_provider.oidc_111122223333-g8s-abc12-oidc-pod-identity_a58a5afa
  id = "arn:aws:iam::111122223333:oidc-provider/s3.eu-west-3.amazonaws.com/111122223333-g8s-abc12-oidc-pod-identity"
}

# All releases of the cluster use this provider: keep it in one configuration, and export the
# others with --oidc-provider=false.
resource "aws_iam_openid_connect_provider" "oidc_111122223333-g8s-abc12-oidc-pod-identity_a58a5afa_444455556666" {
  provider       = aws.account_444455556666
  url            = "https://s3.eu-west-3.amazonaws.com/111122223333-g8s-abc12-oidc-pod-identity"
  client_id_list = ["sts.amazonaws.com"]

  tags = {
    "helm-irsa.dev/cluster"   = "abc12"
    "helm-irsa.dev/namespace" = "apps"
    "helm-irsa.dev/release"   = "shop"
    "helm-irsa.dev/scope"     = "111122223333/eu-west-3"
  }
}

import {
  to = aws_iam_openid_connect_provider.oidc_111122223333-g8s-abc12-oidc-pod-identity_a58a5afa_444455556666
  id = "arn:aws:iam::444455556666:oidc-provider/s3.eu-west-3.amazonaws.com/111122223333-g8s-abc12-oidc-pod-identity"
}

resource "aws_iam_policy" "data-bucket" {
  name        = "data-bucket"
  path        = "/"
  description = "(helm-irsa: apps/shop of abc12, 95ba467ad43d)"

  policy = <<-EOT
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
  EOT

  tags = {
    "helm-irsa.dev/cluster"   = "abc12"
    "helm-irsa.dev/namespace" = "apps"
    "helm-irsa.dev/release"   = "shop"
    "helm-irsa.dev/scope"     = "111122223333/eu-west-3"
  }
}

import {
  to = aws_iam_policy.data-bucket
  id = "arn:aws:iam::111122223333:policy/data-bucket"
}

resource "aws_iam_policy" "data-bucket_444455556666" {
  provider    = aws.account_444455556666
  name        = "data-bucket"
  path        = "/"
  description = "(helm-irsa: apps/shop of abc12, 95ba467ad43d)"

  policy = <<-EOT
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
  EOT

  tags = {
    "helm-irsa.dev/cluster"   = "abc12"
    "helm-irsa.dev/namespace" = "apps"
    "helm-irsa.dev/release"   = "shop"
    "helm-irsa.dev/scope"     = "111122223333/eu-west-3"
  }
}

import {
  to = aws_iam_policy.data-bucket_444455556666
  id = "arn:aws:iam::444455556666:policy/data-bucket"
}

# The role of service account apps/agent.
resource "aws_iam_role" "apps_agent" {
  name                 = "node-agent"
  path                 = "/"
  max_session_duration = 3600

  assume_role_policy = <<-EOT
    {
      "Version": "2012-10-17",
      "Statement": [
        {
          "Sid": "HelmIrsa95ba467ad43dN1",
          "Effect": "Allow",
          "Principal": {
            "Federated": "arn:aws:iam::111122223333:oidc-provider/s3.eu-west-3.amazonaws.com/111122223333-g8s-abc12-oidc-pod-identity"
          },
          "Action": "sts:AssumeRoleWithWebIdentity",
          "Condition": {
            "StringEquals": {
              "s3.eu-west-3.amazonaws.com/111122223333-g8s-abc12-oidc-pod-identity:aud": "sts.amazonaws.com",
              "s3.eu-west-3.amazonaws.com/111122223333-g8s-abc12-oidc-pod-identity:sub": "system:serviceaccount:apps:agent"
            }
          }
        }
      ]
    }
  EOT

  tags = {
    "helm-irsa.dev/cluster"   = "abc12"
    "helm-irsa.dev/id"        = "ea627f3ab3de53cad8bb"
    "helm-irsa.dev/namespace" = "apps"
    "helm-irsa.dev/release"   = "shop"
    "helm-irsa.dev/scope"     = "111122223333/eu-west-3"
  }

  depends_on = [aws_iam_openid_connect_provider.oidc_111122223333-g8s-abc12-oidc-pod-identity_a58a5afa]
}

import {
  to = aws_iam_role.apps_agent
  id = "node-agent"
}

resource "aws_iam_role_policy_attachment" "apps_agent" {
  for_each = {
    "arn:aws:iam::aws:policy/CloudWatchAgentServerPolicy" = "arn:aws:iam::aws:policy/CloudWatchAgentServerPolicy"
  }

  role       = aws_iam_role.apps_agent.name
  policy_arn = each.value
}

import {
  to = aws_iam_role_policy_attachment.apps_agent["arn:aws:iam::aws:policy/CloudWatchAgentServerPolicy"]
  id = "node-agent/arn:aws:iam::aws:policy/CloudWatchAgentServerPolicy"
}

resource "aws_iam_role_policy_attachments_exclusive" "apps_agent" {
  role_name   = aws_iam_role.apps_agent.name
  policy_arns = [for a in aws_iam_role_policy_attachment.apps_agent : a.policy_arn]
}

resource "aws_iam_role_policies_exclusive" "apps_agent" {
  role_name    = aws_iam_role.apps_agent.name
  policy_names = []
}

# The role of service account apps/uploader.
resource "aws_iam_role" "apps_uploader" {
  name                 = "uploader"
  path                 = "/"
  max_session_duration = 3600

  assume_role_policy = <<-EOT
    {
      "Version": "2012-10-17",
      "Statement": [
        {
          "Sid": "HelmIrsa95ba467ad43dN1",
          "Effect": "Allow",
          "Principal": {
            "Federated": "arn:aws:iam::111122223333:oidc-provider/s3.eu-west-3.amazonaws.com/111122223333-g8s-abc12-oidc-pod-identity"
          },
          "Action": "sts:AssumeRoleWithWebIdentity",
          "Condition": {
            "StringEquals": {
              "s3.eu-west-3.amazonaws.com/111122223333-g8s-abc12-oidc-pod-identity:aud": "sts.amazonaws.com",
              "s3.eu-west-3.amazonaws.com/111122223333-g8s-abc12-oidc-pod-identity:sub": "system:serviceaccount:apps:uploader"
            }
          }
        }
      ]
    }
  EOT

  tags = {
    "helm-irsa.dev/cluster"   = "abc12"
    "helm-irsa.dev/id"        = "cc95372e6b5893473c36"
    "helm-irsa.dev/namespace" = "apps"
    "helm-irsa.dev/release"   = "shop"
    "helm-irsa.dev/scope"     = "111122223333/eu-west-3"
  }

  depends_on = [aws_iam_openid_connect_provider.oidc_111122223333-g8s-abc12-oidc-pod-identity_a58a5afa]
}

import {
  to = aws_iam_role.apps_uploader
  id = "uploader"
}

resource "aws_iam_role_policy_attachment" "apps_uploader" {
  for_each = {
    "arn:aws:iam::111122223333:policy/data-bucket" = aws_iam_policy.data-bucket.arn
  }

  role       = aws_iam_role.apps_uploader.name
  policy_arn = each.value
}

import {
  to = aws_iam_role_policy_attachment.apps_uploader["arn:aws:iam::111122223333:policy/data-bucket"]
  id = "uploader/arn:aws:iam::111122223333:policy/data-bucket"
}

resource "aws_iam_role_policy_attachments_exclusive" "apps_uploader" {
  role_name   = aws_iam_role.apps_uploader.name
  policy_arns = [for a in aws_iam_role_policy_attachment.apps_uploader : a.policy_arn]
}

resource "aws_iam_role_policies_exclusive" "apps_uploader" {
  role_name    = aws_iam_role.apps_uploader.name
  policy_names = []
}

# The role of service account apps/sweeper.
resource "aws_iam_role" "apps_sweeper" {
  provider             = aws.account_444455556666
  name                 = "sweeper"
  path                 = "/"
  max_session_duration = 3600

  assume_role_policy = <<-EOT
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
  EOT

  tags = {
    "helm-irsa.dev/cluster"   = "abc12"
    "helm-irsa.dev/id"        = "53c6087ad3c1527aa904"
    "helm-irsa.dev/namespace" = "apps"
    "helm-irsa.dev/release"   = "shop"
    "helm-irsa.dev/scope"     = "111122223333/eu-west-3"
  }

  depends_on = [aws_iam_openid_connect_provider.oidc_111122223333-g8s-abc12-oidc-pod-identity_a58a5afa_444455556666]
}

import {
  to = aws_iam_role.apps_sweeper
  id = "sweeper"
}

resource "aws_iam_role_policy_attachment" "apps_sweeper" {
  provider = aws.account_444455556666

  for_each = {
    "arn:aws:iam::444455556666:policy/data-bucket" = aws_iam_policy.data-bucket_444455556666.arn
  }

  role       = aws_iam_role.apps_sweeper.name
  policy_arn = each.value
}

import {
  to = aws_iam_role_policy_attachment.apps_sweeper["arn:aws:iam::444455556666:policy/data-bucket"]
  id = "sweeper/arn:aws:iam::444455556666:policy/data-bucket"
}

resource "aws_iam_role_policy_attachments_exclusive" "apps_sweeper" {
  provider    = aws.account_444455556666
  role_name   = aws_iam_role.apps_sweeper.name
  policy_arns = [for a in aws_iam_role_policy_attachment.apps_sweeper : a.policy_arn]
}

resource "aws_iam_role_policies_exclusive" "apps_sweeper" {
  provider     = aws.account_444455556666
  role_name    = aws_iam_role.apps_sweeper.name
  policy_names = []
}
