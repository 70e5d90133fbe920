# What a turn may do: everything that `kit train` does for names of this environment, and nothing to other names.

locals {
  trained_kinds = ["BatchInferenceJob", "BatchSegmentJob", "Campaign", "Dataset", "DatasetGroup", "DatasetImportJob", "EventTracker", "Filter", "Schema", "Solution", "SolutionVersion"]

  retrain_turn_statements = {
    FindInPersonalize = {
      actions   = [for kind in local.trained_kinds : "personalize:List${kind}s"]
      resources = ["*"] # things are found by listing, and lists know no resource
    }
    TrainInPersonalize = {
      actions = concat(
        [for kind in local.trained_kinds : "personalize:Create${kind}"],
        [for kind in local.trained_kinds : "personalize:Describe${kind}"],
        [for kind in ["Campaign", "Dataset", "Solution"] : "personalize:Update${kind}"],
        [for kind in ["Campaign", "Dataset", "DatasetGroup", "EventTracker", "Filter", "Schema", "Solution"] : "personalize:Delete${kind}"],
        ["personalize:GetSolutionMetrics", "personalize:ListTagsForResource", "personalize:StopSolutionVersionCreation", "personalize:TagResource"],
      )
      resources = [
        "arn:${local.here.personalize}:*/${var.place.prefix}-*", # every kind, names of this environment only
        "arn:${local.here.personalize}:event-tracker/*",         # Personalize names event trackers by an id of its own
      ]
    }
    PassRoleToPersonalize = {
      actions    = ["iam:PassRole"]
      resources  = [local.personalize_role_arn]
      conditions = { StringEquals = { "iam:PassedToService" = ["personalize.amazonaws.com"] } }
    }
    ReadTrainingData = {
      actions   = ["s3:GetObject"]
      resources = [for prefix in var.data_prefixes.read : "${var.bucket.arn}/${prefix}*"] # every file that Personalize reads
    }
    WriteListOfPeople = {
      actions   = ["s3:PutObject"]
      resources = [for prefix in var.data_prefixes.write : "${var.bucket.arn}/${prefix}*"] # the input of batch inference lies beside its output
    }
    LookAtBucket = {
      actions   = ["s3:GetBucketPolicy", "s3:ListBucket"]
      resources = [var.bucket.arn]
    }
    UseRecommendationsTable = {
      actions   = ["dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"]
      resources = [module.results.arn]
    }
    AskToLoad = {
      actions   = ["sqs:SendMessage"]
      resources = [module.batch_results.arn]
    }
  }
}

resource "aws_iam_role" "schedule" {
  count = var.retraining.schedule == null ? 0 : 1

  name        = "${var.place.prefix}-retrain-schedule"
  description = "What the schedule of the retraining of ${var.place.prefix} may do"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "SchedulerOfThisAccount"
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "scheduler.amazonaws.com" }
      Condition = { StringEquals = local.this_account }
    }]
  })
}

resource "aws_iam_role_policy" "schedule" {
  count = var.retraining.schedule == null ? 0 : 1

  name = "statements"
  role = aws_iam_role.schedule[0].name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "StartRetraining"
      Effect   = "Allow"
      Action   = ["states:StartExecution"]
      Resource = [local.retrain_arn]
    }]
  })
}
