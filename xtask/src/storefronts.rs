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

/// The features of the runtimes, which others choose among as well.
pub(crate) const OF_RUNTIMES: [&str; 6] = ["auth", "server", "aws-lambda", "azure-functions", "cloud-run", "otlp"];

/// What selects the storefront with a pair of features so that the app alone is compiled anew.
pub(crate) fn beside_the_workspace(pair: &str) -> Vec<String> {
    let app = pair.split(',').map(|feature| format!("app/{feature}"));
    let runtimes = OF_RUNTIMES.into_iter().chain(["default"]).map(|feature| format!("anyport-runtimes/{feature}"));
    let mut arguments = workspace_with(app.chain(runtimes));
    arguments.extend(["--bin", "app"].map(str::to_owned));
    arguments
}

/// What selects the runtimes with one of their features, so that they and the app alone are compiled anew.
pub(crate) fn runtimes_beside_the_workspace(feature: Option<&str>) -> Vec<String> {
    workspace_with(feature.into_iter().map(|feature| format!("anyport-runtimes/{feature}")))
}

/// The workspace with these features of the app and the runtimes. When it has been compiled with its tests and every
/// feature, every crate that does not depend on these two is the same one as there.
///
/// Cargo gives a crate the features that the selected packages ask for between them, those of their tests included if a
/// test is among what is selected; so one is, and it is one that is built anyway. Compiling each pair as one deploys it
/// would compile most of four hundred crates again for each.
fn workspace_with(features: impl Iterator<Item = String>) -> Vec<String> {
    let others = ["anyport-aws/default", "anyport-redis/default"].map(str::to_owned);
    let features: Vec<String> = features.chain(others).collect();
    let selection = ["--workspace", "--lib", "--test", "real_time", "--no-default-features", "--features"];
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
        let features = arguments.iter().find(|argument| argument.contains("app/")).unwrap();
        assert!(features.starts_with("app/server,app/aws,anyport-"), "{features}");
        assert_eq!(features.matches("app/").count(), 2);
    }

    #[test]
    fn what_the_tests_run_is_among_the_pairs() {
        let pairs: Vec<String> = every_pair().collect();
        assert!(BUILT.iter().all(|built| pairs.iter().any(|pair| pair == built)));
    }
}
