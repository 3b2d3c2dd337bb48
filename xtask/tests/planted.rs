//! The check as it is run: on copies of the real manifests with a forbidden dependency planted.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use cargo_metadata::{CargoOpt, MetadataCommand};
use tempfile::TempDir;

/// The real manifests and lock file, with an empty program in the place of each source.
struct Copy(TempDir);

impl Copy {
    fn of_the_workspace() -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("no parent")?;
        // Resolving the original first downloads what the copy, which may not, needs to know.
        let metadata = MetadataCommand::new().current_dir(root).features(CargoOpt::AllFeatures).exec()?;
        let copy = Self(tempfile::tempdir()?);
        let put = |original: &Path, content: &str| -> Result<()> {
            let path = copy.0.path().join(original.strip_prefix(root)?);
            fs::create_dir_all(path.parent().context("no parent")?)?;
            Ok(fs::write(path, content)?)
        };
        for original in ["Cargo.toml", "Cargo.lock"].map(|name| root.join(name)) {
            put(&original, &fs::read_to_string(&original)?)?;
        }
        for package in metadata.workspace_packages() {
            put(package.manifest_path.as_std_path(), &fs::read_to_string(&package.manifest_path)?)?;
            for target in &package.targets {
                put(target.src_path.as_std_path(), "fn main() {}\n")?;
            }
        }
        Ok(copy)
    }

    /// Adds a line to the dependencies in a member's manifest.
    fn plant(&self, folder: &str, dependency: &str) -> Result<()> {
        let path = self.0.path().join(folder).join("Cargo.toml");
        let manifest = fs::read_to_string(&path)?;
        let planted = manifest.replacen("[dependencies]\n", &format!("[dependencies]\n{dependency}\n"), 1);
        assert_ne!(planted, manifest, "{folder} has no dependencies to plant among");
        Ok(fs::write(path, planted)?)
    }

    /// Runs the check; answers whether it passed and what it said.
    fn check(&self) -> Result<(bool, String)> {
        let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
            .arg("direction")
            .current_dir(self.0.path())
            .env("CARGO_NET_OFFLINE", "true")
            .output()?;
        Ok((output.status.success(), String::from_utf8(output.stderr)?))
    }
}

#[test]
fn principle_a6_the_copy_passes_until_something_is_planted() -> Result<()> {
    let copy = Copy::of_the_workspace()?;
    let (passed, said) = copy.check()?;
    assert!(passed && said.contains("rules hold for"), "{said}");

    copy.plant("runtimes", "anyport-memory.workspace = true")?;
    let (passed, said) = copy.check()?;
    assert!(!passed, "{said}");
    let violation = "[runtimes-see-ports-alone] runtimes/Cargo.toml: depends on `anyport-memory`";
    assert!(said.contains(violation), "{said}");
    Ok(())
}

#[test]
fn principle_a8_an_executor_in_the_domain_is_found() -> Result<()> {
    let copy = Copy::of_the_workspace()?;
    copy.plant("domain", r#"tokio = { version = "1", default-features = false }"#)?;
    let (passed, said) = copy.check()?;
    assert!(!passed, "{said}");
    assert!(said.contains("[domain-depends-on-ports] domain/Cargo.toml: depends on `tokio`"), "{said}");
    assert!(said.contains("[domain-and-ports-reach-no-outside-world] domain/Cargo.toml"), "{said}");
    Ok(())
}

#[test]
fn an_executor_behind_an_optional_dependency_is_found_at_its_path() -> Result<()> {
    let copy = Copy::of_the_workspace()?;
    copy.plant("ports", r#"object_store = { version = "0.14", default-features = false, optional = true }"#)?;
    let (passed, said) = copy.check()?;
    assert!(!passed, "{said}");
    assert!(said.contains("[ports-are-small-and-pure] ports/Cargo.toml: depends on `object_store`"), "{said}");
    assert!(said.contains("domain/Cargo.toml: reaches `domain -> anyport-ports -> object_store`"), "{said}");
    Ok(())
}
