output "bucket_notifications" {
  description = "What the data bucket tells of: see module engagement_store."
  value = {
    batch-results = { queue_arn = module.batch_results.created_arn, prefix = local.results_prefix }
  }
}

output "bucket_statements" {
  description = "What Personalize needs in the data bucket's policy (it checks both its role and the bucket)."
  value = {
    PersonalizeReads = {
      service    = "personalize.amazonaws.com"
      actions    = ["s3:GetObject"]
      paths      = [for prefix in var.data_prefixes.read : "${prefix}*"]
      conditions = { StringEquals = local.this_account }
    }
    PersonalizeWrites = {
      service    = "personalize.amazonaws.com"
      actions    = ["s3:PutObject"]
      paths      = [for prefix in var.data_prefixes.write : "${prefix}*"]
      conditions = { StringEquals = local.this_account }
    }
    PersonalizeLists = {
      service    = "personalize.amazonaws.com"
      actions    = ["s3:ListBucket"]
      paths      = [""]
      conditions = { StringEquals = local.this_account }
    }
  }
}

output "personalize_role_arn" {
  description = "ARN of the role for Personalize."
  value       = aws_iam_role.personalize.arn
}

output "functions" {
  description = "Handler -> name, ARN, role, statements."
  value = {
    "recommendations/load_batch_results"        = module.load_batch_results
    "recommendations/retrain_turn"              = module.retrain_turn
    "recommendations/transform_recommendations" = module.transform_recommendations
  }
}

output "queues" {
  description = "Queues of this architecture: name -> URL, ARN, URL of the dead letters; known before they exist."
  value = {
    batch-results = {
      url             = module.batch_results.url
      arn             = module.batch_results.arn
      dead_letter_url = module.batch_results.dead_letter_url
    }
  }
}

output "retraining" {
  description = "The retraining: name and ARN of the state machine, ARN of the topic that is told."
  value       = { name = module.retrain.name, state_machine_arn = module.retrain.arn, topic_arn = local.topic_arn }
}

output "table" {
  description = "Table of recommendations, from its name: known before it exists."
  value       = { name = module.results.name, arn = module.results.arn }
}
