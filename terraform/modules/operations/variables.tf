variable "api_id" {
  description = "Id of the engagement API."
  type        = string
}

variable "budget" {
  description = "USD a month, who is told at 80 % spent and at 100 % forecast, and which costs count (filter -> values; none: the whole account). null: no budget."
  type = object({
    monthly_usd     = number
    email_addresses = optional(list(string), [])
    topic_arns      = optional(list(string), [])
    cost_filters    = optional(map(list(string)), {})
  })
  default = null

  validation {
    condition     = var.budget == null ? true : var.budget.monthly_usd > 0
    error_message = "budget.monthly_usd must be more than 0 USD. Leave budget out to have none."
  }

  validation {
    condition     = var.budget == null ? true : length(var.budget.email_addresses) + length(var.budget.topic_arns) > 0
    error_message = "budget tells nobody: name email_addresses or topic_arns (topics must let budgets.amazonaws.com publish)."
  }
}

variable "names" {
  description = "Names of what is watched: functions, queues (without their dead-letter queues), tables, delivery streams, state machines, configuration set."
  type = object({
    functions         = list(string)
    queues            = list(string)
    tables            = list(string)
    streams           = list(string)
    state_machines    = optional(list(string), [])
    configuration_set = string
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
