//! The real binary as a process, and a client of it.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

/// How long anything may take to happen.
const DEADLINE: Duration = Duration::from_secs(30);

/// The binary with these settings and no other.
pub(crate) fn app(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_app"));
    command.env_clear().current_dir(data).env("ANYPORT_DATA", data.join("data"));
    command.env("ANYPORT_SERVER__ADDRESS", "127.0.0.1:0");
    command.env("ANYPORT_SERVER__BLOB_POLL_INTERVAL", "100ms").env("ANYPORT_SERVER__RECEIVE_WAIT", "100ms");
    command
}

/// A server that runs; it is killed when this is dropped.
pub(crate) struct Server {
    child: Child,
    log: Arc<Mutex<Vec<String>>>,
    reader: Option<JoinHandle<()>>,
    address: String,
    agent: ureq::Agent,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    pub(crate) etag: Option<String>,
    pub(crate) location: Option<String>,
    pub(crate) text: String,
}

impl Answer {
    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The text at a field of the body.
    pub(crate) fn text_at(&self, field: &str) -> String {
        self.json()[field].as_str().unwrap_or_else(|| panic!("no text at {field}: {self:?}")).to_owned()
    }

    /// The body, if the status is this one.
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self:?}");
        self
    }

    /// The code of a problem with this status.
    pub(crate) fn problem(self, status: u16) -> String {
        let answer = self.expect(status);
        assert_eq!(answer.content_type, "application/problem+json", "{answer:?}");
        answer.text_at("code")
    }
}

impl Server {
    /// Starts the server in this folder, and waits until it is ready.
    pub(crate) fn start(data: &Path) -> Self {
        let mut child = app(data).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it starts");
        let lines = BufReader::new(child.stdout.take().expect("standard output")).lines();
        let log = Arc::new(Mutex::new(Vec::new()));
        let reader = std::thread::spawn({
            let log = Arc::clone(&log);
            move || lines.map_while(Result::ok).for_each(|line| log.lock().expect("no panic").push(line))
        });
        let agent = ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(DEADLINE)).build();
        let mut server = Self { child, log, reader: Some(reader), address: String::new(), agent: agent.into() };
        server.address = eventually("the server is ready", || {
            let ended = server.child.try_wait().expect("its status");
            assert!(ended.is_none(), "it ended: {ended:?}, {:?}", server.log());
            let ready = server.log().into_iter().find(|line| line["message"] == "ready")?;
            Some(ready["address"].as_str()?.to_owned())
        });
        server
    }

    /// What it has logged: each line of standard output is a JSON object.
    pub(crate) fn log(&self) -> Vec<Value> {
        let lines = self.log.lock().expect("no panic");
        let parse = |line: &String| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        lines.iter().map(parse).collect()
    }

    /// The path or signed URL as a URL of this server. It took a free port, which signed URLs do not know.
    fn url(&self, target: &str) -> String {
        let path = target.strip_prefix("http://127.0.0.1:0").unwrap_or(target);
        assert!(path.starts_with('/'), "{target}");
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn get(&self, target: &str) -> Answer {
        answer(self.agent.get(self.url(target)).call())
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Answer {
        answer(self.agent.post(self.url(path)).send_json(body))
    }

    pub(crate) fn post_nothing(&self, path: &str) -> Answer {
        answer(self.agent.post(self.url(path)).send_empty())
    }

    pub(crate) fn put(&self, path: &str, etag: &str, body: &Value) -> Answer {
        answer(self.agent.put(self.url(path)).header("If-Match", etag).send_json(body))
    }

    pub(crate) fn upload(&self, url: &str, content: &str) -> Answer {
        answer(self.agent.put(self.url(url)).content_type("text/csv").send(content))
    }

    pub(crate) fn delete(&self, path: &str) -> Answer {
        answer(self.agent.delete(self.url(path)).call())
    }

    /// Asks it to end, and waits until it has.
    pub(crate) fn stop(mut self) -> ExitStatus {
        let id = Pid::from_raw(self.child.id().try_into().expect("a process id"));
        kill(id, Signal::SIGTERM).expect("it runs");
        let status = eventually("the server ends", || self.child.try_wait().expect("its status"));
        self.reader.take().map(JoinHandle::join);
        self.log();
        status
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn answer(response: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Answer {
    let mut response = response.expect("an answer");
    let header = |name: &str| Some(response.headers().get(name)?.to_str().expect("ASCII").to_owned());
    let (content_type, etag, location) =
        (header("content-type").unwrap_or_default(), header("etag"), header("location"));
    let text = response.body_mut().read_to_string().expect("a body of text");
    Answer { status: response.status().as_u16(), content_type, etag, location, text }
}

/// Looks until there is something to see.
pub(crate) fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(start.elapsed() < DEADLINE, "{what}: not within {DEADLINE:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
