//! From an event to the function that it calls, and from how that ended to what the host is told.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Instant, SystemTime};

use anyport_ports::Naming;
use anyport_ports::handles::Ports;
use lambda_runtime::{Context, FunctionResponse};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use tracing::Instrument as _;

use super::buckets::Buckets;
use super::gateway::{Gateway, Origin, ReplyStream};
use super::queues::Queues;
use super::schedules::Schedules;
use super::shape::{self, Shape};
use super::streams::Streams;
use super::topics::Topics;
use super::{EventError, LambdaError, LambdaSettings, deadline};
use crate::claims::Claims;
use crate::events::EventFunctions;
use crate::http::{HttpOptions, HttpService};
use crate::layers::{Around, Deadline, HostContext};
use crate::schemas::Compile;
use crate::surroundings::Surroundings;
use crate::telemetry::adopt;
use crate::trace_context::TraceContext;
use crate::workload::Workload;

/// What the host is told: one JSON value, or an HTTP answer that is streamed.
pub type Reply = FunctionResponse<Box<RawValue>, ReplyStream>;

/// The functions of a workload, ready to be called by the host's events.
#[derive(Debug)]
pub struct Functions {
    gateway: Gateway,
    queues: Queues,
    topics: Topics,
    schedules: Schedules,
    buckets: Buckets,
    streams: Streams,
    deadline_margin: std::time::Duration,
    /// Whether an event has come yet.
    warm: AtomicBool,
}

impl Functions {
    /// The functions of a workload, called with these adapters.
    pub fn new(
        workload: &Workload,
        ports: &Ports,
        surroundings: &Surroundings,
        settings: &LambdaSettings,
    ) -> Result<Self, LambdaError> {
        let naming = Naming::new(settings.prefix.as_str()).map_err(LambdaError::Settings)?;
        // Init is short, and of a process's functions few are ever called: schemas wait for their first use.
        let prepared = workload.prepare(Compile::AtFirstUse)?;
        let body_timeout = HttpOptions::default().body_timeout;
        let around = Around::new(workload.name(), ports.clone(), surroundings.clone(), body_timeout);
        let service = HttpService::of(&prepared, &around)?;
        let events = EventFunctions::of(&prepared, &around)?;
        let claims = Claims::new(ports, settings.retry_base);
        let schedules = Schedules::new(events.schedules, &claims, ports, naming.clone()).map_err(|problem| {
            crate::InvalidWorkload { workload: workload.name().to_owned(), problems: vec![problem] }
        })?;
        Ok(Self {
            gateway: Gateway::new(service, settings),
            topics: Topics::new(&events.subscriptions, &naming),
            queues: Queues::new(events.subscriptions, &naming, ports, settings),
            schedules,
            buckets: Buckets::new(events.blobs, &claims, ports, &naming),
            streams: Streams::new(events.changes, surroundings.decode_change.clone(), ports, &naming),
            deadline_margin: settings.deadline_margin,
            warm: AtomicBool::new(false),
        })
    }

    /// Handles one event.
    pub async fn call(&self, event: &RawValue, context: &Context) -> Result<Reply, EventError> {
        let started = Instant::now();
        let cold_start = !self.warm.swap(true, Ordering::Relaxed);
        let trace = context.xray_trace_id.as_deref().and_then(TraceContext::from_xray);
        let deadline = deadline::of(context.deadline(), SystemTime::now(), self.deadline_margin);
        let span = tracing::info_span!(
            "event",
            request_id = context.request_id,
            trace_id = tracing::field::Empty,
            span_id = tracing::field::Empty,
            trace_sampled = tracing::field::Empty,
            cold_start,
        );
        let trace = Some(adopt(&span, trace.as_ref()));
        async {
            let (event, result) = match shape::of(event) {
                Ok(shape) => (shape.as_str(), self.dispatch(shape, event, context, trace, deadline).await),
                Err(error) => ("unrecognised", Err(error)),
            };
            let ms = crate::duration::millis(started.elapsed());
            match &result {
                Ok(_) => tracing::info!(event, cold_start, ms, "handled"),
                Err(error) => tracing::error!(event, cold_start, ms, %error, "not handled"),
            }
            result
        }
        .instrument(span)
        .await
    }

    async fn dispatch(
        &self,
        shape: Shape,
        event: &RawValue,
        context: &Context,
        trace: Option<TraceContext>,
        deadline: Deadline,
    ) -> Result<Reply, EventError> {
        let host = HostContext::until(deadline).in_trace(trace.clone());
        match shape {
            Shape::GatewayV1 => self.gateway.answer(Origin::V1, event, context, trace, deadline).await,
            Shape::GatewayV2 => self.gateway.answer(Origin::V2, event, context, trace, deadline).await,
            Shape::LoadBalancer => self.gateway.answer(Origin::LoadBalancer, event, context, trace, deadline).await,
            Shape::Sqs => reply(&self.queues.consume(typed(shape, event)?, &host).await?),
            Shape::Sns => reply(&self.topics.notify(typed(shape, event)?, &host).await?),
            Shape::Stream => reply(&self.streams.changed(event, &host).await?),
            Shape::S3 => reply(&self.buckets.created(typed(shape, event)?, &host).await?),
            Shape::ScheduledEvent => reply(&self.schedules.scheduled(&typed(shape, event)?, &host).await?),
            Shape::OwnSchedule => reply(&self.schedules.fired(&typed(shape, event)?, &host).await?),
        }
    }
}

impl Shape {
    fn as_str(self) -> &'static str {
        match self {
            Self::GatewayV1 => "a request of API Gateway (1.0)",
            Self::GatewayV2 => "a request of API Gateway (2.0) or a function URL",
            Self::LoadBalancer => "a request of a load balancer",
            Self::Sqs => "messages of SQS",
            Self::Sns => "messages of SNS",
            Self::S3 => "objects of S3",
            Self::Stream => "records of a stream of DynamoDB",
            Self::ScheduledEvent => "a scheduled event of EventBridge",
            Self::OwnSchedule => "a schedule of EventBridge Scheduler",
        }
    }
}

/// The event as what its shape says it is.
fn typed<T: DeserializeOwned>(shape: Shape, event: &RawValue) -> Result<T, EventError> {
    let mut json = serde_json::Deserializer::from_str(event.get());
    serde_path_to_error::deserialize(&mut json).map_err(|error| EventError::malformed(shape.as_str(), &error))
}

fn reply(value: &impl Serialize) -> Result<Reply, EventError> {
    let json =
        serde_json::value::to_raw_value(value).map_err(|error| EventError::Answer { problem: error.to_string() })?;
    Ok(FunctionResponse::BufferedResponse(json))
}
