variable "import_buckets" {
  description = "Buckets beside the data bucket that imports may read from."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for bucket in var.import_buckets : can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", bucket))])
    error_message = "import_buckets must hold plain bucket names such as my-crm-exports: no s3://, no path, no wildcard."
  }
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

variable "store" {
  description = "Where the engine keeps things: output `store` of the module engagement_store."
  type = object({
    tables = map(object({
      name = string
      arn  = string
    }))
    bucket             = object({ name = string, arn = string })
    encryption_key_arn = optional(string)
  })
}
