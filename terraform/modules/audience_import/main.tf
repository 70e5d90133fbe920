# Files become endpoints: one message per piece of a file; a long piece sends its own continuation.

module "imports" {
  source = "../../bricks/queue"

  place                    = var.place
  operations               = var.operations
  name                     = "imports"
  consumer_timeout_seconds = local.timeout_seconds
}

locals {
  timeout_seconds = 300
}
