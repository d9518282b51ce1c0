//! Addresses of our pages that more than one role writes.

/// Path of the page that tells an author why a merge request waits; the signature shows that the link is
/// ours.
#[must_use]
pub fn why(gitlab: &str, project_id: i64, iid: i64, signature: &str) -> String {
    format!("/approval-apps/why/{gitlab}/{project_id}/{iid}/{signature}")
}
