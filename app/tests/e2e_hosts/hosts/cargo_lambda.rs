//! `cargo lambda watch`: a host of other people's making, which the binary runs behind as it does behind AWS Lambda.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyport_conformance::hosts::gateway::Gateway;
use anyport_conformance::hosts::runtime_api::InvocationResult;
use async_trait::async_trait;
use serde_json::Value;

use super::aws_events::{AwsEvents, Invoke};
use super::{Host, HttpRequest};
use crate::http_client;
use crate::transcript::Answer;
use crate::world::{NOBODY, World};

/// It wants the name of a binary of the package.
const FUNCTION: &str = "app";

/// How long it may take to start.
const START: Duration = Duration::from_secs(30);

pub(crate) struct CargoLambda {
    emulator: Child,
    process: Child,
    function: Behind,
    events: AwsEvents,
}

/// The function, called through the emulator.
struct Behind {
    invocations: String,
    client: reqwest::Client,
}

impl Behind {
    async fn call(&self, event: &Value) -> Vec<u8> {
        let response = self.client.post(&self.invocations).body(event.to_string()).send().await.expect("an answer");
        let status = response.status();
        let bytes = response.bytes().await.expect("a body").to_vec();
        assert_eq!(status.as_u16(), 200, "{} to {event}", String::from_utf8_lossy(&bytes));
        bytes
    }
}

#[async_trait]
impl Invoke for Behind {
    async fn invoke(&self, event: &Value) -> Value {
        serde_json::from_slice(&self.call(event).await).expect("JSON")
    }
}

impl CargoLambda {
    pub(crate) async fn start(world: &World) -> Self {
        let program = std::env::var("ANYPORT_CARGO_LAMBDA")
            .unwrap_or_else(|_| panic!("ANYPORT_CARGO_LAMBDA is not set: run `cargo xtask test`, which installs it"));
        let port = free_port();
        let mut watch = Command::new(program);
        watch.args(["lambda", "watch", "--only-lambda-apis", "-A", "127.0.0.1", "-P", &port.to_string()]);
        // It looks for a package of cargo's, though it is told to build nothing.
        watch.current_dir(env!("CARGO_MANIFEST_DIR")).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let emulator = watch.spawn().expect("it starts");
        let start = Instant::now();
        while tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            assert!(start.elapsed() < START, "cargo lambda does not listen on port {port}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let mut command = world.app();
        command.env("ANYPORT_PUBLIC_URL", NOBODY);
        command.env("AWS_LAMBDA_RUNTIME_API", format!("http://127.0.0.1:{port}/.rt/{FUNCTION}"));
        command.envs([
            ("AWS_LAMBDA_FUNCTION_NAME", FUNCTION),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
        ]);
        // This host has no API for extensions that are part of the process.
        command.env("ANYPORT_AWS_LAMBDA__GRACEFUL_SHUTDOWN", "false").stdout(world.telling.stdout());
        let process = command.spawn().expect("it starts");
        let invocations = format!("http://127.0.0.1:{port}/2015-03-31/functions/{FUNCTION}/invocations");
        Self {
            emulator,
            process,
            function: Behind { invocations, client: http_client() },
            events: AwsEvents::of(world),
        }
    }
}

#[async_trait]
impl Host for CargoLambda {
    async fn ask(&mut self, request: &HttpRequest) -> Answer {
        let bytes = self.function.call(&Gateway::FunctionUrl.event(&request.call())).await;
        let reply = Gateway::FunctionUrl.reply(&InvocationResult::Response(bytes.into()));
        Answer { status: reply.status, headers: reply.headers, body: reply.body }
    }

    async fn fire(&mut self, function: &str) {
        self.function.invoke(&self.events.rule(function)).await;
    }

    async fn deliver(&mut self) {
        self.events.deliver(&self.function).await;
    }

    async fn stop(mut self: Box<Self>) {
        assert_eq!(self.process.try_wait().expect("its status"), None, "it lives on");
    }
}

impl Drop for CargoLambda {
    fn drop(&mut self) {
        for process in [&mut self.process, &mut self.emulator] {
            // It may have ended by itself.
            process.kill().ok();
            process.wait().ok();
        }
    }
}

/// A port that nobody listens on at this moment.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}
