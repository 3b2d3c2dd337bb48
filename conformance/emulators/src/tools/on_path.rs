//! Which version on the `PATH` is taken instead of installing one.

use std::process::{Command, Stdio};

use semver::Version;

#[derive(Debug)]
pub(super) enum OnPath {
    /// The pinned version and no other: its output or its settings change between versions.
    Pinned,
    /// This version or a later one.
    AtLeast(Version),
    /// None.
    Ignored,
}

impl OnPath {
    /// Whether the program is on the `PATH` at a version that will do.
    pub(super) fn find(&self, program: &str, pinned: Option<&Version>) -> bool {
        !matches!(self, Self::Ignored) && printed_by(program).is_some_and(|found| self.accepts(&found, pinned))
    }

    fn accepts(&self, found: &Version, pinned: Option<&Version>) -> bool {
        match self {
            Self::Pinned => Some(found) == pinned,
            Self::AtLeast(oldest) => found >= oldest,
            Self::Ignored => false,
        }
    }
}

/// The version that a program prints of itself, by `--version`.
pub(super) fn printed_by(program: &str) -> Option<Version> {
    let output = Command::new(program).arg("--version").stdin(Stdio::null()).output().ok()?;
    version_in(&String::from_utf8(output.stdout).ok()?)
}

/// The version in an answer such as `cargo-nextest 0.9.143 (60fa45f63 2026-08-04)` or `Redis server v=7.0.15 sha=0`.
fn version_in(answer: &str) -> Option<Version> {
    let words = answer.split_whitespace();
    words.take(3).find_map(|word| Version::parse(word.strip_prefix("v=").unwrap_or(word)).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_read_from_the_answer() {
        let version = |answer| version_in(answer).map(|version| version.to_string());
        let newer = "cargo-nextest 99.0.0 (60fa45f63 2026-08-04)\nrelease: 99.0.0\n";
        assert_eq!(version(newer).as_deref(), Some("99.0.0"));
        assert_eq!(version("Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc").as_deref(), Some("7.0.15"));
        assert_eq!(version("no version here"), None);
    }

    #[test]
    fn a_version_on_the_path_is_taken_if_it_fits() {
        let (older, pinned, newer) = (Version::new(1, 0, 0), Version::new(1, 2, 0), Version::new(2, 0, 0));
        let accepted = |on_path: OnPath| [&older, &pinned, &newer].map(|found| on_path.accepts(found, Some(&pinned)));
        assert_eq!(accepted(OnPath::Pinned), [false, true, false]);
        assert_eq!(accepted(OnPath::AtLeast(Version::new(1, 1, 0))), [false, true, true]);
        assert_eq!(accepted(OnPath::Ignored), [false; 3]);
        assert!(!OnPath::AtLeast(older).find("no-such-program-anywhere", None));
    }
}
