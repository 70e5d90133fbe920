variable "encryption_key_arn" {
  description = "Own KMS key; null: DynamoDB's own."
  type        = string
  default     = null
}

variable "keys" {
  description = "Keys and indexes (all strings) and the attribute that holds the second after which an item goes away."
  type = object({
    hash_key  = string
    range_key = string
    expires   = string
    indexes = optional(map(object({
      hash_key   = string
      range_key  = string
      projection = string
    })), {})
  })

  validation {
    condition     = alltrue([for index in values(var.keys.indexes) : contains(["ALL", "KEYS_ONLY"], index.projection)])
    error_message = "keys.indexes.<name>.projection must be ALL or KEYS_ONLY."
  }
}

variable "name" {
  description = "Name of the table behind the prefix: a plural noun."
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
  description = "What keeps data from being lost."
  type = object({
    deletion_protection    = bool
    point_in_time_recovery = bool
  })
}

variable "stream" {
  description = "Publish changes, old and new image."
  type        = bool
  default     = false
}
