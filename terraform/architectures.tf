# What is switched on. Store, stream, mail and API are the engine itself and always there.

locals {
  switchable    = toset(["audience_import", "campaign_sending", "recommendations"])
  architectures = { for slug in local.switchable : slug => lookup(var.architectures, slug, true) }

  # Queues that the API puts jobs on; an architecture that is off brings none. (By index and not by splat: a splat
  # would wait for everything in the module, half a minute more for queues.)
  job_queues = merge(
    local.architectures["audience_import"] ? { "imports" = module.audience_import[0].queues["imports"] } : {},
    local.architectures["campaign_sending"] ? { "campaign-runs" = module.campaign_sending[0].queues["campaign-runs"] } : {},
  )

  functions = merge(concat(
    [module.engagement_api.functions],
    module.audience_import[*].functions,
    module.campaign_sending[*].functions,
    module.recommendations[*].functions,
  )...)

  # What the dashboard shows.
  watched = {
    functions         = sort([for function in values(local.functions) : function.name])
    queues            = [for name in sort(keys(merge(concat(module.audience_import[*].queues, module.campaign_sending[*].queues, module.recommendations[*].queues)...))) : "${local.place.prefix}-${name}"]
    tables            = sort([for table in concat(values(module.engagement_store.store.tables), module.recommendations[*].table) : table.name])
    streams           = [module.event_stream.delivery_streams.events, module.event_stream.delivery_streams.ses_events]
    state_machines    = [for retraining in module.recommendations[*].retraining : retraining.name]
    configuration_set = module.email_channel.email_channel.configuration_set
  }
}
