//! The storefront built for one host and one set of adapters.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result};

use crate::process::{self, Steps};
use crate::workspace::Workspace;

/// Builds that have each host and each cloud among them: the tests run them, and the lints see them as one deploys them.
pub(crate) const BUILT: [&str; 4] = ["aws-lambda,aws", "server,redis", "azure-functions,azure", "cloud-run,gcp"];

/// The hosts, by their features.
pub(crate) const HOSTS: [&str; 4] = ["server", "aws-lambda", "azure-functions", "cloud-run"];

/// The sets of adapters, by their features.
pub(crate) const ADAPTERS: [&str; 6] = ["sqlite", "memory", "aws", "azure", "gcp", "redis"];

/// Every host with every adapter: the builds that are checked to compile.
pub(crate) fn every_pair() -> impl Iterator<Item = String> {
    HOSTS.iter().flat_map(|host| ADAPTERS.iter().map(move |adapter| format!("{host},{adapter}")))
}

/// Features of the other packages, which they have where the whole workspace is built with every feature of the app.
const OF_OTHERS: [&str; 7] = [
    "anyport-aws/default",
    "anyport-redis/default",
    "anyport-runtimes/server",
    "anyport-runtimes/aws-lambda",
    "anyport-runtimes/azure-functions",
    "anyport-runtimes/cloud-run",
    "anyport-runtimes/otlp",
];

/// What selects the storefront with a pair of features so that the app alone is compiled anew, when the workspace has
/// been compiled with its tests: every other crate is the same one as there.
///
/// Cargo gives a crate the features that the selected packages ask for between them, those of their tests included if a
/// test is among what is selected; so one is, and it is one that is built anyway. Compiling each pair as one deploys it
/// would compile most of four hundred crates again for each.
pub(crate) fn beside_the_workspace(pair: &str) -> Vec<String> {
    let features: Vec<String> =
        pair.split(',').map(|feature| format!("app/{feature}")).chain(OF_OTHERS.map(str::to_owned)).collect();
    let selection =
        ["--workspace", "--lib", "--bin", "app", "--test", "real_time", "--no-default-features", "--features"];
    selection.map(str::to_owned).into_iter().chain([features.join(",")]).collect()
}

/// Builds them; returns the folder where each is called by its features.
pub(crate) fn build(workspace: &Workspace, steps: &mut Steps) -> Result<PathBuf> {
    let folder = workspace.target.join("storefronts");
    fs::create_dir_all(&folder).with_context(|| format!("creating {}", folder.display()))?;
    for features in BUILT {
        let mut cargo = process::cargo(workspace);
        cargo.arg("build").args(beside_the_workspace(features));
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
    fn a_pair_is_the_apps_and_what_others_have_is_theirs() {
        let arguments = beside_the_workspace("server,aws");
        let features = arguments.last().unwrap();
        assert!(features.starts_with("app/server,app/aws,anyport-"), "{features}");
        assert_eq!(features.matches("app/").count(), 2);
    }

    #[test]
    fn what_the_tests_run_is_among_the_pairs() {
        let pairs: Vec<String> = every_pair().collect();
        assert!(BUILT.iter().all(|built| pairs.iter().any(|pair| pair == built)));
    }
}
