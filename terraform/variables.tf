variable "api_throttling" {
  description = "Requests per second and burst that the engagement API takes."
  type = object({
    requests_per_second = optional(number, 1000)
    burst               = optional(number, 2000)
  })
  default = {}
}

variable "architectures" {
  description = "Architectures to leave out: slug -> false. What is not named is on."
  type        = map(bool)
  default     = {}

  validation {
    condition     = length(setsubtract(keys(var.architectures), ["audience_import", "campaign_sending", "recommendations"])) == 0
    error_message = "architectures may name audience_import, campaign_sending and recommendations: the others are the engine itself."
  }

  validation {
    condition     = lookup(var.architectures, "campaign_sending", true) || !lookup(var.architectures, "recommendations", true)
    error_message = "recommendations = true needs campaign_sending = true: only the sender asks for recommendations. Set recommendations = false too."
  }
}

variable "budget" {
  description = "Warn at 80 % spent and at 100 % forecast: USD a month, who is told, and which costs count (filter -> values; none: the whole account). null: no budget."
  type = object({
    monthly_usd     = number
    email_addresses = optional(list(string), [])
    topic_arns      = optional(list(string), [])
    cost_filters    = optional(map(list(string)), {})
  })
  default = null
}

variable "create_identity" {
  description = "Make the SES identity; false when the account has verified it already."
  type        = bool
  default     = true
}

variable "encryption_key_arn" {
  description = "Own KMS key for tables and bucket; null: keys that AWS owns."
  type        = string
  default     = null

  validation {
    condition     = var.encryption_key_arn == null || can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/", var.encryption_key_arn))
    error_message = "encryption_key_arn must be the ARN of a KMS key (arn:aws:kms:<region>:<account>:key/<id>), not an alias or a bare id."
  }
}

variable "environment" {
  description = "Name of the environment: part of every name and a tag."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9]{1,9}$", var.environment))
    error_message = "environment must be 2 to 10 lower-case letters and digits, starting with a letter, such as dev: it is part of every name."
  }
}

variable "event_buffering" {
  description = "How long and how much Firehose gathers before it writes a file (seconds, MB)."
  type = object({
    seconds   = optional(number, 60)
    megabytes = optional(number, 5)
  })
  default = {}
}

variable "existing" {
  description = "What you have already, used in place of being made: bucket (the data bucket's name), firehose_arn (delivery stream for the engine's events), ses_firehose_arn (for SES's), kinesis_arn (data stream for the engine's events) and, where it has a KMS key of your own, kinesis_key_arn."
  type        = map(string)
  default     = {}

  validation {
    condition     = length(setsubtract(keys(var.existing), ["bucket", "firehose_arn", "ses_firehose_arn", "kinesis_arn", "kinesis_key_arn"])) == 0
    error_message = "existing may name bucket, firehose_arn, ses_firehose_arn, kinesis_arn and kinesis_key_arn. An SES identity is given by identity and create_identity = false, a KMS key for tables and bucket by encryption_key_arn."
  }
}

variable "expiry_days" {
  description = "Prefix of the data bucket -> days after which its objects go away."
  type        = map(number)
  default     = {}

  validation {
    condition     = alltrue([for prefix, days in var.expiry_days : endswith(prefix, "/") && !startswith(prefix, "/") && days >= 1 && floor(days) == days])
    error_message = "expiry_days must hold folders of the data bucket with a slash at the end and whole days from 1, such as { \"ses-events/\" = 730 }."
  }
}

variable "feedback" {
  description = "Opens and clicks of mails that recommend an item as interactions of the recommender: whether, which (open, click), and where in the data bucket SES's events are."
  type = object({
    enabled = optional(bool, true)
    events  = optional(list(string), ["open", "click"])
    prefix  = optional(string, "ses-events/")
  })
  default = {}
}

variable "from_address" {
  description = "Address that mail comes from."
  type        = string
}

variable "identity" {
  description = "SES identity that covers from_address: the address (default) or its domain."
  type        = string
  default     = null
}

variable "import_buckets" {
  description = "Buckets beside the data bucket that imports may read from."
  type        = list(string)
  default     = []
}

variable "local_aws_url" {
  description = "URL of the local AWS, such as http://127.0.0.1:4566; null: a real account."
  type        = string
  default     = null

  validation {
    condition     = var.local_aws_url == null || can(regex("^http://(127\\.0\\.0\\.1|localhost):[0-9]+$", var.local_aws_url))
    error_message = "local_aws_url must read http://127.0.0.1:<port> without a slash at the end: it is only for the local AWS on this machine. Leave it out for a real account."
  }
}

variable "operations" {
  description = "How things are watched: log retention (days), own key for logs, X-Ray tracing, SNS topics told of alarms, after how many of its function's timeouts a queue gives an unfinished message out again (AWS advises 6)."
  type = object({
    log_retention_days  = optional(number, 30)
    log_key_arn         = optional(string)
    tracing             = optional(bool, false)
    alarm_topic_arns    = optional(list(string), [])
    redelivery_timeouts = optional(number, 6)
  })
  default = {}

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.operations.log_retention_days)
    error_message = "operations.log_retention_days must be one of the periods that CloudWatch Logs knows: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, ..., 3653."
  }

  validation {
    condition     = alltrue([for arn in var.operations.alarm_topic_arns : can(regex("^arn:[a-z-]+:sns:[a-z0-9-]+:[0-9]{12}:.+$", arn))])
    error_message = "operations.alarm_topic_arns must hold ARNs of SNS topics (arn:aws:sns:<region>:<account>:<name>)."
  }

  validation {
    condition     = var.operations.redelivery_timeouts >= 1 && var.operations.redelivery_timeouts <= 12 && floor(var.operations.redelivery_timeouts) == var.operations.redelivery_timeouts
    error_message = "operations.redelivery_timeouts must be a whole number from 1 to 12: below 1 a message would come again while its function still works on it."
  }
}

variable "package_path" {
  description = "The zip of lambda_src; `kit package` makes it."
  type        = string
  default     = "../build/lambda.zip"

  validation {
    condition     = fileexists(var.package_path)
    error_message = "There is no zip at package_path: run `kit package` first."
  }
}

variable "personalize_prefixes" {
  description = "Where in the data bucket Personalize may read training data and write recommendations; \"\" is the whole bucket, people's addresses included."
  type = object({
    read  = optional(list(string), ["personalize/"])
    write = optional(list(string), ["personalize/output/"])
  })
  default = {}

  validation {
    condition     = alltrue([for prefix in concat(var.personalize_prefixes.read, var.personalize_prefixes.write) : can(regex("^([A-Za-z0-9._-]+/)*$", prefix))])
    error_message = "personalize_prefixes must hold folders of the data bucket with a slash at the end, such as training/, or \"\" for the whole bucket."
  }

  validation {
    condition     = length(var.personalize_prefixes.read) > 0 && length(var.personalize_prefixes.write) > 0
    error_message = "personalize_prefixes needs a folder to read and one to write; leave a list out to have personalize/ and personalize/output/."
  }
}

variable "prefix" {
  description = "First part of every name, and the tag project."
  type        = string
  default     = "kit"

  validation {
    condition     = can(regex("^[a-z][a-z0-9]{1,11}$", var.prefix))
    error_message = "prefix must be 2 to 12 lower-case letters and digits, starting with a letter: longer names would pass the limits of S3 and IAM."
  }
}

variable "region" {
  description = "AWS region of everything."
  type        = string

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region must be the code of an AWS region, such as us-east-1."
  }
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
}

variable "safety" {
  description = "What keeps data from being lost: deletion protection, restore to a point in time, whether destroy may empty the bucket."
  type = object({
    deletion_protection    = optional(bool, true)
    point_in_time_recovery = optional(bool, true)
    force_destroy          = optional(bool, false)
  })
  default = {}
}

variable "sending" {
  description = "How many functions select, and how many send, at the same time at the most (null: as many as the queue asks for)."
  type = object({
    maximum_concurrency = optional(number)
  })
  default = {}

  validation {
    condition     = var.sending.maximum_concurrency == null ? true : var.sending.maximum_concurrency >= 2 && var.sending.maximum_concurrency <= 1000
    error_message = "sending.maximum_concurrency must be 2 to 1000, the limits of Lambda's event source mappings; leave it out for no limit."
  }
}

variable "tags" {
  description = "Tags beside project, environment and managed_by."
  type        = map(string)
  default     = {}
}

variable "templates" {
  description = "How templates behave where Pinpoint's way is a choice: items that a loop shows (0: all), whether texts that look like numbers compare as numbers (numeric) or as texts (lexical)."
  type = object({
    each_limit = optional(number, 15)
    compare    = optional(string, "numeric")
  })
  default = {}

  validation {
    condition     = var.templates.each_limit >= 0 && floor(var.templates.each_limit) == var.templates.each_limit
    error_message = "templates.each_limit must be a whole number (Pinpoint's is 15), or 0 to show all items."
  }

  validation {
    condition     = contains(["numeric", "lexical"], var.templates.compare)
    error_message = "templates.compare must be numeric or lexical."
  }
}

variable "transformer_arns" {
  description = "Functions of your own that recommender configurations may name as transformers."
  type        = list(string)
  default     = []
}
