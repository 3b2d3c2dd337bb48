//! Traces and metrics: what a process tells of its calls beside its logs.
//!
//! With the feature `otlp`, spans and metrics go to a collector by OpenTelemetry's protocol. On AWS Lambda, metrics go out
//! as lines of the log in CloudWatch's embedded metric format, with or without the feature. With neither, all this is next
//! to nothing.

mod adopt;
#[cfg(any(feature = "server", feature = "aws-lambda", feature = "azure-functions"))]
mod install;
pub mod metrics;
#[cfg(all(feature = "otlp", any(feature = "server", feature = "aws-lambda", feature = "azure-functions")))]
mod otlp;
#[cfg(any(feature = "server", feature = "aws-lambda", feature = "azure-functions"))]
mod settings;

pub use adopt::adopt;
#[cfg(any(feature = "server", feature = "aws-lambda", feature = "azure-functions"))]
pub use install::{Telemetry, TelemetryError};
#[cfg(any(feature = "server", feature = "aws-lambda", feature = "azure-functions"))]
pub use settings::{EmfMode, TelemetrySettings};
