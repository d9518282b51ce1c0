variable "gitlab_url" {
  description = "Address of the GitLab instance"
  type        = string
  default     = "https://gitlab.com"
}

variable "project" {
  description = "Full path of the project whose merge requests are gated"
  type        = string
}

variable "countersign_url" {
  description = "Address under which GitLab reaches Countersign, without a path"
  type        = string

  validation {
    condition     = startswith(var.countersign_url, "https://") && !endswith(var.countersign_url, "/")
    error_message = "It begins with https:// and does not end with a slash."
  }
}

variable "check_name" {
  description = "Name of the status check in merge requests"
  type        = string
  default     = "Change approval"
}

variable "hook" {
  description = "Name of the hook in Countersign ([hook.<name>]); one for each status check of a project"
  type        = string
  default     = "default"
}

variable "hook_secret" {
  description = "Secret of that hook, which GitLab signs its calls with"
  type        = string
  sensitive   = true

  validation {
    condition     = length(var.hook_secret) >= 32 && length(var.hook_secret) <= 255
    error_message = "32 to 255 characters."
  }
}

variable "protected_branches" {
  description = "Protected branches whose merge requests are gated; empty means all branches"
  type        = set(string)
  default     = []
}
