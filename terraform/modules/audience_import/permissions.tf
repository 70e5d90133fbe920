# What the function may do: no more and no less than its code calls (tests/terraform/test_function_wiring.py compares).

locals {
  import_endpoints_statements = {
    UseEndpointsTable = {
      actions   = ["dynamodb:BatchGetItem", "dynamodb:BatchWriteItem", "dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:Query"]
      resources = [var.store.tables["endpoints"].arn]
    }
    UseEngagementTable = {
      actions   = ["dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"]
      resources = [var.store.tables["engagement"].arn]
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
      resources = [for prefix in ["segments/", "imports/"] : "${var.store.bucket.arn}/${prefix}*"] # all keys below the prefix
    }
    ContinueJob = {
      actions   = ["sqs:SendMessage"]
      resources = [module.imports.arn]
    }
  }

  readable_bucket_arns = concat(
    [var.store.bucket.arn],
    [for bucket in var.import_buckets : "arn:${var.place.partition}:s3:::${bucket}"],
  )
}
