# The local AWS on this machine. `kit` adds local_aws_url and, for your own mail, from_address.
environment  = "local"
region       = "us-east-1"
from_address = "updates@example.org"

safety = {
  deletion_protection    = false
  point_in_time_recovery = false
  force_destroy          = true
}

# Scripts written for other buckets train from where they please; there is nobody's data here.
personalize_prefixes = {
  read  = [""]
  write = [""]
}

operations = {
  log_retention_days  = 1
  redelivery_timeouts = 1 # who kills a function here waits for its message to come again
}

retraining = {
  shortest_wait_seconds = 1 # a local training takes seconds; no schedule
  least_new_events      = 5 # the mailbox of the sample: five people
}

event_buffering = {
  seconds   = 60
  megabytes = 1
}

# No expiry_days: the data of a run goes with the run, and the provider would watch the rules for most of a minute.

# As many as a laptop has cores: more would only start more functions at once.
sending = {
  maximum_concurrency = 2
}
