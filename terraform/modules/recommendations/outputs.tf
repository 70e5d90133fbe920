output "bucket_notifications" {
  description = "What the data bucket tells of: see module engagement_store."
  value = merge(
    { batch-results = { queue_arn = module.batch_results.created_arn, prefix = local.results_prefix } },
    { for queue in module.mail_events : "mail-events" => { queue_arn = queue.created_arn, prefix = var.feedback.prefix } },
  )
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
  value = merge(
    {
      "recommendations/load_batch_results"        = module.load_batch_results
      "recommendations/retrain_turn"              = module.retrain_turn
      "recommendations/transform_recommendations" = module.transform_recommendations
    },
    { for function in module.feed_back : "recommendations/feed_back" => function },
  )
}

output "queues" {
  description = "Queues of this architecture: name -> URL, ARN, URL of the dead letters; known before they exist."
  value = {
    for name, queue in merge({ batch-results = module.batch_results }, { for queue in module.mail_events : "mail-events" => queue }) : name => {
      url             = queue.url
      arn             = queue.arn
      dead_letter_url = queue.dead_letter_url
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

output "transformer_arn" {
  description = "ARN of the function that turns recommended items into what templates show."
  value       = module.transform_recommendations.arn
}
