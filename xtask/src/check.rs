//! `cargo xtask check`: all that is checked without running the product.

use std::process::ExitCode;

use anyhow::Result;
use anyport_emulators::tools::{CARGO_DENY, CARGO_HACK};

use crate::process::{self, Steps};
use crate::test::ALL_FEATURES;
use crate::workspace::Workspace;
use crate::{direction, storefronts, tools};

/// Runs every check, the quick ones first, and lists them at the end.
pub(crate) fn run(workspace: &Workspace) -> Result<ExitCode> {
    let mut steps = Steps::default();
    let cargo = || process::cargo(workspace);

    steps.command("formatting", cargo().args(["fmt", "--all", "--check"]))?;
    steps.step("dependency direction", || direction::holds(workspace))?;

    let deny = tools::provide(workspace, &mut steps, &CARGO_DENY)?;
    let mut licences = process::program(workspace, deny);
    licences.args(["check", "--hide-inclusion-graph", "licenses", "bans", "sources"]);
    steps.command("licences, bans, sources", &mut licences)?;

    let lints = ["--", "--deny", "warnings"];
    let mut clippy = cargo();
    steps.command(
        "lints",
        clippy.args(["clippy", "--workspace", "--all-targets", "--features", ALL_FEATURES]).args(lints),
    )?;

    for pair in storefronts::every_pair() {
        let mut one = cargo();
        one.arg("clippy").args(storefronts::beside_the_workspace(&pair));
        steps.command(&format!("the storefront for {pair}"), one.args(lints).args(LEFT_BY_FEATURES))?;
    }
    for feature in storefronts::OF_RUNTIMES.map(Some).into_iter().chain([None]) {
        let mut one = cargo();
        one.arg("clippy").args(storefronts::runtimes_beside_the_workspace(feature));
        let name = format!("the runtimes with {} alone", feature.unwrap_or("no feature"));
        steps.command(&name, one.args(lints))?;
    }

    // What follows is compiled without anything beside it, so that a feature of a dependency that is only there because
    // somebody else asks for it is missed.
    for pair in storefronts::BUILT {
        let mut one = cargo();
        one.args(["clippy", "--package", "app", "--lib", "--bins", "--no-default-features", "--features", pair]);
        steps.command(&format!("the storefront for {pair} by itself"), one.args(lints).args(LEFT_BY_FEATURES))?;
    }

    let hack = tools::provide(workspace, &mut steps, &CARGO_HACK)?;
    let mut features = process::program(workspace, hack);
    features.args(["hack", "clippy", "--each-feature", "--exclude-all-features"]);
    for package in feature_checked(workspace) {
        features.args(["--package", package]);
    }
    steps.command("each feature of an adapter by itself", features.args(lints))?;
    Ok(steps.finish())
}

/// Lints that a build of few adapters breaks by what it leaves out: that no adapter has to connect, or can fail to open.
const LEFT_BY_FEATURES: [&str; 6] =
    ["--allow", "clippy::unnecessary_wraps", "--allow", "clippy::unused_async", "--allow", "clippy::unused_self"];

/// The adapters that others build with features of their choice.
fn feature_checked(workspace: &Workspace) -> impl Iterator<Item = &str> {
    workspace.featured.iter().map(String::as_str).filter(|package| !["app", "anyport-runtimes"].contains(package))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn features_are_checked_of_every_adapter_that_has_any() {
        let workspace = Workspace::find().unwrap();
        let checked: Vec<&str> = feature_checked(&workspace).collect();
        assert_eq!(checked, ["anyport-aws", "anyport-blobs", "anyport-redis"]);
    }

    #[test]
    fn no_feature_of_the_runtimes_is_left_out() {
        let metadata = cargo_metadata::MetadataCommand::new().no_deps().exec().unwrap();
        let runtimes = metadata.packages.iter().find(|package| package.name == "anyport-runtimes").unwrap();
        let features: BTreeSet<&str> = runtimes.features.keys().map(String::as_str).collect();
        let checked = storefronts::OF_RUNTIMES.into_iter().chain(["default"]);
        assert_eq!(features, checked.collect());
    }
}
