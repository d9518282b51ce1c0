//! What every page needs.

use std::sync::Arc;

use axum::http::HeaderName;
use bus::Bus;
use proto::v1::{
    approval_service_client::ApprovalServiceClient, people_service_client::PeopleServiceClient,
    token_service_client::TokenServiceClient,
};
use tokio_util::sync::CancellationToken;

use crate::{
    SignIn, alarms::Alarms, api::paces::Paces, attempts::Attempts, open_id::OpenId, pulses::Pulses,
};

#[derive(Debug, Clone)]
pub(crate) struct App {
    pub(crate) bus: Bus,
    pub(crate) recorder: ApprovalServiceClient<proto::RecorderChannel>,
    pub(crate) people: PeopleServiceClient<proto::RecorderChannel>,
    pub(crate) tokens: TokenServiceClient<proto::RecorderChannel>,
    pub(crate) attempts: Attempts,
    /// The header in which a proxy says where a browser is.
    pub(crate) address_header: Option<HeaderName>,
    /// How often systems may decide.
    pub(crate) paces: Paces,
    pub(crate) sign_in: Arc<SignIn>,
    /// The provider, where people sign in at one.
    pub(crate) open_id: Option<Arc<OpenId>>,
    pub(crate) alarms: Alarms,
    /// How the processes are.
    pub(crate) pulses: Pulses,
    /// Ends the event streams, which never end by themselves.
    pub(crate) stop: CancellationToken,
}
