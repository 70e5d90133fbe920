# Imports, segments, audience files, events: each below its own prefix with its own expiry. A bucket that exists already is
# used as it is; what its owner has to add is put out.

module "data_bucket" {
  source = "../../bricks/bucket"

  place              = var.place
  name               = "data"
  existing_name      = var.existing_bucket
  safety             = var.safety
  encryption_key_arn = var.encryption_key_arn
  expiry_days        = var.expiry_days
  statements         = var.bucket_statements
}
