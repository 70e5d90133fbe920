# Signs page tokens and unsubscribe links. The key never leaves KMS: functions ask for MACs by its id.

resource "aws_kms_key" "tokens" {
  description              = "${var.place.prefix}: signs page tokens and unsubscribe links"
  customer_master_key_spec = "HMAC_256"
  key_usage                = "GENERATE_VERIFY_MAC"
  deletion_window_in_days  = var.safety.deletion_protection ? 30 : 7
}

resource "aws_kms_alias" "tokens" {
  name          = "alias/${var.place.prefix}-tokens"
  target_key_id = aws_kms_key.tokens.key_id
}
