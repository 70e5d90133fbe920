variable "definition" {
  description = "The definition: a *.asl.json of the module, its placeholders replaced by templatefile."
  type        = string

  validation {
    condition     = can(jsondecode(var.definition).StartAt) && can(jsondecode(var.definition).TimeoutSeconds)
    error_message = "definition must be JSON with StartAt and TimeoutSeconds: an execution that never ends is never noticed."
  }
}

variable "name" {
  description = "Name of the state machine behind the prefix: a verb."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z-]{2,39}$", var.name))
    error_message = "name must be 3 to 40 lower-case letters and hyphens, such as retrain."
  }
}

variable "operations" {
  description = "How state machines are watched: log retention, log key, tracing, who is told of alarms."
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
    prefix     = string
    partition  = string
    region     = string
    account_id = string
  })
}

variable "statements" {
  description = "What the state machine may do: statement name -> actions, resource ARNs."
  type = map(object({
    actions   = list(string)
    resources = list(string)
  }))
  default = {}

  validation {
    condition     = alltrue([for statement in values(var.statements) : alltrue([for action in statement.actions : can(regex("^[a-z0-9-]+:[A-Za-z]+$", action))])])
    error_message = "Name every action in full (service:Action): wildcards in actions are not accepted."
  }
}
