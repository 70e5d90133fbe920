# Opens and clicks come back: each file of SES's events is read, and what people did with a mail that recommends an item
# becomes an interaction of the recommender. Where personalize.yaml declares no event tracker, the function says so once.

module "mail_events" {
  source = "../../bricks/queue"
  count  = local.feeds_back ? 1 : 0

  place                    = var.place
  operations               = var.operations
  name                     = "mail-events"
  consumer_timeout_seconds = local.feeding_seconds
  alarm_age_seconds        = 3600

  senders = {
    BucketTellsOfEvents = { service = "s3.amazonaws.com", source_arn = var.bucket.arn }
  }
}

module "feed_back" {
  source = "../../bricks/lambda_function"
  count  = local.feeds_back ? 1 : 0

  place        = var.place
  operations   = var.operations
  package      = var.package
  data_key_arn = var.encryption_key_arn
  name         = "feed-back"
  description  = "Tells the recommender who opened and clicked mails that recommend an item"
  handler      = "handlers.recommendations.feed_back.handle"
  size         = { memory_mb = 512, timeout_seconds = local.feeding_seconds }

  queue_created_arn = module.mail_events[0].created_arn
  queue = {
    arn                 = module.mail_events[0].arn
    batch_size          = 10
    maximum_concurrency = 2 # Personalize takes 1000 calls of PutEvents a second, and somebody's site may need them too
  }

  environment = {
    DATA_BUCKET           = var.bucket.name
    ENDPOINTS_TABLE       = var.tables["endpoints"].name
    ENGAGEMENT_TABLE      = var.tables["engagement"].name
    RECOMMENDATIONS_TABLE = module.results.name
    MAIL_EVENTS_QUEUE_URL = module.mail_events[0].url
    FED_BACK_EVENTS       = join(",", var.feedback.events)
    NAME_PREFIX           = var.place.prefix
    PERSONALIZE_ROLE_ARN  = local.personalize_role_arn
    TRAINING_VARIABLES    = jsonencode(var.retraining.variables)
  }
  statements = {
    ReadMailEvents = {
      actions   = ["s3:GetObject"]
      resources = ["${var.bucket.arn}/${var.feedback.prefix}*"] # every file that Firehose writes
    }
    WriteFaults = {
      actions   = ["s3:PutObject"]
      resources = ["${var.bucket.arn}/feedback-failed/*"]
    }
    FindRecipients = {
      actions   = ["dynamodb:BatchGetItem"]
      resources = [var.tables["endpoints"].arn]
    }
    ReadRecommenders = {
      actions   = ["dynamodb:GetItem", "dynamodb:Query"]
      resources = [var.tables["engagement"].arn]
    }
    CountInteractions = {
      actions   = ["dynamodb:PutItem"]
      resources = [module.results.arn]
    }
    ContinueFile = {
      actions   = ["sqs:SendMessage"]
      resources = [module.mail_events[0].arn]
    }
    FindEventTracker = {
      actions   = ["personalize:DescribeEventTracker"]
      resources = ["arn:${local.here.personalize}:event-tracker/*"] # Personalize names event trackers by an id of its own
    }
    PutInteractions = {
      actions   = ["personalize:ListEventTrackers", "personalize:PutEvents"]
      resources = ["*"] # neither knows a narrower permission
    }
  }
}

locals {
  feeds_back      = var.feedback.enabled && var.tables != null
  feeding_seconds = 300
}
