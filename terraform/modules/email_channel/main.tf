# Who mail comes from, and what SES does about it: TLS, suppression, events.

resource "aws_sesv2_email_identity" "this" {
  count = var.create_identity ? 1 : 0

  email_identity = var.identity
}

resource "aws_sesv2_configuration_set" "this" {
  configuration_set_name = "${var.place.prefix}-mail"

  delivery_options {
    tls_policy = "REQUIRE"
  }
  reputation_options {
    reputation_metrics_enabled = true
  }
  sending_options {
    sending_enabled = true
  }
  suppression_options {
    suppressed_reasons = ["BOUNCE", "COMPLAINT"]
  }
}

locals {
  arn_of_ses = "arn:${var.place.partition}:ses:${var.place.region}:${var.place.account_id}"

  # A mailbox may be covered by its own identity or by its domain's; SES checks the one that it finds.
  identities = distinct([var.identity, var.from_address, split("@", var.from_address)[1]])
}
