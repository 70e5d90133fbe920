output "queues" {
  description = "Queues of this architecture: name -> URL, ARN, dead letters."
  value       = { imports = module.imports }
}

output "functions" {
  description = "Handler -> name, ARN, role, statements."
  value       = { "audience_import/import_endpoints" = module.import_endpoints }
}
