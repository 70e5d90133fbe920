resource "aws_lambda_function" "this" {
  function_name = local.name
  description   = var.description
  role          = aws_iam_role.this.arn

  handler          = var.handler
  runtime          = "python3.13"
  architectures    = ["arm64"] # scripts/packaging.py brings packages for the same platform
  s3_bucket        = var.package.bucket
  s3_key           = var.package.key
  source_code_hash = var.package.hash

  memory_size                    = var.size.memory_mb
  timeout                        = var.size.timeout_seconds
  reserved_concurrent_executions = var.size.reserved_concurrency

  environment {
    variables = local.environment
  }

  tracing_config {
    mode = var.operations.tracing ? "Active" : "PassThrough"
  }

  # Else Lambda makes the log group itself at the first call, with no retention.
  depends_on = [aws_cloudwatch_log_group.this]
}

resource "aws_cloudwatch_log_group" "this" {
  name              = local.log_group
  retention_in_days = var.operations.log_retention_days
  kms_key_id        = var.operations.log_key_arn
}

locals {
  environment = merge({ ACCOUNT_ID = var.place.account_id }, var.environment)
}
