//! The last line of a process that cannot do its work.

use std::error::Error;
use std::process::ExitCode;

use tracing::Level;

use super::json::Line;
use super::output::write_line;
use super::settings::LogSettings;
use crate::fault;

/// Tells why the process ends, in one JSON line on standard output, whatever the settings of the log are, since they may be
/// what is wrong: where standard output is a host's log, nobody reads anything else. Gives the exit code back, to end with.
pub fn fatal(error: &(dyn Error + 'static), exit_code: u8) -> ExitCode {
    write_line(&line(error, exit_code, &LogSettings::default()));
    ExitCode::from(exit_code)
}

/// An error and its causes in one text, without those whose words are told already.
///
/// ```
/// let cause = std::io::Error::other("no such host");
/// let error = std::io::Error::other(cause);
/// assert_eq!(anyport_runtimes::logs::told(&error), "no such host");
/// ```
pub fn told(error: &(dyn Error + 'static)) -> String {
    fault::causes(error)
        .map(ToString::to_string)
        .fold(error.to_string(), |told, cause| if told.contains(&cause) { told } else { format!("{told}: {cause}") })
}

fn line(error: &(dyn Error + 'static), exit_code: u8, settings: &LogSettings) -> String {
    let mut line = Line::new(Level::ERROR, module_path!(), "the process cannot serve");
    line.field("error", told(error).into());
    line.field("exit_code", exit_code.into());
    if let Some(google) = settings.google() {
        line.google(google.project.as_deref());
    }
    line.finish()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::logs::LogProfile;

    #[derive(Debug, thiserror::Error)]
    #[error("{told}")]
    struct Wrong {
        told: &'static str,
        source: std::io::Error,
    }

    fn wrong(told: &'static str) -> Wrong {
        Wrong { told, source: std::io::Error::other("two\nlines \"quoted\"") }
    }

    #[test]
    fn it_is_one_line_whatever_the_error_says() {
        let settings = LogSettings { profile: LogProfile::GoogleCloud, ..LogSettings::default() };
        let line = line(&wrong("the settings are wrong"), 78, &settings);
        assert!(!line.contains('\n'));
        let line: Value = serde_json::from_str(&line).unwrap();
        assert_eq!((line["severity"].as_str(), line["level"].as_str()), (Some("ERROR"), Some("ERROR")));
        assert_eq!(line["exit_code"], 78);
        assert_eq!(line["error"], "the settings are wrong: two\nlines \"quoted\"");
    }

    #[test]
    fn a_cause_that_is_told_is_not_told_again() {
        assert_eq!(told(&wrong("cannot open")), "cannot open: two\nlines \"quoted\"");
        assert_eq!(told(&wrong("two\nlines \"quoted\", as said")), "two\nlines \"quoted\", as said");
    }
}
