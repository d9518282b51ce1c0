//! Addresses of our pages that more than one role writes.

/// Path of the hook named default, and of the others with their name below it.
pub const HOOK: &str = "/approval-apps/status_check";

/// Whether an address is that of a hook where we are reached from outside.
#[must_use]
pub fn is_hook(address: &str, public_url: &str) -> bool {
    address.strip_prefix(public_url).is_some_and(|path| path.starts_with(HOOK))
}

/// Path of the page that tells an author why a merge request waits; the signature shows that the link is
/// ours.
#[must_use]
pub fn why(gitlab: &str, project_id: i64, iid: i64, signature: &str) -> String {
    format!("/approval-apps/why/{gitlab}/{project_id}/{iid}/{signature}")
}
