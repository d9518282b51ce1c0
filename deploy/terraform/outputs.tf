output "status_check_id" {
  description = "Ids of the project and of its status check, with a colon between them"
  value       = gitlab_project_external_status_check.countersign.id
}

output "decision_token" {
  description = "Token for decision: COUNTERSIGN_GITLAB_TOKEN, or the file of gitlab.main.token_file"
  value       = gitlab_project_access_token.decision.token
  sensitive   = true
}
