# Registers a key store of Holdfast with AWS KMS, and makes a KMS key on one of its external keys.
#
# WARNING: Terraform keeps the proxy's credential in its state, in the clear. Whoever reads the state
# can call the proxy as KMS does. Keep the state where it is encrypted and few can read it, or use
# `holdfast aws register`, which writes the credential nowhere.
#
# This example has not been applied to an AWS account. Its syntax and the names of its attributes are
# checked, against the provider's schema of 5.89 and 6.25; read the plan before you apply it.

terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.90"
    }
  }
}

variable "region" {
  description = "AWS Region, the one that the key store of Holdfast takes requests from"
  type        = string
}

variable "name" {
  description = "Name of the custom key store in KMS"
  type        = string
}

variable "uri_endpoint" {
  description = "https:// and the name by which KMS reaches Holdfast"
  type        = string
}

variable "proxy_configuration_file" {
  description = "File that `holdfast key-stores export NAME --output FILE` has written; holds a secret"
  type        = string
}

variable "external_key_id" {
  description = "External key in Holdfast, enabled, that encrypts and decrypts"
  type        = string
}

locals {
  proxy = jsondecode(file(var.proxy_configuration_file))
}

provider "aws" {
  region = var.region
}

resource "aws_kms_custom_key_store" "holdfast" {
  custom_key_store_name  = var.name
  custom_key_store_type  = "EXTERNAL_KEY_STORE"
  xks_proxy_connectivity = "PUBLIC_ENDPOINT"
  xks_proxy_uri_endpoint = var.uri_endpoint
  xks_proxy_uri_path     = local.proxy.XksProxyUriPath

  xks_proxy_authentication_credential {
    access_key_id         = local.proxy.XksProxyAuthenticationCredential.AccessKeyId
    raw_secret_access_key = sensitive(local.proxy.XksProxyAuthenticationCredential.RawSecretAccessKey)
  }
}

# The provider creates the key store and does not connect it. Apply with
# `-target aws_kms_custom_key_store.holdfast` first, then `aws kms connect-custom-key-store`, then the
# rest: KMS makes keys in a connected key store alone.
resource "aws_kms_key" "first" {
  description         = "External key ${var.external_key_id}, held by Holdfast"
  custom_key_store_id = aws_kms_custom_key_store.holdfast.id
  xks_key_id          = var.external_key_id
}

output "custom_key_store_id" {
  value = aws_kms_custom_key_store.holdfast.id
}

output "key_arn" {
  value = aws_kms_key.first.arn
}
