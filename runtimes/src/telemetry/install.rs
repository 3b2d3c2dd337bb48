//! What a process sets up once, and ends with.

use std::sync::{Arc, Weak};
use std::time::Duration;

use super::metrics::emf::Emf;
use super::metrics::{self, Recorder};
use super::{EmfMode, TelemetrySettings};
use crate::host::{self, Host};
use crate::logs::{self, AnyLayer, LogError, LogSettings};

/// OpenTelemetry's own variable for where a collector is.
const ENDPOINT_VARIABLE: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";

/// Why telemetry could not be set up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TelemetryError {
    /// Logging could not be set up.
    #[error(transparent)]
    Logs(#[from] LogError),
    /// A setting is wrong.
    #[error("telemetry.{setting}: {problem}")]
    Setting {
        /// Its name.
        setting: &'static str,
        /// What is wrong, and what to do. It shows no secret.
        problem: String,
    },
    /// A collector is named, and nothing runs that could send to it.
    #[error("telemetry must be set up within the executor that the process runs on")]
    NoExecutor,
    /// What is to send to the collector cannot be made.
    #[error("nothing can be sent to telemetry.endpoint: {0}")]
    Client(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// The logs, traces and metrics of this process.
///
/// ```
/// use anyport_runtimes::logs::LogSettings;
/// use anyport_runtimes::telemetry::{Telemetry, TelemetrySettings};
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let telemetry = Telemetry::install(&TelemetrySettings::of("shop", "1.0.0"), &LogSettings::default())?;
/// tracing::info!("open");
/// telemetry.shutdown().await;
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Telemetry {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    emf: Option<Arc<Emf>>,
    #[cfg(feature = "otlp")]
    otlp: Option<super::otlp::Otlp>,
}

impl Telemetry {
    /// Logs from now on, panics of the whole process included, and sends traces and metrics if a collector is named. To be
    /// called once, within the executor that the process runs on.
    pub fn install(settings: &TelemetrySettings, log: &LogSettings) -> Result<Self, TelemetryError> {
        settings.check()?;
        let lambda = host::detect().is_ok_and(|host| host == Host::AwsLambda);
        let emf = match settings.emf {
            EmfMode::Auto => lambda,
            EmfMode::On => true,
            EmfMode::Off => false,
        };
        let emf = emf.then(|| Arc::new(Emf::new(&settings.service_name())));
        let mut recorders: Vec<Box<dyn Recorder>> = Vec::new();
        recorders.extend(emf.clone().map(|emf| Box::new(emf) as _));

        let telemetry = Inner::collected(settings, emf.clone(), lambda, &mut recorders, log)?;
        metrics::install(recorders);
        if let Some(emf) = emf.filter(|_| !lambda) {
            let executor = tokio::runtime::Handle::try_current().map_err(|_| TelemetryError::NoExecutor)?;
            executor.spawn(flush_regularly(Arc::downgrade(&emf), settings.interval));
        }
        Ok(Self { inner: Arc::new(telemetry) })
    }

    /// Sends what is not sent yet, within [`TelemetrySettings::flush_timeout`]. A host that may freeze the process after an
    /// answer calls this before it gives the answer. For a while after a collector did not answer in time, nobody waits for
    /// it.
    pub async fn flush(&self) {
        if let Some(emf) = &self.inner.emf {
            emf.flush();
        }
        #[cfg(feature = "otlp")]
        if let Some(otlp) = &self.inner.otlp {
            otlp.flush().await;
        }
        #[cfg(not(feature = "otlp"))]
        std::future::ready(()).await;
    }

    /// Sends what is not sent yet, and nothing to a collector after that. A host calls this after the drain.
    pub async fn shutdown(&self) {
        if let Some(emf) = &self.inner.emf {
            emf.flush();
        }
        #[cfg(feature = "otlp")]
        if let Some(otlp) = &self.inner.otlp {
            otlp.shutdown().await;
        }
        #[cfg(not(feature = "otlp"))]
        std::future::ready(()).await;
    }
}

#[cfg(feature = "otlp")]
impl Inner {
    fn collected(
        settings: &TelemetrySettings,
        emf: Option<Arc<Emf>>,
        lambda: bool,
        recorders: &mut Vec<Box<dyn Recorder>>,
        log: &LogSettings,
    ) -> Result<Self, TelemetryError> {
        let endpoint = settings.endpoint.clone().or_else(endpoint_of_environment);
        let otlp = endpoint.map(|endpoint| super::otlp::Otlp::new(&endpoint, settings, lambda)).transpose()?;
        let layer: Option<AnyLayer> = otlp.as_ref().map(super::otlp::Otlp::layer);
        logs::init_with(log, layer)?;
        let instruments = otlp.as_ref().and_then(super::otlp::Otlp::instruments);
        recorders.extend(instruments.map(|instruments| Box::new(instruments) as _));
        Ok(Self { emf, otlp })
    }
}

#[cfg(not(feature = "otlp"))]
impl Inner {
    fn collected(
        settings: &TelemetrySettings,
        emf: Option<Arc<Emf>>,
        _lambda: bool,
        _recorders: &mut Vec<Box<dyn Recorder>>,
        log: &LogSettings,
    ) -> Result<Self, TelemetryError> {
        if settings.endpoint.is_some() {
            let problem = "this binary was built without the feature `otlp`: build it with that, or do not set it";
            return Err(TelemetryError::Setting { setting: "endpoint", problem: problem.to_owned() });
        }
        logs::init_with(log, None::<AnyLayer>)?;
        if endpoint_of_environment().is_some() {
            tracing::warn!("{ENDPOINT_VARIABLE} is passed over: this binary was built without the feature `otlp`");
        }
        Ok(Self { emf })
    }
}

fn endpoint_of_environment() -> Option<String> {
    std::env::var(ENDPOINT_VARIABLE).ok().filter(|endpoint| !endpoint.is_empty())
}

async fn flush_regularly(emf: Weak<Emf>, interval: Duration) {
    loop {
        tokio::time::sleep(interval).await;
        let Some(emf) = emf.upgrade() else { return };
        emf.flush();
    }
}
