//! Programs of the Google Cloud CLI, where it is installed.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use crate::command::on_path;

/// A program in Java that the Google Cloud CLI holds as a component.
#[derive(Debug)]
pub(super) struct GoogleCloudCli {
    /// The program, below the root of the CLI's installation.
    pub(super) program: &'static str,
}

impl GoogleCloudCli {
    /// The program's path; `None` if this machine lacks the CLI, the component, or Java.
    pub(super) fn find(&self) -> Option<PathBuf> {
        let program = installation()?.join(self.program);
        (program.is_file() && on_path("java").is_some()).then_some(program)
    }
}

/// The root of the CLI's installation, as it tells itself. Asked once: the answer takes a second or more.
fn installation() -> Option<&'static Path> {
    static ROOT: OnceLock<Option<PathBuf>> = OnceLock::new();
    ROOT.get_or_init(ask).as_deref()
}

fn ask() -> Option<PathBuf> {
    let mut gcloud = Command::new(on_path("gcloud")?);
    gcloud.args(["info", "--format=value(installation.sdk_root)"]);
    gcloud.env("CLOUDSDK_CORE_DISABLE_PROMPTS", "1").env("CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK", "1");
    let output = gcloud.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    let root = PathBuf::from(String::from_utf8(output.stdout).ok()?.trim());
    root.is_dir().then_some(root)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_component_that_is_not_there_is_not_found() {
        assert_eq!(GoogleCloudCli { program: "platform/no-such-component/program" }.find(), None);
    }
}
