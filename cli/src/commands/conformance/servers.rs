//! The servers that networked adapters are run against: those of the environment, else emulators that are up, else
//! emulators that are started for this run.

use std::process::{Command, ExitCode, ExitStatus};

use anyhow::Context as _;
use anyport_emulators::{Detached, EMULATORS, Named, Provider, Running, environment, named};

use super::house::Selection;
use crate::adapters::{Trust, variable};
use crate::commands::emulators::tools;
use crate::{paint, workspace};

/// Runs this very command again in an environment that leads to the servers it needs, if this one does not; `None` if
/// it does. Adapters read the environment, which a process cannot safely change once it runs.
pub(super) fn run_with_missing(selection: &Selection) -> anyhow::Result<Option<ExitCode>> {
    let mut missing = Vec::new();
    for provider in selection.providers() {
        match named(provider, variable) {
            Named::Server(name) => tell(&format!("{provider}: the server that {name} names")),
            Named::Account(name) if selection.trust() == Trust::AccountsToo => {
                tell(&format!("{provider}: the account that {name} names"));
            }
            Named::Account(_) | Named::Nothing => missing.push(provider),
        }
    }
    if missing.is_empty() {
        return Ok(None);
    }
    let target = workspace::target()?;
    let detached = Detached::below(&target);
    let mut fleets = Vec::new();
    let mut to_start: Vec<Provider> = Vec::new();
    for provider in missing {
        match detached.standing(provider)? {
            Some(fleet) => {
                tell(&format!("{provider}: the emulators that are up"));
                fleets.push(fleet);
            }
            None => to_start.push(provider),
        }
    }
    let running = if to_start.is_empty() {
        None
    } else {
        Some(Running::start(&to_start, &tools(&target), &target).context("emulators for this run")?)
    };
    fleets.extend(running.iter().flat_map(Running::fleets).cloned());
    let mut again = Command::new(std::env::current_exe().context("this program's own path")?);
    again.args(std::env::args_os().skip(1)).envs(environment(&fleets));
    if let (Some(before), Some((_, new))) = (variable(EMULATORS), environment(&fleets).pop()) {
        // Another provider's, which the environment leads to already.
        again.env(EMULATORS, format!("{before},{new}"));
    }
    let status = again.status().context("running the command again")?;
    drop(running);
    Ok(Some(exit_code(status)))
}

/// What a process ended with, to end with the same.
pub(super) fn exit_code(status: ExitStatus) -> ExitCode {
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    code.map_or(ExitCode::FAILURE, ExitCode::from)
}

fn tell(line: &str) {
    anstream::eprintln!("{}", paint::faint(line));
}
