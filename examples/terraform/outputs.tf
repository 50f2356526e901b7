output "bucket" {
  description = "Where documents are uploaded to, below incoming/."
  value       = module.documents.name
}

output "repository" {
  description = "Where the function is pushed to."
  value       = aws_codecommit_repository.documents.clone_url_http
}

output "status_url" {
  description = "Where to ask how a document fares."
  value       = aws_lambda_function_url.live.function_url
}

output "conversion_queue_url" {
  description = "The partner's queue."
  value       = aws_cloudformation_stack.conversion.outputs["QueueUrl"]
}
