output "account_id" {
  description = "The account that everything is in."
  value       = local.place.account_id
}

output "api_url" {
  description = "URL of the engagement API: AWS_ENDPOINT_URL_PINPOINT."
  value       = module.engagement_api.public_url
}

output "asked_of_bucket_owner" {
  description = "What the owner of an existing data bucket has to add to its policy, lifecycle and notices; null where the bucket is made here."
  value       = module.engagement_store.asked_of_bucket_owner
}

output "bucket" {
  description = "Name of the data bucket."
  value       = module.engagement_store.store.bucket.name
}

output "configuration_set" {
  description = "SES configuration set of the mails."
  value       = module.email_channel.email_channel.configuration_set
}

output "dashboard_url" {
  description = "CloudWatch dashboard of this environment, in the AWS console."
  value       = module.operations.dashboard_url
}

output "engine_role_arn" {
  description = "Role that reads imports and asks for recommendations: what Pinpoint's requests name as RoleArn."
  value       = module.engagement_api.functions["engagement_api/serve_request"].role_arn
}

output "event_delivery_streams" {
  description = "Firehose streams: the engine's events, raw SES events."
  value       = module.event_stream.delivery_streams
}

output "existing" {
  description = "What was given in place of being made: bucket, firehose_arn, ses_firehose_arn, kinesis_arn, kinesis_key_arn."
  value       = var.existing
}

output "from_address" {
  description = "Address that mail comes from."
  value       = var.from_address
}

output "functions" {
  description = "Handler -> name and ARN of the function, ARN of its role, names of its environment variables."
  value = {
    for handler, function in local.functions : handler => {
      name     = function.name
      arn      = function.arn
      role_arn = function.role_arn

      environment_names = function.environment_names
    }
  }
}

output "identity_arn" {
  description = "SES identity of from_address."
  value       = module.email_channel.identity_arn
}

output "name_prefix" {
  description = "What every name starts with."
  value       = local.place.prefix
}

output "permissions" {
  description = "Handler -> statement name -> actions, resources, conditions: what each function may do."
  value       = { for handler, function in local.functions : handler => function.statements }
}

output "personalize_role_arn" {
  description = "Role for Amazon Personalize; null when recommendations are off."
  value       = one(module.recommendations[*].personalize_role_arn)
}

output "queues" {
  description = "Name -> URLs of the queue and of its dead-letter queue."
  value = {
    for name, queue in merge(concat(module.audience_import[*].queues, module.campaign_sending[*].queues, module.recommendations[*].queues)...) : name => {
      url             = queue.url
      dead_letter_url = queue.dead_letter_url
    }
  }
}

output "region" {
  description = "AWS region of everything."
  value       = var.region
}

output "retraining" {
  description = "State machine of the retraining and the topic that is told; null when recommendations are off."
  value       = one(module.recommendations[*].retraining)
}

output "tables" {
  description = "endpoints, engagement, deliveries and, where there is one, recommendations -> name of the table."
  value = merge(
    { for name, table in module.engagement_store.store.tables : name => table.name },
    { for table in module.recommendations[*].table : "recommendations" => table.name },
  )
}

output "templates" {
  description = "How templates behave: items that a loop shows, how texts compare."
  value       = var.templates
}

output "token_key_id" {
  description = "KMS key that signs page tokens and unsubscribe links."
  value       = module.engagement_store.token_key.id
}

output "transformer_arn" {
  description = "Function that turns recommended items into what templates show; null when recommendations are off."
  # By index and alone: through all functions the demo would wait for it until the last queue has settled.
  value = local.architectures["recommendations"] ? module.recommendations[0].transformer_arn : null
}
