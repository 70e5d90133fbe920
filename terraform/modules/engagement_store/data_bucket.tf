# Imports, segments, audience files, events: each below its own prefix with its own expiry.

module "data_bucket" {
  source = "../../bricks/bucket"

  place              = var.place
  name               = "data"
  safety             = var.safety
  encryption_key_arn = var.encryption_key_arn
  expiry_days        = var.expiry_days
  statements         = var.bucket_statements
}
