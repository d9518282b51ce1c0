//! The stylesheet, which each page carries, and the files beside the pages.

use std::sync::LazyLock;

use axum::{
    extract::Path,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};

/// What a page names.
#[derive(Debug)]
pub(crate) struct Assets {
    /// Stands in each page, so that it can be read as soon as it is there.
    pub(crate) style: &'static str,
    /// The style by its hash, for the policy of what a page may contain.
    pub(crate) style_hash: String,
    /// The script's address, which changes with it.
    pub(crate) script_url: String,
}

const STYLE: &str = include_str!("../assets/countersign.css");
const SCRIPT: &str = include_str!("../assets/countersign.js");
const MARK: &str = include_str!("../assets/mark.svg");

impl Assets {
    pub(crate) fn all() -> &'static Self {
        static ALL: LazyLock<Assets> = LazyLock::new(|| {
            let script = hex::encode(&Sha256::digest(SCRIPT)[..6]);
            Assets {
                style: STYLE,
                style_hash: format!("'sha256-{}'", STANDARD.encode(Sha256::digest(STYLE))),
                script_url: format!("/approval-apps/assets/{script}.js"),
            }
        });
        &ALL
    }
}

pub(crate) async fn asset(Path(name): Path<String>) -> Response {
    let script = Assets::all().script_url.ends_with(&format!("/{name}"));
    let (kind, text) = match name.as_str() {
        _ if script => ("text/javascript; charset=utf-8", SCRIPT),
        "mark.svg" => ("image/svg+xml", MARK),
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    let cache = if script { "public, max-age=31536000, immutable" } else { "no-cache" };
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, cache)], text).into_response()
}
