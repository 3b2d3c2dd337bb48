//! The end of a process that cannot serve.
//!
//! The host reads the exit code: after 0 it does not start the process again, after 200 it does and does not count it, after any
//! other it does and counts; the third time it stops.

use std::error::Error;
use std::process::ExitCode;

use serde_json::Value;
use tracing::Level;

use crate::logs::{Line, write_line};

/// The exit code of what does not get better by another start (`EX_CONFIG` of sysexits.h): counted, so that the host stops
/// soon and says so, instead of waiting for a process that will not come.
pub const EXIT_CONFIGURATION: u8 = 78;

/// Tells why the process cannot serve, as one line of JSON on standard output, whatever the settings of the log are, since
/// they may be what is wrong; and with which code it ends.
pub fn fail(error: &(dyn Error + 'static)) -> ExitCode {
    write_line(&line(error));
    ExitCode::from(EXIT_CONFIGURATION)
}

fn line(error: &(dyn Error + 'static)) -> String {
    let mut told = error.to_string();
    for cause in std::iter::successors(error.source(), |cause| (*cause).source()).take(8) {
        let cause = cause.to_string();
        // Some errors repeat what caused them.
        if !told.contains(&cause) {
            told.push_str(": ");
            told.push_str(&cause);
        }
    }
    let mut line = Line::new(Level::ERROR, module_path!(), "cannot serve");
    line.field("error", Value::from(told));
    line.field("exit_code", Value::from(EXIT_CONFIGURATION));
    line.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_is_one_line_of_json_with_its_causes() {
        let cause = anyport_ports::Error::invalid("two\nlines \"quoted\"");
        let line = line(&super::super::FunctionsError::Settings(cause));
        assert!(!line.contains('\n'));
        let read: Value = serde_json::from_str(&line).unwrap();
        assert_eq!((&read["level"], &read["exit_code"]), (&Value::from("ERROR"), &Value::from(78)));
        let told = read["error"].as_str().unwrap();
        assert!(told.contains("azure_functions.prefix") && told.contains("two\nlines"), "{told}");
    }
}
