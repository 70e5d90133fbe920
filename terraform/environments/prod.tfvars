# For real people: nothing is lost by accident.
environment  = "prod"
region       = "us-east-1"
from_address = "updates@example.org" # yours, below a domain that SES has verified
identity     = "example.org"

safety = {
  deletion_protection    = true
  point_in_time_recovery = true
  force_destroy          = false
}

operations = {
  log_retention_days = 365
  tracing            = true
  # alarm_topic_arns = ["arn:aws:sns:us-east-1:111122223333:on-call"]
}

# budget = { monthly_usd = 500, email_addresses = ["on-call@example.org"] }

# Trains when the data has changed since the last time; `always = true` trains in any case.
retraining = {
  schedule = "rate(7 days)"
}

expiry_days = {
  "audiences/"         = 30
  "imports/"           = 90
  "events-failed/"     = 90
  "ses-events-failed/" = 90
  "ses-events/"        = 730
}
