//! A collector of traces, as an operator would run one: it takes spans over OTLP.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
    trace_service_server::{TraceService, TraceServiceServer},
};
use tokio::net::TcpListener;
use tonic::{Request, Response, Status, transport::server::TcpIncoming};

/// A span that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Traced {
    /// `service.name` of the process that made it.
    pub service: String,
    /// Its name.
    pub name: String,
    /// Its id, in hex.
    pub id: String,
    /// The id of the span it is a part of; empty for the root.
    pub parent: String,
}

/// The spans taken so far, by trace.
#[derive(Debug, Clone, Default)]
pub struct Collector {
    traces: Arc<Mutex<HashMap<String, Vec<Traced>>>>,
}

impl Collector {
    /// Takes spans at an address such as `http://127.0.0.1:4317`.
    pub async fn at(endpoint: &str) -> Self {
        let collector = Self::default();
        let address = endpoint.trim_start_matches("http://");
        let listener = TcpListener::bind(address).await.unwrap();
        let server = tonic::transport::Server::builder()
            .add_service(TraceServiceServer::new(collector.clone()))
            .serve_with_incoming(TcpIncoming::from(listener));
        tokio::spawn(server);
        collector
    }

    /// The first trace with a span of each of these names.
    #[must_use]
    pub fn trace_with(&self, names: &[&str]) -> Option<Vec<Traced>> {
        let has_all = |spans: &&Vec<Traced>| {
            names.iter().all(|name| spans.iter().any(|span| span.name == *name))
        };
        self.traces().values().find(has_all).cloned()
    }

    /// What was taken, for whoever must find out why something is not there.
    #[must_use]
    pub fn summary(&self) -> String {
        format!("{:#?}", self.traces())
    }

    fn traces(&self) -> MutexGuard<'_, HashMap<String, Vec<Traced>>> {
        self.traces.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[tonic::async_trait]
impl TraceService for Collector {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        for of_process in request.into_inner().resource_spans {
            let attributes = of_process.resource.unwrap_or_default().attributes;
            let service = attributes.iter().find(|it| it.key == "service.name");
            let service = format!("{:?}", service.and_then(|it| it.value.clone()));
            let service = service.split('"').nth(1).unwrap_or_default().to_owned();
            for span in of_process.scope_spans.into_iter().flat_map(|it| it.spans) {
                let traced = Traced {
                    service: service.clone(),
                    name: span.name,
                    id: hex::encode(span.span_id),
                    parent: hex::encode(span.parent_span_id),
                };
                self.traces().entry(hex::encode(span.trace_id)).or_default().push(traced);
            }
        }
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}
