//! The gRPC service: list, get, watch, and the answer that is wanted now.

mod caller;
mod convert;
mod dead_letters;
mod evidence;
mod insight;
mod links;
mod look;
mod note;
mod observed;
mod people;
mod replay;
mod requests;
mod tokens;
mod views;
mod wanted;

use std::{pin::Pin, sync::Arc};

use approval::Time;
use bus::Failure;
use futures::Stream;
use proto::{
    RecorderSecret,
    v1::{
        CompareSightingRequest, CompareSightingResponse, DeleteViewRequest, DeleteViewResponse,
        DropDeadLetterRequest, DropDeadLetterResponse, EraseActorRequest, EraseActorResponse,
        ExportAuditRequest, ExportAuditResponse, GetDeadLetterRequest, GetDeadLetterResponse,
        GetInsightRequest, GetInsightResponse, GetNoteRequest, GetNoteResponse, GetRequestRequest,
        GetRequestResponse, GetRightsRequest, GetRightsResponse, GetSafeModeRequest,
        GetSafeModeResponse, GetWantedAnswerRequest, GetWantedAnswerResponse, LeaveSafeModeRequest,
        LeaveSafeModeResponse, ListDeadLettersRequest, ListDeadLettersResponse, ListJudgedRequest,
        ListJudgedResponse, ListLinkedRequest, ListLinkedResponse, ListRequestsRequest,
        ListRequestsResponse, ListViewsRequest, ListViewsResponse, ListWatchedRequest,
        ListWatchedResponse, MergeRequestSeen, ReplayDeadLetterRequest, ReplayDeadLetterResponse,
        SaveViewRequest, SaveViewResponse, WatchRequestsRequest, WatchRequestsResponse,
        approval_service_server::{ApprovalService, ApprovalServiceServer},
    },
};
use sea_orm::DbErr;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::{
    Request, Response, Status,
    service::{Routes, interceptor::InterceptedService},
    transport::{Server, server::TcpIncoming},
};
use uuid::Uuid;

use crate::{
    apply::{Applier, Rules, intake},
    log::Log,
    people::People,
    safe_mode::SafeMode,
    store::{Recorded, Store},
    tokens::Tokens,
};

/// Rows of a page when none are asked for, and at most.
const PAGE_DEFAULT: u64 = 50;
const PAGE_MAX: u64 = 200;
/// Largest message a caller may send, in bytes.
const MESSAGE_BYTES_MAX: usize = 1024 * 1024;

/// Longest text to look for, in bytes.
const FILTER_BYTES_MAX: usize = 255;
/// Longest name of a process that asks what to post, in bytes.
const HOLDER_BYTES_MAX: usize = 200;

/// Answers from the database.
#[derive(Debug, Clone)]
pub(crate) struct Service {
    pub(crate) store: Store,
    /// The audit record, for auditors.
    pub(crate) log: Log,
    pub(crate) rules: Arc<Rules>,
    pub(crate) safe_mode: SafeMode,
    /// For what an operator does; everything else arrives on the bus.
    pub(crate) applier: Applier,
    /// Ends the watches, which never end by themselves.
    pub(crate) stop: CancellationToken,
}

/// Serves until `stop`.
pub(crate) async fn serve(
    listener: TcpListener,
    secret: RecorderSecret,
    service: Service,
    people: People,
    tokens: Tokens,
    stop: CancellationToken,
) -> Result<(), tonic::transport::Error> {
    let (reporter, health) = tonic_health::server::health_reporter();
    reporter.set_serving::<ApprovalServiceServer<Service>>().await;
    let reflection = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(proto::DESCRIPTOR)
        .build_v1()
        .inspect_err(|error| tracing::error!(%error, "gRPC reflection is not served"))
        .ok();
    // A watch answers in small messages, which must leave at once.
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    let approvals =
        ApprovalServiceServer::new(service).max_decoding_message_size(MESSAGE_BYTES_MAX);
    // Health and reflection say nothing that is on record.
    let asked = secret.asked_for();
    let mut routes = Routes::builder();
    routes.add_service(health);
    if let Some(reflection) = reflection {
        routes.add_service(reflection);
    }
    routes
        .add_service(InterceptedService::new(approvals, asked.clone()))
        .add_service(InterceptedService::new(people::server(people), asked.clone()))
        .add_service(InterceptedService::new(tokens::server(tokens), asked));
    Server::builder()
        .trace_fn(kit::telemetry::span_of_question)
        .add_routes(observed::observed(routes.routes()))
        .serve_with_incoming_shutdown(incoming, stop.cancelled_owned())
        .await
}

type Exported = Pin<Box<dyn Stream<Item = Result<ExportAuditResponse, Status>> + Send>>;
type Judged = Pin<Box<dyn Stream<Item = Result<ListJudgedResponse, Status>> + Send>>;
type Watch = Pin<Box<dyn Stream<Item = Result<WatchRequestsResponse, Status>> + Send>>;

#[tonic::async_trait]
impl ApprovalService for Service {
    type WatchRequestsStream = Watch;
    type ListJudgedStream = Judged;
    type ExportAuditStream = Exported;

    async fn list_requests(
        &self,
        request: Request<ListRequestsRequest>,
    ) -> Result<Response<ListRequestsResponse>, Status> {
        requests::list(self, request.into_inner()).await.map(Response::new)
    }

    async fn get_request(
        &self,
        request: Request<GetRequestRequest>,
    ) -> Result<Response<GetRequestResponse>, Status> {
        requests::get(self, request.into_inner()).await.map(Response::new)
    }

    async fn watch_requests(
        &self,
        request: Request<WatchRequestsRequest>,
    ) -> Result<Response<Watch>, Status> {
        requests::watch(self, request.into_inner()).await.map(Response::new)
    }

    async fn list_judged(
        &self,
        request: Request<ListJudgedRequest>,
    ) -> Result<Response<Judged>, Status> {
        let all = replay::list(self, request.into_inner()).await?;
        Ok(Response::new(Box::pin(all)))
    }

    async fn export_audit(
        &self,
        request: Request<ExportAuditRequest>,
    ) -> Result<Response<Exported>, Status> {
        evidence::export(self, request.into_inner()).await.map(Response::new)
    }

    async fn erase_actor(
        &self,
        request: Request<EraseActorRequest>,
    ) -> Result<Response<EraseActorResponse>, Status> {
        evidence::erase(self, request.into_inner()).await.map(Response::new)
    }

    async fn get_rights(
        &self,
        request: Request<GetRightsRequest>,
    ) -> Result<Response<GetRightsResponse>, Status> {
        let caller = self.caller(request.into_inner().caller).await?;
        Ok(Response::new(requests::rights(&caller)))
    }

    async fn list_views(
        &self,
        request: Request<ListViewsRequest>,
    ) -> Result<Response<ListViewsResponse>, Status> {
        views::list(self, request.into_inner().caller).await.map(Response::new)
    }

    async fn save_view(
        &self,
        request: Request<SaveViewRequest>,
    ) -> Result<Response<SaveViewResponse>, Status> {
        views::save(self, request.into_inner()).await?;
        Ok(Response::new(SaveViewResponse {}))
    }

    async fn delete_view(
        &self,
        request: Request<DeleteViewRequest>,
    ) -> Result<Response<DeleteViewResponse>, Status> {
        views::delete(self, request.into_inner()).await?;
        Ok(Response::new(DeleteViewResponse {}))
    }

    async fn get_insight(
        &self,
        request: Request<GetInsightRequest>,
    ) -> Result<Response<GetInsightResponse>, Status> {
        insight::get(self, request.into_inner()).await.map(Response::new)
    }

    async fn get_note(
        &self,
        request: Request<GetNoteRequest>,
    ) -> Result<Response<GetNoteResponse>, Status> {
        note::get(self, request.into_inner()).await.map(Response::new)
    }

    async fn list_linked(
        &self,
        request: Request<ListLinkedRequest>,
    ) -> Result<Response<ListLinkedResponse>, Status> {
        links::list(self, request.into_inner()).await.map(Response::new)
    }

    async fn get_wanted_answer(
        &self,
        request: Request<GetWantedAnswerRequest>,
    ) -> Result<Response<GetWantedAnswerResponse>, Status> {
        wanted::get(self, request.into_inner()).await.map(Response::new)
    }

    async fn get_safe_mode(
        &self,
        _: Request<GetSafeModeRequest>,
    ) -> Result<Response<GetSafeModeResponse>, Status> {
        let reason = self.safe_mode.reason().await.map_err(internal)?;
        let since = reason.as_ref().and_then(|reason| reason.since).map(proto::timestamp);
        let reason = reason.map(|reason| reason.sentence).unwrap_or_default();
        Ok(Response::new(GetSafeModeResponse { reason, since }))
    }

    async fn leave_safe_mode(
        &self,
        request: Request<LeaveSafeModeRequest>,
    ) -> Result<Response<LeaveSafeModeResponse>, Status> {
        let LeaveSafeModeRequest { operator, reason } = request.into_inner();
        if operator.trim().is_empty() || reason.trim().is_empty() {
            return Err(Status::invalid_argument("say who ends safe mode, and why"));
        }
        if self.store.safe_mode().await.map_err(internal)?.is_none() {
            return Err(Status::failed_precondition("safe mode is not on"));
        }
        self.safe_mode.leave(operator.trim(), reason.trim()).await.map_err(internal)?;
        Ok(Response::new(LeaveSafeModeResponse {}))
    }

    async fn list_watched(
        &self,
        request: Request<ListWatchedRequest>,
    ) -> Result<Response<ListWatchedResponse>, Status> {
        let gitlab = &request.get_ref().gitlab;
        let checks = self.store.known_checks(gitlab).await.map_err(internal)?;
        let open = self.store.open_gates(Some(gitlab)).await.map_err(internal)?;
        Ok(Response::new(convert::watched(checks, open)))
    }

    async fn compare_sighting(
        &self,
        request: Request<CompareSightingRequest>,
    ) -> Result<Response<CompareSightingResponse>, Status> {
        let mut message = request.into_inner().seen.unwrap_or_default();
        let shown = std::mem::take(&mut message.shown);
        let gate = self.store.gate(&sighting(message.clone())?.key).await.map_err(internal)?;
        let last_command_id = intake::last_command_id(&gate, &sighting(message.clone())?);
        let last_command_id = last_command_id.map(|id| id.to_string()).unwrap_or_default();
        // Whoever asks reads the status once more before it is reported.
        if !last_command_id.is_empty() {
            message.shown = shown;
            message.shown_after = last_command_id.clone();
        }
        let known = intake::is_known(&self.rules, &gate, &sighting(message)?);
        Ok(Response::new(CompareSightingResponse { known, last_command_id }))
    }

    async fn list_dead_letters(
        &self,
        request: Request<ListDeadLettersRequest>,
    ) -> Result<Response<ListDeadLettersResponse>, Status> {
        dead_letters::list(self, request.into_inner()).await.map(Response::new)
    }

    async fn get_dead_letter(
        &self,
        request: Request<GetDeadLetterRequest>,
    ) -> Result<Response<GetDeadLetterResponse>, Status> {
        dead_letters::get(self, request.into_inner()).await.map(Response::new)
    }

    async fn replay_dead_letter(
        &self,
        request: Request<ReplayDeadLetterRequest>,
    ) -> Result<Response<ReplayDeadLetterResponse>, Status> {
        dead_letters::replay(self, request.into_inner()).await.map(Response::new)
    }

    async fn drop_dead_letter(
        &self,
        request: Request<DropDeadLetterRequest>,
    ) -> Result<Response<DropDeadLetterResponse>, Status> {
        dead_letters::drop_letter(self, request.into_inner()).await.map(Response::new)
    }
}

impl Service {
    async fn find(&self, id: Uuid) -> Result<Recorded, Status> {
        let found = self.store.request(id).await.map_err(internal)?;
        found.ok_or_else(|| Status::not_found("there is no such request"))
    }
}

fn sighting(message: MergeRequestSeen) -> Result<intake::Seen, Status> {
    let seen = intake::seen(message, Time(kit::clock::now_micros()));
    seen.map_err(|failure| match failure {
        Failure::Reject(_, sentence) => Status::invalid_argument(sentence),
        Failure::Retry(_) | Failure::Later(_) => Status::unavailable("try again"),
    })
}

fn page_size(wanted: i32) -> Result<u64, Status> {
    match u64::try_from(wanted) {
        Ok(0) => Ok(PAGE_DEFAULT),
        Ok(size) => Ok(size.min(PAGE_MAX)),
        Err(_) => Err(Status::invalid_argument("page_size must be 1 to 200")),
    }
}

/// A text to look for: one database takes no NUL, and none of ours is longer.
fn filter_text(text: &str) -> Result<(), Status> {
    let fits = text.len() <= FILTER_BYTES_MAX && !text.contains('\0');
    let wrong = || Status::invalid_argument("a filter has at most 255 bytes, and no NUL");
    fits.then_some(()).ok_or_else(wrong)
}

fn id_of(text: &str) -> Result<Uuid, Status> {
    Uuid::parse_str(text).map_err(|_| Status::invalid_argument("an id must be a UUID"))
}

/// The cause is for our log, not for the caller.
#[expect(clippy::needless_pass_by_value, reason = "the shape map_err wants")]
fn internal(error: DbErr) -> Status {
    tracing::error!(%error, "the database could not be read");
    Status::unavailable("the record cannot be read now")
}
