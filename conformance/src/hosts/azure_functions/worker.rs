//! The handler's process: started, asked until it answers, started again by its exit code, and killed without a word.

use std::io::{self, BufRead as _, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::task::JoinSet;

use super::client::{self, Ask, Sent};

/// Between two looks at a process that starts.
const PING: Duration = Duration::from_millis(25);

/// Between two looks at a process that runs.
const LOOK: Duration = Duration::from_millis(10);

/// Exits in error before the host gives the handler up.
const MAX_ERRORS: u32 = 3;

/// What is called.
pub enum Handler {
    /// A process, started by this command with the host's variables added. Its output is the command's affair.
    Command(Command),
    /// A process, started by this command, whose output the host reads line by line.
    Logged(Command),
    /// Whatever listens there: it is neither started nor killed.
    At(SocketAddr),
}

/// Where the handler is in its life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Starting,
    Ready(SocketAddr),
    /// It will not come back, in words why.
    Ended(String),
}

/// A line that the handler wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// As the host files it: all of standard output is information; of standard error what has "warn" in it is a warning, the
    /// rest an error.
    pub level: &'static str,
    /// The line.
    pub text: String,
}

/// The handler, kept alive.
pub(super) struct Worker {
    shared: Arc<Shared>,
    phase: watch::Receiver<Phase>,
    /// Dropped with it: nobody starts it again.
    _keeper: JoinSet<()>,
}

struct Shared {
    child: Mutex<Option<Child>>,
    /// That the host is gone, so that nothing is started any more. Looked at and changed while `child` is locked.
    closed: Mutex<bool>,
    /// That the host has killed it: it is started again, and not counted.
    killed: Mutex<bool>,
    log: Mutex<Vec<LogLine>>,
    starts: Mutex<u32>,
}

/// What the host starts a process with.
pub(super) struct Start {
    pub(super) handler: Handler,
    pub(super) port: Option<u16>,
    pub(super) root: String,
    pub(super) within: Duration,
}

impl Worker {
    pub(super) fn keep(start: Start) -> Self {
        let shared = Arc::new(Shared {
            child: Mutex::new(None),
            closed: Mutex::new(false),
            killed: Mutex::new(false),
            log: Mutex::new(Vec::new()),
            starts: Mutex::new(0),
        });
        let (sender, phase) = watch::channel(Phase::Starting);
        let mut keeper = JoinSet::new();
        keeper.spawn(run(start, Arc::clone(&shared), sender));
        Self { shared, phase, _keeper: keeper }
    }

    /// Where it listens, once it answers; in words why it never will.
    pub(super) async fn address(&self) -> Result<SocketAddr, String> {
        let mut phase = self.phase.clone();
        let settled = phase.wait_for(|phase| *phase != Phase::Starting).await;
        match settled.map(|phase| phase.clone()) {
            Ok(Phase::Ready(address)) => Ok(address),
            Ok(Phase::Ended(why)) => Err(why),
            Ok(Phase::Starting) | Err(_) => Err("nobody keeps the handler alive".to_owned()),
        }
    }

    /// SIGKILL.
    pub(super) fn kill(&self) {
        *lock(&self.shared.killed) = true;
        if let Some(child) = &mut *lock(&self.shared.child) {
            // It may have ended by itself.
            child.kill().ok();
        }
    }

    pub(super) fn log(&self) -> Vec<LogLine> {
        lock(&self.shared.log).clone()
    }

    pub(super) fn starts(&self) -> u32 {
        *lock(&self.shared.starts)
    }

    /// Why it will not be started again, if so.
    pub(super) fn ended(&self) -> Option<String> {
        match &*self.phase.borrow() {
            Phase::Ended(why) => Some(why.clone()),
            _ => None,
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // Whoever keeps the handler alive still runs, on another thread perhaps, and would start it again.
        let mut place = lock(&self.shared.child);
        *lock(&self.shared.closed) = true;
        if let Some(child) = &mut *place {
            child.kill().ok();
            child.wait().ok();
        }
    }
}

async fn run(mut start: Start, shared: Arc<Shared>, phase: watch::Sender<Phase>) {
    let tell = |next: Phase| {
        // Nobody may be there any more.
        phase.send(next).ok();
    };
    let mut errors = 0;
    loop {
        let address = match begin(&mut start, &shared) {
            Ok(address) => address,
            Err(error) => return tell(Phase::Ended(format!("the handler cannot be started: {error}"))),
        };
        let ended = match ready(&start, &shared, address).await {
            Ready::Yes => {
                tell(Phase::Ready(address));
                exit(&start, &shared).await
            }
            Ready::No(status) => status,
            Ready::Late => return tell(Phase::Ended(format!("the handler did not answer within {:?}", start.within))),
        };
        tell(Phase::Starting);
        let killed = std::mem::take(&mut *lock(&shared.killed));
        match ended.code() {
            _ if killed => {}
            Some(0) => return tell(Phase::Ended("the handler ended with 0: it is not started again".to_owned())),
            Some(200) => {}
            code => {
                errors += 1;
                if errors >= MAX_ERRORS {
                    return tell(Phase::Ended(format!("the handler failed {errors} times, at last with {code:?}")));
                }
            }
        }
    }
}

/// Starts the process; where it is to listen.
fn begin(start: &mut Start, shared: &Arc<Shared>) -> io::Result<SocketAddr> {
    let (command, logged) = match &mut start.handler {
        Handler::At(address) => return Ok(*address),
        Handler::Command(command) => (command, false),
        Handler::Logged(command) => (command, true),
    };
    let port = match start.port {
        Some(port) => port,
        None => std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port(),
    };
    let id = format!("worker-{port}");
    for (name, value) in [
        ("FUNCTIONS_CUSTOMHANDLER_PORT", port.to_string()),
        ("FUNCTIONS_CUSTOMHANDLER_WORKER_ID", id.clone()),
        ("FUNCTIONS_HTTPWORKER_PORT", port.to_string()),
        ("FUNCTIONS_HTTPWORKER_ID", id),
        ("FUNCTIONS_APP_ROOT_PATH", start.root.clone()),
    ] {
        command.env(name, value);
    }
    command.stdin(Stdio::null());
    if logged {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
    }
    let mut place = lock(&shared.child);
    if *lock(&shared.closed) {
        return Err(io::Error::other("the host is gone"));
    }
    let mut child = command.spawn()?;
    *lock(&shared.starts) += 1;
    if let Some(stdout) = child.stdout.take() {
        read(stdout, Arc::clone(shared), |_| "Information");
    }
    if let Some(stderr) = child.stderr.take() {
        let level = |line: &str| if line.to_lowercase().contains("warn") { "Warning" } else { "Error" };
        read(stderr, Arc::clone(shared), level);
    }
    *place = Some(child);
    Ok(SocketAddr::from(([127, 0, 0, 1], port)))
}

enum Ready {
    Yes,
    /// It ended before, with this code.
    No(ExitStatus),
    Late,
}

/// Any answer will do, whatever its status.
async fn ready(start: &Start, shared: &Shared, address: SocketAddr) -> Ready {
    let ping = Ask { method: "GET".to_owned(), target: "/".to_owned(), headers: Vec::new(), body: Sent::Nothing };
    let since = Instant::now();
    loop {
        if let Some(status) = ended(shared) {
            return Ready::No(status);
        }
        let left = start.within.saturating_sub(since.elapsed());
        match tokio::time::timeout(left, client::send(address, &ping, false)).await {
            Ok(Ok(_)) => return Ready::Yes,
            Ok(Err(_)) => tokio::time::sleep(PING).await,
            Err(_elapsed) => {}
        }
        if since.elapsed() >= start.within {
            return Ready::Late;
        }
    }
}

/// Waits for the process to end.
async fn exit(start: &Start, shared: &Shared) -> ExitStatus {
    loop {
        match ended(shared) {
            Some(status) => return status,
            None if matches!(start.handler, Handler::At(_)) => std::future::pending::<()>().await,
            None => tokio::time::sleep(LOOK).await,
        }
    }
}

/// How a process has ended, if it has.
fn ended(shared: &Shared) -> Option<ExitStatus> {
    lock(&shared.child).as_mut()?.try_wait().ok()?
}

fn read(
    output: impl Read + Send + 'static,
    shared: Arc<Shared>,
    level: impl Fn(&str) -> &'static str + Send + 'static,
) {
    std::thread::spawn(move || {
        for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
            let text = String::from_utf8_lossy(&line).into_owned();
            lock(&shared.log).push(LogLine { level: level(&text), text });
        }
    });
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
