//! `anyport dev`: the workload on this machine, restarted on every change.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode};
use std::time::{Duration, Instant, SystemTime};

use anyhow::Context as _;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::workload::Workload;
use crate::paint;

/// Builds and runs the workload of this workspace, and again whenever a source changes. While a change does not compile,
/// the last build goes on running.
#[derive(clap::Args)]
pub struct Args {
    /// Package of the workload; the default member of the workspace if not given
    #[arg(long, short, value_name = "NAME")]
    package: Option<String>,

    /// Run once, without watching
    #[arg(long)]
    once: bool,

    /// Arguments of the workload, after `--`
    #[arg(last = true)]
    arguments: Vec<String>,
}

/// How often sources are looked at.
const LOOK: Duration = Duration::from_millis(500);
/// How long the workload may take to drain before it is killed.
const GRACE: Duration = Duration::from_secs(35);

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let workload = Workload::find(args.package.as_deref())?;
    let start =
        || Command::new(&workload.executable).args(&args.arguments).spawn().context("the workload does not start");
    if args.once {
        if !workload.build()? {
            return Ok(ExitCode::FAILURE);
        }
        let status = start()?.wait()?;
        return Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    let mut seen = newest(&workload.sources);
    let mut running = if workload.build()? { Some(start()?) } else { None };
    loop {
        std::thread::sleep(LOOK);
        let now = newest(&workload.sources);
        if now == seen {
            continue;
        }
        seen = now;
        anstream::eprintln!("{}", paint::faint("a source changed: building"));
        if !workload.build()? {
            anstream::eprintln!("{}", paint::bad("it does not compile: the last build goes on"));
            continue;
        }
        if let Some(child) = running.take() {
            stop(child)?;
        }
        running = Some(start()?);
    }
}

/// Asks the workload to drain, and kills it if it does not end in time.
fn stop(mut child: Child) -> anyhow::Result<()> {
    if let Ok(id) = i32::try_from(child.id()) {
        // It may have ended by itself.
        let _gone = kill(Pid::from_raw(id), Signal::SIGTERM);
    }
    let deadline = Instant::now() + GRACE;
    while child.try_wait()?.is_none() {
        if Instant::now() >= deadline {
            child.kill()?;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

/// When the newest source was changed.
fn newest(folders: &[PathBuf]) -> Option<SystemTime> {
    folders.iter().filter_map(|folder| newest_below(folder)).max()
}

fn newest_below(folder: &Path) -> Option<SystemTime> {
    let entries = std::fs::read_dir(folder).ok()?.flatten();
    let changed = |entry: std::fs::DirEntry| {
        let path = entry.path();
        let kind = entry.file_type().ok()?;
        let name = path.file_name()?.to_str()?;
        if kind.is_dir() {
            let source = !name.starts_with('.') && name != "target" && name != "data";
            return source.then(|| newest_below(&path)).flatten();
        }
        let source = matches!(path.extension().and_then(|extension| extension.to_str()), Some("rs" | "toml" | "sql"));
        source.then(|| entry.metadata().ok()?.modified().ok()).flatten()
    };
    entries.filter_map(changed).max()
}
