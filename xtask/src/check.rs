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

    let hack = tools::provide(workspace, &mut steps, &CARGO_HACK)?;
    let mut features = process::program(workspace, hack);
    features.args(["hack", "clippy", "--each-feature"]);
    for package in feature_checked(&workspace.members) {
        features.args(["--package", package]);
    }
    steps.command("each feature by itself", features.args(lints))?;

    for pair in storefronts::every_pair() {
        let mut one = cargo();
        // Beside the command, which has every adapter, crates of others have the same features for each pair and are
        // checked once, not twenty times. The tests build some pairs by themselves, each host and each cloud among them.
        one.args(["clippy", "--package", "app", "--package", "anyport-cli", "--no-default-features"]);
        one.args(["--features", &storefronts::of_app(&pair)]);
        steps.command(&format!("the storefront for {pair}"), one.args(lints).args(LEFT_BY_FEATURES))?;
    }
    Ok(steps.finish())
}

/// Lints that a build of few adapters breaks by what it leaves out: that no adapter has to connect, or can fail to open.
const LEFT_BY_FEATURES: [&str; 6] =
    ["--allow", "clippy::unnecessary_wraps", "--allow", "clippy::unused_async", "--allow", "clippy::unused_self"];

/// The packages that others build with features of their choice.
fn feature_checked(members: &[(String, String)]) -> impl Iterator<Item = &str> {
    members
        .iter()
        .filter(|(folder, _)| folder == "ports" || folder == "runtimes" || folder.starts_with("adapters/"))
        .map(|(_, package)| package.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_are_checked_of_ports_runtimes_and_every_adapter() {
        let member = |folder: &str, package: &str| (folder.to_owned(), package.to_owned());
        let members = [
            member("domain", "domain"),
            member("ports", "anyport-ports"),
            member("adapters/memory", "anyport-memory"),
            member("adapters/next", "anyport-next"),
            member("runtimes", "anyport-runtimes"),
            member("cli", "anyport-cli"),
        ];
        let checked: Vec<&str> = feature_checked(&members).collect();
        assert_eq!(checked, ["anyport-ports", "anyport-memory", "anyport-next", "anyport-runtimes"]);
    }
}
