variable "bucket" {
  description = "The data bucket."
  type = object({
    name = string
    arn  = string
  })
}

variable "data_prefixes" {
  description = "Where in the data bucket Personalize may read training data and write recommendations."
  type = object({
    read  = list(string)
    write = list(string)
  })
}

variable "encryption_key_arn" {
  description = "Own KMS key for the table; null: DynamoDB's own."
  type        = string
  default     = null
}

variable "operations" {
  description = "How functions are watched: log retention, log key, tracing, who is told of alarms."
  type = object({
    log_retention_days  = number
    log_key_arn         = optional(string)
    tracing             = optional(bool, false)
    alarm_topic_arns    = optional(list(string), [])
    redelivery_timeouts = optional(number, 6)
  })
}

variable "package" {
  description = "The one zip: where it lies in S3, and its base64 SHA-256."
  type = object({
    bucket = string
    key    = string
    hash   = string
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

variable "safety" {
  description = "What keeps data from being lost."
  type = object({
    deletion_protection    = bool
    point_in_time_recovery = bool
  })
}
