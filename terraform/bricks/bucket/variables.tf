variable "encryption_key_arn" {
  description = "Own KMS key; null: keys of S3."
  type        = string
  default     = null
}

variable "existing_name" {
  description = "A bucket of somebody else's, used as it is in place of one of ours; null: make one."
  type        = string
  default     = null

  validation {
    condition     = var.existing_name == null || can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.existing_name))
    error_message = "existing_name must be a plain bucket name such as my-company-data: no s3://, no ARN, no path."
  }

  validation {
    condition     = var.existing_name != "${var.place.prefix}-${var.name}-${var.place.account_id}"
    error_message = "existing_name is the bucket that this environment makes itself: leave it out, or the bucket would go away with everything in it."
  }
}

variable "expiry_days" {
  description = "Prefix (with its slash) -> days after which its objects go away. Empty: no lifecycle rules at all."
  type        = map(number)
  default     = {}

  validation {
    condition     = alltrue([for prefix, days in var.expiry_days : endswith(prefix, "/") && days >= 1])
    error_message = "expiry_days must map prefixes that end with a slash to 1 day or more, such as { \"audiences/\" = 30 }."
  }
}

variable "name" {
  description = "Name of the bucket between prefix and account: a noun."
  type        = string
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

variable "safety" {
  description = "Whether `destroy` may empty the bucket."
  type = object({
    force_destroy = bool
  })
}

variable "statements" {
  description = "AWS services that may use the bucket: statement name -> service, actions, paths (\"\" is the bucket itself), conditions."
  type = map(object({
    service    = string
    actions    = list(string)
    paths      = list(string)
    conditions = map(map(string))
  }))
  default = {}

  validation {
    condition     = alltrue([for statement in values(var.statements) : length(statement.conditions) > 0])
    error_message = "Give every statement a condition such as StringEquals aws:SourceAccount: else the service could be used on behalf of other accounts."
  }
}
