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

variable "feedback" {
  description = "Opens and clicks of mails that recommend an item as interactions of the recommender: whether, which (open, click), and where in the data bucket SES's events are."
  type = object({
    enabled = optional(bool, true)
    events  = optional(list(string), ["open", "click"])
    prefix  = optional(string, "ses-events/")
  })
  default = {}

  validation {
    condition     = length(var.feedback.events) > 0 && length(setsubtract(var.feedback.events, ["open", "click"])) == 0
    error_message = "feedback.events may hold open and click, at least one of them; to feed nothing back, set feedback.enabled = false."
  }

  validation {
    condition     = can(regex("^([A-Za-z0-9._-]+/)+$", var.feedback.prefix))
    error_message = "feedback.prefix must be a folder of the data bucket with a slash at the end, such as ses-events/."
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

variable "retraining" {
  description = "How the recommender is trained again: schedule (rate(7 days) or cron(...) in timezone; null: never by itself), always (also when the data has not changed), SNS topic that is told (null: one of its own), variables of personalize.yaml, from how many new opens and clicks on it is trained although no file changed (0: never for them), shortest wait between two turns, hours after which it is given up."
  type = object({
    schedule              = optional(string)
    timezone              = optional(string, "UTC")
    always                = optional(bool, false)
    topic_arn             = optional(string)
    variables             = optional(map(string), {})
    least_new_events      = optional(number, 1000)
    shortest_wait_seconds = optional(number, 30)
    timeout_hours         = optional(number, 24)
  })
  default = {}

  validation {
    condition     = var.retraining.schedule == null || can(regex("^(rate|cron)\\(.+\\)$", var.retraining.schedule))
    error_message = "retraining.schedule must read rate(7 days) or cron(0 4 ? * SUN *): see Schedule types of EventBridge Scheduler."
  }

  validation {
    condition     = var.retraining.topic_arn == null || can(regex("^arn:[a-z-]+:sns:[a-z0-9-]+:[0-9]{12}:.+$", var.retraining.topic_arn))
    error_message = "retraining.topic_arn must be the ARN of an SNS topic (arn:aws:sns:<region>:<account>:<name>)."
  }

  validation {
    condition     = var.retraining.least_new_events >= 0 && floor(var.retraining.least_new_events) == var.retraining.least_new_events
    error_message = "retraining.least_new_events must be a whole number: from how many new opens and clicks on it is trained; 0: never because of them."
  }

  validation {
    condition     = var.retraining.shortest_wait_seconds >= 0 && var.retraining.timeout_hours >= 1 && var.retraining.timeout_hours <= 240
    error_message = "retraining.shortest_wait_seconds must not be below 0, timeout_hours from 1 to 240 (a training takes about two hours)."
  }
}

variable "safety" {
  description = "What keeps data from being lost."
  type = object({
    deletion_protection    = bool
    point_in_time_recovery = bool
  })
}

variable "tables" {
  description = "Tables of the engine, to find out whose open or click it was: endpoints, engagement -> name and ARN; null: nothing is fed back."
  type        = map(object({ name = string, arn = string }))
  default     = null
}
