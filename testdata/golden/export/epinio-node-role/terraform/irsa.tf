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
    "helm-irsa.dev/attached.d6a502d1" = "eks-nodes"
    "helm-irsa.dev/cluster"           = "prod_cluster"
    "helm-irsa.dev/namespace"         = "apps"
    "helm-irsa.dev/release"           = "shop"
    "helm-irsa.dev/scope"             = "111122223333/eu-west-3"
  }
}

import {
  to = aws_iam_policy.EpinioECEKSClusterPolicy
  id = "arn:aws:iam::111122223333:policy/EpinioECEKSClusterPolicy"
}

resource "aws_iam_role_policy_attachment" "node-role_eks-nodes" {
  for_each = {
    "arn:aws:iam::111122223333:policy/EpinioECEKSClusterPolicy" = aws_iam_policy.EpinioECEKSClusterPolicy.arn
  }

  role       = "eks-nodes"
  policy_arn = each.value
}

import {
  to = aws_iam_role_policy_attachment.node-role_eks-nodes["arn:aws:iam::111122223333:policy/EpinioECEKSClusterPolicy"]
  id = "eks-nodes/arn:aws:iam::111122223333:policy/EpinioECEKSClusterPolicy"
}
