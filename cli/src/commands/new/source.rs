//! Where the new workload finds Anyport.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};

/// A dependency on Anyport's packages.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// A checkout on this machine.
    Path(PathBuf),
    /// A repository.
    Git(String),
}

/// The repository that Anyport is released from.
pub(super) const REPOSITORY: &str = env!("CARGO_PKG_REPOSITORY");

/// What was asked for; else the checkout that this command was built from, else the repository.
pub(super) fn of(path: Option<&Path>, git: Option<&str>) -> anyhow::Result<Source> {
    if let Some(path) = path {
        let path = path.canonicalize().with_context(|| format!("{} is not there", path.display()))?;
        ensure!(is_checkout(&path), "{} holds no Anyport: it has no ports/Cargo.toml", path.display());
        return Ok(Source::Path(path));
    }
    if let Some(url) = git {
        return Ok(Source::Git(url.to_owned()));
    }
    let built_from = Path::new(env!("CARGO_MANIFEST_DIR")).parent().filter(|folder| is_checkout(folder));
    Ok(built_from.map_or_else(|| Source::Git(REPOSITORY.to_owned()), |folder| Source::Path(folder.to_owned())))
}

fn is_checkout(folder: &Path) -> bool {
    folder.join("ports/Cargo.toml").is_file() && folder.join("runtimes/Cargo.toml").is_file()
}

impl Source {
    /// The part of a dependency in Cargo.toml that says where the package in this folder of Anyport is.
    pub(super) fn of_package(&self, folder: &str) -> String {
        match self {
            // A literal string of TOML: no character in it means anything else.
            Self::Path(root) => format!("path = '{}'", root.join(folder).display()),
            Self::Git(url) => format!("git = '{url}'"),
        }
    }

    /// The versions that Anyport itself is tested with, where they can be read.
    pub(super) fn lock_file(&self) -> Option<PathBuf> {
        match self {
            Self::Path(root) => Some(root.join("Cargo.lock")).filter(|file| file.is_file()),
            Self::Git(_) => None,
        }
    }

    /// For people.
    pub(super) fn told(&self) -> String {
        match self {
            Self::Path(root) => format!("Anyport at {}, by path", root.display()),
            Self::Git(url) => format!("Anyport at {url}, by git"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_word_it_is_the_checkout_that_the_command_was_built_from() {
        assert!(matches!(of(None, None).unwrap(), Source::Path(_)));
        assert_eq!(
            of(None, Some("https://example.com/a")).unwrap().of_package("ports"),
            "git = 'https://example.com/a'"
        );
        assert!(of(Some(Path::new("/nowhere")), None).unwrap_err().to_string().contains("is not there"));
        assert!(of(Some(&std::env::temp_dir()), None).unwrap_err().to_string().contains("holds no Anyport"));
    }
}
