output "queues" {
  description = "Queues of this architecture: name -> URL, ARN, URL of the dead letters; known before they exist."
  value = {
    for name in keys(local.stages) : name => {
      url             = module.queue[name].url
      arn             = module.queue[name].arn
      dead_letter_url = module.queue[name].dead_letter_url
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
