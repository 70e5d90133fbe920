# What batch inference writes to the bucket is read into a table: senders ask that for a whole batch of people at once.

module "results" {
  source = "../../bricks/table"

  place              = var.place
  name               = "recommendations"
  keys               = { hash_key = "pk", range_key = "sk", expires = "expires" }
  safety             = var.safety
  encryption_key_arn = var.encryption_key_arn
}

module "batch_results" {
  source = "../../bricks/queue"

  place                    = var.place
  operations               = var.operations
  name                     = "batch-results"
  consumer_timeout_seconds = local.loading_seconds
  alarm_age_seconds        = 3600 # a file of a million people is read in pieces of minutes

  senders = {
    BucketTellsOfResults = { service = "s3.amazonaws.com", source_arn = var.bucket.arn }
  }
}

module "load_batch_results" {
  source = "../../bricks/lambda_function"

  place        = var.place
  operations   = var.operations
  package      = var.package
  data_key_arn = var.encryption_key_arn
  name         = "load-batch-results"
  description  = "Reads files of Personalize's batch inference into the table of recommendations"
  handler      = "handlers.recommendations.load_batch_results.handle"
  size         = { memory_mb = 1769, timeout_seconds = local.loading_seconds } # one whole vCPU

  queue_created_arn = module.batch_results.created_arn
  queue = {
    arn        = module.batch_results.arn
    batch_size = 1
  }

  environment = {
    DATA_BUCKET             = var.bucket.name
    RECOMMENDATIONS_TABLE   = module.results.name
    BATCH_RESULTS_QUEUE_URL = module.batch_results.url
    BATCH_JOBS_ARN          = local.batch_jobs_arn
  }
  statements = {
    UseRecommendationsTable = {
      actions   = ["dynamodb:BatchWriteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"]
      resources = [module.results.arn]
    }
    ReadResults = {
      actions   = ["s3:GetObject"]
      resources = ["${var.bucket.arn}/${local.results_prefix}*"] # every file of every job
    }
    ListResults = {
      actions    = ["s3:ListBucket"]
      resources  = [var.bucket.arn]
      conditions = { StringLike = { "s3:prefix" = ["${local.results_prefix}*"] } }
    }
    AskForJobs = {
      actions   = ["personalize:DescribeBatchInferenceJob"]
      resources = ["${local.batch_jobs_arn}*"] # names of this environment only
    }
    ContinueFile = {
      actions   = ["sqs:SendMessage"]
      resources = [module.batch_results.arn]
    }
  }
}

locals {
  loading_seconds = 600
  batch_jobs_arn  = "arn:${local.here.personalize}:batch-inference-job/${var.place.prefix}-"
  results_prefix  = "personalize/output/" # engagement/domain/batch_results.py reads it so
}
