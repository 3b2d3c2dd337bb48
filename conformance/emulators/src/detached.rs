//! Emulators that outlive the process that started them.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::emulator::Emulator;
use crate::fleet::{Fleet, Instance};
use crate::provider::Provider;
use crate::running::Running;
use crate::state::{self, State};
use crate::tools::Tools;

/// How an emulator that was started is now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// Its process runs and it answers.
    Up,
    /// Its process runs but it does not answer.
    Silent,
    /// Its process has ended.
    Gone,
}

/// The emulators that a state file names.
#[derive(Clone, Debug)]
pub struct Detached {
    folder: PathBuf,
}

impl Detached {
    /// Those whose state, logs and files are in this folder.
    pub fn in_folder(folder: &Path) -> Self {
        // Emulators run in folders of their own, and are told where their files are.
        Self { folder: std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned()) }
    }

    /// The folder that is taken where no other is given: below the target folder.
    pub fn below(target: &Path) -> Self {
        Self::in_folder(&target.join("emulators"))
    }

    /// Installs and starts the emulators of these providers, unless all of a provider's are up already; those that are
    /// not whole are started anew. Returns the fleets of these providers, once they answer.
    ///
    /// # Errors
    /// If one cannot be installed or does not answer; those started by this call are stopped.
    pub fn up(&self, providers: &[Provider], tools: &Tools) -> Result<Vec<Fleet>> {
        let mut state = State::open(&self.folder)?;
        let mut missing = Vec::new();
        for provider in providers {
            let standing = state.fleets.iter().position(|fleet| fleet.provider == *provider);
            match standing {
                Some(at) if is_whole(&state.fleets[at]) => {
                    tools.tell(&format!("the emulators of {provider} are up already"));
                }
                Some(at) => {
                    stop(&state.fleets.remove(at))?;
                    missing.push(*provider);
                }
                None => missing.push(*provider),
            }
        }
        missing.dedup();
        if !missing.is_empty() {
            state.save()?;
            // All of them or none: an error stops those that were started.
            let started = Running::detached(&missing, tools, &self.folder)?;
            state.fleets.extend(started);
            if let Err(unsaved) = state.save() {
                let new = state.fleets.iter().filter(|fleet| missing.contains(&fleet.provider));
                new.map(stop).collect::<Result<Vec<_>>>()?;
                return Err(unsaved);
            }
        }
        let asked = |fleet: &Fleet| providers.contains(&fleet.provider);
        Ok(state.fleets.iter().filter(|fleet| asked(fleet)).cloned().collect())
    }

    /// Stops the emulators of these providers and returns those that still ran. Only processes that were started by
    /// [`up`](Self::up) are stopped: another that has been given the same number since is not.
    ///
    /// # Errors
    /// If one does not end.
    pub fn down(&self, providers: &[Provider]) -> Result<Vec<Instance>> {
        let mut state = State::open(&self.folder)?;
        let mut stopped = Vec::new();
        while let Some(at) = state.fleets.iter().position(|fleet| providers.contains(&fleet.provider)) {
            stopped.extend(stop(&state.fleets[at])?);
            let fleet = state.fleets.remove(at);
            state.save()?;
            for instance in fleet.instances {
                // Nothing is lost with a log or a file that cannot be removed or is gone already.
                let _removed = std::fs::remove_file(instance.log);
                let _removed = std::fs::remove_dir_all(instance.folder);
            }
        }
        Ok(stopped)
    }

    /// Every fleet that was started and not stopped, as it is now.
    ///
    /// # Errors
    /// If the state cannot be read.
    pub fn status(&self) -> Result<Vec<(Fleet, Vec<Health>)>> {
        let fleets = state::read(&self.folder)?;
        Ok(fleets
            .into_iter()
            .map(|fleet| {
                let health = fleet.instances.iter().map(health).collect();
                (fleet, health)
            })
            .collect())
    }

    /// The fleet of this provider, if all of it is up.
    ///
    /// # Errors
    /// If the state cannot be read.
    pub fn standing(&self, provider: Provider) -> Result<Option<Fleet>> {
        let fleets = state::read(&self.folder)?;
        Ok(fleets.into_iter().find(|fleet| fleet.provider == provider && is_whole(fleet)))
    }
}

/// Whether all that was started for the provider is up, and stands for each of its services.
fn is_whole(fleet: &Fleet) -> bool {
    let started: Vec<&Emulator> =
        fleet.instances.iter().filter_map(|instance| Emulator::named(&instance.emulator).ok()).collect();
    let is_served = |emulator: &&&Emulator| {
        emulator.is_second_opinion()
            || emulator.serves.iter().all(|variable| started.iter().any(|one| one.serves.contains(variable)))
    };
    fleet.provider.emulators().iter().all(|emulator| is_served(&emulator))
        && fleet.instances.iter().all(|instance| health(instance) == Health::Up)
}

fn health(instance: &Instance) -> Health {
    if !instance.identity.is_alive() {
        return Health::Gone;
    }
    let emulator = Emulator::named(&instance.emulator);
    let answers = emulator.is_ok_and(|emulator| emulator.answers(instance.port, &instance.folder));
    if answers { Health::Up } else { Health::Silent }
}

/// Stops what still runs, and returns it.
fn stop(fleet: &Fleet) -> Result<Vec<Instance>> {
    let mut stopped = Vec::new();
    for instance in fleet.instances.iter().filter(|instance| instance.identity.is_alive()) {
        instance.identity.stop(None).with_context(|| format!("stopping {}", instance.emulator))?;
        stopped.push(instance.clone());
    }
    Ok(stopped)
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;
    use crate::child::{Identity, Lifetime, spawn};
    use crate::fleet::tests::instance;

    fn with_redis_of(folder: &Path, identity: Identity) -> Detached {
        let instances = vec![Instance { identity, ..instance("redis-server", 1) }];
        let mut state = State::open(folder).unwrap();
        state.fleets.push(Fleet { provider: Provider::Redis, instances, tools: Vec::new() });
        state.save().unwrap();
        Detached::in_folder(folder)
    }

    #[test]
    fn down_stops_what_was_started_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let mut sleep = Command::new("sleep");
        sleep.arg("600");
        let (mut child, identity) = spawn(&sleep, &folder.path().join("log"), Lifetime::Own).unwrap();

        let stale = Identity { started: "1".to_owned(), ..identity.clone() };
        let detached = with_redis_of(folder.path(), stale);
        assert_eq!(detached.status().unwrap()[0].1, [Health::Gone]);
        assert_eq!(detached.down(&[Provider::Redis]).unwrap(), []);
        assert!(child.try_wait().unwrap().is_none(), "a process that only has the same number was stopped");
        assert_eq!(detached.status().unwrap(), []);

        let detached = with_redis_of(folder.path(), identity.clone());
        assert_eq!(detached.status().unwrap()[0].1, [Health::Silent]);
        assert_eq!(detached.standing(Provider::Redis).unwrap(), None);
        assert_eq!(detached.down(&[Provider::Aws]).unwrap(), []);
        assert!(identity.is_alive(), "another provider was to be stopped");
        assert_eq!(detached.down(&[Provider::Redis]).unwrap().len(), 1);
        assert!(child.wait().unwrap().code().is_none());
        assert_eq!(detached.status().unwrap(), []);
    }
}
