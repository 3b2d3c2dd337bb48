//! Tools at pinned versions, as steps of a task.

use std::path::PathBuf;

use anyhow::Result;
use anyport_emulators::Provider;
use anyport_emulators::tools::{Tool, Tools};

use crate::process::{self, Steps};
use crate::workspace::Workspace;

/// The tools below the workspace's target folder.
pub(crate) fn of(workspace: &Workspace) -> Tools {
    Tools::below(&workspace.target, process::say)
}

/// Installs what is missing of these tools and of what stands for these providers, in one step: what is built beside what
/// is downloaded.
///
/// # Errors
/// If one cannot be installed.
pub(crate) fn provide_all(
    workspace: &Workspace,
    steps: &mut Steps,
    providers: &[Provider],
    tools: &[&Tool],
) -> Result<()> {
    let needed: Vec<&Tool> = tools.iter().copied().chain(providers.iter().flat_map(|one| one.tools())).collect();
    steps.timed("install tools and emulators", || of(workspace).provide_all(&needed))
}

/// The path of a tool's program, which is installed first where it is missing.
///
/// # Errors
/// If it cannot be installed.
pub(crate) fn provide(workspace: &Workspace, steps: &mut Steps, tool: &Tool) -> Result<PathBuf> {
    let provided = of(workspace).provide(tool)?;
    if let Some(took) = provided.installed_in {
        steps.passed(&format!("install {}", tool.name()), took);
    }
    Ok(provided.program)
}
