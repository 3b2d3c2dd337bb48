//! Finding and building the workload of the workspace that the command is run in.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, bail};
use cargo_metadata::Package;

use crate::workspace;

/// The package that holds the workload's functions and composition root.
pub(super) struct Workload {
    /// Its name.
    pub(super) package: String,
    /// The folders of the workspace's members: what to watch.
    pub(super) sources: Vec<PathBuf>,
    /// Its executable, once built.
    pub(super) executable: PathBuf,
}

impl Workload {
    /// The package of this name, else the one default member of the workspace that has a binary.
    pub(super) fn find(package: Option<&str>) -> anyhow::Result<Self> {
        let metadata = workspace::metadata()?;
        let members = metadata.workspace_packages();
        let sources = members.iter().filter_map(|member| member.manifest_path.parent()).map(Into::into).collect();
        let has_binary = |package: &&Package| package.targets.iter().any(cargo_metadata::Target::is_bin);
        let candidates: Vec<&Package> = match package {
            Some(name) => members.into_iter().filter(|member| member.name.as_str() == name).collect(),
            None => metadata.workspace_default_packages().into_iter().filter(has_binary).collect(),
        };
        match candidates.as_slice() {
            [one] => {
                let binary = one.targets.iter().find(|target| target.is_bin());
                let binary = binary.with_context(|| format!("the package {} has no binary", one.name))?;
                let executable = metadata.target_directory.join("debug").join(&binary.name).into_std_path_buf();
                Ok(Self { package: one.name.to_string(), sources, executable })
            }
            [] => match package {
                Some(name) => bail!("the workspace has no package {name:?}"),
                None => bail!("no default member of the workspace has a binary: name the workload with --package"),
            },
            several => {
                let names: Vec<&str> = several.iter().map(|package| package.name.as_str()).collect();
                bail!("several packages could be the workload ({}): name it with --package", names.join(", "))
            }
        }
    }

    /// Builds it; `false` if it does not compile, which the compiler has then said why.
    pub(super) fn build(&self) -> anyhow::Result<bool> {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut build = Command::new(cargo);
        build.args(["build", "--quiet", "--package", &self.package]);
        Ok(build.status().context("cargo does not start")?.success())
    }
}
