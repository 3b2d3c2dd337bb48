//! The storefront built for one host and one set of adapters, as one deploys it.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result};

use crate::process::{self, Steps};
use crate::workspace::Workspace;

/// The builds that the tests run: features of the package `app`.
const BUILT: [&str; 4] = ["aws-lambda,aws", "server,redis", "azure-functions,azure", "cloud-run,gcp"];

/// The hosts, by their features.
pub(crate) const HOSTS: [&str; 4] = ["server", "aws-lambda", "azure-functions", "cloud-run"];

/// The sets of adapters, by their features.
pub(crate) const ADAPTERS: [&str; 6] = ["sqlite", "memory", "aws", "azure", "gcp", "redis"];

/// Every host with every adapter: the builds that are checked to compile.
pub(crate) fn every_pair() -> impl Iterator<Item = String> {
    HOSTS.iter().flat_map(|host| ADAPTERS.iter().map(move |adapter| format!("{host},{adapter}")))
}

/// A pair as features of the package `app`, where other packages are named beside it: `app/server,app/aws`.
pub(crate) fn of_app(pair: &str) -> String {
    pair.split(',').map(|feature| format!("app/{feature}")).collect::<Vec<_>>().join(",")
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
    fn a_pair_beside_other_packages_is_still_the_apps() {
        assert_eq!(of_app("server,aws"), "app/server,app/aws");
    }

    #[test]
    fn what_the_tests_run_is_among_the_pairs() {
        let pairs: Vec<String> = every_pair().collect();
        assert!(BUILT.iter().all(|built| pairs.iter().any(|pair| pair == built)));
    }
}
