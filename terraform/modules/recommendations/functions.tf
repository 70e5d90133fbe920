module "transform_recommendations" {
  source = "../../bricks/lambda_function"

  place       = var.place
  operations  = var.operations
  package     = var.package
  name        = "transform-recommendations"
  description = "Turns recommended items into what templates show"
  handler     = "handlers.recommendations.transform_recommendations.handle"
  size        = { timeout_seconds = 10 } # Pinpoint waited ten seconds for a transformer
}
