module "import_endpoints" {
  source = "../../bricks/lambda_function"

  place        = var.place
  operations   = var.operations
  package      = var.package
  data_key_arn = var.store.encryption_key_arn
  name         = "import-endpoints"
  description  = "Reads a piece of an import job's file into the audience; removes the audience of a deleted application"
  handler      = "handlers.audience_import.import_endpoints.handle"
  size         = { memory_mb = 1769, timeout_seconds = local.timeout_seconds } # one whole vCPU

  queue_created_arn = module.imports.created_arn
  queue = {
    arn        = module.imports.arn
    batch_size = 1
  }

  environment = {
    ENDPOINTS_TABLE   = var.store.tables["endpoints"].name
    ENGAGEMENT_TABLE  = var.store.tables["engagement"].name
    DATA_BUCKET       = var.store.bucket.name
    IMPORTS_QUEUE_URL = module.imports.url
    IMPORT_BUCKETS    = join(",", var.import_buckets)
  }
  statements = local.import_endpoints_statements
}
