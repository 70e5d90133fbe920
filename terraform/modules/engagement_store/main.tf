# The three tables of the engine; their keys lie in tables.json, which the tests of the adapters read as well.

module "table" {
  source   = "../../bricks/table"
  for_each = jsondecode(file("${path.module}/tables.json"))

  place              = var.place
  name               = each.key
  keys               = each.value
  safety             = var.safety
  encryption_key_arn = var.encryption_key_arn
}
