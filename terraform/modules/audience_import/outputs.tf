output "queues" {
  description = "Queues of this architecture: name -> URL, ARN, URL of the dead letters; known before they exist."
  value = {
    imports = {
      url             = module.imports.url
      arn             = module.imports.arn
      dead_letter_url = module.imports.dead_letter_url
    }
  }
}

output "functions" {
  description = "Handler -> name, ARN, role, statements."
  value       = { "audience_import/import_endpoints" = module.import_endpoints }
}
