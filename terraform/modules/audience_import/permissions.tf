# What the function may do.

locals {
  readable_bucket_arns = concat(
    [var.store.bucket.arn],
    [for bucket in var.import_buckets : "arn:${var.place.partition}:s3:::${bucket}"],
  )

  import_endpoints_statements = {
    UseTables = {
      actions   = ["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:BatchWriteItem", "dynamodb:ConditionCheckItem"]
      resources = [var.store.tables["endpoints"].arn, var.store.tables["engagement"].arn]
    }
    ReadFiles = {
      actions   = ["s3:GetObject"]
      resources = [for arn in local.readable_bucket_arns : "${arn}/*"] # files may lie under any key of these buckets
    }
    ListFiles = {
      actions   = ["s3:ListBucket"]
      resources = local.readable_bucket_arns
    }
    WriteSegments = {
      actions   = ["s3:PutObject"]
      resources = [for prefix in ["segments/", "imports/"] : "${var.store.bucket.arn}/${prefix}*"]
    }
    ContinueJob = {
      actions   = ["sqs:SendMessage"]
      resources = [module.imports.arn]
    }
  }
}
