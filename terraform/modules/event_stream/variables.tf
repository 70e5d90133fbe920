variable "bucket" {
  description = "The data bucket."
  type = object({
    name               = string
    arn                = string
    encryption_key_arn = optional(string)
  })
}

variable "buffering" {
  description = "How long and how much Firehose gathers before it writes a file (seconds, MB)."
  type = object({
    seconds   = optional(number, 60)
    megabytes = optional(number, 5)
  })
  default = {}

  validation {
    condition     = var.buffering.seconds >= 0 && var.buffering.seconds <= 900 && var.buffering.megabytes >= 1 && var.buffering.megabytes <= 128
    error_message = "buffering.seconds must be 0 to 900 and buffering.megabytes 1 to 128: the limits of Firehose."
  }
}

variable "operations" {
  description = "How functions are watched: log retention, log key, tracing, who is told of alarms."
  type = object({
    log_retention_days = number
    log_key_arn        = optional(string)
    tracing            = optional(bool, false)
    alarm_topic_arns   = optional(list(string), [])
  })
}

variable "place" {
  description = "Name prefix and where things are (terraform/naming.tf)."
  type = object({
    prefix         = string
    partition      = string
    region         = string
    account_id     = string
    queue_url_base = string
  })
}
