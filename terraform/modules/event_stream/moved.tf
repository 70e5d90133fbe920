# Since delivery streams can be given, what is made for them has a number.

moved {
  from = aws_cloudwatch_log_group.delivery
  to   = aws_cloudwatch_log_group.delivery[0]
}

moved {
  from = aws_iam_role.delivery
  to   = aws_iam_role.delivery[0]
}

moved {
  from = aws_iam_role_policy.delivery
  to   = aws_iam_role_policy.delivery[0]
}
