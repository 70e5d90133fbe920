output "bucket_statements" {
  description = "What Personalize needs in the data bucket's policy (it checks both its role and the bucket)."
  value = {
    PersonalizeReads = {
      service    = "personalize.amazonaws.com"
      actions    = ["s3:GetObject"]
      paths      = [for prefix in var.data_prefixes.read : "${prefix}*"]
      conditions = { StringEquals = local.this_account }
    }
    PersonalizeWrites = {
      service    = "personalize.amazonaws.com"
      actions    = ["s3:PutObject"]
      paths      = [for prefix in var.data_prefixes.write : "${prefix}*"]
      conditions = { StringEquals = local.this_account }
    }
    PersonalizeLists = {
      service    = "personalize.amazonaws.com"
      actions    = ["s3:ListBucket"]
      paths      = [""]
      conditions = { StringEquals = local.this_account }
    }
  }
}

output "personalize_role_arn" {
  description = "ARN of the role for Personalize."
  value       = aws_iam_role.personalize.arn
}

output "functions" {
  description = "Handler -> name, ARN, role, statements."
  value       = { "recommendations/transform_recommendations" = module.transform_recommendations }
}
