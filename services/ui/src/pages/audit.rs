//! The audit record, for auditors.

use axum::{
    body::Body,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use futures::StreamExt;
use proto::v1::ExportAuditRequest;
use tonic::{Code, Status};

use super::{html, unavailable};
use crate::{
    app::App,
    person::Visit,
    view::{AuditPage, Reader},
};

pub(crate) async fn page(visit: Visit) -> Response {
    if !visit.audits {
        return unavailable(&visit, &Status::not_found(""));
    }
    html(StatusCode::OK, &AuditPage { reader: Reader::of(&visit) }, &visit)
}

/// The whole record, line by line; recorder looks at the right.
pub(crate) async fn export(State(mut app): State<App>, visit: Visit) -> Response {
    let question = ExportAuditRequest { caller: visit.caller() };
    let lines = match app.recorder.export_audit(question).await {
        Ok(lines) => lines.into_inner(),
        Err(status) if status.code() == Code::PermissionDenied => {
            return unavailable(&visit, &Status::not_found(""));
        }
        Err(status) => return unavailable(&visit, &status),
    };
    // An answer that is cut off must not look whole: the last line, a checkpoint, is then missing.
    let lines = lines.map(|line| line.map(|line| format!("{}\n", line.line)));
    let headers = [
        (header::CONTENT_TYPE, "application/jsonl; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"countersign-audit.jsonl\""),
    ];
    (headers, Body::from_stream(lines)).into_response()
}
