//! A process on a double of the Runtime API, and what both programs must agree on before they are measured.

use std::process::Child;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyport_aws::{Aws, AwsSettings};
use anyport_conformance::hosts::gateway::{Gateway, HttpCall, HttpReply};
use anyport_conformance::hosts::runtime_api::{Invocation, RuntimeApi};
use anyport_ports::resources::{Provision as _, Resources};
use anyport_runtimes::SystemClock;
use serde_json::Value;

use crate::Result;
use crate::program::Program;

/// The form of the events: of an HTTP API.
const GATEWAY: Gateway = Gateway::FunctionUrl;

/// Longest that a start or an invocation may take: something is wrong then.
const PATIENCE: Duration = Duration::from_secs(30);

/// A process that was started, until it is dropped.
pub(crate) struct Process {
    api: RuntimeApi,
    pub(crate) child: Child,
    /// From just before it was started until it asked for an event.
    pub(crate) start: Duration,
}

impl Process {
    /// Starts a program and waits until it asks for an event.
    pub(crate) async fn start(program: &Program) -> Result<Self> {
        let api = RuntimeApi::start().await?;
        let mut command = program.command(&api);
        let started = Instant::now();
        let child = command.spawn().map_err(|error| format!("{}: {error}", program.binary.display()))?;
        let mut process = Self { api, child, start: Duration::ZERO };
        let polled = tokio::time::timeout(PATIENCE, process.api.polled()).await;
        process.start = started.elapsed();
        let late =
            |_| format!("{} did not ask for an event: {:?}", program.binary.display(), process.api.init_errors());
        polled.map_err(late)?;
        Ok(process)
    }

    /// Sends a request and answers the response, and how long the invocation took.
    pub(crate) async fn call(&self, call: &HttpCall) -> Result<(HttpReply, Duration)> {
        let invocation = Invocation::new(GATEWAY.event(call).to_string());
        let started = Instant::now();
        let result = tokio::time::timeout(PATIENCE, self.api.invoke(invocation)).await;
        let took = started.elapsed();
        let result = result.map_err(|_| format!("no answer within {PATIENCE:?}"))?;
        Ok((GATEWAY.reply(&result), took))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Both fail only if it has ended already.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Makes a user through the storefront, and makes sure that both programs show the same. Answers the request for the user.
pub(crate) async fn prepare(ours: &Program, by_hand: &Program) -> Result<HttpCall> {
    let settings = AwsSettings { prefix: ours.prefix.clone(), ..AwsSettings::default() };
    let aws = Aws::connect(&settings, Arc::new(SystemClock)).await?;
    let collections = app::storefront(&app::Schedules::default()).resources().collections;
    aws.documents().provision(&Resources { collections, ..Resources::default() }).await?;

    let (storefront, yardstick) = (Process::start(ours).await?, Process::start(by_hand).await?);
    let create = HttpCall {
        method: "POST".to_owned(),
        target: "/api/users".to_owned(),
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: br#"{"name":"Ada Lovelace","email":"ada@example.com"}"#.to_vec(),
    };
    let (created, _) = storefront.call(&create).await?;
    let user: Value = serde_json::from_slice(&created.body)?;
    let id = user.get("id").and_then(Value::as_str).ok_or_else(|| format!("no user was created: {user}"))?;
    let call = HttpCall { method: "GET".to_owned(), target: format!("/api/users/{id}"), ..HttpCall::default() };
    let (ours, _) = storefront.call(&call).await?;
    let (by_hand, _) = yardstick.call(&call).await?;
    let (ours, by_hand) = (seen(&ours), seen(&by_hand));
    if ours != by_hand || ours.0 != 200 {
        return Err(format!("the answers differ:\n  storefront {ours:?}\n  by hand    {by_hand:?}").into());
    }
    Ok(call)
}

/// What a client goes by: status, type, version and body.
fn seen(reply: &HttpReply) -> (u16, Vec<(&str, &str)>, std::borrow::Cow<'_, str>) {
    let headers = reply.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let headers = headers.filter(|(name, _)| matches!(*name, "etag" | "content-type")).collect();
    (reply.status, headers, String::from_utf8_lossy(&reply.body))
}
