//! A second opinion: the same checks against another emulator that can stand for the same services.

use std::process::{Command, ExitCode};

use anyhow::{Context as _, ensure};
use anyport_emulators::{EMULATORS, Emulator, Variable, emulators_in};

use super::servers::exit_code;
use crate::adapters::variable;

/// Runs this very command again in an environment that leads to this emulator instead of each whose place it can take;
/// `None` if this one does.
pub(super) fn run(name: &str) -> anyhow::Result<Option<ExitCode>> {
    let second = Emulator::named(name)?;
    let provider = second.provider().with_context(|| format!("{name} stands for no provider"))?;
    let here = emulators_in(provider, variable);
    let (replaced, kept): (Vec<&Emulator>, Vec<&Emulator>) =
        here.into_iter().partition(|one| one.name != name && second.can_replace(one));
    if replaced.is_empty() {
        let is_led_to = kept.iter().any(|one| one.name == name);
        ensure!(is_led_to, "{name} can take the place of none of the emulators that the environment leads to");
        return Ok(None);
    }
    let address = address_of(second)
        .with_context(|| format!("the environment does not lead to {name}: does this machine have it?"))?;
    let mut again = Command::new(std::env::current_exe().context("this program's own path")?);
    again.args(std::env::args_os().skip(1));
    for taken in replaced.iter().flat_map(|one| one.serves) {
        again.env(taken.name, &address);
    }
    let mut names = others_in_charge(&replaced);
    if !names.iter().any(|one| one == name) {
        names.push(name.to_owned());
    }
    let status = again.env(EMULATORS, names.join(",")).status().context("running the command again")?;
    Ok(Some(exit_code(status)))
}

/// Where the environment says that an emulator is.
pub(super) fn address_of(emulator: &Emulator) -> Option<String> {
    emulator.serves.iter().find_map(|served: &Variable| variable(served.name))
}

/// The names of the emulators that the environment leads to, but for these.
pub(super) fn others_in_charge(but: &[&Emulator]) -> Vec<String> {
    let listed = variable(EMULATORS).unwrap_or_default();
    let names = listed.split(',').map(str::trim).filter(|name| !name.is_empty());
    names.filter(|name| !but.iter().any(|one| one.name == *name)).map(str::to_owned).collect()
}
