# What a person on call looks at: one dashboard per environment.

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = var.place.prefix
  dashboard_body = templatefile("${path.module}/dashboard.json.tftpl", {
    region      = var.place.region
    prefix      = var.place.prefix
    log_group   = local.log_groups
    alarms      = local.alarm_arns
    functions   = var.names.functions
    queues      = var.names.queues
    dead_letter = [for queue in var.names.queues : "${queue}-dead-letter"]
    tables      = var.names.tables
    streams     = var.names.streams
    api_id      = var.api_id
    mail_set    = var.names.configuration_set
  })
}

locals {
  log_groups = [for function in var.names.functions : "/aws/lambda/${function}"]

  # By name: the dashboard need not wait for the alarms, and shows each of them (a test compares).
  alarm_names = sort(concat(
    [for pair in setproduct(var.names.functions, ["errors", "throttles"]) : join("-", pair)],
    flatten([for queue in var.names.queues : ["${queue}-age", "${queue}-dead-letter-depth"]]),
    [for stream in var.names.streams : "${stream}-freshness"],
    [for pair in setproduct(var.names.state_machines, ["executionsfailed", "executionstimedout"]) : join("-", pair)],
    [for kind in ["bouncerate", "complaintrate"] : "${var.names.configuration_set}-${kind}"],
    ["${var.place.prefix}-engagement-5xx"],
  ))
  alarm_arns = [for name in local.alarm_names : "arn:${var.place.partition}:cloudwatch:${var.place.region}:${var.place.account_id}:alarm:${name}"]
}
