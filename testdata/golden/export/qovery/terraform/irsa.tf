# What irsa.yaml wants in AWS for release apps/shop of cluster qovery-z0000aaaa, for Terraform 1.5
# or OpenTofu 1.6 and later. Written by helm irsa export terraform: change irsa.yaml, and export
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
    "helm-irsa.dev/cluster"   = "qovery-z0000aaaa"
    "helm-irsa.dev/namespace" = "apps"
    "helm-irsa.dev/release"   = "shop"
    "helm-irsa.dev/scope"     = "111122223333/eu-west-3"
  }
}

import {
  to = aws_iam_openid_connect_provider.oidc_EXAMPLE_e571dc61
  id = "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE"
}

# The role of service account z0a1b2c3d-production/my-app-sa.
resource "aws_iam_role" "z0a1b2c3d-production_my-app-sa" {
  name                 = "my-s3-role"
  path                 = "/"
  max_session_duration = 3600

  assume_role_policy = <<-EOT
    {
      "Version": "2012-10-17",
      "Statement": [
        {
          "Sid": "HelmIrsa821758fbcd15N1",
          "Effect": "Allow",
          "Principal": {
            "Federated": "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE"
          },
          "Action": "sts:AssumeRoleWithWebIdentity",
          "Condition": {
            "StringEquals": {
              "oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE:aud": "sts.amazonaws.com",
              "oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE:sub": "system:serviceaccount:z0a1b2c3d-production:my-app-sa"
            }
          }
        }
      ]
    }
  EOT

  tags = {
    "helm-irsa.dev/cluster"   = "qovery-z0000aaaa"
    "helm-irsa.dev/id"        = "d49abc86868e3b0fc326"
    "helm-irsa.dev/namespace" = "apps"
    "helm-irsa.dev/release"   = "shop"
    "helm-irsa.dev/scope"     = "111122223333/eu-west-3"
  }

  depends_on = [aws_iam_openid_connect_provider.oidc_EXAMPLE_e571dc61]
}

import {
  to = aws_iam_role.z0a1b2c3d-production_my-app-sa
  id = "my-s3-role"
}

resource "aws_iam_role_policy_attachment" "z0a1b2c3d-production_my-app-sa" {
  for_each = {
    "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess" = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
  }

  role       = aws_iam_role.z0a1b2c3d-production_my-app-sa.name
  policy_arn = each.value
}

import {
  to = aws_iam_role_policy_attachment.z0a1b2c3d-production_my-app-sa["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"]
  id = "my-s3-role/arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
}

resource "aws_iam_role_policy_attachments_exclusive" "z0a1b2c3d-production_my-app-sa" {
  role_name   = aws_iam_role.z0a1b2c3d-production_my-app-sa.name
  policy_arns = [for a in aws_iam_role_policy_attachment.z0a1b2c3d-production_my-app-sa : a.policy_arn]
}

resource "aws_iam_role_policies_exclusive" "z0a1b2c3d-production_my-app-sa" {
  role_name    = aws_iam_role.z0a1b2c3d-production_my-app-sa.name
  policy_names = []
}
