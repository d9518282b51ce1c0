//! How long things take and how often they happen.

use axum::{
    extract::{Path, Query, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use proto::v1::{GetInsightRequest, GetInsightResponse};
use serde::Deserialize;
use tonic::Status;

use super::{html, unavailable};
use crate::{
    app::App,
    person::Visit,
    view::{InsightPage, Reader, charts},
};

/// What is counted.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Counted {
    days: String,
    project: String,
}

impl Counted {
    fn days(&self) -> i32 {
        self.days.parse().ok().filter(|days| (1..=366).contains(days)).unwrap_or(30)
    }

    async fn ask(&self, app: &App, visit: &Visit) -> Result<GetInsightResponse, Status> {
        let question = GetInsightRequest {
            caller: visit.caller(),
            days: self.days(),
            project: self.project.trim().trim_matches('/').to_owned(),
        };
        Ok(app.recorder.clone().get_insight(question).await?.into_inner())
    }
}

pub(crate) async fn page(
    State(app): State<App>,
    Query(counted): Query<Counted>,
    visit: Visit,
) -> Response {
    let found = match counted.ask(&app, &visit).await {
        Ok(found) => found,
        Err(status) => return unavailable(&visit, &status),
    };
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("days", &counted.days().to_string());
    query.append_pair("project", &counted.project);
    let page = InsightPage {
        reader: Reader::of(&visit),
        days: counted.days(),
        query: query.finish(),
        project: counted.project,
        cut: found.cut,
        charts: charts(&found),
    };
    html(StatusCode::OK, &page, &visit)
}

/// The table of one picture, as a file.
pub(crate) async fn csv(
    State(app): State<App>,
    Path(name): Path<String>,
    Query(counted): Query<Counted>,
    visit: Visit,
) -> Response {
    let found = match counted.ask(&app, &visit).await {
        Ok(found) => found,
        Err(status) => return unavailable(&visit, &status),
    };
    let charts = charts(&found);
    let wanted = name.strip_suffix(".csv").and_then(|id| charts.iter().find(|it| it.id == id));
    let Some(chart) = wanted else {
        return unavailable(&visit, &Status::not_found(""));
    };
    let file = format!("attachment; filename=\"countersign-{name}\"");
    let kind = "text/csv; charset=utf-8; header=present".to_owned();
    let headers = [(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, file)];
    (headers, chart.csv()).into_response()
}
