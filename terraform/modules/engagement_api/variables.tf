variable "email_channel" {
  description = "How mail is sent: output `email_channel` of the module email_channel."
  type = object({
    configuration_set = string
    sending_arns      = list(string)
  })
}

variable "event_stream" {
  description = "Where event records go: output `event_stream` of the module event_stream."
  type = object({
    environment = map(string)
    statements = map(object({
      actions    = list(string)
      resources  = list(string)
      conditions = map(map(list(string)))
    }))
  })
}

variable "local_aws_url" {
  description = "URL of the local AWS; null in a real account."
  type        = string
  default     = null
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

variable "queues" {
  description = "Queues that requests put jobs on, of the architectures that are switched on: imports, campaign-runs."
  type = map(object({
    url = string
    arn = string
  }))
  default = {}

  validation {
    condition     = alltrue([for name in keys(var.queues) : contains(["imports", "campaign-runs"], name)])
    error_message = "queues may hold imports and campaign-runs: the engine knows no other jobs."
  }
}

variable "store" {
  description = "Where the engine keeps things: output `store` of the module engagement_store."
  type = object({
    tables = map(object({
      name = string
      arn  = string
    }))
    encryption_key_arn = optional(string)
  })
}

variable "templates" {
  description = "Items that a loop of a template shows (0: all), and how texts compare (numeric, lexical)."
  type = object({
    each_limit = optional(number, 15)
    compare    = optional(string, "numeric")
  })
  default = {}
}

variable "throttling" {
  description = "Requests per second and burst that the API takes; above, API Gateway answers 429."
  type = object({
    requests_per_second = optional(number, 1000)
    burst               = optional(number, 2000)
  })
  default = {}

  validation {
    condition     = var.throttling.requests_per_second >= 1 && var.throttling.burst >= 1
    error_message = "throttling.requests_per_second and throttling.burst must be 1 or more: with 0 the API refuses every request."
  }
}

variable "token_key" {
  description = "KMS key that signs page tokens and unsubscribe links: output `token_key` of the module engagement_store."
  type        = object({ id = string, arn = string })
}
