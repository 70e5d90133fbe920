resource "aws_sfn_state_machine" "this" {
  name       = local.name
  role_arn   = aws_iam_role.this.arn
  definition = var.definition

  logging_configuration {
    level                  = "ERROR" # what went wrong, not what people's data is
    include_execution_data = false
    log_destination        = "${aws_cloudwatch_log_group.this.arn}:*" # Step Functions asks for the ARN with this end
  }

  dynamic "tracing_configuration" {
    for_each = var.operations.tracing ? [true] : []
    content {
      enabled = true
    }
  }

  # Step Functions tries its role at creation.
  depends_on = [aws_iam_role_policy.this]
}

resource "aws_cloudwatch_log_group" "this" {
  name              = "/aws/vendedlogs/states/${local.name}" # this beginning keeps the policy of log delivery short
  retention_in_days = var.operations.log_retention_days
  kms_key_id        = var.operations.log_key_arn
}

locals {
  name = "${var.place.prefix}-${var.name}"
}
