# What Personalize may do. The rest of Personalize has no Terraform resource: `kit train` drives it.

resource "aws_iam_role" "personalize" {
  name        = "${var.place.prefix}-personalize"
  description = "What Amazon Personalize may do for ${var.place.prefix}"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "PersonalizeOfThisAccount"
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "personalize.amazonaws.com" }
      Condition = { StringEquals = local.this_account }
    }]
  })
}

resource "aws_iam_role_policy" "personalize" {
  name = "statements"
  role = aws_iam_role.personalize.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat([
      {
        Sid      = "ReadTrainingData"
        Effect   = "Allow"
        Action   = ["s3:GetObject"]
        Resource = [for prefix in var.data_prefixes.read : "${var.bucket.arn}/${prefix}*"]
      },
      {
        Sid      = "WriteRecommendations"
        Effect   = "Allow"
        Action   = ["s3:PutObject"]
        Resource = [for prefix in var.data_prefixes.write : "${var.bucket.arn}/${prefix}*"]
      },
      {
        Sid      = "ListBucket"
        Effect   = "Allow"
        Action   = ["s3:ListBucket"]
        Resource = [var.bucket.arn]
      },
      ], var.encryption_key_arn == null ? [] : [
      {
        Sid       = "UseDataKey"
        Effect    = "Allow"
        Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource  = [var.encryption_key_arn]
        Condition = { StringLike = { "kms:ViaService" = ["s3.${var.place.region}.amazonaws.com*"] } } # .cn in China
      },
    ])
  })
}

locals {
  this_account = { "aws:SourceAccount" = var.place.account_id }
}
