variable "encryption_key_arn" {
  description = "Own KMS key; null: DynamoDB's own."
  type        = string
  default     = null
}

variable "keys" {
  description = "Partition key and sort key (strings), and the attribute that holds the second after which an item goes away."
  type = object({
    hash_key  = string
    range_key = string
    expires   = string
  })
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
