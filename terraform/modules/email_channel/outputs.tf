output "email_channel" {
  description = "Configuration set and the ARNs that ses:SendEmail is allowed on."
  value = {
    configuration_set = aws_sesv2_configuration_set.this.configuration_set_name
    sending_arns = concat(
      [for identity in local.identities : "${local.arn_of_ses}:identity/${identity}"],
      ["${local.arn_of_ses}:configuration-set/${aws_sesv2_configuration_set.this.configuration_set_name}"],
    )
  }
}

output "identity_arn" {
  description = "ARN of the identity."
  value       = "${local.arn_of_ses}:identity/${var.identity}"
}
