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

variable "public_url" {
  description = "URL of the engagement API: unsubscribe links start with it."
  type        = string
}

variable "recommendations_table" {
  description = "Table with results of batch inference: output `table` of the module recommendations; null: none."
  type        = object({ name = string, arn = string })
  default     = null
}

variable "sending" {
  description = "How many functions select, and how many send, at the same time at the most (null: as many as the queue asks for)."
  type = object({
    maximum_concurrency = optional(number)
  })
  default = {}
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

variable "templates" {
  description = "Items that a loop of a template shows (0: all), and how texts compare (numeric, lexical)."
  type = object({
    each_limit = optional(number, 15)
    compare    = optional(string, "numeric")
  })
  default = {}
}

variable "token_key" {
  description = "KMS key that signs page tokens and unsubscribe links: output `token_key` of the module engagement_store."
  type        = object({ id = string, arn = string })
}

variable "transformer_arns" {
  description = "Functions of your own that recommender configurations may name as transformers."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for arn in var.transformer_arns : can(regex("^arn:[a-z-]+:lambda:[a-z0-9-]+:[0-9]{12}:function:[A-Za-z0-9_-]+(:[A-Za-z0-9_-]+)?$", arn))])
    error_message = "transformer_arns must hold ARNs of Lambda functions, without wildcards."
  }
}
