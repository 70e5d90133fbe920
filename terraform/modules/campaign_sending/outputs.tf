output "queues" {
  description = "Queues of this architecture: name -> URL, ARN, dead letters."
  value       = module.queue
}

output "functions" {
  description = "Handler -> name, ARN, role, statements."
  value = {
    "campaign_sending/start_run"       = module.start_run
    "campaign_sending/select_audience" = module.select_audience
    "campaign_sending/send_messages"   = module.send_messages
  }
}
