//! The real binary as a process of its own: started on a free port, asked over HTTP, its log read, ended in every way.

#![allow(dead_code, unused_imports, reason = "each test target that has this module uses a part of it")]

mod client;
pub(crate) mod tokens;

use std::io::{BufRead as _, BufReader};
use std::ops::Deref;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

pub(crate) use client::{Answer, Client};

/// How long anything may take to happen.
const DEADLINE: Duration = Duration::from_secs(30);

/// The binary with these settings and no other.
pub(crate) fn app(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_app"));
    command.env_clear().current_dir(data).env("ANYPORT_DATA", data.join("data"));
    command.env("ANYPORT_SERVER__ADDRESS", "127.0.0.1:0");
    command.env("ANYPORT_SERVER__BLOB_POLL_INTERVAL", "100ms").env("ANYPORT_SERVER__RECEIVE_WAIT", "100ms");
    command.env("ANYPORT_SCHEDULES__RELAY", "* * * * * *");
    let (name, value) = tokens::setting();
    command.env(name, value);
    command
}

/// A server that runs; it is killed when this is dropped. It dereferences to a client of its own.
pub(crate) struct Server {
    child: Child,
    log: Arc<Mutex<Vec<String>>>,
    reader: Option<JoinHandle<()>>,
    client: Client,
}

impl Server {
    /// Starts the server in this folder, and waits until it is ready.
    pub(crate) fn start(data: &Path) -> Self {
        Self::spawn(&mut app(data))
    }

    /// Starts the server by this command, and waits until it is ready.
    pub(crate) fn spawn(command: &mut Command) -> Self {
        Self::spawn_telling(command, Stdio::null())
    }

    /// As [`Self::spawn`]; its standard error goes there.
    pub(crate) fn spawn_telling(command: &mut Command, stderr: Stdio) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(stderr).spawn().expect("it starts");
        let lines = BufReader::new(child.stdout.take().expect("standard output")).lines();
        let log = Arc::new(Mutex::new(Vec::new()));
        let reader = std::thread::spawn({
            let log = Arc::clone(&log);
            move || lines.map_while(Result::ok).for_each(|line| log.lock().expect("no panic").push(line))
        });
        let mut server = Self { child, log, reader: Some(reader), client: Client::new("") };
        let address = eventually("the server is ready", || {
            let ended = server.child.try_wait().expect("its status");
            assert!(ended.is_none(), "it ended: {ended:?}, {:?}", server.log());
            let ready = server.log().into_iter().find(|line| line["message"] == "ready")?;
            Some(ready["address"].as_str()?.to_owned())
        });
        server.client = Client::new(&address);
        server
    }

    /// What it has logged: each line of standard output is a JSON object.
    pub(crate) fn log(&self) -> Vec<Value> {
        let lines = self.log.lock().expect("no panic");
        let parse = |line: &String| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        lines.iter().map(parse).collect()
    }

    /// Asks it to end.
    pub(crate) fn terminate(&self) {
        let id = Pid::from_raw(self.child.id().try_into().expect("a process id"));
        kill(id, Signal::SIGTERM).expect("it runs");
    }

    /// Waits until it has ended: how, and all that it has logged.
    pub(crate) fn ended(mut self) -> (ExitStatus, Vec<Value>) {
        let status = eventually("the server ends", || self.child.try_wait().expect("its status"));
        self.reader.take().map(JoinHandle::join);
        (status, self.log())
    }

    /// Asks it to end, and waits until it has.
    pub(crate) fn stop(self) -> ExitStatus {
        self.terminate();
        self.ended().0
    }

    /// Ends it at once, by SIGKILL.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("its status");
    }
}

impl Deref for Server {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Looks until there is something to see.
pub(crate) fn eventually<T>(what: &str, look: impl FnMut() -> Option<T>) -> T {
    eventually_within(DEADLINE, what, look)
}

/// Looks until there is something to see, which takes longer than most.
pub(crate) fn eventually_within<T>(deadline: Duration, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(start.elapsed() < deadline, "{what}: not within {deadline:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
