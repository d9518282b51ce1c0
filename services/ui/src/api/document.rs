//! The OpenAPI document, written from the code that answers.

use axum::Json;
use utoipa::{
    Modify, OpenApi,
    openapi::{
        Components,
        security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

use super::{decide, requests};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Countersign",
        version = "1",
        description = "Approvals of GitLab merge requests for systems without a NATS client."
    ),
    servers((url = "/approval-apps/api/v1")),
    paths(requests::list, requests::one, decide::decide),
    modifiers(&BearerToken)
)]
struct Document;

/// How a caller says who it is.
struct BearerToken;

impl Modify for BearerToken {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let bearer = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("From countersign token create; begins with cst_"))
            .build();
        let components = document.components.get_or_insert_with(Components::new);
        components.add_security_scheme("token", SecurityScheme::Http(bearer));
    }
}

/// The document; nobody needs a token to read it.
pub(crate) async fn document() -> Json<utoipa::openapi::OpenApi> {
    Json(Document::openapi())
}
