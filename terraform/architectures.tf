# What is switched on. Store, stream, mail and API are the engine itself and always there.

locals {
  switchable    = toset(["audience_import", "campaign_sending", "recommendations"])
  architectures = { for slug in local.switchable : slug => lookup(var.architectures, slug, true) }

  # Queues that the API puts jobs on; an architecture that is off brings none.
  job_queues = merge(
    { for queues in module.audience_import[*].queues : "imports" => queues["imports"] },
    { for queues in module.campaign_sending[*].queues : "campaign-runs" => queues["campaign-runs"] },
  )

  functions = merge(concat(
    [module.engagement_api.functions],
    module.audience_import[*].functions,
    module.campaign_sending[*].functions,
    module.recommendations[*].functions,
  )...)
}
