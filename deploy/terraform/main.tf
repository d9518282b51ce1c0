# The token of whoever applies this comes from GITLAB_TOKEN: scope api, role Maintainer in the project.
provider "gitlab" {
  base_url = "${var.gitlab_url}/api/v4/"
}

data "gitlab_project" "gated" {
  path_with_namespace = var.project
}

data "gitlab_project_protected_branch" "gated" {
  for_each = var.protected_branches

  project_id = data.gitlab_project.gated.id
  name       = each.value
}

locals {
  hook_path  = var.hook == "default" ? "" : "/${var.hook}"
  branch_ids = [for branch in data.gitlab_project_protected_branch.gated : branch.id]
}

resource "gitlab_project_external_status_check" "countersign" {
  project_id           = tonumber(data.gitlab_project.gated.id)
  name                 = var.check_name
  external_url         = "${var.countersign_url}/approval-apps/status_check${local.hook_path}"
  shared_secret        = var.hook_secret
  protected_branch_ids = length(local.branch_ids) == 0 ? null : local.branch_ids
}

# What decision answers with. It reads merge requests, and writes status checks and notes: scope api, role Developer.
resource "gitlab_project_access_token" "decision" {
  project      = data.gitlab_project.gated.id
  name         = "Countersign"
  scopes       = ["api"]
  access_level = "developer"

  # GitLab takes no token for longer than a year. A new one is made only when this is applied in its last 30 days.
  rotation_configuration = {
    expiration_days    = 365
    rotate_before_days = 30
  }
}
