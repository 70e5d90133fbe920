# A schedule starts a state machine; it calls one function, turn by turn, until the training is over, and tells.

module "retrain" {
  source = "../../bricks/state_machine"

  place      = var.place
  operations = var.operations
  name       = "retrain"

  definition = templatefile("${path.module}/retrain.asl.json", {
    partition        = var.place.partition
    retrain_turn_arn = module.retrain_turn.arn # waits until the function exists
    topic_arn        = local.topic_arn
    timeout_seconds  = var.retraining.timeout_hours * 3600
    retry_seconds    = max(1, var.retraining.shortest_wait_seconds)
  })

  statements = {
    TakeTurns = {
      actions   = ["lambda:InvokeFunction"]
      resources = [local.retrain_turn_arn]
    }
    TellResult = {
      actions   = ["sns:Publish"]
      resources = [local.topic_arn]
    }
  }
}

module "retrain_turn" {
  source = "../../bricks/lambda_function"

  place        = var.place
  operations   = var.operations
  package      = var.package
  data_key_arn = var.encryption_key_arn
  name         = "retrain-turn"
  description  = "Takes one turn of the training that personalize.yaml declares"
  handler      = "handlers.recommendations.retrain_turn.handle"
  size         = { memory_mb = 1769, timeout_seconds = 600 } # new data is checked line by line before it is imported

  environment = {
    DATA_BUCKET             = var.bucket.name
    NAME_PREFIX             = var.place.prefix
    PERSONALIZE_ROLE_ARN    = aws_iam_role.personalize.arn
    RECOMMENDATIONS_TABLE   = module.results.name
    BATCH_RESULTS_QUEUE_URL = module.batch_results.url
    LEAST_NEW_EVENTS        = tostring(local.feeds_back ? var.retraining.least_new_events : 0)
    SHORTEST_WAIT_SECONDS   = tostring(var.retraining.shortest_wait_seconds)
    TRAINING_VARIABLES      = jsonencode(var.retraining.variables)
  }
  statements = local.retrain_turn_statements
}

resource "aws_scheduler_schedule" "retrain" {
  count = var.retraining.schedule == null ? 0 : 1

  name        = "${var.place.prefix}-retrain"
  description = "Starts the retraining of ${var.place.prefix}"

  schedule_expression          = var.retraining.schedule
  schedule_expression_timezone = var.retraining.timezone

  flexible_time_window {
    mode                      = "FLEXIBLE"
    maximum_window_in_minutes = 15
  }

  target {
    arn      = module.retrain.arn
    role_arn = aws_iam_role.schedule[0].arn
    input    = jsonencode({ retrain = var.retraining.always ? ["all"] : [] })

    retry_policy {
      maximum_retry_attempts       = 5
      maximum_event_age_in_seconds = 3600
    }
  }
}

resource "aws_sns_topic" "retraining" {
  count = var.retraining.topic_arn == null ? 1 : 0

  name              = "${var.place.prefix}-retraining"
  kms_master_key_id = "alias/aws/sns"
}

# Who may tell is said by the state machine's role; the topic itself only refuses plain HTTP.
resource "aws_sns_topic_policy" "retraining" {
  count = var.retraining.topic_arn == null ? 1 : 0

  arn = aws_sns_topic.retraining[0].arn
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "RefusePlainHttp"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sns:Publish"
        Resource  = local.topic_arn
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
    ]
  })
}

locals {
  # From names: policies are readable in the first plan, and nothing waits for what it only names.
  topic_arn            = coalesce(var.retraining.topic_arn, "arn:${local.here.sns}:${var.place.prefix}-retraining")
  retrain_turn_arn     = "arn:${local.here.lambda}:function:${var.place.prefix}-retrain-turn"
  retrain_arn          = "arn:${local.here.states}:stateMachine:${var.place.prefix}-retrain"
  personalize_role_arn = "arn:${var.place.partition}:iam::${var.place.account_id}:role/${var.place.prefix}-personalize"

  here = { for service in ["lambda", "personalize", "sns", "states"] : service => "${var.place.partition}:${service}:${var.place.region}:${var.place.account_id}" }
}
