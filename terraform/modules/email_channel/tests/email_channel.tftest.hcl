mock_provider "aws" {
  override_during = plan

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::111122223333:role/kit-test-archive-ses-events" }
  }
}

variables {
  place = {
    prefix         = "kit-test"
    partition      = "aws"
    region         = "eu-west-1"
    account_id     = "111122223333"
    queue_url_base = "https://sqs.eu-west-1.amazonaws.com/111122223333"
  }

  operations   = {}
  from_address = "news@mail.example.org"
  identity     = "example.org"
  event_stream = { arn = "arn:aws:firehose:eu-west-1:111122223333:deliverystream/kit-test-ses-events" }
}

run "mail_by_tls_with_suppression_and_every_event" {
  command = plan

  assert {
    condition     = aws_sesv2_configuration_set.this.delivery_options[0].tls_policy == "REQUIRE" && aws_sesv2_configuration_set.this.suppression_options[0].suppressed_reasons == tolist(["BOUNCE", "COMPLAINT"])
    error_message = "Mail must go by TLS, and bounces and complaints must be suppressed."
  }

  assert {
    condition     = length(aws_sesv2_configuration_set_event_destination.archive.event_destination[0].matching_event_types) == 10 && aws_sesv2_configuration_set_event_destination.archive.event_destination[0].kinesis_firehose_destination[0].delivery_stream_arn == var.event_stream.arn
    error_message = "Every event of SES must reach the stream."
  }

  assert {
    condition = output.email_channel.sending_arns == [
      "arn:aws:ses:eu-west-1:111122223333:identity/example.org",
      "arn:aws:ses:eu-west-1:111122223333:identity/news@mail.example.org",
      "arn:aws:ses:eu-west-1:111122223333:identity/mail.example.org",
      "arn:aws:ses:eu-west-1:111122223333:configuration-set/kit-test-mail",
    ]
    error_message = "Sending must be allowed on the identities that may cover the address, and on the configuration set."
  }
}

run "an_identity_that_the_account_has" {
  command = plan

  variables {
    create_identity = false
  }

  assert {
    condition     = length(aws_sesv2_email_identity.this) == 0 && output.identity_arn == "arn:aws:ses:eu-west-1:111122223333:identity/example.org"
    error_message = "Nothing may be made, and the identity must still be known."
  }
}

run "a_display_name_in_the_address_is_refused" {
  command = plan

  variables {
    from_address = "News <news@example.org>"
  }
  expect_failures = [var.from_address]
}

run "an_address_that_is_a_pattern_in_a_policy_is_refused" {
  command = plan

  variables {
    from_address = "n*s@example.org"
  }
  expect_failures = [var.from_address]
}

run "an_identity_that_does_not_cover_the_address_is_refused" {
  command = plan

  variables {
    identity = "example.com"
  }
  expect_failures = [var.identity]
}

run "an_identity_whose_name_only_ends_alike_is_refused" {
  command = plan

  variables {
    from_address = "news@myexample.org"
  }
  expect_failures = [var.identity]
}
