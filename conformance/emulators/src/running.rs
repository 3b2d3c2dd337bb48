//! Emulators that live as long as the process that started them.

use std::path::{Path, PathBuf};
use std::process::Child;

use anyhow::{Context, Result};
use tempfile::TempDir;

use crate::child::Lifetime;
use crate::fleet::{Fleet, Instance, environment};
use crate::provider::Provider;
use crate::start::Starting;
use crate::tools::Tools;

/// Emulators that are stopped when this is dropped. If this process ends in any other way, by Ctrl-C or by `SIGKILL`,
/// Linux ends them with it; elsewhere a terminal's Ctrl-C reaches them as it reaches this process.
pub struct Running {
    fleets: Vec<Fleet>,
    children: Vec<Child>,
    /// Where their logs and files are.
    folder: PathBuf,
    /// That folder, if it goes with them.
    temporary: Option<TempDir>,
}

impl Running {
    /// Installs what is missing and starts the emulators of these providers; returns once all of them answer. To be
    /// called on a thread that lasts as long as they are needed.
    ///
    /// # Errors
    /// If one cannot be installed or does not answer; those started by then are stopped.
    pub fn start(providers: &[Provider], tools: &Tools, target: &Path) -> Result<Self> {
        let parent = target.join("emulators");
        std::fs::create_dir_all(&parent).with_context(|| format!("creating {}", parent.display()))?;
        let folder = tempfile::Builder::new().prefix("run-").tempdir_in(&parent).context("a folder for the logs")?;
        let path = folder.path().to_owned();
        let mut running = Self::new(&path, Some(folder));
        running.add(providers, tools, Lifetime::OfParent)?;
        Ok(running)
    }

    /// Starts the emulators of these providers, all at once.
    pub(crate) fn detached(providers: &[Provider], tools: &Tools, folder: &Path) -> Result<Vec<Fleet>> {
        let mut running = Self::new(folder, None);
        running.add(providers, tools, Lifetime::Own)?;
        Ok(running.release())
    }

    fn new(folder: &Path, temporary: Option<TempDir>) -> Self {
        Self { fleets: Vec::new(), children: Vec::new(), folder: folder.to_owned(), temporary }
    }

    fn add(&mut self, providers: &[Provider], tools: &Tools, lifetime: Lifetime) -> Result<()> {
        // All is installed first, which may take minutes, so that what is started is soon needed.
        let needed: Vec<_> = providers.iter().flat_map(|provider| provider.tools()).collect();
        tools.provide_all(&needed)?;
        for provider in providers {
            self.fleets.push(Fleet { provider: *provider, instances: Vec::new(), tools: provider.paths(tools)? });
        }
        let folder = self.folder.clone();
        let mut begun = Vec::new();
        let mut outcome = Ok(());
        for (fleet, provider) in providers.iter().enumerate() {
            for emulator in provider.emulators_here() {
                if outcome.is_ok() {
                    match Starting::begin(emulator, tools, &folder, lifetime) {
                        Ok(starting) => begun.push((fleet, starting)),
                        Err(error) => outcome = Err(error),
                    }
                }
            }
        }
        for (fleet, mut starting) in begun {
            if outcome.is_ok() {
                outcome = starting.wait(tools);
            }
            // Even if it failed: what is here is stopped when this is dropped.
            self.fleets[fleet].instances.push(starting.instance);
            self.children.push(starting.child);
        }
        outcome
    }

    /// The variables that lead to them.
    pub fn environment(&self) -> Vec<(String, String)> {
        environment(&self.fleets)
    }

    /// What was started.
    pub fn fleets(&self) -> &[Fleet] {
        &self.fleets
    }

    fn release(mut self) -> Vec<Fleet> {
        self.children.clear();
        std::mem::take(&mut self.fleets)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let instances: Vec<&Instance> = self.fleets.iter().flat_map(|fleet| &fleet.instances).collect();
        for (instance, child) in instances.into_iter().zip(&mut self.children) {
            // There is nobody left to tell, and what does not end now ends with this process.
            let _stopped = instance.identity.stop(Some(child));
        }
        drop(self.temporary.take());
    }
}
