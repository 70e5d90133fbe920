variable "alarm_age_seconds" {
  description = "Alarm when the oldest message is older (seconds); the module recommendations sets its own."
  type        = number
  default     = 900
}

variable "consumer_timeout_seconds" {
  description = "Timeout of the function that takes from the queue (seconds); a message stays hidden operations.redelivery_timeouts times as long."
  type        = number

  validation {
    condition     = var.consumer_timeout_seconds >= 1 && var.consumer_timeout_seconds <= 900
    error_message = "consumer_timeout_seconds must be between 1 and 900, the limits of a Lambda function's timeout."
  }
}

variable "encryption_key_arn" {
  description = "Own KMS key; null: keys of SQS."
  type        = string
  default     = null
}

variable "max_receive_count" {
  description = "How often a message is tried before it goes to the dead-letter queue."
  type        = number
  default     = 5

  validation {
    condition     = var.max_receive_count >= 2 && var.max_receive_count <= 1000
    error_message = "max_receive_count must be between 2 and 1000: with 1 a single throttled call would lose its message to the dead-letter queue."
  }
}

variable "name" {
  description = "Name of the queue behind the prefix: a plural noun."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z-]{2,39}$", var.name))
    error_message = "name must be 3 to 40 lower-case letters and hyphens, such as campaign-runs."
  }
}

variable "operations" {
  description = "Who is told of alarms; after how many of its consumer's timeouts a message that was not finished comes again."
  type = object({
    alarm_topic_arns    = optional(list(string), [])
    redelivery_timeouts = optional(number, 6)
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

variable "senders" {
  description = "AWS services that send to the queue: statement name -> service, ARN of what it sends for."
  type = map(object({
    service    = string
    source_arn = string
  }))
  default = {}
}
