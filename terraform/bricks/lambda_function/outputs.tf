output "arn" {
  description = "ARN of the function, once it exists."
  value       = aws_lambda_function.this.arn
}

output "environment_names" {
  description = "Names of the function's environment variables."
  value       = sort(keys(local.environment))
}

output "name" {
  description = "Name of the function."
  value       = local.name
}

output "role_arn" {
  description = "ARN of the function's role."
  value       = aws_iam_role.this.arn
}

output "statements" {
  description = "The policy as written, by statement name: for the permissions table and its test."
  value       = local.statements
}
