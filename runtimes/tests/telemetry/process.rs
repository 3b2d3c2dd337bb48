//! The workload in a process of its own: this test binary, which the tests start again.

use std::fmt::Write as _;
use std::io::Write as _;
use std::net::SocketAddr;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyport_conformance::hosts::gateway::{Gateway, HttpCall};
use anyport_conformance::hosts::runtime_api::{Invocation, InvocationResult, RuntimeApi};
use anyport_memory::MemoryStore;
use anyport_ports::Clock;
use anyport_ports::resources::Provision as _;
use anyport_runtimes::aws_lambda::{self, LambdaSettings};
use anyport_runtimes::host::{self, Host};
use anyport_runtimes::logs::{LogFormat, LogSettings};
use anyport_runtimes::server::{self, ServerSettings};
use anyport_runtimes::telemetry::{Telemetry, TelemetrySettings};
use anyport_runtimes::{Surroundings, SystemClock};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::shop;

/// Set for a process that is to serve: its telemetry.
const TELEMETRY: &str = "ANYPORT_TEST_TELEMETRY";

/// What it writes before anything else that counts: the test harness has said something by then.
const BEGIN: &str = "the process begins";

/// Longest wait for anything.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// Started by the tests, it serves; by itself it is nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_serves_where_it_was_started_to() {
    let Ok(settings) = std::env::var(TELEMETRY) else { return };
    writeln!(std::io::stdout(), "\n{BEGIN}").unwrap();
    let settings: TelemetrySettings = serde_json::from_str(&settings).unwrap();
    let log = LogSettings { format: LogFormat::Json, ..LogSettings::default() };
    let telemetry = Telemetry::install(&settings, &log).unwrap();

    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let (store, workload) = (MemoryStore::new(Arc::clone(&clock)), shop::workload());
    store.handle().provision(&workload.resources()).await.unwrap();
    let (ports, surroundings) = (shop::ports(&store, &clock), Surroundings::none().told_by(Some(telemetry)));
    match host::detect().unwrap() {
        Host::Server => {
            let settings = ServerSettings {
                address: "127.0.0.1:0".parse().unwrap(),
                receive_wait: Duration::from_millis(50),
                blob_poll_interval: Duration::from_millis(20),
                ..ServerSettings::default()
            };
            let listener = server::listen(&settings).await.unwrap();
            server::serve(listener, workload, ports, surroundings, settings, |_| {}).await.unwrap();
        }
        Host::AwsLambda => {
            aws_lambda::serve(workload, ports, surroundings, LambdaSettings::default()).await.unwrap();
        }
        other => panic!("no test runs on {other:?}"),
    }
    // Without what the harness would say.
    std::process::exit(0);
}

/// A process that serves.
pub(crate) struct Process {
    child: Child,
    lines: Arc<Mutex<Vec<String>>>,
    reader: JoinHandle<()>,
    at: At,
}

enum At {
    Server(SocketAddr),
    Lambda(RuntimeApi),
}

impl Process {
    pub(crate) async fn server(settings: &TelemetrySettings) -> Self {
        let (child, lines, reader) = start(settings, vec![("ANYPORT_RUNTIME", "server".to_owned())]);
        let at = At::Server(SocketAddr::from(([127, 0, 0, 1], 0)));
        let mut process = Self { child, lines, reader, at };
        let ready = process.line(|line| line["message"] == "ready").await;
        process.at = At::Server(ready["address"].as_str().unwrap().parse().unwrap());
        process
    }

    pub(crate) async fn lambda(settings: &TelemetrySettings) -> Self {
        let api = RuntimeApi::start().await.unwrap();
        let (child, lines, reader) = start(settings, api.environment());
        timeout(PATIENCE, api.polled()).await.expect("it asks for an event");
        Self { child, lines, reader, at: At::Lambda(api) }
    }

    /// The status of the answer to a request.
    pub(crate) async fn request(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> u16 {
        match &self.at {
            At::Server(address) => {
                let mut request =
                    format!("{method} {path} HTTP/1.1\r\nhost: h\r\nconnection: close\r\ncontent-length: 0\r\n");
                for (name, value) in headers {
                    write!(request, "{name}: {value}\r\n").unwrap();
                }
                request.push_str("\r\n");
                let mut stream = TcpStream::connect(address).await.unwrap();
                stream.write_all(request.as_bytes()).await.unwrap();
                let mut answer = String::new();
                timeout(PATIENCE, stream.read_to_string(&mut answer)).await.unwrap().unwrap();
                answer.split(' ').nth(1).unwrap().parse().unwrap()
            }
            At::Lambda(api) => {
                let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
                let (method, target) = (method.to_owned(), path.to_owned());
                let call = HttpCall { method, target, headers, body: Vec::new() };
                let invocation = Invocation::new(Gateway::FunctionUrl.event(&call).to_string());
                let result: InvocationResult = timeout(PATIENCE, api.invoke(invocation)).await.expect("it answers");
                Gateway::FunctionUrl.reply(&result).status
            }
        }
    }

    /// The first line of the log of this kind, once it is there.
    pub(crate) async fn line(&self, of_kind: impl Fn(&Value) -> bool) -> Value {
        let found = async {
            loop {
                let parsed = |line: &String| serde_json::from_str::<Value>(line).ok();
                let found = self.lines.lock().unwrap().iter().filter_map(parsed).find(&of_kind);
                if let Some(found) = found {
                    return found;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let waited = timeout(PATIENCE, found).await;
        waited.unwrap_or_else(|_| panic!("no such line in {:#?}", self.lines.lock().unwrap()))
    }

    /// Freezes it, as a host does between calls.
    pub(crate) fn freeze(&self) {
        kill(self.id(), Signal::SIGSTOP).unwrap();
    }

    pub(crate) fn thaw(&self) {
        kill(self.id(), Signal::SIGCONT).unwrap();
    }

    /// Sends SIGTERM; all that it wrote to standard output, and to standard error.
    pub(crate) async fn terminate(mut self) -> (Vec<String>, String) {
        kill(self.id(), Signal::SIGTERM).unwrap();
        let mut errors = String::new();
        let mut stderr = self.child.stderr.take().unwrap();
        timeout(PATIENCE, stderr.read_to_string(&mut errors)).await.expect("it ends").unwrap();
        let status = timeout(PATIENCE, self.child.wait()).await.expect("it ends").unwrap();
        timeout(PATIENCE, &mut self.reader).await.expect("its output ends").unwrap();
        assert!(status.success(), "{status}: {errors}");
        let lines = std::mem::take(&mut *self.lines.lock().unwrap());
        (lines, errors)
    }

    fn id(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.child.id().unwrap()).unwrap())
    }
}

fn start(
    settings: &TelemetrySettings,
    environment: Vec<(&str, String)>,
) -> (Child, Arc<Mutex<Vec<String>>>, JoinHandle<()>) {
    let test = concat!(module_path!(), "::it_serves_where_it_was_started_to");
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test.split_once("::").unwrap().1, "--nocapture"])
        .envs(environment)
        .env(TELEMETRY, serde_json::to_string(settings).unwrap())
        .env_remove("RUST_BACKTRACE")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let lines = Arc::new(Mutex::new(Vec::new()));
    let (kept, stdout) = (Arc::clone(&lines), child.stdout.take().unwrap());
    let reader = tokio::spawn(async move {
        let (mut read, mut begun) = (BufReader::new(stdout).split(b'\n'), false);
        while let Some(line) = read.next_segment().await.unwrap() {
            let line = String::from_utf8(line).expect("UTF-8");
            if begun {
                kept.lock().unwrap().push(line);
            } else {
                begun = line == BEGIN;
            }
        }
    });
    (child, lines, reader)
}
