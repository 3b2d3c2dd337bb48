//! A container: a process that the platform starts and ends.

use std::io::{self, BufRead as _, BufReader};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::{Child, Command, ExitStatus};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::{Google, Service};

/// From SIGTERM to SIGKILL.
const KILLED_AFTER: Duration = Duration::from_secs(10);

/// Cloud Run waits for four minutes until a container listens; nobody who tests has as much patience.
const START: Duration = Duration::from_mins(1);

/// How often it is looked whether something has happened.
const LOOK: Duration = Duration::from_millis(10);

/// A process with the environment of Cloud Run. Dropped, it is killed.
pub struct Container {
    service: Service,
    child: Child,
    /// Lines of standard output, if it was piped.
    lines: Arc<Mutex<Vec<String>>>,
    reader: Option<JoinHandle<()>>,
}

/// How a container ended.
#[derive(Debug)]
pub struct Stopped {
    /// How its process ended.
    pub status: ExitStatus,
    /// Whether it had to be killed.
    pub killed: bool,
    /// Lines of standard output, if it was piped.
    pub lines: Vec<String>,
}

impl Stopped {
    /// Whether it ended by itself, and well.
    pub fn was_graceful(&self) -> bool {
        !self.killed && self.status.success()
    }
}

impl Container {
    pub(super) async fn start(mut command: Command, google: &Google) -> io::Result<Self> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()?));
        command.envs(google.environment()).env("PORT", address.port().to_string());
        command.envs([
            ("K_SERVICE", "service"),
            ("K_REVISION", "service-00001-abc"),
            ("K_CONFIGURATION", "service"),
            ("CLOUD_RUN_TIMEOUT_SECONDS", "300"),
        ]);
        let mut child = command.spawn()?;
        let lines = Arc::new(Mutex::new(Vec::new()));
        let reader = child.stdout.take().map(|stdout| {
            let kept = Arc::clone(&lines);
            std::thread::spawn(move || {
                for line in BufReader::new(stdout).split(b'\n').map_while(Result::ok) {
                    let line = String::from_utf8_lossy(&line).into_owned();
                    kept.lock().unwrap_or_else(PoisonError::into_inner).push(line);
                }
            })
        });
        let mut container = Self { service: google.service(address), child, lines, reader };
        container.listening(address).await?;
        Ok(container)
    }

    async fn listening(&mut self, address: SocketAddr) -> io::Result<()> {
        let begun = Instant::now();
        while tokio::net::TcpStream::connect(address).await.is_err() {
            if let Some(status) = self.child.try_wait()? {
                self.read_on();
                let lines = self.lines().join("\n");
                return Err(io::Error::other(format!("it ended before it listened, with {status}: {lines}")));
            }
            if begun.elapsed() > START {
                return Err(io::Error::other(format!("it does not listen at {address}")));
            }
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    }

    /// What is reached in it.
    pub fn service(&self) -> Service {
        self.service.clone()
    }

    /// Lines of standard output so far, if it was piped.
    pub fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether its process lives.
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Sends SIGTERM and returns at once.
    pub fn terminate(&self) {
        if let Ok(id) = i32::try_from(self.child.id()) {
            // It may have ended by itself.
            kill(Pid::from_raw(id), Signal::SIGTERM).ok();
        }
    }

    /// Sends SIGTERM, and SIGKILL to what still runs ten seconds later.
    pub async fn stop(self) -> Stopped {
        self.terminate();
        self.ended().await
    }

    /// Waits for the end of a container that was told to end, for as long as the platform does.
    ///
    /// # Panics
    ///
    /// If the system does not tell how the process ended.
    pub async fn ended(mut self) -> Stopped {
        let begun = Instant::now();
        let mut killed = false;
        let status = loop {
            match self.child.try_wait() {
                Ok(Some(status)) => break status,
                Ok(None) if begun.elapsed() >= KILLED_AFTER && !killed => {
                    killed = true;
                    self.child.kill().ok();
                }
                Ok(None) => tokio::time::sleep(LOOK).await,
                Err(error) => panic!("how the container ended cannot be told: {error}"),
            }
        };
        self.read_on();
        Stopped { status, killed, lines: self.lines() }
    }

    /// Reads what the process wrote before it ended.
    fn read_on(&mut self) {
        if let Some(reader) = self.reader.take() {
            reader.join().ok();
        }
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        // It may have ended by itself.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// A port that nobody listens on at this moment.
fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}
