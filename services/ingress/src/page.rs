//! What a person sees who opens the hook's address, as GitLab's widget invites them to.

use axum::{http::header, response::IntoResponse};

const PAGE: &str = include_str!("page.html");

pub(crate) async fn show() -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, PAGE)
}
