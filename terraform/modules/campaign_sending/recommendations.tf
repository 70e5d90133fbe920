# Results of batch inference, where there are some: the sender reads them for a whole batch at once.

locals {
  recommendations_environment = var.recommendations_table == null ? {} : {
    RECOMMENDATIONS_TABLE = var.recommendations_table.name
  }

  recommendations_statements = var.recommendations_table == null ? {} : {
    ReadRecommendations = {
      actions   = ["dynamodb:BatchGetItem", "dynamodb:GetItem"]
      resources = [var.recommendations_table.arn]
    }
  }
}
