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

# The role of service account apps/backup.
resource "aws_iam_role" "apps_backup" {
  name                 = "shop-backup"
  path                 = "/"
  max_session_duration = 3600

  assume_role_policy = <<-EOT
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
  EOT

  tags = {
    "helm-irsa.dev/cluster"   = "prod_cluster"
    "helm-irsa.dev/id"        = "6025f7d77d05b27d2e49"
    "helm-irsa.dev/namespace" = "apps"
    "helm-irsa.dev/release"   = "shop"
    "helm-irsa.dev/scope"     = "111122223333/eu-west-3"
  }
}

import {
  to = aws_iam_role.apps_backup
  id = "shop-backup"
}

resource "aws_iam_role_policy_attachment" "apps_backup" {
  for_each = {
    "arn:aws:iam::aws:policy/AmazonS3FullAccess" = "arn:aws:iam::aws:policy/AmazonS3FullAccess"
  }

  role       = aws_iam_role.apps_backup.name
  policy_arn = each.value
}

import {
  to = aws_iam_role_policy_attachment.apps_backup["arn:aws:iam::aws:policy/AmazonS3FullAccess"]
  id = "shop-backup/arn:aws:iam::aws:policy/AmazonS3FullAccess"
}

resource "aws_iam_role_policy_attachments_exclusive" "apps_backup" {
  role_name   = aws_iam_role.apps_backup.name
  policy_arns = [for a in aws_iam_role_policy_attachment.apps_backup : a.policy_arn]
}

resource "aws_iam_role_policies_exclusive" "apps_backup" {
  role_name    = aws_iam_role.apps_backup.name
  policy_names = []
}

# The role of service account apps/orders.
resource "aws_iam_role" "apps_orders" {
  name                 = "shop-orders"
  path                 = "/"
  max_session_duration = 3600

  assume_role_policy = <<-EOT
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
  EOT

  tags = {
    "helm-irsa.dev/cluster"   = "prod_cluster"
    "helm-irsa.dev/id"        = "0e25212fb891371dffb8"
    "helm-irsa.dev/namespace" = "apps"
    "helm-irsa.dev/release"   = "shop"
    "helm-irsa.dev/scope"     = "111122223333/eu-west-3"
  }
}

import {
  to = aws_iam_role.apps_orders
  id = "shop-orders"
}

resource "aws_iam_role_policy_attachment" "apps_orders" {
  for_each = {
    "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess" = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
  }

  role       = aws_iam_role.apps_orders.name
  policy_arn = each.value
}

import {
  to = aws_iam_role_policy_attachment.apps_orders["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"]
  id = "shop-orders/arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
}

resource "aws_iam_role_policy_attachments_exclusive" "apps_orders" {
  role_name   = aws_iam_role.apps_orders.name
  policy_arns = [for a in aws_iam_role_policy_attachment.apps_orders : a.policy_arn]
}

resource "aws_iam_role_policies_exclusive" "apps_orders" {
  role_name    = aws_iam_role.apps_orders.name
  policy_names = []
}

# The role of service account apps/reports.
resource "aws_iam_role" "apps_reports" {
  name                 = "shop-reports"
  path                 = "/"
  max_session_duration = 3600

  assume_role_policy = <<-EOT
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
  EOT

  tags = {
    "helm-irsa.dev/cluster"   = "prod_cluster"
    "helm-irsa.dev/id"        = "49f97fb97f342d5adafe"
    "helm-irsa.dev/namespace" = "apps"
    "helm-irsa.dev/release"   = "shop"
    "helm-irsa.dev/scope"     = "111122223333/eu-west-3"
  }
}

import {
  to = aws_iam_role.apps_reports
  id = "shop-reports"
}

resource "aws_iam_role_policy_attachments_exclusive" "apps_reports" {
  role_name   = aws_iam_role.apps_reports.name
  policy_arns = []
}

resource "aws_iam_role_policy" "apps_reports_helm-irsa-target-roles" {
  name = "helm-irsa-target-roles"
  role = aws_iam_role.apps_reports.name

  policy = <<-EOT
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
  EOT
}

import {
  to = aws_iam_role_policy.apps_reports_helm-irsa-target-roles
  id = "shop-reports:helm-irsa-target-roles"
}

resource "aws_iam_role_policies_exclusive" "apps_reports" {
  role_name    = aws_iam_role.apps_reports.name
  policy_names = [aws_iam_role_policy.apps_reports_helm-irsa-target-roles.name]
}

# EKS gave it an ID, which only EKS knows: where there is one, write it into an import block with
# to = aws_eks_pod_identity_association.apps_backup and id = "prod_cluster,a-…"; aws eks
# list-pod-identity-associations lists them.
resource "aws_eks_pod_identity_association" "apps_backup" {
  cluster_name         = "prod_cluster"
  namespace            = "apps"
  service_account      = "backup"
  role_arn             = aws_iam_role.apps_backup.arn
  disable_session_tags = true

  policy = <<-EOT
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
  EOT

  tags = {
    "helm-irsa.dev/cluster"   = "prod_cluster"
    "helm-irsa.dev/namespace" = "apps"
    "helm-irsa.dev/release"   = "shop"
    "helm-irsa.dev/scope"     = "111122223333/eu-west-3"
  }
}

# EKS gave it an ID, which only EKS knows: where there is one, write it into an import block with
# to = aws_eks_pod_identity_association.apps_orders and id = "prod_cluster,a-…"; aws eks
# list-pod-identity-associations lists them.
resource "aws_eks_pod_identity_association" "apps_orders" {
  cluster_name         = "prod_cluster"
  namespace            = "apps"
  service_account      = "orders"
  role_arn             = aws_iam_role.apps_orders.arn
  disable_session_tags = false

  tags = {
    "helm-irsa.dev/cluster"   = "prod_cluster"
    "helm-irsa.dev/namespace" = "apps"
    "helm-irsa.dev/release"   = "shop"
    "helm-irsa.dev/scope"     = "111122223333/eu-west-3"
  }
}

# EKS gave it an ID, which only EKS knows: where there is one, write it into an import block with
# to = aws_eks_pod_identity_association.apps_reports and id = "prod_cluster,a-…"; aws eks
# list-pod-identity-associations lists them.
resource "aws_eks_pod_identity_association" "apps_reports" {
  cluster_name         = "prod_cluster"
  namespace            = "apps"
  service_account      = "reports"
  role_arn             = aws_iam_role.apps_reports.arn
  target_role_arn      = "arn:aws:iam::444455556666:role/shop-data"
  disable_session_tags = false

  tags = {
    "helm-irsa.dev/cluster"   = "prod_cluster"
    "helm-irsa.dev/namespace" = "apps"
    "helm-irsa.dev/release"   = "shop"
    "helm-irsa.dev/scope"     = "111122223333/eu-west-3"
  }
}
