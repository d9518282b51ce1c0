//! Who the token belongs to, and which GitLab this is.

use std::sync::Arc;

use axum::{Json, extract::State, http::HeaderMap, response::IntoResponse};
use serde_json::json;

use super::{Answered, auth, entities};
use crate::{core::Core, times};

/// `GET /version`
pub(crate) async fn version(State(core): State<Arc<Core>>, headers: HeaderMap) -> Answered {
    core.read(|world| {
        let token = auth::token(world, &headers)?;
        auth::require_scope(token, &["api", "read_api", "read_user"])?;
        let version = json!({ "version": "18.9.0-ee", "revision": "5151a7e5151" });
        Ok(Json(version).into_response())
    })
}

/// `GET /user`
pub(crate) async fn user(State(core): State<Arc<Core>>, headers: HeaderMap) -> Answered {
    core.read(|world| {
        let token = auth::token(world, &headers)?;
        auth::require_scope(token, &["api", "read_api", "read_user"])?;
        Ok(Json(entities::user(world, token.user_id)).into_response())
    })
}

/// `GET /personal_access_tokens/self`, which every usable token may ask.
pub(crate) async fn token(State(core): State<Arc<Core>>, headers: HeaderMap) -> Answered {
    core.read(|world| {
        let token = auth::token(world, &headers)?;
        let expires = token.created_at.as_second() + 30 * 24 * 60 * 60;
        let expires = jiff::Timestamp::from_second(expires).unwrap_or(token.created_at);
        let expires_on: String = times::api(expires).chars().take(10).collect();
        let body = json!({
            "id": token.id,
            "name": "simulated token",
            "description": null,
            "revoked": token.revoked,
            "active": true,
            "created_at": times::api(token.created_at),
            "last_used_at": times::api(times::now()),
            "expires_at": expires_on,
            "scopes": token.scopes,
            "user_id": token.user_id,
        });
        Ok(Json(body).into_response())
    })
}
