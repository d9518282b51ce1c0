//! Pages of lists, with the headers GitLab puts on them.

use axum::{
    Json,
    http::{HeaderMap, HeaderValue, Uri},
    response::{IntoResponse, Response},
};
use serde_json::Value;

use super::params::Params;

const PER_PAGE: usize = 20;
const PER_PAGE_MAX: usize = 100;

/// Cuts the wanted page out of a list and answers with it.
pub(crate) fn page(base_url: &str, uri: &Uri, params: &Params, items: Vec<Value>) -> Response {
    let number = |name: &str| params.number(name).and_then(|number| usize::try_from(number).ok());
    let per_page = number("per_page").unwrap_or(PER_PAGE).clamp(1, PER_PAGE_MAX);
    let page = number("page").unwrap_or(1).max(1);
    let total = items.len();
    let pages = total.div_ceil(per_page).max(1);
    let start = (page - 1).saturating_mul(per_page);
    let slice: Vec<Value> = items.into_iter().skip(start).take(per_page).collect();
    let next = (page < pages).then_some(page + 1);
    let previous = (page > 1).then_some(page - 1);

    let mut headers = HeaderMap::new();
    let mut put = |name: &'static str, value: Option<usize>| {
        let text = value.map(|value| value.to_string()).unwrap_or_default();
        if let Ok(value) = HeaderValue::from_str(&text) {
            headers.insert(name, value);
        }
    };
    put("x-page", Some(page));
    put("x-per-page", Some(per_page));
    put("x-next-page", next);
    put("x-prev-page", previous);
    put("x-total", Some(total));
    put("x-total-pages", Some(pages));
    let places = [("prev", previous), ("next", next), ("first", Some(1)), ("last", Some(pages))];
    let links: Vec<String> = places
        .into_iter()
        .filter_map(|(rel, page)| {
            let query = query(uri, page?, per_page);
            Some(format!("<{base_url}{}?{query}>; rel=\"{rel}\"", uri.path()))
        })
        .collect();
    if let Ok(value) = HeaderValue::from_str(&links.join(", ")) {
        headers.insert("link", value);
    }
    (headers, Json(Value::Array(slice))).into_response()
}

/// The query of another page: everything that was asked for, on that page.
fn query(uri: &Uri, page: usize, per_page: usize) -> String {
    let kept = uri.query().unwrap_or_default().split('&');
    let mut parts: Vec<String> = kept
        .filter(|part| {
            let name = part.split('=').next().unwrap_or_default();
            !name.is_empty() && name != "page" && name != "per_page"
        })
        .map(str::to_owned)
        .collect();
    parts.push(format!("page={page}"));
    parts.push(format!("per_page={per_page}"));
    parts.join("&")
}
