//! The host of Azure Functions, as a custom handler meets it.
//!
//! It is a *double*, written from the facts about the host that the project keeps (its source, its tests, captured traffic), and
//! not the host itself, which no package registry has: what it shows is that a handler copes with these facts. The hostile ones
//! come first:
//!
//! - payloads come as JSON within a text, their properties are written over what the host says, instants lose their fractions;
//! - bodies come in chunks, without a length; bodies of clients that came so get lost, but where requests are proxied;
//! - after an empty answer, or `null`, an invocation hangs until `functionTimeout`, and then the handler is killed with all else
//!   that it does; `text/plain` is a failure;
//! - a text among the outputs that happens to be base64 is decoded;
//! - a request whose connection breaks is sent again, up to ten times;
//! - the handler is killed without a signal; it is started again by its exit code, until the third error;
//! - a message that fails is moved to `<queue>-poison` after `maxDequeueCount` deliveries.
//!
//! It reads `host.json` and each `function.json` as the host does, and starts from them.

mod answer;
mod client;
mod files;
mod payload;
mod requests;
mod routes;
#[cfg(test)]
mod tests;
mod triggers;
mod worker;

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

pub use answer::{Answer, Outcome, Output};
pub use files::{App, Binding, CustomHandler, Description, FunctionJson, HostJson, RetryPolicy};
pub use triggers::{Fate, QueueMessage};
pub use worker::{Handler, LogLine};

use answer::Read;
use client::{Ask, Sent};
use payload::Payload;
use worker::{Start, Worker};

/// The version that the host says it is.
const VERSION: &str = "4.1037.0.0";

const INVOCATION_ID: &str = "x-azure-functions-invocationid";

/// Redirects that are followed after an event.
const MAX_REDIRECTS: u32 = 5;

/// Why the host did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The app's files are wrong.
    #[error("the app cannot be read:\n- {}", .0.join("\n- "))]
    Files(Vec<String>),
    /// The handler does not come, or ended.
    #[error("{0}")]
    Handler(String),
}

/// Something that the host did, or met, which a handler should not bring it to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// A handler answered nothing, or `null`: the invocation hangs.
    EmptyAnswer {
        /// The function.
        function: String,
    },
    /// A text among the outputs was base64, and was decoded.
    Decoded {
        /// The function.
        function: String,
        /// The output, or `$return`.
        output: String,
    },
    /// An answer to a request has `status`, which is not heard.
    StatusIgnored {
        /// The function.
        function: String,
    },
    /// A request was sent again.
    Repeated {
        /// Its path and query.
        target: String,
        /// The attempt that failed, from 1.
        attempt: u32,
        /// Why.
        problem: String,
    },
    /// An invocation took longer than `functionTimeout`: the handler was killed.
    TimedOut {
        /// The function.
        function: String,
    },
}

/// Why there is no answer.
enum Failure {
    /// The connection broke, or there is no handler.
    Broken(String),
    TimedOut,
}

/// The host, until it is dropped; the handler is killed then.
pub struct FunctionsHost {
    app: App,
    worker: Worker,
    notices: Mutex<Vec<Notice>>,
    /// Connections of requests that are to break.
    cuts: AtomicU32,
    guids: AtomicU64,
    retry_delay: Mutex<Duration>,
}

impl FunctionsHost {
    /// Starts the host of the app in this folder, with the handler that its `host.json` names, and waits until that answers.
    pub async fn start(root: &Path) -> Result<Self, StartError> {
        let app = App::read(root).map_err(StartError::Files)?;
        let command = app.command();
        Self::of(app, Handler::Logged(command)).await
    }

    /// Starts the host of the app in this folder with another handler than its `host.json` names.
    pub async fn start_with(root: &Path, handler: Handler) -> Result<Self, StartError> {
        let app = App::read(root).map_err(StartError::Files)?;
        Self::of(app, handler).await
    }

    async fn of(app: App, handler: Handler) -> Result<Self, StartError> {
        let worker = Worker::keep(Start {
            handler,
            port: app.host.custom_handler.port,
            root: app.root.display().to_string(),
            within: app.initialization_timeout(),
        });
        let host = Self {
            app,
            worker,
            notices: Mutex::new(Vec::new()),
            cuts: AtomicU32::new(0),
            guids: AtomicU64::new(0),
            retry_delay: Mutex::new(Duration::from_millis(100)),
        };
        host.worker.address().await.map_err(StartError::Handler)?;
        Ok(host)
    }

    /// What it has read of the app.
    pub fn app(&self) -> &App {
        &self.app
    }

    /// What it met that a handler should not bring it to, in order.
    pub fn notices(&self) -> Vec<Notice> {
        lock(&self.notices).clone()
    }

    /// What the handler wrote, if the host reads it.
    pub fn log(&self) -> Vec<LogLine> {
        self.worker.log()
    }

    /// How often the handler was started.
    pub fn starts(&self) -> u32 {
        self.worker.starts()
    }

    /// Why the handler will not be started again, if so.
    pub fn ended(&self) -> Option<String> {
        self.worker.ended()
    }

    /// Waits until the handler answers; in words why it never will.
    pub async fn ready(&self) -> Result<(), String> {
        self.worker.address().await.map(drop)
    }

    /// SIGKILL to the handler, as when the app is scaled in; then it is started again.
    pub fn kill(&self) {
        self.worker.kill();
    }

    /// Breaks the connections of so many requests to come, each when its answer begins: the host sends them again.
    pub fn break_connections(&self, count: u32) {
        self.cuts.store(count, Ordering::SeqCst);
    }

    /// How long a retry policy waits here, whatever it says itself. Default 100 ms.
    pub fn retry_after(&self, delay: Duration) {
        *lock(&self.retry_delay) = delay;
    }

    fn retry_delay(&self) -> Duration {
        *lock(&self.retry_delay)
    }

    fn worker(&self) -> &Worker {
        &self.worker
    }

    fn note(&self, notice: Notice) {
        lock(&self.notices).push(notice);
    }

    fn cuts(&self) -> bool {
        self.cuts.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok()
    }

    fn guid(&self) -> String {
        let count = self.guids.fetch_add(1, Ordering::SeqCst) + 1;
        format!("5e0f1e9a-0000-4000-8000-{count:012x}")
    }

    /// Calls a function by an event.
    async fn invoke(&self, name: &str, payload: Payload) -> Outcome {
        let id = self.guid();
        let trace = format!("00-{:032x}-{:016x}-01", 0xa2_u128 << 64 | u128::from(count(&id)), count(&id));
        let body = payload.called(name, &self.guid(), "2026-01-01T00:00:01.1Z").to_json();
        let headers = [
            ("x-azure-functions-hostversion", VERSION.to_owned()),
            (INVOCATION_ID, id),
            ("user-agent", format!("Azure-Functions-Host/{VERSION}")),
            ("content-type", "application/json; charset=utf-8".to_owned()),
            ("traceparent", trace),
        ];
        let headers = headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let ask = Ask {
            method: "POST".to_owned(),
            target: format!("/{name}"),
            headers,
            body: Sent::Chunked(body.into_bytes()),
        };
        match self.followed(ask).await {
            Ok(reply) => self.judge(name, &reply).await,
            Err(Failure::Broken(problem)) => Outcome::Failed(problem),
            Err(Failure::TimedOut) => self.timed_out(name),
        }
    }

    /// Redirects are followed.
    async fn followed(&self, mut ask: Ask) -> Result<client::Reply, Failure> {
        for _ in 0..=MAX_REDIRECTS {
            let reply = self.send(&ask, false).await?;
            let place = reply.header("location").filter(|_| (300..400).contains(&reply.status)).map(str::to_owned);
            let Some(place) = place else { return Ok(reply) };
            let path = place
                .split_once("://")
                .map_or(place.as_str(), |(_, rest)| rest.find('/').map_or("/", |at| &rest[at..]));
            ask = Ask { method: "GET".to_owned(), target: path.to_owned(), headers: Vec::new(), body: Sent::Nothing };
        }
        Err(Failure::Broken("too many redirects".to_owned()))
    }

    async fn judge(&self, name: &str, reply: &client::Reply) -> Outcome {
        let mut decoded = Vec::new();
        match answer::read(reply, &self.app.functions[name], &mut decoded) {
            Read::Answer(answer) => {
                for output in decoded {
                    self.note(Notice::Decoded { function: name.to_owned(), output });
                }
                Outcome::Succeeded(answer)
            }
            Read::Failed(problem) => Outcome::Failed(problem),
            Read::Hangs => {
                self.note(Notice::EmptyAnswer { function: name.to_owned() });
                tokio::time::sleep(self.app.function_timeout()).await;
                self.kill();
                self.timed_out(name)
            }
        }
    }

    fn timed_out(&self, name: &str) -> Outcome {
        self.note(Notice::TimedOut { function: name.to_owned() });
        Outcome::TimedOut
    }
}

impl App {
    /// The command that `host.json` names.
    fn command(&self) -> Command {
        let description = &self.host.custom_handler.description;
        let own = self.root.join(&description.default_executable_path);
        let executable = if own.exists() { own } else { PathBuf::from(&description.default_executable_path) };
        let mut command = Command::new(executable);
        command.args(&description.arguments);
        let folder = description.working_directory.as_deref().unwrap_or_default();
        command.current_dir(self.root.join(folder));
        command
    }
}

/// The number at the end of one of this host's names.
fn count(guid: &str) -> u64 {
    guid.rsplit('-').next().and_then(|digits| u64::from_str_radix(digits, 16).ok()).unwrap_or(1)
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for FunctionsHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FunctionsHost").field("functions", &self.app.functions.keys()).finish_non_exhaustive()
    }
}
