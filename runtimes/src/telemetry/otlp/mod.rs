//! Spans and metrics to a collector, by OpenTelemetry's protocol over HTTP.

mod complaints;
mod exporters;
mod http_client;
mod instruments;
mod place;
mod resource;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use opentelemetry::metrics::MeterProvider as _;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{MetricExporter, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider};
use opentelemetry_sdk::trace::{BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracerProvider};
use tokio::time::Instant;
use tracing::{Level, Metadata};
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::filter_fn;

use super::{TelemetryError, TelemetrySettings};
use crate::logs::AnyLayer;
use exporters::{Checked, Measured};
use http_client::Client;
pub(super) use instruments::Instruments;
pub(super) use place::place;

/// Longest that one sending may take; whoever waits for it may have less patience.
const EXPORT_TIMEOUT: Duration = Duration::from_secs(5);

/// Most spans that wait to be sent; more are dropped.
const MAX_QUEUED: usize = 4096;

/// How long nobody waits for a collector after it did not answer in time.
const COOL_DOWN: Duration = Duration::from_secs(30);

/// Where a process that is frozen between calls sends metrics by itself: practically never. A flush sends them.
const NEVER: Duration = Duration::from_hours(24);

/// Crates whose spans are of sending, and not of the work.
const NOISE: [&str; 7] = ["hyper", "h2", "reqwest", "rustls", "tower", "opentelemetry", "tonic"];

/// The pipelines to a collector.
#[derive(Debug)]
pub(super) struct Otlp {
    spans: SdkTracerProvider,
    metrics: Option<SdkMeterProvider>,
    patience: Duration,
    /// Held while something is flushed.
    flushing: Arc<tokio::sync::Mutex<()>>,
    /// When a flush is worth waiting for again.
    cold_until: Mutex<Option<Instant>>,
}

impl Otlp {
    /// Those to this endpoint. `frozen` tells that the process is between calls.
    pub(super) fn new(endpoint: &str, settings: &TelemetrySettings, frozen: bool) -> Result<Self, TelemetryError> {
        let client = Client::new(EXPORT_TIMEOUT)?;
        let wrong = |problem: String| TelemetryError::Setting { setting: "endpoint", problem };
        let base = endpoint.trim_end_matches('/');
        let resource = resource::of(settings);
        let headers = || settings.headers.clone().into_iter().collect();

        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(client.clone())
            .with_endpoint(format!("{base}/v1/traces"))
            .with_headers(headers())
            .with_timeout(EXPORT_TIMEOUT)
            .build()
            .map_err(|error| wrong(error.to_string()))?;
        let batches = BatchConfigBuilder::default()
            .with_max_queue_size(MAX_QUEUED)
            .with_scheduled_delay(settings.interval)
            .build();
        let processor = BatchSpanProcessor::builder(Checked::new(exporter)).with_batch_config(batches).build();
        let sampler = Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(settings.sample_ratio)));
        let spans = SdkTracerProvider::builder()
            .with_span_processor(processor)
            .with_sampler(sampler)
            .with_resource(resource.clone())
            .build();

        let metrics = if settings.metrics {
            let exporter = MetricExporter::builder()
                .with_http()
                .with_http_client(client)
                .with_endpoint(format!("{base}/v1/metrics"))
                .with_headers(headers())
                .with_timeout(EXPORT_TIMEOUT)
                .build()
                .map_err(|error| wrong(error.to_string()))?;
            let interval = if frozen { NEVER } else { settings.interval };
            let reader = PeriodicReader::builder(Measured::new(exporter)).with_interval(interval).build();
            Some(SdkMeterProvider::builder().with_reader(reader).with_resource(resource).build())
        } else {
            None
        };
        let (patience, flushing) = (settings.flush_timeout, Arc::default());
        Ok(Self { spans, metrics, patience, flushing, cold_until: Mutex::default() })
    }

    /// Makes spans of `tracing` spans of the traces. Events stay in the log: their texts are nobody else's.
    pub(super) fn layer(&self) -> AnyLayer {
        let layer = tracing_opentelemetry::layer()
            .with_tracer(self.spans.tracer("anyport"))
            .with_location(false)
            .with_threads(false)
            .with_tracked_inactivity(false)
            .with_target(false)
            .with_level(false);
        Box::new(layer.with_filter(filter_fn(is_worth_a_span)))
    }

    /// What is counted of calls, if metrics are on.
    pub(super) fn instruments(&self) -> Option<Instruments> {
        self.metrics.as_ref().map(|metrics| Instruments::new(&metrics.meter("anyport")))
    }

    /// Sends what there is, and waits for it as long as is worth while.
    pub(super) async fn flush(&self) {
        let cold = *self.cold_until.lock().unwrap_or_else(PoisonError::into_inner);
        if cold.is_some_and(|until| Instant::now() < until) {
            return;
        }
        let (spans, metrics) = (self.spans.clone(), self.metrics.clone());
        let sent = self.sent(move || {
            let spans = spans.force_flush();
            spans.and(metrics.map_or(Ok(()), |metrics| metrics.force_flush()))
        });
        let cold = if sent.await { None } else { Instant::now().checked_add(COOL_DOWN) };
        *self.cold_until.lock().unwrap_or_else(PoisonError::into_inner) = cold;
    }

    /// Sends what there is, and nothing after that.
    pub(super) async fn shutdown(&self) {
        let (spans, metrics, patience) = (self.spans.clone(), self.metrics.clone(), self.patience);
        self.sent(move || {
            let spans = spans.shutdown_with_timeout(patience);
            spans.and(metrics.map_or(Ok(()), |metrics| metrics.shutdown_with_timeout(patience)))
        })
        .await;
    }

    /// Whether it was sent in time. What sends blocks, and so does not run where calls do.
    async fn sent(&self, send: impl FnOnce() -> OTelSdkResult + Send + 'static) -> bool {
        let flushing = Arc::clone(&self.flushing);
        let ended = async {
            let guard = flushing.lock_owned().await;
            tokio::task::spawn_blocking(move || {
                let _guard = guard;
                send()
            })
            .await
        };
        matches!(tokio::time::timeout(self.patience, ended).await, Ok(Ok(Ok(()))))
    }
}

fn is_worth_a_span(metadata: &Metadata<'_>) -> bool {
    let noise = NOISE.iter().any(|noise| {
        let rest = metadata.target().strip_prefix(noise);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '_', '-']))
    });
    metadata.is_span() && *metadata.level() <= Level::INFO && !noise
}
