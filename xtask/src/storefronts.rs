//! The storefront built for one host and one set of adapters, as one deploys it.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result};

use crate::process::{self, Steps};
use crate::workspace::Workspace;

/// The builds that the tests run: features of the package `app`.
const BUILT: [&str; 3] = ["aws-lambda,aws", "aws-lambda,redis", "server,aws"];

/// Every host with every adapter: the builds that are checked to compile.
pub(crate) fn every_pair() -> impl Iterator<Item = String> {
    const HOSTS: [&str; 2] = ["server", "aws-lambda"];
    const ADAPTERS: [&str; 4] = ["sqlite", "memory", "aws", "redis"];
    HOSTS.iter().flat_map(|host| ADAPTERS.iter().map(move |adapter| format!("{host},{adapter}")))
}

/// Builds them; returns the folder where each is called by its features.
pub(crate) fn build(workspace: &Workspace, steps: &mut Steps) -> Result<PathBuf> {
    let folder = workspace.target.join("storefronts");
    fs::create_dir_all(&folder).with_context(|| format!("creating {}", folder.display()))?;
    for features in BUILT {
        let mut cargo = process::cargo(workspace);
        cargo.args(["build", "--package", "app", "--bin", "app", "--no-default-features", "--features", features]);
        cargo.arg("--target-dir").arg(&workspace.target);
        steps.command(&format!("build the storefront for {features}"), &mut cargo)?;
        // The next build puts another one in its place.
        let built = workspace.target.join("debug").join("app").with_extension(std::env::consts::EXE_EXTENSION);
        let copy = folder.join(features);
        fs::copy(&built, &copy).with_context(|| format!("copying {} to {}", built.display(), copy.display()))?;
    }
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_tests_run_is_among_the_pairs() {
        let pairs: Vec<String> = every_pair().collect();
        assert!(BUILT.iter().all(|built| pairs.iter().any(|pair| pair == built)));
    }
}
