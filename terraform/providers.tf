# One provider for both places: with `local_aws_url` every service is asked at that URL, with test keys.

provider "aws" {
  region = var.region

  default_tags {
    tags = local.tags
  }

  access_key        = local.is_local ? "test" : null
  secret_key        = local.is_local ? "test" : null
  s3_use_path_style = local.is_local

  # The account id is still asked for: without it ARNs lack the account, and reading tags of SES fails.
  skip_credentials_validation = local.is_local
  skip_metadata_api_check     = local.is_local ? "true" : null

  dynamic "endpoints" {
    for_each = var.local_aws_url[*]
    content {
      apigatewayv2   = endpoints.value
      budgets        = endpoints.value
      cloudwatch     = endpoints.value
      cloudwatchlogs = endpoints.value
      dynamodb       = endpoints.value
      firehose       = endpoints.value
      iam            = endpoints.value
      kms            = endpoints.value
      lambda         = endpoints.value
      s3             = endpoints.value
      scheduler      = endpoints.value
      sesv2          = endpoints.value
      sfn            = endpoints.value
      sns            = endpoints.value
      sqs            = endpoints.value
      sts            = endpoints.value
    }
  }
}

locals {
  is_local = var.local_aws_url != null
}
