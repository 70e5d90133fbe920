# One by one: a `for` over module.queue would wait until every queue has settled.
output "queues" {
  description = "Queues of this architecture: name -> URL, ARN, URL of the dead letters; known before they exist."
  value = {
    campaign-runs = {
      url             = module.queue["campaign-runs"].url
      arn             = module.queue["campaign-runs"].arn
      dead_letter_url = module.queue["campaign-runs"].dead_letter_url
    }
    audiences = {
      url             = module.queue["audiences"].url
      arn             = module.queue["audiences"].arn
      dead_letter_url = module.queue["audiences"].dead_letter_url
    }
    sends = {
      url             = module.queue["sends"].url
      arn             = module.queue["sends"].arn
      dead_letter_url = module.queue["sends"].dead_letter_url
    }
  }
}

output "functions" {
  description = "Handler -> name, ARN, role, statements."
  value = {
    "campaign_sending/start_run"       = module.start_run
    "campaign_sending/select_audience" = module.select_audience
    "campaign_sending/send_messages"   = module.send_messages
  }
}
