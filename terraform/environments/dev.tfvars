# For trying things out: data may be lost.
environment  = "dev"
region       = "us-east-1"
from_address = "updates@example.org" # yours; SES sends a mail to verify it

safety = {
  deletion_protection    = false
  point_in_time_recovery = true
  force_destroy          = true
}

operations = {
  log_retention_days = 14
}

# budget = { monthly_usd = 50, email_addresses = ["you@example.org"] }

# Trains when the data has changed since the last time; `always = true` trains in any case.
retraining = {
  schedule = "rate(7 days)"
}

expiry_days = {
  "audiences/"         = 14
  "imports/"           = 30
  "events-failed/"     = 30
  "ses-events-failed/" = 30
  "ses-events/"        = 90
}
