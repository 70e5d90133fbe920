# campaign-runs -> audiences -> sends: one run fans out to shards of the audience, each to batches of mails.

module "queue" {
  source   = "../../bricks/queue"
  for_each = local.stages

  place                    = var.place
  operations               = var.operations
  name                     = each.key
  consumer_timeout_seconds = each.value.timeout_seconds
}

locals {
  stages = {
    campaign-runs = { timeout_seconds = 60 }
    audiences     = { timeout_seconds = 120 } # a page of people takes seconds; what is left goes on the queue
    sends         = { timeout_seconds = 120 }
  }
}
