//! Commands, shown as one would type them and run to their end.

use std::ffi::OsStr;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

/// The command as one would type it, with the variables that were set for it.
pub fn command_line(command: &Command) -> String {
    let set = command.get_envs().filter_map(|(name, value)| Some(format!("{}={}", name.display(), quoted(value?))));
    let words = std::iter::once(command.get_program()).chain(command.get_args()).map(quoted);
    let line: Vec<String> = set.chain(words).collect();
    format!("$ {}", line.join(" "))
}

/// The word as a POSIX shell reads it back.
pub(crate) fn quoted(word: &OsStr) -> String {
    let word = word.to_string_lossy();
    let plain = |character: char| character.is_alphanumeric() || "-_=./:,+@%".contains(character);
    if !word.is_empty() && word.chars().all(plain) {
        word.into_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// Runs a command that reads nothing and writes where this process writes its errors.
///
/// # Errors
/// If it cannot be started or fails.
pub(crate) fn run(command: &mut Command, told: &dyn Fn(&str)) -> Result<()> {
    let line = command_line(command);
    told(&line);
    command.stdin(Stdio::null()).stdout(std::io::stderr());
    let status = command.status().with_context(|| format!("starting {line}"))?;
    ensure!(status.success(), "this failed ({status}): {line}");
    Ok(())
}

/// A command that runs cargo itself, the one that started this process if one did.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    without_this_package(&mut command);
    command
}

/// Takes from a command the variables in which `cargo run` describes its package to this process. Passed on, they would
/// differ from a build started by hand and make build scripts that watch them run again.
pub fn without_this_package(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(describes_this_package) {
            command.env_remove(name);
        }
    }
}

fn describes_this_package(variable: &str) -> bool {
    ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_"].iter().any(|prefix| variable.starts_with(prefix))
}

/// The program's file on the `PATH`.
pub(crate) fn on_path(program: &str) -> Option<std::path::PathBuf> {
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders).map(|folder| folder.join(program)).find(|file| file.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_line_can_be_typed_again() {
        let mut command = Command::new("cargo");
        command.args(["nextest", "run", "-E", "package(app) and test('x')", ""]).env("A", "b c");
        command.env_remove("GONE");
        let line = command_line(&command);
        assert_eq!(line, r"$ A='b c' cargo nextest run -E 'package(app) and test('\''x'\'')' ''");
    }

    #[test]
    fn variables_of_this_package_are_told_from_settings_of_cargo() {
        assert!(describes_this_package("CARGO_PKG_NAME"));
        assert!(describes_this_package("CARGO_MANIFEST_DIR"));
        assert!(!describes_this_package("CARGO_HOME"));
        assert!(!describes_this_package("CARGO_TARGET_DIR"));
        assert!(!describes_this_package("CARGO_TERM_COLOR"));
    }

    #[test]
    fn a_failure_names_the_command() {
        let error = run(Command::new("cargo").arg("--no-such-option"), &|_| ()).unwrap_err();
        assert!(format!("{error:#}").contains("$ cargo --no-such-option"), "{error:#}");
        let error = run(&mut Command::new("no-such-program-anywhere"), &|_| ()).unwrap_err();
        assert!(format!("{error:#}").contains("starting $ no-such-program-anywhere"), "{error:#}");
    }
}
