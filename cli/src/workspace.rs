//! The Cargo workspace that the command is run in.

use std::path::PathBuf;

use anyhow::Context as _;
use cargo_metadata::{Metadata, MetadataCommand};

/// What Cargo says about it, without its dependencies.
pub(crate) fn metadata() -> anyhow::Result<Metadata> {
    MetadataCommand::new()
        .no_deps()
        .exec()
        .context("this is not a Cargo workspace: run the command in the folder of your workload's Cargo.toml")
}

/// The folder that it is built into.
pub(crate) fn target() -> anyhow::Result<PathBuf> {
    Ok(metadata()?.target_directory.into_std_path_buf())
}
