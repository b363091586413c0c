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

# The role of service account apps/aws-load-balancer-controller.
resource "aws_iam_role" "apps_aws-load-balancer-controller" {
  name                 = "load-balancer-controller"
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
              "oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE:sub": "system:serviceaccount:apps:aws-load-balancer-controller"
            }
          }
        }
      ]
    }
  EOT

  tags = {
    "helm-irsa.dev/cluster"   = "prod_cluster"
    "helm-irsa.dev/id"        = "986d068e17ed3b2affcd"
    "helm-irsa.dev/namespace" = "apps"
    "helm-irsa.dev/release"   = "shop"
    "helm-irsa.dev/scope"     = "111122223333/eu-west-3"
  }

  depends_on = [aws_iam_openid_connect_provider.oidc_EXAMPLE_e571dc61]
}

import {
  to = aws_iam_role.apps_aws-load-balancer-controller
  id = "load-balancer-controller"
}

resource "aws_iam_role_policy_attachments_exclusive" "apps_aws-load-balancer-controller" {
  role_name   = aws_iam_role.apps_aws-load-balancer-controller.name
  policy_arns = []
}

resource "aws_iam_role_policy" "apps_aws-load-balancer-controller_awsLoadBalancerController" {
  name = "awsLoadBalancerController"
  role = aws_iam_role.apps_aws-load-balancer-controller.name

  policy = <<-EOT
    {
      "Version": "2012-10-17",
      "Statement": [
        {
          "Effect": "Allow",
          "Action": "iam:CreateServiceLinkedRole",
          "Resource": "*",
          "Condition": {
            "StringEquals": {
              "iam:AWSServiceName": "elasticloadbalancing.amazonaws.com"
            }
          }
        },
        {
          "Effect": "Allow",
          "Action": [
            "ec2:DescribeAccountAttributes",
            "ec2:DescribeAddresses",
            "ec2:DescribeAvailabilityZones",
            "ec2:DescribeInternetGateways",
            "ec2:DescribeVpcs",
            "ec2:DescribeVpcPeeringConnections",
            "ec2:DescribeSubnets",
            "ec2:DescribeSecurityGroups",
            "ec2:DescribeInstances",
            "ec2:DescribeNetworkInterfaces",
            "ec2:DescribeTags",
            "ec2:GetCoipPoolUsage",
            "ec2:DescribeCoipPools",
            "ec2:GetSecurityGroupsForVpc",
            "ec2:DescribeIpamPools",
            "ec2:DescribeRouteTables",
            "elasticloadbalancing:DescribeLoadBalancers",
            "elasticloadbalancing:DescribeLoadBalancerAttributes",
            "elasticloadbalancing:DescribeListeners",
            "elasticloadbalancing:DescribeListenerCertificates",
            "elasticloadbalancing:DescribeSSLPolicies",
            "elasticloadbalancing:DescribeRules",
            "elasticloadbalancing:DescribeTargetGroups",
            "elasticloadbalancing:DescribeTargetGroupAttributes",
            "elasticloadbalancing:DescribeTargetHealth",
            "elasticloadbalancing:DescribeTags",
            "elasticloadbalancing:DescribeTrustStores",
            "elasticloadbalancing:DescribeListenerAttributes",
            "elasticloadbalancing:DescribeCapacityReservation"
          ],
          "Resource": "*"
        },
        {
          "Effect": "Allow",
          "Action": [
            "cognito-idp:DescribeUserPoolClient",
            "acm:ListCertificates",
            "acm:DescribeCertificate",
            "iam:ListServerCertificates",
            "iam:GetServerCertificate",
            "waf-regional:GetWebACL",
            "waf-regional:GetWebACLForResource",
            "waf-regional:AssociateWebACL",
            "waf-regional:DisassociateWebACL",
            "wafv2:GetWebACL",
            "wafv2:GetWebACLForResource",
            "wafv2:AssociateWebACL",
            "wafv2:DisassociateWebACL",
            "shield:GetSubscriptionState",
            "shield:DescribeProtection",
            "shield:CreateProtection",
            "shield:DeleteProtection"
          ],
          "Resource": "*"
        },
        {
          "Effect": "Allow",
          "Action": [
            "ec2:AuthorizeSecurityGroupIngress",
            "ec2:RevokeSecurityGroupIngress",
            "ec2:CreateSecurityGroup"
          ],
          "Resource": "*"
        },
        {
          "Effect": "Allow",
          "Action": "ec2:CreateTags",
          "Resource": "arn:aws:ec2:*:*:security-group/*",
          "Condition": {
            "Null": {
              "aws:RequestTag/elbv2.k8s.aws/cluster": "false"
            },
            "StringEquals": {
              "ec2:CreateAction": "CreateSecurityGroup"
            }
          }
        },
        {
          "Effect": "Allow",
          "Action": [
            "ec2:CreateTags",
            "ec2:DeleteTags"
          ],
          "Resource": "arn:aws:ec2:*:*:security-group/*",
          "Condition": {
            "Null": {
              "aws:RequestTag/elbv2.k8s.aws/cluster": "true",
              "aws:ResourceTag/elbv2.k8s.aws/cluster": "false"
            }
          }
        },
        {
          "Effect": "Allow",
          "Action": "ec2:DeleteSecurityGroup",
          "Resource": "arn:aws:ec2:*:*:security-group/*",
          "Condition": {
            "Null": {
              "aws:ResourceTag/elbv2.k8s.aws/cluster": "false"
            }
          }
        },
        {
          "Effect": "Allow",
          "Action": [
            "elasticloadbalancing:CreateLoadBalancer",
            "elasticloadbalancing:CreateTargetGroup"
          ],
          "Resource": "*",
          "Condition": {
            "Null": {
              "aws:RequestTag/elbv2.k8s.aws/cluster": "false"
            }
          }
        },
        {
          "Effect": "Allow",
          "Action": [
            "elasticloadbalancing:CreateListener",
            "elasticloadbalancing:DeleteListener",
            "elasticloadbalancing:CreateRule",
            "elasticloadbalancing:DeleteRule"
          ],
          "Resource": "*"
        },
        {
          "Effect": "Allow",
          "Action": [
            "elasticloadbalancing:AddTags",
            "elasticloadbalancing:RemoveTags"
          ],
          "Resource": [
            "arn:aws:elasticloadbalancing:*:*:targetgroup/*/*",
            "arn:aws:elasticloadbalancing:*:*:loadbalancer/net/*/*",
            "arn:aws:elasticloadbalancing:*:*:loadbalancer/app/*/*"
          ],
          "Condition": {
            "Null": {
              "aws:RequestTag/elbv2.k8s.aws/cluster": "true",
              "aws:ResourceTag/elbv2.k8s.aws/cluster": "false"
            }
          }
        },
        {
          "Effect": "Allow",
          "Action": [
            "elasticloadbalancing:AddTags",
            "elasticloadbalancing:RemoveTags"
          ],
          "Resource": [
            "arn:aws:elasticloadbalancing:*:*:listener/net/*/*/*",
            "arn:aws:elasticloadbalancing:*:*:listener/app/*/*/*",
            "arn:aws:elasticloadbalancing:*:*:listener-rule/net/*/*/*",
            "arn:aws:elasticloadbalancing:*:*:listener-rule/app/*/*/*"
          ]
        },
        {
          "Effect": "Allow",
          "Action": [
            "elasticloadbalancing:ModifyLoadBalancerAttributes",
            "elasticloadbalancing:SetIpAddressType",
            "elasticloadbalancing:SetSecurityGroups",
            "elasticloadbalancing:SetSubnets",
            "elasticloadbalancing:DeleteLoadBalancer",
            "elasticloadbalancing:ModifyTargetGroup",
            "elasticloadbalancing:ModifyTargetGroupAttributes",
            "elasticloadbalancing:DeleteTargetGroup",
            "elasticloadbalancing:ModifyListenerAttributes",
            "elasticloadbalancing:ModifyCapacityReservation",
            "elasticloadbalancing:ModifyIpPools"
          ],
          "Resource": "*",
          "Condition": {
            "Null": {
              "aws:ResourceTag/elbv2.k8s.aws/cluster": "false"
            }
          }
        },
        {
          "Effect": "Allow",
          "Action": "elasticloadbalancing:AddTags",
          "Resource": [
            "arn:aws:elasticloadbalancing:*:*:targetgroup/*/*",
            "arn:aws:elasticloadbalancing:*:*:loadbalancer/net/*/*",
            "arn:aws:elasticloadbalancing:*:*:loadbalancer/app/*/*"
          ],
          "Condition": {
            "Null": {
              "aws:RequestTag/elbv2.k8s.aws/cluster": "false"
            },
            "StringEquals": {
              "elasticloadbalancing:CreateAction": [
                "CreateTargetGroup",
                "CreateLoadBalancer"
              ]
            }
          }
        },
        {
          "Effect": "Allow",
          "Action": [
            "elasticloadbalancing:RegisterTargets",
            "elasticloadbalancing:DeregisterTargets"
          ],
          "Resource": "arn:aws:elasticloadbalancing:*:*:targetgroup/*/*"
        },
        {
          "Effect": "Allow",
          "Action": [
            "elasticloadbalancing:SetWebAcl",
            "elasticloadbalancing:ModifyListener",
            "elasticloadbalancing:AddListenerCertificates",
            "elasticloadbalancing:RemoveListenerCertificates",
            "elasticloadbalancing:ModifyRule",
            "elasticloadbalancing:SetRulePriorities"
          ],
          "Resource": "*"
        }
      ]
    }
  EOT
}

import {
  to = aws_iam_role_policy.apps_aws-load-balancer-controller_awsLoadBalancerController
  id = "load-balancer-controller:awsLoadBalancerController"
}

resource "aws_iam_role_policies_exclusive" "apps_aws-load-balancer-controller" {
  role_name    = aws_iam_role.apps_aws-load-balancer-controller.name
  policy_names = [aws_iam_role_policy.apps_aws-load-balancer-controller_awsLoadBalancerController.name]
}

# The role of service account apps/aws-node.
resource "aws_iam_role" "apps_aws-node" {
  name                 = "aws-node"
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
              "oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE:sub": "system:serviceaccount:apps:aws-node"
            }
          }
        }
      ]
    }
  EOT

  tags = {
    "helm-irsa.dev/cluster"   = "prod_cluster"
    "helm-irsa.dev/id"        = "adccb7ab62ed25cf80df"
    "helm-irsa.dev/namespace" = "apps"
    "helm-irsa.dev/release"   = "shop"
    "helm-irsa.dev/scope"     = "111122223333/eu-west-3"
  }

  depends_on = [aws_iam_openid_connect_provider.oidc_EXAMPLE_e571dc61]
}

import {
  to = aws_iam_role.apps_aws-node
  id = "aws-node"
}

resource "aws_iam_role_policy_attachment" "apps_aws-node" {
  for_each = {
    "arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy" = "arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy"
  }

  role       = aws_iam_role.apps_aws-node.name
  policy_arn = each.value
}

import {
  to = aws_iam_role_policy_attachment.apps_aws-node["arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy"]
  id = "aws-node/arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy"
}

resource "aws_iam_role_policy_attachments_exclusive" "apps_aws-node" {
  role_name   = aws_iam_role.apps_aws-node.name
  policy_arns = [for a in aws_iam_role_policy_attachment.apps_aws-node : a.policy_arn]
}

resource "aws_iam_role_policies_exclusive" "apps_aws-node" {
  role_name    = aws_iam_role.apps_aws-node.name
  policy_names = []
}

# The role of service account apps/cert-manager.
resource "aws_iam_role" "apps_cert-manager" {
  name                 = "cert-manager"
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
              "oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE:sub": "system:serviceaccount:apps:cert-manager"
            }
          }
        }
      ]
    }
  EOT

  tags = {
    "helm-irsa.dev/cluster"   = "prod_cluster"
    "helm-irsa.dev/id"        = "69b8e3301dd086dbaa8b"
    "helm-irsa.dev/namespace" = "apps"
    "helm-irsa.dev/release"   = "shop"
    "helm-irsa.dev/scope"     = "111122223333/eu-west-3"
  }

  depends_on = [aws_iam_openid_connect_provider.oidc_EXAMPLE_e571dc61]
}

import {
  to = aws_iam_role.apps_cert-manager
  id = "cert-manager"
}

resource "aws_iam_role_policy_attachments_exclusive" "apps_cert-manager" {
  role_name   = aws_iam_role.apps_cert-manager.name
  policy_arns = []
}

resource "aws_iam_role_policy" "apps_cert-manager_certManager" {
  name = "certManager"
  role = aws_iam_role.apps_cert-manager.name

  policy = <<-EOT
    {
      "Version": "2012-10-17",
      "Statement": [
        {
          "Sid": "ReadChanges",
          "Effect": "Allow",
          "Action": "route53:GetChange",
          "Resource": "arn:aws:route53:::change/*"
        },
        {
          "Sid": "WriteChallenges",
          "Effect": "Allow",
          "Action": "route53:ChangeResourceRecordSets",
          "Resource": "arn:aws:route53:::hostedzone/Z0123456789",
          "Condition": {
            "ForAllValues:StringEquals": {
              "route53:ChangeResourceRecordSetsRecordTypes": "TXT"
            }
          }
        },
        {
          "Sid": "ReadRecords",
          "Effect": "Allow",
          "Action": "route53:ListResourceRecordSets",
          "Resource": "arn:aws:route53:::hostedzone/Z0123456789"
        },
        {
          "Sid": "FindZones",
          "Effect": "Allow",
          "Action": "route53:ListHostedZonesByName",
          "Resource": "*"
        }
      ]
    }
  EOT
}

import {
  to = aws_iam_role_policy.apps_cert-manager_certManager
  id = "cert-manager:certManager"
}

resource "aws_iam_role_policies_exclusive" "apps_cert-manager" {
  role_name    = aws_iam_role.apps_cert-manager.name
  policy_names = [aws_iam_role_policy.apps_cert-manager_certManager.name]
}

# The role of service account apps/cloudwatch-agent.
resource "aws_iam_role" "apps_cloudwatch-agent" {
  name                 = "cloudwatch-agent"
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
              "oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE:sub": "system:serviceaccount:apps:cloudwatch-agent"
            }
          }
        }
      ]
    }
  EOT

  tags = {
    "helm-irsa.dev/cluster"   = "prod_cluster"
    "helm-irsa.dev/id"        = "41b4095fe2fd82992fc7"
    "helm-irsa.dev/namespace" = "apps"
    "helm-irsa.dev/release"   = "shop"
    "helm-irsa.dev/scope"     = "111122223333/eu-west-3"
  }

  depends_on = [aws_iam_openid_connect_provider.oidc_EXAMPLE_e571dc61]
}

import {
  to = aws_iam_role.apps_cloudwatch-agent
  id = "cloudwatch-agent"
}

resource "aws_iam_role_policy_attachment" "apps_cloudwatch-agent" {
  for_each = {
    "arn:aws:iam::aws:policy/CloudWatchAgentServerPolicy" = "arn:aws:iam::aws:policy/CloudWatchAgentServerPolicy"
  }

  role       = aws_iam_role.apps_cloudwatch-agent.name
  policy_arn = each.value
}

import {
  to = aws_iam_role_policy_attachment.apps_cloudwatch-agent["arn:aws:iam::aws:policy/CloudWatchAgentServerPolicy"]
  id = "cloudwatch-agent/arn:aws:iam::aws:policy/CloudWatchAgentServerPolicy"
}

resource "aws_iam_role_policy_attachments_exclusive" "apps_cloudwatch-agent" {
  role_name   = aws_iam_role.apps_cloudwatch-agent.name
  policy_arns = [for a in aws_iam_role_policy_attachment.apps_cloudwatch-agent : a.policy_arn]
}

resource "aws_iam_role_policies_exclusive" "apps_cloudwatch-agent" {
  role_name    = aws_iam_role.apps_cloudwatch-agent.name
  policy_names = []
}

# The role of service account apps/cluster-autoscaler.
resource "aws_iam_role" "apps_cluster-autoscaler" {
  name                 = "cluster-autoscaler"
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
              "oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE:sub": "system:serviceaccount:apps:cluster-autoscaler"
            }
          }
        }
      ]
    }
  EOT

  tags = {
    "helm-irsa.dev/cluster"   = "prod_cluster"
    "helm-irsa.dev/id"        = "6e4be8182b1ce536849d"
    "helm-irsa.dev/namespace" = "apps"
    "helm-irsa.dev/release"   = "shop"
    "helm-irsa.dev/scope"     = "111122223333/eu-west-3"
  }

  depends_on = [aws_iam_openid_connect_provider.oidc_EXAMPLE_e571dc61]
}

import {
  to = aws_iam_role.apps_cluster-autoscaler
  id = "cluster-autoscaler"
}

resource "aws_iam_role_policy_attachments_exclusive" "apps_cluster-autoscaler" {
  role_name   = aws_iam_role.apps_cluster-autoscaler.name
  policy_arns = []
}

resource "aws_iam_role_policy" "apps_cluster-autoscaler_autoScaler" {
  name = "autoScaler"
  role = aws_iam_role.apps_cluster-autoscaler.name

  policy = <<-EOT
    {
      "Version": "2012-10-17",
      "Statement": [
        {
          "Sid": "Read",
          "Effect": "Allow",
          "Action": [
            "autoscaling:DescribeAutoScalingGroups",
            "autoscaling:DescribeAutoScalingInstances",
            "autoscaling:DescribeLaunchConfigurations",
            "autoscaling:DescribeScalingActivities",
            "autoscaling:DescribeTags"
          ],
          "Resource": "*"
        },
        {
          "Sid": "ReadInstanceTypes",
          "Effect": "Allow",
          "Action": [
            "ec2:DescribeImages",
            "ec2:DescribeInstanceTypes",
            "ec2:DescribeLaunchTemplateVersions",
            "ec2:GetInstanceTypesFromInstanceRequirements"
          ],
          "Resource": "*"
        },
        {
          "Sid": "ReadNodeGroups",
          "Effect": "Allow",
          "Action": "eks:DescribeNodegroup",
          "Resource": "arn:aws:eks:eu-west-3:111122223333:nodegroup/prod_cluster/*/*"
        },
        {
          "Sid": "ScaleTaggedGroups",
          "Effect": "Allow",
          "Action": [
            "autoscaling:SetDesiredCapacity",
            "autoscaling:TerminateInstanceInAutoScalingGroup"
          ],
          "Resource": "arn:aws:autoscaling:eu-west-3:111122223333:autoScalingGroup:*:autoScalingGroupName/*",
          "Condition": {
            "StringEquals": {
              "aws:ResourceTag/k8s.io/cluster-autoscaler/prod_cluster": "owned"
            }
          }
        }
      ]
    }
  EOT
}

import {
  to = aws_iam_role_policy.apps_cluster-autoscaler_autoScaler
  id = "cluster-autoscaler:autoScaler"
}

resource "aws_iam_role_policies_exclusive" "apps_cluster-autoscaler" {
  role_name    = aws_iam_role.apps_cluster-autoscaler.name
  policy_names = [aws_iam_role_policy.apps_cluster-autoscaler_autoScaler.name]
}

# The role of service account apps/ebs-csi-controller-sa.
resource "aws_iam_role" "apps_ebs-csi-controller-sa" {
  name                 = "ebs-csi-controller"
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
              "oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE:sub": "system:serviceaccount:apps:ebs-csi-controller-sa"
            }
          }
        }
      ]
    }
  EOT

  tags = {
    "helm-irsa.dev/cluster"   = "prod_cluster"
    "helm-irsa.dev/id"        = "7c7f6988d698d184162f"
    "helm-irsa.dev/namespace" = "apps"
    "helm-irsa.dev/release"   = "shop"
    "helm-irsa.dev/scope"     = "111122223333/eu-west-3"
  }

  depends_on = [aws_iam_openid_connect_provider.oidc_EXAMPLE_e571dc61]
}

import {
  to = aws_iam_role.apps_ebs-csi-controller-sa
  id = "ebs-csi-controller"
}

resource "aws_iam_role_policy_attachment" "apps_ebs-csi-controller-sa" {
  for_each = {
    "arn:aws:iam::aws:policy/AmazonEBSCSIDriverPolicyV2" = "arn:aws:iam::aws:policy/AmazonEBSCSIDriverPolicyV2"
  }

  role       = aws_iam_role.apps_ebs-csi-controller-sa.name
  policy_arn = each.value
}

import {
  to = aws_iam_role_policy_attachment.apps_ebs-csi-controller-sa["arn:aws:iam::aws:policy/AmazonEBSCSIDriverPolicyV2"]
  id = "ebs-csi-controller/arn:aws:iam::aws:policy/AmazonEBSCSIDriverPolicyV2"
}

resource "aws_iam_role_policy_attachments_exclusive" "apps_ebs-csi-controller-sa" {
  role_name   = aws_iam_role.apps_ebs-csi-controller-sa.name
  policy_arns = [for a in aws_iam_role_policy_attachment.apps_ebs-csi-controller-sa : a.policy_arn]
}

resource "aws_iam_role_policies_exclusive" "apps_ebs-csi-controller-sa" {
  role_name    = aws_iam_role.apps_ebs-csi-controller-sa.name
  policy_names = []
}

# The role of service account apps/efs-csi-controller-sa.
resource "aws_iam_role" "apps_efs-csi-controller-sa" {
  name                 = "efs-csi-controller"
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
              "oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE:sub": "system:serviceaccount:apps:efs-csi-controller-sa"
            }
          }
        }
      ]
    }
  EOT

  tags = {
    "helm-irsa.dev/cluster"   = "prod_cluster"
    "helm-irsa.dev/id"        = "319281e348818a3082bf"
    "helm-irsa.dev/namespace" = "apps"
    "helm-irsa.dev/release"   = "shop"
    "helm-irsa.dev/scope"     = "111122223333/eu-west-3"
  }

  depends_on = [aws_iam_openid_connect_provider.oidc_EXAMPLE_e571dc61]
}

import {
  to = aws_iam_role.apps_efs-csi-controller-sa
  id = "efs-csi-controller"
}

resource "aws_iam_role_policy_attachment" "apps_efs-csi-controller-sa" {
  for_each = {
    "arn:aws:iam::aws:policy/service-role/AmazonEFSCSIDriverPolicy" = "arn:aws:iam::aws:policy/service-role/AmazonEFSCSIDriverPolicy"
  }

  role       = aws_iam_role.apps_efs-csi-controller-sa.name
  policy_arn = each.value
}

import {
  to = aws_iam_role_policy_attachment.apps_efs-csi-controller-sa["arn:aws:iam::aws:policy/service-role/AmazonEFSCSIDriverPolicy"]
  id = "efs-csi-controller/arn:aws:iam::aws:policy/service-role/AmazonEFSCSIDriverPolicy"
}

resource "aws_iam_role_policy_attachments_exclusive" "apps_efs-csi-controller-sa" {
  role_name   = aws_iam_role.apps_efs-csi-controller-sa.name
  policy_arns = [for a in aws_iam_role_policy_attachment.apps_efs-csi-controller-sa : a.policy_arn]
}

resource "aws_iam_role_policies_exclusive" "apps_efs-csi-controller-sa" {
  role_name    = aws_iam_role.apps_efs-csi-controller-sa.name
  policy_names = []
}

# The role of service account apps/external-dns.
resource "aws_iam_role" "apps_external-dns" {
  name                 = "external-dns"
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
              "oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE:sub": "system:serviceaccount:apps:external-dns"
            }
          }
        }
      ]
    }
  EOT

  tags = {
    "helm-irsa.dev/cluster"   = "prod_cluster"
    "helm-irsa.dev/id"        = "d3d933a43c2ed92bbb9d"
    "helm-irsa.dev/namespace" = "apps"
    "helm-irsa.dev/release"   = "shop"
    "helm-irsa.dev/scope"     = "111122223333/eu-west-3"
  }

  depends_on = [aws_iam_openid_connect_provider.oidc_EXAMPLE_e571dc61]
}

import {
  to = aws_iam_role.apps_external-dns
  id = "external-dns"
}

resource "aws_iam_role_policy_attachments_exclusive" "apps_external-dns" {
  role_name   = aws_iam_role.apps_external-dns.name
  policy_arns = []
}

resource "aws_iam_role_policy" "apps_external-dns_externalDNS" {
  name = "externalDNS"
  role = aws_iam_role.apps_external-dns.name

  policy = <<-EOT
    {
      "Version": "2012-10-17",
      "Statement": [
        {
          "Sid": "ChangeRecords",
          "Effect": "Allow",
          "Action": "route53:ChangeResourceRecordSets",
          "Resource": "arn:aws:route53:::hostedzone/Z0123456789"
        },
        {
          "Sid": "ReadZones",
          "Effect": "Allow",
          "Action": [
            "route53:ListResourceRecordSets",
            "route53:ListTagsForResource"
          ],
          "Resource": "arn:aws:route53:::hostedzone/Z0123456789"
        },
        {
          "Sid": "FindZones",
          "Effect": "Allow",
          "Action": "route53:ListHostedZones",
          "Resource": "*"
        }
      ]
    }
  EOT
}

import {
  to = aws_iam_role_policy.apps_external-dns_externalDNS
  id = "external-dns:externalDNS"
}

resource "aws_iam_role_policies_exclusive" "apps_external-dns" {
  role_name    = aws_iam_role.apps_external-dns.name
  policy_names = [aws_iam_role_policy.apps_external-dns_externalDNS.name]
}

# The role of service account apps/grafana.
resource "aws_iam_role" "apps_grafana" {
  name                 = "grafana"
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
              "oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE:sub": "system:serviceaccount:apps:grafana"
            }
          }
        }
      ]
    }
  EOT

  tags = {
    "helm-irsa.dev/cluster"   = "prod_cluster"
    "helm-irsa.dev/id"        = "d6726c62418e45e838c5"
    "helm-irsa.dev/namespace" = "apps"
    "helm-irsa.dev/release"   = "shop"
    "helm-irsa.dev/scope"     = "111122223333/eu-west-3"
  }

  depends_on = [aws_iam_openid_connect_provider.oidc_EXAMPLE_e571dc61]
}

import {
  to = aws_iam_role.apps_grafana
  id = "grafana"
}

resource "aws_iam_role_policy_attachments_exclusive" "apps_grafana" {
  role_name   = aws_iam_role.apps_grafana.name
  policy_arns = []
}

resource "aws_iam_role_policy" "apps_grafana_grafanaCloudWatch" {
  name = "grafanaCloudWatch"
  role = aws_iam_role.apps_grafana.name

  policy = <<-EOT
    {
      "Version": "2012-10-17",
      "Statement": [
        {
          "Sid": "Metrics",
          "Effect": "Allow",
          "Action": [
            "cloudwatch:DescribeAlarmsForMetric",
            "cloudwatch:DescribeAlarmHistory",
            "cloudwatch:DescribeAlarms",
            "cloudwatch:ListMetrics",
            "cloudwatch:GetMetricStatistics",
            "cloudwatch:GetMetricData",
            "cloudwatch:GetInsightRuleReport"
          ],
          "Resource": "*"
        },
        {
          "Sid": "Names",
          "Effect": "Allow",
          "Action": [
            "ec2:DescribeTags",
            "ec2:DescribeInstances",
            "ec2:DescribeRegions",
            "tag:GetResources"
          ],
          "Resource": "*"
        }
      ]
    }
  EOT
}

import {
  to = aws_iam_role_policy.apps_grafana_grafanaCloudWatch
  id = "grafana:grafanaCloudWatch"
}

resource "aws_iam_role_policies_exclusive" "apps_grafana" {
  role_name    = aws_iam_role.apps_grafana.name
  policy_names = [aws_iam_role_policy.apps_grafana_grafanaCloudWatch.name]
}

# The role of service account apps/velero.
resource "aws_iam_role" "apps_velero" {
  name                 = "velero"
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
              "oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE:sub": "system:serviceaccount:apps:velero"
            }
          }
        }
      ]
    }
  EOT

  tags = {
    "helm-irsa.dev/cluster"   = "prod_cluster"
    "helm-irsa.dev/id"        = "7bd9b4a6f85c5e3f37ba"
    "helm-irsa.dev/namespace" = "apps"
    "helm-irsa.dev/release"   = "shop"
    "helm-irsa.dev/scope"     = "111122223333/eu-west-3"
  }

  depends_on = [aws_iam_openid_connect_provider.oidc_EXAMPLE_e571dc61]
}

import {
  to = aws_iam_role.apps_velero
  id = "velero"
}

resource "aws_iam_role_policy_attachments_exclusive" "apps_velero" {
  role_name   = aws_iam_role.apps_velero.name
  policy_arns = []
}

resource "aws_iam_role_policy" "apps_velero_velero" {
  name = "velero"
  role = aws_iam_role.apps_velero.name

  policy = <<-EOT
    {
      "Version": "2012-10-17",
      "Statement": [
        {
          "Sid": "FindVolumes",
          "Effect": "Allow",
          "Action": [
            "ec2:DescribeVolumes",
            "ec2:DescribeSnapshots"
          ],
          "Resource": "*"
        },
        {
          "Sid": "Snapshots",
          "Effect": "Allow",
          "Action": [
            "ec2:CreateTags",
            "ec2:CreateVolume",
            "ec2:CreateSnapshot",
            "ec2:DeleteSnapshot"
          ],
          "Resource": [
            "arn:aws:ec2:*:*:volume/*",
            "arn:aws:ec2:*::snapshot/*"
          ]
        },
        {
          "Sid": "Objects",
          "Effect": "Allow",
          "Action": [
            "s3:GetObject",
            "s3:DeleteObject",
            "s3:PutObject",
            "s3:PutObjectTagging",
            "s3:AbortMultipartUpload",
            "s3:ListMultipartUploadParts"
          ],
          "Resource": "arn:aws:s3:::backups/*"
        },
        {
          "Sid": "Buckets",
          "Effect": "Allow",
          "Action": "s3:ListBucket",
          "Resource": "arn:aws:s3:::backups"
        }
      ]
    }
  EOT
}

import {
  to = aws_iam_role_policy.apps_velero_velero
  id = "velero:velero"
}

resource "aws_iam_role_policies_exclusive" "apps_velero" {
  role_name    = aws_iam_role.apps_velero.name
  policy_names = [aws_iam_role_policy.apps_velero_velero.name]
}
