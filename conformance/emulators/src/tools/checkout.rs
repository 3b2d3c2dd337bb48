//! Programs that are built from packages of the checkout that this program itself was built from.

use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::command;

/// A package with a program.
#[derive(Debug)]
pub(super) struct Package {
    pub(super) name: &'static str,
    /// Its folder, relative to that of this package.
    pub(super) folder: &'static str,
    pub(super) builds: Builds,
}

/// What a package is built with.
#[derive(Debug)]
pub(super) enum Builds {
    /// A lockfile of its own.
    Alone,
    /// The workspace's lockfile, into the workspace's target folder, where much of what it needs is built already.
    InWorkspace,
}

/// This package's folder, in the checkout.
const HERE: &str = env!("CARGO_MANIFEST_DIR");
/// The root of the workspace, relative to it.
const WORKSPACE: &str = "../..";

impl Package {
    /// A hash of all that the program is built from: when it changes, the program is built again.
    ///
    /// # Errors
    /// If the checkout is gone or cannot be read.
    pub(super) fn receipt(&self) -> Result<String> {
        let folder = self.folder()?;
        let mut hasher = DefaultHasher::new();
        hash(&folder, &folder, &mut hasher)?;
        if let Builds::InWorkspace = self.builds {
            for shared in ["Cargo.toml", "Cargo.lock"] {
                hash_file(&Path::new(HERE).join(WORKSPACE).join(shared), &mut hasher)?;
            }
        }
        Ok(format!("{} {:016x}\n", self.name, hasher.finish()))
    }

    /// Builds the program and puts it into `home`.
    pub(super) fn install(&self, home: &Path, target: &Path, told: &dyn Fn(&str)) -> Result<()> {
        let folder = self.folder()?;
        match self.builds {
            Builds::Alone => {
                let build = home.join("build");
                let mut cargo = command::cargo();
                cargo.args(["install", "--debug", "--locked", "--quiet", "--no-track", "--path"]).arg(&folder);
                cargo.arg("--root").arg(home).arg("--target-dir").arg(&build);
                cargo.env("CARGO_PROFILE_DEV_DEBUG", "0");
                command::run(&mut cargo, told)?;
                fs::remove_dir_all(&build).with_context(|| format!("removing {}", build.display()))
            }
            Builds::InWorkspace => {
                let mut cargo = command::cargo();
                // Of the workspace with every feature, so that its dependencies are the ones that its tests are built with.
                cargo.args(["build", "--locked", "--quiet", "--bin", self.name]);
                cargo.args(["--workspace", "--features", "app/all"]);
                cargo.arg("--manifest-path").arg(folder.join("Cargo.toml")).arg("--target-dir").arg(target);
                command::run(&mut cargo, told)?;
                let program = Path::new(self.name).with_extension(std::env::consts::EXE_EXTENSION);
                let (built, bin) = (target.join("debug").join(&program), home.join("bin"));
                fs::create_dir_all(&bin).with_context(|| format!("creating {}", bin.display()))?;
                // A copy: what cargo builds next may take its place while it runs.
                fs::copy(&built, bin.join(&program)).with_context(|| format!("copying {}", built.display()))?;
                Ok(())
            }
        }
    }

    fn folder(&self) -> Result<PathBuf> {
        let folder = Path::new(HERE).join(self.folder);
        ensure!(
            folder.join("Cargo.toml").is_file(),
            "{} is built from the folder {}, which is gone: this program was built from the checkout that held it, so \
             build it anew from one that is there",
            self.name,
            folder.display()
        );
        folder.canonicalize().with_context(|| format!("reading {}", folder.display()))
    }
}

/// Adds the names and contents of all files below a folder, but for what is hidden or built.
fn hash(folder: &Path, root: &Path, hasher: &mut DefaultHasher) -> Result<()> {
    let reading = || format!("reading {}", folder.display());
    let entries = fs::read_dir(folder).with_context(reading)?.collect::<std::io::Result<Vec<_>>>();
    let mut paths: Vec<PathBuf> = entries.with_context(reading)?.iter().map(fs::DirEntry::path).collect();
    paths.sort();
    for path in paths {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with('.') || name == "target" {
            continue;
        }
        if path.is_dir() {
            hash(&path, root, hasher)?;
        } else {
            path.strip_prefix(root).unwrap_or(&path).hash(hasher);
            hash_file(&path, hasher)?;
        }
    }
    Ok(())
}

fn hash_file(file: &Path, hasher: &mut DefaultHasher) -> Result<()> {
    fs::read(file).with_context(|| format!("reading {}", file.display()))?.hash(hasher);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hashed(folder: &Path) -> u64 {
        let mut hasher = DefaultHasher::new();
        hash(folder, folder, &mut hasher).unwrap();
        hasher.finish()
    }

    #[test]
    fn whatever_changes_in_the_sources_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        fs::create_dir_all(folder.join("src")).unwrap();
        fs::create_dir_all(folder.join("target/debug")).unwrap();
        fs::write(folder.join("src/main.rs"), "fn main() {}").unwrap();
        let mut seen = vec![hashed(folder)];
        fs::write(folder.join("src/main.rs"), "fn main() { }").unwrap();
        seen.push(hashed(folder));
        fs::write(folder.join("Cargo.lock"), "").unwrap();
        seen.push(hashed(folder));
        fs::rename(folder.join("src/main.rs"), folder.join("src/other.rs")).unwrap();
        seen.push(hashed(folder));
        let all = seen.len();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), all);

        let last = hashed(folder);
        fs::write(folder.join("target/debug/main"), "built").unwrap();
        fs::write(folder.join(".hidden"), "").unwrap();
        assert_eq!(hashed(folder), last);
    }

    #[test]
    fn a_checkout_that_is_gone_is_told() {
        let gone = Package { name: "gone", folder: "no/such/folder", builds: Builds::Alone };
        let error = gone.receipt().unwrap_err().to_string();
        assert!(error.contains("no/such/folder, which is gone"), "{error}");
    }
}
