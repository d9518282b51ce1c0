//! Logs, traces and metrics, and the trace context that travels with a message.

use std::{
    collections::HashMap,
    io::IsTerminal,
    sync::atomic::{AtomicBool, Ordering},
};

use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use opentelemetry::{
    propagation::TextMapPropagator,
    trace::{TraceContextExt, TracerProvider},
};
use opentelemetry_otlp::{SpanExporter, WithExportConfig};
use opentelemetry_sdk::{Resource, propagation::TraceContextPropagator, trace::SdkTracerProvider};
use serde::Deserialize;
use tracing::{Span, level_filters::LevelFilter};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::{
    EnvFilter, Layer, filter::Targets, layer::SubscriberExt, util::SubscriberInitExt,
};

/// How logs look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Lines for people.
    Text,
    /// One JSON object a line, for machines.
    Json,
}

/// What is observed and where it goes.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// A tracing filter such as `info` or `info,recorder=debug`.
    pub log: String,
    /// How logs look.
    pub log_format: LogFormat,
    /// OTLP endpoint (gRPC) for traces; empty sends none.
    pub otlp_endpoint: String,
}

/// When telemetry cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// When the log filter cannot be read.
    #[error("telemetry.log is not a filter: {0}")]
    Filter(#[from] tracing_subscriber::filter::ParseError),
    /// When the trace exporter cannot be built.
    #[error("telemetry.otlp_endpoint cannot be used: {0}")]
    Exporter(#[from] opentelemetry_otlp::ExporterBuildError),
    /// When the metrics recorder cannot be installed.
    #[error("metrics cannot be set up: {0}")]
    Metrics(#[from] BuildError),
}

/// What must be kept until the end of the process.
#[derive(Debug)]
pub struct Telemetry {
    /// Renders the metrics.
    pub metrics: PrometheusHandle,
    traces: Option<SdkTracerProvider>,
}

/// What libraries say is for those who ask for it: a later directive wins.
const QUIET: &str = "async_nats=warn,sea_orm_migration=warn,sqlx=warn,hyper=warn,h2=warn";

/// The crates whose spans are traces: what libraries do inside is nobody's question.
const OURS: [&str; 7] = ["bus", "decision", "gitlab", "ingress", "kit", "recorder", "ui"];

/// Latencies from half a millisecond to ten seconds, in seconds.
const SECONDS: [f64; 12] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5, 10.0];

/// A whole round of the sweep takes from a second to hours.
const SECONDS_OF_A_ROUND: [f64; 10] =
    [1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 1800.0, 3600.0, 7200.0, 14400.0];

impl Telemetry {
    /// Sets logs, traces and metrics up for the whole process; must run within the runtime.
    pub fn start(config: &Config, role: &'static str) -> Result<Self, Error> {
        let filter: EnvFilter = format!("{QUIET},{}", config.log).parse()?;
        let traces = traces(config, role)?;
        let spans = traces.as_ref().map(|provider| {
            TRACED.store(true, Ordering::Relaxed);
            // Logs are lines of their own; whoever reads a trace wants to see what was done.
            let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("countersign"));
            layer.with_filter(
                OURS.into_iter().map(|it| (it, LevelFilter::INFO)).collect::<Targets>(),
            )
        });
        let lines = tracing_subscriber::fmt::layer()
            .with_writer(std::io::stderr)
            .with_ansi(std::io::stderr().is_terminal());
        let lines = match config.log_format {
            LogFormat::Text => lines.with_target(false).boxed(),
            LogFormat::Json => lines.json().flatten_event(true).boxed(),
        };
        let registry = tracing_subscriber::registry().with(spans).with(lines.with_filter(filter));
        if registry.try_init().is_err() {
            // Another start within the same process (a test) has set the logs up already.
            tracing::debug!("logs are set up already");
        }
        let metrics = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)?
            .set_buckets_for_metric(
                Matcher::Full("countersign_sweep_round_seconds".to_owned()),
                &SECONDS_OF_A_ROUND,
            )?
            .install_recorder()?;
        crate::metrics::describe(role);
        Ok(Self { metrics, traces })
    }

    /// Sends what is still to be sent; the last thing a process does.
    pub fn finish(self) {
        if let Some(Err(error)) = self.traces.map(|traces| traces.shutdown()) {
            tracing::warn!(%error, "the last traces were not sent");
        }
    }
}

fn traces(config: &Config, role: &'static str) -> Result<Option<SdkTracerProvider>, Error> {
    if config.otlp_endpoint.is_empty() {
        return Ok(None);
    }
    let exporter =
        SpanExporter::builder().with_tonic().with_endpoint(&config.otlp_endpoint).build()?;
    let service = Resource::builder().with_service_name(format!("countersign-{role}")).build();
    let provider =
        SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(service);
    Ok(Some(provider.build()))
}

/// Whether traces are sent anywhere.
static TRACED: AtomicBool = AtomicBool::new(false);

/// The header of a message, and of a request, that names its trace.
pub const TRACEPARENT: &str = "traceparent";

/// Whether traces are sent anywhere: where they are not, no span is worth making.
#[must_use]
pub fn is_traced() -> bool {
    TRACED.load(Ordering::Relaxed)
}

/// The trace context of the current span (W3C Trace Context); none without one.
#[must_use]
pub fn traceparent() -> Option<String> {
    is_traced().then(|| traceparent_of(&Span::current())).flatten()
}

/// The trace context of a span; none when it belongs to no trace.
#[must_use]
pub fn traceparent_of(span: &Span) -> Option<String> {
    if span.is_none() {
        return None;
    }
    let context = span.context();
    if !context.span().span_context().is_valid() {
        return None;
    }
    let mut headers = HashMap::new();
    TraceContextPropagator::new().inject_context(&context, &mut headers);
    headers.remove(TRACEPARENT)
}

/// Makes `span` a part of the trace that a W3C `traceparent` names.
pub fn continue_trace(span: &Span, traceparent: &str) {
    let headers = HashMap::from([(TRACEPARENT.to_owned(), traceparent.to_owned())]);
    let parent = TraceContextPropagator::new().extract(&headers);
    // Without a subscriber for traces there is no tree to join.
    let _untraced = span.set_parent(parent);
}

/// A question over gRPC as a part of the trace of whoever asks; nothing when nobody traces.
#[must_use]
pub fn span_of_question<B>(request: &http::Request<B>) -> Span {
    if !is_traced() {
        return Span::none();
    }
    let method = request.uri().path().trim_start_matches('/');
    let span = tracing::info_span!(
        "question",
        otel.name = method,
        otel.kind = "server",
        rpc.system = "grpc",
        rpc.method = method,
    );
    let named = request.headers().get(TRACEPARENT).and_then(|value| value.to_str().ok());
    if let Some(traceparent) = named {
        continue_trace(&span, traceparent);
    }
    span
}
