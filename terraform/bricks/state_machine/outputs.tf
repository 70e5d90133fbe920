output "arn" {
  description = "ARN of the state machine, once it exists."
  value       = aws_sfn_state_machine.this.arn
}

output "name" {
  description = "Name of the state machine."
  value       = local.name
}

output "role_arn" {
  description = "ARN of the state machine's role."
  value       = aws_iam_role.this.arn
}

output "statements" {
  description = "The policy as written, by statement name: for the permissions table and its test."
  value       = local.statements
}
