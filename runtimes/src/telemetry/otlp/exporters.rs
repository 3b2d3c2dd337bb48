//! What stands between the pipelines and the collector: nothing secret leaves, and failures are told.

use std::time::Duration;

use opentelemetry::Value;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::Temporality;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};

use super::complaints::Complaints;
use crate::logs::{REDACTED, is_secret};

/// Sends spans without the values of fields that are named like secrets.
#[derive(Debug)]
pub(super) struct Checked<E> {
    inner: E,
    complaints: Complaints,
}

impl<E> Checked<E> {
    pub(super) fn new(inner: E) -> Self {
        Self { inner, complaints: Complaints::about("spans") }
    }
}

impl<E: SpanExporter> SpanExporter for Checked<E> {
    async fn export(&self, mut batch: Vec<SpanData>) -> OTelSdkResult {
        for attribute in batch.iter_mut().flat_map(|span| &mut span.attributes) {
            if is_secret(attribute.key.as_str()) {
                attribute.value = Value::from(REDACTED);
            }
        }
        self.complaints.of(self.inner.export(batch).await)
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.inner.shutdown_with_timeout(timeout)
    }

    fn shutdown(&self) -> OTelSdkResult {
        self.inner.shutdown()
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.inner.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.inner.set_resource(resource);
    }
}

/// Sends metrics.
#[derive(Debug)]
pub(super) struct Measured<E> {
    inner: E,
    complaints: Complaints,
}

impl<E> Measured<E> {
    pub(super) fn new(inner: E) -> Self {
        Self { inner, complaints: Complaints::about("metrics") }
    }
}

impl<E: PushMetricExporter> PushMetricExporter for Measured<E> {
    async fn export(&self, metrics: &ResourceMetrics) -> OTelSdkResult {
        self.complaints.of(self.inner.export(metrics).await)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.inner.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.inner.shutdown_with_timeout(timeout)
    }

    fn shutdown(&self) -> OTelSdkResult {
        self.inner.shutdown()
    }

    fn temporality(&self) -> Temporality {
        self.inner.temporality()
    }
}
