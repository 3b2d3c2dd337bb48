//! Where the workspace is and what its members are.

use std::path::PathBuf;

use anyhow::{Context, Result};
use cargo_metadata::{Metadata, MetadataCommand};

/// The workspace that holds the current folder.
#[derive(Debug)]
pub(crate) struct Workspace {
    /// The folder of the root manifest.
    pub(crate) root: PathBuf,
    /// The folder that cargo builds into.
    pub(crate) target: PathBuf,
    /// The members, by package name, whose users choose among features.
    pub(crate) featured: Vec<String>,
}

impl Workspace {
    /// Finds the workspace of the current folder.
    pub(crate) fn find() -> Result<Self> {
        let metadata = MetadataCommand::new()
            .no_deps()
            .exec()
            .context("reading the workspace; run this inside a checkout of it")?;
        Ok(Self {
            featured: members(&metadata)
                .filter(|(_, package)| !package.features.is_empty())
                .map(|(_, package)| package.name.to_string())
                .collect(),
            root: metadata.workspace_root.into_std_path_buf(),
            target: metadata.target_directory.into_std_path_buf(),
        })
    }
}

/// The members of a workspace with their folders, relative to its root with `/` between parts.
pub(crate) fn members(metadata: &Metadata) -> impl Iterator<Item = (String, &cargo_metadata::Package)> {
    metadata.workspace_packages().into_iter().map(|package| {
        let folder = package.manifest_path.parent().unwrap_or(&package.manifest_path);
        let folder = folder.strip_prefix(&metadata.workspace_root).unwrap_or(folder);
        (folder.as_str().replace('\\', "/"), package)
    })
}
