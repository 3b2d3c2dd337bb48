//! Starting emulators: on ports that are free, and not done before they answer.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::child::{self, Lifetime};
use crate::command::command_line;
use crate::emulator::Emulator;
use crate::fleet::Instance;
use crate::tools::Tools;

/// How long an emulator may take to answer. One in Java takes eight seconds by itself, and several times that on a machine
/// that builds beside it.
const READY_WITHIN: Duration = Duration::from_mins(3);
const LOOK: Duration = Duration::from_millis(20);
/// Another process may take the free port before the emulator does.
const ATTEMPTS: usize = 3;

/// An emulator that may not answer yet.
pub(crate) struct Starting<'a> {
    emulator: &'static Emulator,
    program: std::path::PathBuf,
    folder: &'a Path,
    lifetime: Lifetime,
    attempts: usize,
    begun: Instant,
    pub(crate) instance: Instance,
    pub(crate) child: Child,
}

impl<'a> Starting<'a> {
    /// Installs the emulator if it is missing, and starts it. It writes its log and files into the folder.
    pub(crate) fn begin(
        emulator: &'static Emulator,
        tools: &Tools,
        folder: &'a Path,
        lifetime: Lifetime,
    ) -> Result<Self> {
        let program = tools.provide(emulator.tool)?.program;
        let (instance, child) = launch(emulator, &program, folder, lifetime)?;
        Ok(Self { emulator, program, folder, lifetime, attempts: 1, begun: Instant::now(), instance, child })
    }

    /// Waits until it answers.
    ///
    /// # Errors
    /// If it ends or does not answer in time; the error holds the end of its log.
    pub(crate) fn wait(&mut self, tools: &Tools) -> Result<()> {
        let deadline = Instant::now() + READY_WITHIN;
        loop {
            // Asked first: who answers on the port of a process that has ended is another.
            let answers = self.emulator.answers(self.instance.port, &self.instance.folder);
            if !self.instance.identity.is_alive() {
                self.child.try_wait().context("waiting for a child")?;
                if self.attempts == ATTEMPTS {
                    bail!("{} ended before it answered; {}", self.emulator.name, self.last_words());
                }
                self.attempts += 1;
                (self.instance, self.child) = launch(self.emulator, &self.program, self.folder, self.lifetime)?;
            } else if answers {
                let Instance { port, identity, .. } = &self.instance;
                let took = self.begun.elapsed().as_secs_f64();
                tools.tell(&format!(
                    "{} answers on 127.0.0.1:{port} after {took:.1} s (process {})",
                    self.emulator.name, identity.pid
                ));
                return Ok(());
            } else if Instant::now() >= deadline {
                bail!("{} does not answer within {READY_WITHIN:?}; {}", self.emulator.name, self.last_words());
            }
            std::thread::sleep(LOOK);
        }
    }

    fn last_words(&self) -> String {
        let log = &self.instance.log;
        let text = std::fs::read(log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        let end = lines.get(lines.len().saturating_sub(10)..).unwrap_or_default().join("\n");
        format!("its log {} ends with:\n{end}", log.display())
    }
}

fn launch(emulator: &'static Emulator, program: &Path, folder: &Path, lifetime: Lifetime) -> Result<(Instance, Child)> {
    let port = free_port()?;
    let files = folder.join(format!("{}-{port}", emulator.name));
    fs::create_dir_all(&files).with_context(|| format!("creating {}", files.display()))?;
    let mut command = Command::new(program);
    emulator.prepare(&mut command, port, &files);
    let log = folder.join(format!("{}-{port}.log", emulator.name));
    let (child, identity) =
        child::spawn(&command, &log, lifetime).with_context(|| format!("starting {}", command_line(&command)))?;
    Ok((Instance { emulator: emulator.name.to_owned(), port, log, folder: files, identity }, child))
}

/// A port of the loopback address that nobody listens on.
fn free_port() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("taking a free port")?;
    Ok(listener.local_addr().context("the port taken")?.port())
}
