//! Programs from Debian packages, unpacked into a folder instead of installed into the system, so without its rights.
//!
//! The distribution keeps one version of a package and withdraws earlier ones, so what is pinned is the oldest that will
//! do; that it is the distribution's own is proven by its signatures.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use semver::Version;

use super::on_path;
use crate::command;

/// Packages, unpacked into one folder.
#[derive(Debug)]
pub(super) struct Packages {
    /// The one with the program, and what of its dependencies a small system may lack.
    pub(super) names: &'static [&'static str],
    /// Programs that are made available.
    pub(super) programs: &'static [&'static str],
    pub(super) oldest: Version,
}

impl Packages {
    pub(super) fn receipt(&self) -> String {
        format!("{} for {} of at least {}\n", self.names.join(" "), self.programs.join(" "), self.oldest)
    }

    pub(super) fn install(&self, home: &Path, program: &str, told: &dyn Fn(&str)) -> Result<()> {
        let (archives, root, bin) = (home.join("archives"), home.join("root"), home.join("bin"));
        for folder in [&archives, &root, &bin] {
            fs::create_dir_all(folder).with_context(|| format!("creating {}", folder.display()))?;
        }
        self.download(&archives, told)?;
        for archive in files(&archives, |file| file.extension() == Some(OsStr::new("deb")))? {
            command::run(Command::new("dpkg-deb").arg("--extract").arg(archive).arg(&root), told)?;
        }
        let libraries = libraries(&root)?;
        for name in self.programs {
            write_wrapper(&bin.join(name), name, &libraries)?;
        }
        fs::remove_dir_all(&archives).with_context(|| format!("removing {}", archives.display()))?;
        let file = bin.join(program);
        let found = on_path::printed_by(&file.to_string_lossy());
        let Some(found) = found else {
            bail!("{} does not start: run it to see which library it lacks", file.display())
        };
        ensure!(found >= self.oldest, "the distribution has {program} {found}, and {} is the oldest that will do", {
            &self.oldest
        });
        Ok(())
    }

    /// From the lists that the system has, else from lists of its own, which need no rights to bring up to date.
    fn download(&self, into: &Path, told: &dyn Fn(&str)) -> Result<()> {
        let apt = || {
            let mut apt = Command::new("apt-get");
            apt.current_dir(into).args(["--quiet", "--quiet", "-o", "APT::Sandbox::User="]);
            apt
        };
        let Err(outdated) = command::run(apt().arg("download").args(self.names), told) else { return Ok(()) };
        told(&format!("{outdated:#}: bringing lists of its own up to date"));
        for folder in ["lists/partial", "cache/archives/partial"] {
            fs::create_dir_all(into.join(folder)).context("creating apt's folders")?;
        }
        let own = || {
            let mut apt = apt();
            for (setting, folder) in [("Dir::State::lists", "lists"), ("Dir::Cache", "cache")] {
                apt.arg("-o").arg(format!("{setting}={}", into.join(folder).display()));
            }
            apt
        };
        command::run(own().arg("update"), told)?;
        command::run(own().arg("download").args(self.names), told)
    }
}

/// The folders below the root that hold shared libraries, relative to it.
fn libraries(root: &Path) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for parent in ["lib", "usr/lib"] {
        if !root.join(parent).is_dir() {
            continue;
        }
        for folder in files(&root.join(parent), Path::is_dir)? {
            let is_library = |file: &Path| file.file_name().is_some_and(|name| name.to_string_lossy().contains(".so."));
            if !files(&folder, is_library)?.is_empty() {
                found.push(folder.strip_prefix(root).unwrap_or(&folder).display().to_string());
            }
        }
    }
    Ok(found)
}

fn files(folder: &Path, keep: impl Fn(&Path) -> bool) -> Result<Vec<PathBuf>> {
    let reading = || format!("reading {}", folder.display());
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).with_context(reading)? {
        let path = entry.with_context(reading)?.path();
        if keep(&path) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// A script that runs the program with the libraries it was unpacked with.
fn write_wrapper(file: &Path, program: &str, libraries: &[String]) -> Result<()> {
    let paths: Vec<String> = libraries.iter().map(|folder| format!("$root/{folder}")).collect();
    let paths = paths.join(":");
    let script = format!(
        "#!/bin/sh\n\
         root=$(CDPATH= cd -- \"$(dirname -- \"$0\")/../root\" && pwd) || exit\n\
         LD_LIBRARY_PATH=\"{paths}${{LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}}\" exec \"$root/usr/bin/{program}\" \"$@\"\n"
    );
    fs::write(file, script).with_context(|| format!("writing {}", file.display()))?;
    fs::set_permissions(file, fs::Permissions::from_mode(0o755)).context("making a script executable")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrapped_program_sees_the_libraries_it_came_with() {
        let home = tempfile::tempdir().unwrap();
        let library = home.path().join("root/usr/lib/some-machine/libx.so.1");
        let program = home.path().join("root/usr/bin/shown");
        for file in [&library, &program] {
            fs::create_dir_all(file.parent().unwrap()).unwrap();
        }
        fs::create_dir_all(home.path().join("bin")).unwrap();
        fs::create_dir_all(home.path().join("root/usr/lib/empty")).unwrap();
        fs::write(&library, "").unwrap();
        fs::write(&program, "#!/bin/sh\necho \"$1 $LD_LIBRARY_PATH\"\n").unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();

        let root = home.path().join("root");
        let libraries = libraries(&root).unwrap();
        assert_eq!(libraries, ["usr/lib/some-machine"]);
        let wrapper = home.path().join("bin/shown");
        write_wrapper(&wrapper, "shown", &libraries).unwrap();
        let output = Command::new(&wrapper).arg("a b").env_remove("LD_LIBRARY_PATH").output().unwrap();
        let root = root.canonicalize().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        assert_eq!(said, format!("a b {}/usr/lib/some-machine\n", root.display()));
    }
}
