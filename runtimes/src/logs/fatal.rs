//! The last line of a process that cannot do its work.

use std::fmt::Display;

use tracing::Level;

use super::json::Line;
use super::output::write_line;
use super::settings::LogSettings;

/// Tells why the process ends, in one JSON line on standard output, whether logs were set up or could not be: where standard
/// output is a host's log, nobody reads anything else.
pub fn fatal(error: &dyn Display) {
    write_line(&line(error, &LogSettings::default()));
}

fn line(error: &dyn Display, settings: &LogSettings) -> String {
    let mut line = Line::new(Level::ERROR, module_path!(), "the process cannot serve");
    line.field("error", error.to_string().into());
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

    #[test]
    fn it_is_one_line_whatever_the_error_says() {
        let settings = LogSettings { profile: LogProfile::GoogleCloud, ..LogSettings::default() };
        let line = line(&"the settings are wrong:\n- \"a\"\n- b", &settings);
        assert!(!line.contains('\n'));
        let line: Value = serde_json::from_str(&line).unwrap();
        assert_eq!((line["severity"].as_str(), line["level"].as_str()), (Some("ERROR"), Some("ERROR")));
        assert_eq!(line["error"], "the settings are wrong:\n- \"a\"\n- b");
    }
}
