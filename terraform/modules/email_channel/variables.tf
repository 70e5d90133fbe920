variable "create_identity" {
  description = "Make the identity; false when the account has it already."
  type        = bool
  default     = true
}

variable "event_stream" {
  description = "Delivery stream for raw SES events."
  type        = object({ arn = string })
}

variable "from_address" {
  description = "Address that mail comes from."
  type        = string

  validation {
    condition     = can(regex("^[^@\\s<>]+@[^@\\s<>]+\\.[^@\\s<>]+$", var.from_address))
    error_message = "from_address must be a bare mail address such as news@example.org, without a display name."
  }
  validation {
    condition     = !can(regex("[*?]|[$][{]", var.from_address))
    error_message = "from_address must not hold *, ? or $ before a brace: it stands in the policies that allow sending, where they are patterns."
  }
}

variable "identity" {
  description = "Identity to verify with SES: the address itself or its domain."
  type        = string

  validation {
    condition     = var.identity == var.from_address || endswith(replace(var.from_address, "@", "."), ".${var.identity}")
    error_message = "identity must be from_address itself or its domain: SES would refuse mail from an address that the identity does not cover."
  }
}

variable "operations" {
  description = "Who is told of alarms."
  type = object({
    alarm_topic_arns = optional(list(string), [])
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
