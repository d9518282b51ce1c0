//! How the browser's side starts, and its routes.

use std::sync::Arc;

use axum::{
    Router,
    http::{HeaderName, HeaderValue, header},
    middleware,
    response::Redirect,
    routing::{get, post},
};
use bus::{Bus, Names, Needs, Stream, StreamError, ensure_streams};
use kit::{admin::Health, lifecycle::Lifecycle};
use proto::v1::{
    approval_service_client::ApprovalServiceClient, people_service_client::PeopleServiceClient,
    token_service_client::TokenServiceClient,
};
use tower_http::{compression::CompressionLayer, set_header::SetResponseHeaderLayer};

use crate::{
    Config, SignIn, alarms::Alarms, api, app::App, assets, attempts::Attempts, events,
    open_id::OpenId, pages, pulses::Pulses, session,
};

/// When the browser's side cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// When recorder's address cannot be read.
    #[error("recorder.url is not an address: {0}")]
    Recorder(#[from] tonic::transport::Error),
    /// When the identity provider cannot be asked as configured.
    #[error("ui.oidc: {0}")]
    Identity(#[from] identity::ConfigError),
    /// When a stream is not as it must be.
    #[error(transparent)]
    Stream(#[from] StreamError),
}

/// What the browser's side does on the bus: it says what people decided, and what the systems decided
/// that come over HTTP.
#[must_use]
pub fn needs(names: &Names, over_http: &[String]) -> Needs {
    let sources = || std::iter::once(bus::UI_SOURCE).chain(over_http.iter().map(String::as_str));
    Needs {
        role: crate::ROLE,
        looks_at: vec![Stream::Decision(bus::UI_SOURCE.to_owned()), Stream::Receipt],
        publishes: sources().map(|source| Stream::Decision(source.to_owned())).collect(),
        hears: sources().map(|source| names.receipts(source)).chain([names.pulses()]).collect(),
        ..Needs::default()
    }
}

/// Starts the browser's side; returns its routes.
pub async fn start(
    config: Config,
    bus: Bus,
    lifecycle: &Lifecycle,
    health: &Health,
) -> Result<Router, StartError> {
    let channel = proto::recorder_at(config.recorder_url)?.connect_lazy();
    let channel = config.recorder_secret.shown_on(channel, kit::telemetry::traceparent);
    let own = [Stream::Decision(bus::UI_SOURCE.to_owned()), Stream::Receipt];
    ensure_streams(&bus, &own).await?;
    let people = PeopleServiceClient::new(channel.clone());
    let tokens = TokenServiceClient::new(channel.clone());
    let recorder = ApprovalServiceClient::new(channel);
    let alarms = Alarms::default();
    let pulses = Pulses::default();
    let hearing = pulses.clone().follow(bus.clone(), lifecycle.soft());
    lifecycle.spawn("pulses", hearing);
    lifecycle.spawn("dead letter count", alarms.clone().follow(recorder.clone(), lifecycle.soft()));
    health.well("ui");
    let open_id = match &config.sign_in {
        SignIn::Provider { provider, recheck, .. } => {
            Some(Arc::new(OpenId::new((**provider).clone(), *recheck)?))
        }
        _ => None,
    };
    let app = App {
        bus,
        recorder,
        people,
        tokens,
        attempts: Attempts::default(),
        address_header: config.address_header,
        paces: api::paces::Paces::new(config.decisions_a_minute),
        alarms,
        pulses,
        sign_in: Arc::new(config.sign_in),
        open_id,
        stop: lifecycle.soft(),
    };
    Ok(routes(app))
}

fn routes(app: App) -> Router {
    let pages = Router::new()
        .route("/", get(|| async { Redirect::to("/approval-apps/") }))
        .route("/approval-apps", get(|| async { Redirect::to("/approval-apps/") }))
        .route("/approval-apps/", get(pages::list))
        .route("/approval-apps/r/{id}", get(pages::request))
        .route("/approval-apps/r/{id}/decide", get(pages::confirm))
        .route("/approval-apps/r/{id}/decision", post(pages::decide))
        .route("/approval-apps/decide", get(pages::many::look).post(pages::many::decide))
        .route("/approval-apps/gl/{gitlab}/{project_id}/{iid}", get(pages::newest))
        .route("/approval-apps/dead-letters", get(pages::dead_letters::list))
        .route("/approval-apps/dead-letters/{id}", get(pages::dead_letters::one))
        .route("/approval-apps/dead-letters/{id}/replay", post(pages::dead_letters::replay))
        .route("/approval-apps/dead-letters/{id}/drop", post(pages::dead_letters::drop_letter))
        .route("/approval-apps/operations", get(pages::operations::page))
        .route("/approval-apps/operations/go-on", post(pages::operations::go_on))
        .route("/approval-apps/audit", get(pages::audit::page))
        .route("/approval-apps/views", post(pages::views::change))
        .route("/approval-apps/insight", get(pages::insight::page))
        .route("/approval-apps/insight/{name}", get(pages::insight::csv))
        .route("/approval-apps/me", post(pages::set_name))
        .route(session::SIGN_IN, get(pages::sign_in::form).post(pages::sign_in::sign_in))
        .route(session::GO, get(pages::sign_in::provider::go))
        .route("/approval-apps/sign-in/callback", get(pages::sign_in::provider::callback))
        .route("/approval-apps/sign-in/pick", post(pages::sign_in::picker::pick))
        .route("/approval-apps/sign-out", post(pages::sign_in::sign_out))
        .route("/approval-apps/assets/{name}", get(assets::asset))
        .fallback(pages::not_found)
        .layer(CompressionLayer::new());
    // Events are not compressed: each must leave at once.
    let all = pages
        .route("/approval-apps/events", get(events::stream))
        .route("/approval-apps/audit/export", get(pages::audit::export));
    let guard = middleware::from_fn_with_state(app.clone(), session::guard);
    // Systems have tokens and no sessions.
    let open = Router::new()
        .route("/approval-apps/why/{gitlab}/{project_id}/{iid}/{signature}", get(pages::why::why))
        .layer(CompressionLayer::new());
    secured(all.layer(guard).merge(open).merge(api::routes()).with_state(app))
}

/// What a browser may do with our pages: show them, with our own files, in our own window.
fn secured(router: Router) -> Router {
    let style = &assets::Assets::all().style_hash;
    let policy = format!(
        "default-src 'none'; style-src {style}; script-src 'self'; connect-src 'self'; \
         img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    );
    let policy = HeaderValue::try_from(policy);
    let policy = policy.unwrap_or_else(|_| HeaderValue::from_static("default-src 'none'"));
    let set = |name: HeaderName, value: &'static str| {
        SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
    };
    router
        .layer(SetResponseHeaderLayer::if_not_present(header::CONTENT_SECURITY_POLICY, policy))
        .layer(set(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(set(header::REFERRER_POLICY, "same-origin"))
        .layer(set(header::CACHE_CONTROL, "no-store"))
        .layer(set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin"))
}
