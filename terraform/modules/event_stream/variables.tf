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

variable "existing" {
  description = "Streams of your own in place of those that are made: Firehose for the engine's events, Firehose for SES's, or a Kinesis data stream for the engine's events (from which Firehose is then fed) and the KMS key of your own that it is encrypted with."
  type = object({
    firehose_arn     = optional(string)
    ses_firehose_arn = optional(string)
    kinesis_arn      = optional(string)
    kinesis_key_arn  = optional(string)
  })
  default = {}

  validation {
    condition     = var.existing.kinesis_arn == null || var.existing.firehose_arn == null
    error_message = "existing names both kinesis_arn and firehose_arn: the engine records its events on one of them. With kinesis_arn alone, a delivery stream is made that reads from it; a Firehose of your own can read from it too."
  }

  validation {
    condition     = var.existing.firehose_arn == null || can(regex("^arn:[a-z-]+:firehose:${var.place.region}:${var.place.account_id}:deliverystream/[A-Za-z0-9_.-]+$", var.existing.firehose_arn))
    error_message = "existing.firehose_arn must be the ARN of a Firehose delivery stream in this environment's account and region (arn:aws:firehose:${var.place.region}:${var.place.account_id}:deliverystream/<name>)."
  }

  validation {
    condition     = var.existing.ses_firehose_arn == null || can(regex("^arn:[a-z-]+:firehose:${var.place.region}:${var.place.account_id}:deliverystream/[A-Za-z0-9_.-]+$", var.existing.ses_firehose_arn))
    error_message = "existing.ses_firehose_arn must be the ARN of a Firehose delivery stream in this environment's account and region (arn:aws:firehose:${var.place.region}:${var.place.account_id}:deliverystream/<name>)."
  }

  validation {
    condition     = var.existing.kinesis_arn == null || can(regex("^arn:[a-z-]+:kinesis:${var.place.region}:${var.place.account_id}:stream/[A-Za-z0-9_.-]+$", var.existing.kinesis_arn))
    error_message = "existing.kinesis_arn must be the ARN of a Kinesis data stream in this environment's account and region (arn:aws:kinesis:${var.place.region}:${var.place.account_id}:stream/<name>)."
  }

  validation {
    condition     = var.existing.kinesis_key_arn == null || (var.existing.kinesis_arn != null && can(regex("^arn:[a-z-]+:kms:${var.place.region}:[0-9]{12}:key/", var.existing.kinesis_key_arn)))
    error_message = "existing.kinesis_key_arn must be the ARN of the KMS key (arn:aws:kms:${var.place.region}:<account>:key/<id>, not an alias) that the stream in existing.kinesis_arn is encrypted with; leave it out without such a stream, and where the stream has AWS's key or none."
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
