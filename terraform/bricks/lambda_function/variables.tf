variable "data_key_arn" {
  description = "Own KMS key that the tables and the bucket are encrypted with, which the function uses through them; null: AWS's own keys."
  type        = string
  default     = null
}

variable "description" {
  description = "What the function does, in one sentence."
  type        = string
}

variable "environment" {
  description = "Environment variables; every name stands in lambda_src/engagement/settings.py."
  type        = map(string)
  default     = {}
}

variable "handler" {
  description = "handlers.<slug>.<verb_noun>.handle"
  type        = string

  validation {
    condition     = can(regex("^handlers\\.[a-z_]+\\.[a-z_]+\\.handle$", var.handler))
    error_message = "handler must read handlers.<slug>.<verb_noun>.handle: the function `handle` in a file of lambda_src/handlers/<slug>."
  }
}

variable "name" {
  description = "Name of the function behind the prefix: verb-noun."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z-]{2,39}$", var.name))
    error_message = "name must be 3 to 40 lower-case letters and hyphens, such as send-messages."
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
    prefix     = string
    partition  = string
    region     = string
    account_id = string
  })
}

variable "queue" {
  description = "The queue that feeds the function: its ARN, known before it exists, and how its messages are taken."
  type = object({
    arn                     = string
    batch_size              = optional(number, 10)
    batching_window_seconds = optional(number, 0)
    maximum_concurrency     = optional(number)
  })
  default = null

  validation {
    condition     = var.queue == null || try(var.queue.batch_size <= 10 || var.queue.batching_window_seconds >= 1, false)
    error_message = "queue.batching_window_seconds must be at least 1 when batch_size is over 10: Lambda asks for it."
  }

  validation {
    condition     = try(var.queue.maximum_concurrency, null) == null || try(var.queue.maximum_concurrency >= 2 && var.queue.maximum_concurrency <= 1000, false)
    error_message = "queue.maximum_concurrency must be between 2 and 1000, or left out."
  }
}

variable "queue_created_arn" {
  description = "The same ARN, once the queue exists: apart, so that role and function need not wait for the queue."
  type        = string
  default     = null
}

variable "size" {
  description = "Memory (MB), timeout (seconds) and reserved concurrency (null: from the account's pool)."
  type = object({
    memory_mb            = optional(number, 512)
    timeout_seconds      = optional(number, 30)
    reserved_concurrency = optional(number, -1)
  })
  default = {}

  validation {
    condition     = var.size.timeout_seconds >= 1 && var.size.timeout_seconds <= 900
    error_message = "size.timeout_seconds must be between 1 and 900: Lambda stops a function after 15 minutes."
  }
}

variable "statements" {
  description = "What the function may do: statement name -> actions, resource ARNs, conditions (operator -> key -> values)."
  type = map(object({
    actions    = list(string)
    resources  = list(string)
    conditions = optional(map(map(list(string))), {})
  }))
  default = {}

  validation {
    condition     = alltrue([for name in keys(var.statements) : can(regex("^[A-Z][A-Za-z0-9]+$", name))])
    error_message = "Names of statements become Sids: capital letter first, then letters and digits, such as ReadSegments."
  }

  validation {
    condition     = alltrue([for statement in values(var.statements) : alltrue([for action in statement.actions : can(regex("^[a-z0-9-]+:[A-Za-z]+$", action))])])
    error_message = "Name every action in full (service:Action): wildcards in actions are not accepted."
  }
}
