# The one zip, made by `kit package`: every function has the same code and differs by handler, environment, permissions.
# It goes through S3 because the provider sends files to functions one after the other, 5 s each.

resource "aws_s3_object" "package" {
  bucket      = module.engagement_store.created_bucket.name
  key         = lookup(var.existing, "bucket", null) == null ? "packages/lambda.zip" : "packages/${local.place.prefix}/lambda.zip" # nobody else's object
  source      = var.package_path
  source_hash = filesha256(var.package_path)
}

locals {
  package = {
    bucket = aws_s3_object.package.bucket
    key    = aws_s3_object.package.key
    hash   = filebase64sha256(var.package_path)
  }
}
