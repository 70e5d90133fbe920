output "dashboard_url" {
  description = "Address of the dashboard in the AWS console."
  value       = "https://${var.place.region}.console.aws.amazon.com/cloudwatch/home?region=${var.place.region}#dashboards/dashboard/${aws_cloudwatch_dashboard.this.dashboard_name}"
}
