# The one zip, made by `kit package`: every function has the same code and differs by handler, environment, permissions.

locals {
  package = {
    path = var.package_path
    hash = filebase64sha256(var.package_path)
  }
}
