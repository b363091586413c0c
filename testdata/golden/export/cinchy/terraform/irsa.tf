# What irsa.yaml wants in AWS for release apps/shop of cluster cinchy_prod_1, for Terraform 1.5 or
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
  region              = "ca-central-1"
  allowed_account_ids = ["111122223333"]
}

# This is for the first run: trust policies name roles that are made here, and IAM refuses one
# that does not exist yet; the first time, run terraform apply -var roles_exist=false, and then
# terraform apply.
variable "roles_exist" {
  type        = bool
  description = "Whether the roles exist that trust policies name."
  default     = true
}

# All releases of the cluster use this provider: keep it in one configuration, and export the
# others with --oidc-provider=false.
resource "aws_iam_openid_connect_provider" "oidc_EXAMPLE_e571dc61" {
  url            = "https://oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE"
  client_id_list = ["sts.amazonaws.com"]

  tags = {
    "helm-irsa.dev/cluster"   = "cinchy_prod_1"
    "helm-irsa.dev/namespace" = "apps"
    "helm-irsa.dev/release"   = "shop"
    "helm-irsa.dev/scope"     = "111122223333/ca-central-1"
  }
}

import {
  to = aws_iam_openid_connect_provider.oidc_EXAMPLE_e571dc61
  id = "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE"
}

locals {
  trust_apps_cinchy-connections = <<-EOT
    {
      "Version": "2012-10-17",
      "Statement": [
        {
          "Sid": "HelmIrsa280c3f9c19b3N1",
          "Effect": "Allow",
          "Principal": {
            "Federated": "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE"
          },
          "Action": "sts:AssumeRoleWithWebIdentity",
          "Condition": {
            "StringEquals": {
              "oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE:aud": "sts.amazonaws.com",
              "oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE:sub": "system:serviceaccount:apps:cinchy-connections"
            }
          }
        },
        {
          "Sid": "HelmIrsa280c3f9c19b3N2",
          "Effect": "Allow",
          "Principal": {
            "AWS": "arn:aws:iam::111122223333:role/cinchy-connections-role",
            "Service": "s3.amazonaws.com"
          },
          "Action": "sts:AssumeRole"
        }
      ]
    }
  EOT

  trust_without_new_roles_apps_cinchy-connections = <<-EOT
    {
      "Version": "2012-10-17",
      "Statement": [
        {
          "Sid": "HelmIrsa280c3f9c19b3N1",
          "Effect": "Allow",
          "Principal": {
            "Federated": "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE"
          },
          "Action": "sts:AssumeRoleWithWebIdentity",
          "Condition": {
            "StringEquals": {
              "oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE:aud": "sts.amazonaws.com",
              "oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE:sub": "system:serviceaccount:apps:cinchy-connections"
            }
          }
        },
        {
          "Sid": "HelmIrsa280c3f9c19b3N2",
          "Effect": "Allow",
          "Principal": {
            "Service": "s3.amazonaws.com"
          },
          "Action": "sts:AssumeRole"
        }
      ]
    }
  EOT
}

# The role of service account apps/cinchy-connections.
resource "aws_iam_role" "apps_cinchy-connections" {
  name                 = "cinchy-connections-role"
  path                 = "/"
  max_session_duration = 3600

  assume_role_policy = var.roles_exist ? local.trust_apps_cinchy-connections : local.trust_without_new_roles_apps_cinchy-connections

  tags = {
    "helm-irsa.dev/cluster"   = "cinchy_prod_1"
    "helm-irsa.dev/id"        = "d8fc0a327bcf6915722b"
    "helm-irsa.dev/namespace" = "apps"
    "helm-irsa.dev/release"   = "shop"
    "helm-irsa.dev/scope"     = "111122223333/ca-central-1"
  }

  depends_on = [aws_iam_openid_connect_provider.oidc_EXAMPLE_e571dc61]
}

import {
  to = aws_iam_role.apps_cinchy-connections
  id = "cinchy-connections-role"
}

resource "aws_iam_role_policy_attachment" "apps_cinchy-connections" {
  for_each = {
    "arn:aws:iam::aws:policy/AmazonS3FullAccess" = "arn:aws:iam::aws:policy/AmazonS3FullAccess"
  }

  role       = aws_iam_role.apps_cinchy-connections.name
  policy_arn = each.value
}

import {
  to = aws_iam_role_policy_attachment.apps_cinchy-connections["arn:aws:iam::aws:policy/AmazonS3FullAccess"]
  id = "cinchy-connections-role/arn:aws:iam::aws:policy/AmazonS3FullAccess"
}

resource "aws_iam_role_policy_attachments_exclusive" "apps_cinchy-connections" {
  role_name   = aws_iam_role.apps_cinchy-connections.name
  policy_arns = [for a in aws_iam_role_policy_attachment.apps_cinchy-connections : a.policy_arn]
}

resource "aws_iam_role_policies_exclusive" "apps_cinchy-connections" {
  role_name    = aws_iam_role.apps_cinchy-connections.name
  policy_names = []
}
