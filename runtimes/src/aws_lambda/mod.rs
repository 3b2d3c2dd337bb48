//! AWS Lambda: one function of the provider holds the whole workload, and each event finds its function in it.
//!
//! | event | function | what the host is told |
//! |---|---|---|
//! | API Gateway (v1, v2), function URL, load balancer | by method and path, as on the server | the answer, errors as problems |
//! | SQS | the subscription whose queue it is | the messages that failed (`ReportBatchItemFailures` must be on) |
//! | SNS | every subscription of the topic | an error if any failed: the host calls again |
//! | EventBridge rule, EventBridge Scheduler | the schedule | as SNS; each slot runs once |
//! | S3 | every function of the bucket whose prefix fits | as SNS; each state of a blob is done once |
//! | a stream of DynamoDB | every function of the collection whose table it is, in order | from where on to send again (`ReportBatchItemFailures`) |
//!
//! Queues, topics, rules, buckets and tables are recognised by the names that [`anyport_ports::Naming`] gives them under
//! [`LambdaSettings::prefix`]: `<topic>_<subscription>` and `<topic>_<subscription>_dead` for queues; a rule has the name of
//! its function. EventBridge Scheduler sends `{"anyport":{"schedule":"<function>"}}`, with
//! `"scheduled_for":"<aws.scheduler.scheduled-time>"` beside it if wanted.
//!
//! Whatever else comes, garbage included, is a typed [`EventError`], and the process lives on.
//!
//! Nothing of an invocation is global to the process: Lambda may run several at once (`AWS_LAMBDA_MAX_CONCURRENCY`).

mod buckets;
mod clock;
mod deadline;
mod environment;
mod error;
mod functions;
mod gateway;
mod queues;
mod schedules;
mod settings;
mod shape;
mod shutdown;
mod streams;
mod topics;
mod warm_up;

use std::sync::Arc;

use anyport_ports::handles::Ports;
use lambda_runtime::{LambdaEvent, Runtime, service_fn};
use serde_json::value::RawValue;

pub use environment::IncompleteEnvironment;
pub use error::EventError;
pub use functions::{Functions, Reply};
pub use gateway::ReplyStream;
pub use settings::{LambdaSettings, Settlement};
pub use warm_up::warm_up;

use crate::surroundings::Surroundings;
use crate::workload::{InvalidWorkload, Workload};

/// Why the functions are not, or no longer, served.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LambdaError {
    /// The workload is wrong.
    #[error(transparent)]
    Workload(#[from] InvalidWorkload),
    /// A setting is wrong.
    #[error("aws_lambda.prefix: {0}")]
    Settings(#[source] anyport_ports::Error),
    /// The process was not started by AWS Lambda, or by something that does as it does.
    #[error(transparent)]
    Environment(#[from] IncompleteEnvironment),
    /// The Runtime API is gone.
    #[error("the Runtime API of AWS Lambda failed: {0}")]
    RuntimeApi(#[source] lambda_runtime::Error),
}

/// Serves a workload's functions until the host ends the process.
///
/// What the ports connect to is connected to before the first event is asked for ([`LambdaSettings::warm_up`]): that time is
/// init. What else takes long is best done before this is called.
pub async fn serve(
    workload: Workload,
    ports: Ports,
    surroundings: Surroundings,
    settings: LambdaSettings,
) -> Result<(), LambdaError> {
    environment::check()?;
    let functions = Arc::new(Functions::new(&workload, &ports, &surroundings, &settings)?);
    // Both wait for an answer from outside.
    let telemetry = surroundings.telemetry;
    let (shutdown, connected) = (settings.graceful_shutdown, settings.warm_up);
    tokio::join!(
        async {
            if shutdown {
                shutdown::listen(telemetry.clone()).await;
            }
        },
        async {
            if connected {
                warm_up(&workload, &ports).await;
            }
        },
    );
    tracing::info!(workload = workload.name(), functions = workload.functions().len(), "ready");
    let handler = service_fn(move |event: LambdaEvent<Box<RawValue>>| {
        let (functions, telemetry) = (Arc::clone(&functions), telemetry.clone());
        async move {
            let reply = functions.call(&event.payload, &event.context).await;
            // The host may freeze the process as soon as it is told.
            if let Some(telemetry) = telemetry {
                telemetry.flush().await;
            }
            reply
        }
    });
    Runtime::new(handler).run_concurrent().await.map_err(LambdaError::RuntimeApi)
}
