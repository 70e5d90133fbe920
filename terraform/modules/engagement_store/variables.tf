variable "bucket_notifications" {
  description = "Who is told of new objects: name -> ARN of a queue that takes notices of S3, prefix of the objects."
  type = map(object({
    queue_arn = string
    prefix    = string
  }))
  default = {}
}

variable "bucket_statements" {
  description = "AWS services that may use the data bucket (see bricks/bucket)."
  type = map(object({
    service    = string
    actions    = list(string)
    paths      = list(string)
    conditions = map(map(string))
  }))
  default = {}
}

variable "encryption_key_arn" {
  description = "Own KMS key for tables and bucket; null: keys of DynamoDB and S3."
  type        = string
  default     = null
}

variable "existing_bucket" {
  description = "Name of a bucket of your own, used as it is in place of one that is made; null: make one."
  type        = string
  default     = null
}

variable "expiry_days" {
  description = "Prefix of the data bucket -> days after which its objects go away."
  type        = map(number)
  default     = {}
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

variable "safety" {
  description = "What keeps data from being lost."
  type = object({
    deletion_protection    = bool
    point_in_time_recovery = bool
    force_destroy          = bool
  })

  validation {
    condition     = !(var.safety.deletion_protection && var.safety.force_destroy)
    error_message = "safety asks for both deletion_protection and force_destroy: one keeps data, the other lets `destroy` empty the bucket. Choose one."
  }
}
