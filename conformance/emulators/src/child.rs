//! Processes: started so that they end with this one or outlive it, and ended by an identity that no other process has.

use std::fs::OpenOptions;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};

use crate::command::{command_line, on_path};

/// How long a process may take to end by itself.
const GRACE: Duration = Duration::from_secs(5);
const LOOK: Duration = Duration::from_millis(20);

/// How long a process is to live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lifetime {
    /// Until this process ends, however it ends, where the system can see to that; else until it is stopped. It belongs
    /// to the thread that starts it, which must be one that lasts.
    OfParent,
    /// Until it is stopped.
    Own,
}

/// A process and no other: identifiers are given out again, but not with the same moment of start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Identity {
    pub(crate) pid: i32,
    /// When it was started, as the system tells it.
    pub(crate) started: String,
    /// Whether it leads a group of its own, so that whatever it starts in turn can be ended with it.
    #[serde(default)]
    pub(crate) leads_group: bool,
}

/// Starts a command that reads nothing and writes into the log.
pub(crate) fn spawn(command: &Command, log: &Path, lifetime: Lifetime) -> Result<(Child, Identity)> {
    let (mut wrapped, leads_group) = match lifetime {
        Lifetime::OfParent => ended_with_parent(command),
        Lifetime::Own => (copy(command, None), true),
    };
    if leads_group {
        // The terminal's Ctrl-C is not for it.
        wrapped.process_group(0);
    }
    let out = OpenOptions::new().create(true).append(true).open(log);
    let out = out.with_context(|| format!("writing {}", log.display()))?;
    let errors = out.try_clone().context("a second handle on the log")?;
    wrapped.stdin(Stdio::null()).stdout(out).stderr(errors);
    let line = command_line(command);
    let child = wrapped.spawn().with_context(|| format!("starting {line}"))?;
    let pid = i32::try_from(child.id()).context("a process identifier")?;
    let started = started(pid).with_context(|| format!("{line} ended at once; see {}", log.display()))?;
    Ok((child, Identity { pid, started, leads_group }))
}

/// On Linux, the kernel is asked to end the process when the thread that started it is gone. Elsewhere it stays in this
/// process's group, for Ctrl-C to reach it.
fn ended_with_parent(command: &Command) -> (Command, bool) {
    if cfg!(target_os = "linux") && on_path("setpriv").is_some() {
        (copy(command, Some(&["setpriv", "--pdeathsig", "KILL", "--"])), true)
    } else {
        (copy(command, None), false)
    }
}

/// The same command again, run by another program if that is given.
fn copy(command: &Command, through: Option<&[&str]>) -> Command {
    let mut copy = match through {
        Some([program, arguments @ ..]) => {
            let mut copy = Command::new(program);
            copy.args(arguments).arg(command.get_program());
            copy
        }
        _ => Command::new(command.get_program()),
    };
    copy.args(command.get_args());
    if let Some(folder) = command.get_current_dir() {
        copy.current_dir(folder);
    }
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => copy.env(name, value),
            None => copy.env_remove(name),
        };
    }
    copy
}

impl Identity {
    /// Whether it still runs.
    pub(crate) fn is_alive(&self) -> bool {
        started(self.pid).is_some_and(|started| started == self.started)
    }

    /// Asks it to end, with all that it started, and ends what does not. `child` is the handle on it, if it is a child of
    /// this process.
    ///
    /// # Errors
    /// If it is still there afterwards.
    pub(crate) fn stop(&self, child: Option<&mut Child>) -> Result<()> {
        // Of one that has ended before, nothing tells whether a group of its number is the one it led.
        let leads_group = self.leads_group && self.is_alive();
        for (signal, patience) in [(Signal::SIGTERM, GRACE), (Signal::SIGKILL, GRACE)] {
            if !self.is_alive() {
                break;
            }
            // It may have ended by itself since.
            let _gone = if leads_group { killpg(self.number(), signal) } else { kill(self.number(), signal) };
            let deadline = Instant::now() + patience;
            while self.is_alive() && Instant::now() < deadline {
                std::thread::sleep(LOOK);
            }
        }
        if leads_group {
            // What it started may listen less than it does.
            let _gone = killpg(self.number(), Signal::SIGKILL);
        }
        if let Some(child) = child {
            child.try_wait().context("waiting for a child")?;
        }
        ensure!(!self.is_alive(), "the process {} does not end", self.pid);
        Ok(())
    }

    fn number(&self) -> Pid {
        Pid::from_raw(self.pid)
    }
}

/// When the process was started; `None` if there is none or it has ended and only waits to be reaped.
#[cfg(target_os = "linux")]
fn started(pid: i32) -> Option<String> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The second field is the program's name in parentheses and may hold anything; the third is the state, the
    // twenty-second the moment of start in ticks since the system was.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    let state = fields.next()?;
    (state != "Z" && state != "X").then(|| fields.nth(18).map(str::to_owned)).flatten()
}

/// When the process was started; `None` if there is none or it has ended and only waits to be reaped.
#[cfg(not(target_os = "linux"))]
fn started(pid: i32) -> Option<String> {
    let output = Command::new("ps").args(["-o", "stat=,lstart=", "-p", &pid.to_string()]).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let (state, started) = text.trim().split_once(' ')?;
    (!state.starts_with('Z')).then(|| started.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sleeping(lifetime: Lifetime) -> (Child, Identity, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new("sleep");
        command.arg("600");
        let (child, identity) = spawn(&command, &folder.path().join("log"), lifetime).unwrap();
        (child, identity, folder)
    }

    #[test]
    fn a_process_is_stopped_whatever_its_lifetime() {
        for lifetime in [Lifetime::OfParent, Lifetime::Own] {
            let (mut child, identity, _folder) = sleeping(lifetime);
            assert!(identity.is_alive());
            identity.stop(Some(&mut child)).unwrap();
            assert!(!identity.is_alive());
            assert!(child.try_wait().unwrap().is_some());
        }
    }

    #[test]
    fn another_process_of_the_same_number_is_left_alone() {
        let (mut child, identity, _folder) = sleeping(Lifetime::Own);
        let earlier = Identity { started: "1".to_owned(), ..identity.clone() };
        assert!(!earlier.is_alive());
        earlier.stop(None).unwrap();
        assert!(child.try_wait().unwrap().is_none(), "it was not meant");
        identity.stop(Some(&mut child)).unwrap();
    }

    #[test]
    fn what_it_started_ends_with_it() {
        for lifetime in [Lifetime::OfParent, Lifetime::Own] {
            let folder = tempfile::tempdir().unwrap();
            let log = folder.path().join("log");
            let mut command = Command::new("sh");
            command.args(["-c", "(trap '' TERM; while :; do sleep 1; done) & echo $!; wait"]);
            let (mut child, identity) = spawn(&command, &log, lifetime).unwrap();
            if !identity.leads_group {
                // Where the kernel does not end it with this process, it shares this one's group.
                identity.stop(Some(&mut child)).unwrap();
                continue;
            }
            let deadline = Instant::now() + GRACE;
            let inner: i32 = loop {
                if let Ok(pid) = std::fs::read_to_string(&log).unwrap().trim().parse() {
                    break pid;
                }
                assert!(Instant::now() < deadline, "it does not begin");
                std::thread::sleep(LOOK);
            };
            assert!(started(inner).is_some());
            identity.stop(Some(&mut child)).unwrap();
            while started(inner).is_some() {
                assert!(Instant::now() < deadline + GRACE, "what it started is left behind");
                std::thread::sleep(LOOK);
            }
        }
    }

    #[test]
    fn one_that_does_not_listen_is_ended_all_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        let mut command = Command::new("sh");
        command.args(["-c", "trap '' TERM; echo deaf; while :; do sleep 1; done"]);
        let (mut child, identity) = spawn(&command, &log, Lifetime::Own).unwrap();
        let deadline = Instant::now() + GRACE;
        while std::fs::read_to_string(&log).unwrap() != "deaf\n" {
            assert!(Instant::now() < deadline, "it does not begin");
            std::thread::sleep(LOOK);
        }
        identity.stop(Some(&mut child)).unwrap();
        assert!(!identity.is_alive());
    }
}
