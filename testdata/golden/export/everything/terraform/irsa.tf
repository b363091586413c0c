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

provider "aws" {
  alias               = "account_444455556666"
  region              = "eu-west-3"
  allowed_account_ids = ["444455556666"]

  assume_role {
    role_arn = "arn:aws:iam::444455556666:role/deploy"
  }
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
resource "aws_iam_openid_connect_provider" "oidc_STANDBY_79fe89a2" {
  url            = "https://oidc.eks.eu-west-1.amazonaws.com/id/STANDBY"
  client_id_list = ["sts.amazonaws.com"]

  tags = {
    "helm-irsa.dev/cluster"   = "prod_cluster"
    "helm-irsa.dev/namespace" = "apps"
    "helm-irsa.dev/release"   = "shop"
    "helm-irsa.dev/scope"     = "111122223333/eu-west-3"
    "team"                    = "shop"
  }
}

import {
  to = aws_iam_openid_connect_provider.oidc_STANDBY_79fe89a2
  id = "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/STANDBY"
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
    "team"                    = "shop"
  }
}

import {
  to = aws_iam_openid_connect_provider.oidc_EXAMPLE_e571dc61
  id = "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE"
}

# All releases of the cluster use this provider: keep it in one configuration, and export the
# others with --oidc-provider=false.
resource "aws_iam_openid_connect_provider" "oidc_STANDBY_79fe89a2_444455556666" {
  provider       = aws.account_444455556666
  url            = "https://oidc.eks.eu-west-1.amazonaws.com/id/STANDBY"
  client_id_list = ["sts.amazonaws.com"]

  tags = {
    "helm-irsa.dev/cluster"   = "prod_cluster"
    "helm-irsa.dev/namespace" = "apps"
    "helm-irsa.dev/release"   = "shop"
    "helm-irsa.dev/scope"     = "111122223333/eu-west-3"
    "team"                    = "shop"
  }
}

import {
  to = aws_iam_openid_connect_provider.oidc_STANDBY_79fe89a2_444455556666
  id = "arn:aws:iam::444455556666:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/STANDBY"
}

# All releases of the cluster use this provider: keep it in one configuration, and export the
# others with --oidc-provider=false.
resource "aws_iam_openid_connect_provider" "oidc_EXAMPLE_e571dc61_444455556666" {
  provider       = aws.account_444455556666
  url            = "https://oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE"
  client_id_list = ["sts.amazonaws.com"]

  tags = {
    "helm-irsa.dev/cluster"   = "prod_cluster"
    "helm-irsa.dev/namespace" = "apps"
    "helm-irsa.dev/release"   = "shop"
    "helm-irsa.dev/scope"     = "111122223333/eu-west-3"
    "team"                    = "shop"
  }
}

import {
  to = aws_iam_openid_connect_provider.oidc_EXAMPLE_e571dc61_444455556666
  id = "arn:aws:iam::444455556666:oidc-provider/oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE"
}

resource "aws_iam_policy" "data" {
  name        = "data"
  path        = "/apps/"
  description = "What the shop reads (helm-irsa: apps/shop of prod_cluster, 99ed4c42d51e)"

  policy = <<-EOT
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
  EOT

  tags = {
    "helm-irsa.dev/cluster"   = "prod_cluster"
    "helm-irsa.dev/namespace" = "apps"
    "helm-irsa.dev/release"   = "shop"
    "helm-irsa.dev/scope"     = "111122223333/eu-west-3"
    "team"                    = "shop"
  }
}

import {
  to = aws_iam_policy.data
  id = "arn:aws:iam::111122223333:policy/apps/data"
}

resource "aws_iam_policy" "nodes" {
  name        = "nodes"
  path        = "/apps/"
  description = "(helm-irsa: apps/shop of prod_cluster, 99ed4c42d51e)"

  policy = <<-EOT
    {
      "Version": "2012-10-17",
      "Statement": {
        "Effect": "Allow",
        "Action": "ecr:GetAuthorizationToken",
        "Resource": "*"
      }
    }
  EOT

  tags = {
    "helm-irsa.dev/attached.d6a502d1" = "eks-nodes"
    "helm-irsa.dev/cluster"           = "prod_cluster"
    "helm-irsa.dev/namespace"         = "apps"
    "helm-irsa.dev/release"           = "shop"
    "helm-irsa.dev/scope"             = "111122223333/eu-west-3"
    "team"                            = "shop"
  }
}

import {
  to = aws_iam_policy.nodes
  id = "arn:aws:iam::111122223333:policy/apps/nodes"
}

resource "aws_iam_policy" "data_444455556666" {
  provider    = aws.account_444455556666
  name        = "data"
  path        = "/apps/"
  description = "What the shop reads (helm-irsa: apps/shop of prod_cluster, 99ed4c42d51e)"

  policy = <<-EOT
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
  EOT

  tags = {
    "helm-irsa.dev/cluster"   = "prod_cluster"
    "helm-irsa.dev/namespace" = "apps"
    "helm-irsa.dev/release"   = "shop"
    "helm-irsa.dev/scope"     = "111122223333/eu-west-3"
    "team"                    = "shop"
  }
}

import {
  to = aws_iam_policy.data_444455556666
  id = "arn:aws:iam::444455556666:policy/apps/data"
}

# The role of service account apps/both.
resource "aws_iam_role" "apps_both" {
  name                 = "prod_cluster-apps-both-iombsthucpozp"
  path                 = "/apps/"
  max_session_duration = 7200
  permissions_boundary = "arn:aws:iam::111122223333:policy/boundary"

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
  EOT

  tags = {
    "helm-irsa.dev/cluster"   = "prod_cluster"
    "helm-irsa.dev/id"        = "163fa76de642b3c7ecbd"
    "helm-irsa.dev/namespace" = "apps"
    "helm-irsa.dev/release"   = "shop"
    "helm-irsa.dev/scope"     = "111122223333/eu-west-3"
    "team"                    = "shop"
  }

  depends_on = [aws_iam_openid_connect_provider.oidc_STANDBY_79fe89a2, aws_iam_openid_connect_provider.oidc_EXAMPLE_e571dc61]
}

import {
  to = aws_iam_role.apps_both
  id = "prod_cluster-apps-both-iombsthucpozp"
}

resource "aws_iam_role_policy_attachments_exclusive" "apps_both" {
  role_name   = aws_iam_role.apps_both.name
  policy_arns = []
}

resource "aws_iam_role_policy" "apps_both_helm-irsa-target-roles" {
  name = "helm-irsa-target-roles"
  role = aws_iam_role.apps_both.name

  policy = <<-EOT
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
  EOT
}

import {
  to = aws_iam_role_policy.apps_both_helm-irsa-target-roles
  id = "prod_cluster-apps-both-iombsthucpozp:helm-irsa-target-roles"
}

resource "aws_iam_role_policies_exclusive" "apps_both" {
  role_name    = aws_iam_role.apps_both.name
  policy_names = [aws_iam_role_policy.apps_both_helm-irsa-target-roles.name]
}

# The role of service account apps/pods.
resource "aws_iam_role" "apps_pods" {
  name                 = "pods-role"
  path                 = "/apps/"
  max_session_duration = 7200
  permissions_boundary = "arn:aws:iam::111122223333:policy/boundary"

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
  EOT

  tags = {
    "helm-irsa.dev/cluster"   = "prod_cluster"
    "helm-irsa.dev/id"        = "23e06ce70e96ad3236bc"
    "helm-irsa.dev/namespace" = "apps"
    "helm-irsa.dev/release"   = "shop"
    "helm-irsa.dev/scope"     = "111122223333/eu-west-3"
    "team"                    = "shop"
  }
}

import {
  to = aws_iam_role.apps_pods
  id = "pods-role"
}

resource "aws_iam_role_policy_attachment" "apps_pods" {
  for_each = {
    "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess" = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
  }

  role       = aws_iam_role.apps_pods.name
  policy_arn = each.value
}

import {
  to = aws_iam_role_policy_attachment.apps_pods["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"]
  id = "pods-role/arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
}

resource "aws_iam_role_policy_attachments_exclusive" "apps_pods" {
  role_name   = aws_iam_role.apps_pods.name
  policy_arns = [for a in aws_iam_role_policy_attachment.apps_pods : a.policy_arn]
}

resource "aws_iam_role_policy" "apps_pods_helm-irsa-target-roles" {
  name = "helm-irsa-target-roles"
  role = aws_iam_role.apps_pods.name

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
          "arn:aws:iam::111122223333:role/apps/web-role"
        ]
      }
    }
  EOT
}

import {
  to = aws_iam_role_policy.apps_pods_helm-irsa-target-roles
  id = "pods-role:helm-irsa-target-roles"
}

resource "aws_iam_role_policies_exclusive" "apps_pods" {
  role_name    = aws_iam_role.apps_pods.name
  policy_names = [aws_iam_role_policy.apps_pods_helm-irsa-target-roles.name]
}

locals {
  trust_apps_web = <<-EOT
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
  EOT

  trust_without_new_roles_apps_web = <<-EOT
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
  EOT
}

# The role of service account apps/web.
resource "aws_iam_role" "apps_web" {
  name                 = "web-role"
  path                 = "/apps/"
  description          = "The shop's web role"
  max_session_duration = 7200
  permissions_boundary = "arn:aws:iam::111122223333:policy/boundary"

  assume_role_policy = var.roles_exist ? local.trust_apps_web : local.trust_without_new_roles_apps_web

  tags = {
    "helm-irsa.dev/cluster"   = "prod_cluster"
    "helm-irsa.dev/id"        = "d69934450b1dc8fb19c9"
    "helm-irsa.dev/namespace" = "apps"
    "helm-irsa.dev/release"   = "shop"
    "helm-irsa.dev/scope"     = "111122223333/eu-west-3"
    "team"                    = "shop"
  }

  depends_on = [aws_iam_openid_connect_provider.oidc_STANDBY_79fe89a2, aws_iam_openid_connect_provider.oidc_EXAMPLE_e571dc61]
}

import {
  to = aws_iam_role.apps_web
  id = "web-role"
}

resource "aws_iam_role_policy_attachment" "apps_web" {
  for_each = {
    "arn:aws:iam::111122223333:policy/apps/data"          = aws_iam_policy.data.arn
    "arn:aws:iam::aws:policy/CloudWatchAgentServerPolicy" = "arn:aws:iam::aws:policy/CloudWatchAgentServerPolicy"
  }

  role       = aws_iam_role.apps_web.name
  policy_arn = each.value
}

import {
  to = aws_iam_role_policy_attachment.apps_web["arn:aws:iam::111122223333:policy/apps/data"]
  id = "web-role/arn:aws:iam::111122223333:policy/apps/data"
}

import {
  to = aws_iam_role_policy_attachment.apps_web["arn:aws:iam::aws:policy/CloudWatchAgentServerPolicy"]
  id = "web-role/arn:aws:iam::aws:policy/CloudWatchAgentServerPolicy"
}

resource "aws_iam_role_policy_attachments_exclusive" "apps_web" {
  role_name   = aws_iam_role.apps_web.name
  policy_arns = [for a in aws_iam_role_policy_attachment.apps_web : a.policy_arn]
}

resource "aws_iam_role_policy" "apps_web_queue" {
  name = "queue"
  role = aws_iam_role.apps_web.name

  policy = <<-EOT
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
  EOT
}

import {
  to = aws_iam_role_policy.apps_web_queue
  id = "web-role:queue"
}

resource "aws_iam_role_policies_exclusive" "apps_web" {
  role_name    = aws_iam_role.apps_web.name
  policy_names = [aws_iam_role_policy.apps_web_queue.name]
}

# The role of service account apps/far.
resource "aws_iam_role" "apps_far" {
  provider             = aws.account_444455556666
  name                 = "far-role"
  path                 = "/apps/"
  max_session_duration = 7200
  permissions_boundary = "arn:aws:iam::444455556666:policy/boundary"

  assume_role_policy = <<-EOT
    {
      "Version": "2012-10-17",
      "Statement": [
        {
          "Sid": "HelmIrsa99ed4c42d51eN1",
          "Effect": "Allow",
          "Principal": {
            "Federated": "arn:aws:iam::444455556666:oidc-provider/oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE"
          },
          "Action": "sts:AssumeRoleWithWebIdentity",
          "Condition": {
            "StringEquals": {
              "oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE:aud": "sts.amazonaws.com",
              "oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE:sub": "system:serviceaccount:apps:far"
            }
          }
        },
        {
          "Sid": "HelmIrsa99ed4c42d51eN2",
          "Effect": "Allow",
          "Principal": {
            "Federated": "arn:aws:iam::444455556666:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/STANDBY"
          },
          "Action": "sts:AssumeRoleWithWebIdentity",
          "Condition": {
            "StringEquals": {
              "oidc.eks.eu-west-1.amazonaws.com/id/STANDBY:aud": "sts.amazonaws.com",
              "oidc.eks.eu-west-1.amazonaws.com/id/STANDBY:sub": "system:serviceaccount:apps:far"
            }
          }
        }
      ]
    }
  EOT

  tags = {
    "helm-irsa.dev/cluster"   = "prod_cluster"
    "helm-irsa.dev/id"        = "f9ff356df0a2ea51e182"
    "helm-irsa.dev/namespace" = "apps"
    "helm-irsa.dev/release"   = "shop"
    "helm-irsa.dev/scope"     = "111122223333/eu-west-3"
    "team"                    = "shop"
  }

  depends_on = [aws_iam_openid_connect_provider.oidc_STANDBY_79fe89a2_444455556666, aws_iam_openid_connect_provider.oidc_EXAMPLE_e571dc61_444455556666]
}

import {
  to = aws_iam_role.apps_far
  id = "far-role"
}

resource "aws_iam_role_policy_attachment" "apps_far" {
  provider = aws.account_444455556666

  for_each = {
    "arn:aws:iam::444455556666:policy/apps/data" = aws_iam_policy.data_444455556666.arn
  }

  role       = aws_iam_role.apps_far.name
  policy_arn = each.value
}

import {
  to = aws_iam_role_policy_attachment.apps_far["arn:aws:iam::444455556666:policy/apps/data"]
  id = "far-role/arn:aws:iam::444455556666:policy/apps/data"
}

resource "aws_iam_role_policy_attachments_exclusive" "apps_far" {
  provider    = aws.account_444455556666
  role_name   = aws_iam_role.apps_far.name
  policy_arns = [for a in aws_iam_role_policy_attachment.apps_far : a.policy_arn]
}

resource "aws_iam_role_policies_exclusive" "apps_far" {
  provider     = aws.account_444455556666
  role_name    = aws_iam_role.apps_far.name
  policy_names = []
}

resource "aws_iam_role_policy_attachment" "node-role_eks-nodes" {
  for_each = {
    "arn:aws:iam::111122223333:policy/apps/nodes"          = aws_iam_policy.nodes.arn
    "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore" = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
  }

  role       = "eks-nodes"
  policy_arn = each.value
}

import {
  to = aws_iam_role_policy_attachment.node-role_eks-nodes["arn:aws:iam::111122223333:policy/apps/nodes"]
  id = "eks-nodes/arn:aws:iam::111122223333:policy/apps/nodes"
}

import {
  to = aws_iam_role_policy_attachment.node-role_eks-nodes["arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"]
  id = "eks-nodes/arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
}

# EKS gave it an ID, which only EKS knows: where there is one, write it into an import block with
# to = aws_eks_pod_identity_association.apps_both and id = "prod_cluster,a-…"; aws eks
# list-pod-identity-associations lists them.
resource "aws_eks_pod_identity_association" "apps_both" {
  cluster_name         = "prod_cluster"
  namespace            = "apps"
  service_account      = "both"
  role_arn             = aws_iam_role.apps_both.arn
  target_role_arn      = "arn:aws:iam::444455556666:role/shop-data"
  disable_session_tags = true

  policy = <<-EOT
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
  EOT

  tags = {
    "helm-irsa.dev/cluster"   = "prod_cluster"
    "helm-irsa.dev/namespace" = "apps"
    "helm-irsa.dev/release"   = "shop"
    "helm-irsa.dev/scope"     = "111122223333/eu-west-3"
    "team"                    = "shop"
  }
}

# EKS gave it an ID, which only EKS knows: where there is one, write it into an import block with
# to = aws_eks_pod_identity_association.apps_pods and id = "prod_cluster,a-…"; aws eks
# list-pod-identity-associations lists them.
resource "aws_eks_pod_identity_association" "apps_pods" {
  cluster_name         = "prod_cluster"
  namespace            = "apps"
  service_account      = "pods"
  role_arn             = aws_iam_role.apps_pods.arn
  target_role_arn      = aws_iam_role.apps_web.arn
  disable_session_tags = false

  tags = {
    "helm-irsa.dev/cluster"   = "prod_cluster"
    "helm-irsa.dev/namespace" = "apps"
    "helm-irsa.dev/release"   = "shop"
    "helm-irsa.dev/scope"     = "111122223333/eu-west-3"
    "team"                    = "shop"
  }
}
