terraform {
  required_version = ">= 1.5"
  required_providers {
    gitlab = {
      source = "gitlabhq/gitlab"
      # gitlab_project_external_status_check came with 18.3.
      version = "~> 18.3"
    }
  }
}
