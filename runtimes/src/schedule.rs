//! Cron patterns and their slots, in UTC.

use std::str::FromStr as _;

#[cfg(any(feature = "server", feature = "aws-lambda", feature = "azure-functions"))]
use anyport_ports::Timestamp;
use chrono::{DateTime, Utc};
use croner::parser::{CronParser, Seconds};

/// A cron pattern of five fields, or six with seconds in front.
#[derive(Clone, Debug)]
pub(crate) struct Cron(croner::Cron);

impl Cron {
    /// Parses a pattern; what is wrong with it, in words.
    pub(crate) fn parse(pattern: &str) -> Result<Self, String> {
        let parser = CronParser::builder().seconds(Seconds::Optional).build();
        let cron = parser.parse(pattern).map_err(|error| format!("{pattern:?} is not a cron pattern: {error}"))?;
        let cron = Self(cron);
        let epoch = DateTime::<Utc>::from_str("2000-01-01T00:00:00Z").unwrap_or_default();
        match cron.0.find_next_occurrence(&epoch, true) {
            Ok(_) => Ok(cron),
            Err(_) => Err(format!("the cron pattern {pattern:?} never comes")),
        }
    }

    /// The latest slot at or before this instant.
    #[cfg(any(feature = "server", feature = "aws-lambda", feature = "azure-functions"))]
    pub(crate) fn latest(&self, now: Timestamp) -> Option<Timestamp> {
        let now = DateTime::from_timestamp_millis(now.as_millis())?;
        self.0.find_previous_occurrence(&now, true).ok().map(|slot| Timestamp::from_millis(slot.timestamp_millis()))
    }

    /// The first slot after this instant.
    #[cfg(feature = "server")]
    pub(crate) fn next(&self, now: Timestamp) -> Option<Timestamp> {
        let now = DateTime::from_timestamp_millis(now.as_millis())?;
        self.0.find_next_occurrence(&now, false).ok().map(|slot| Timestamp::from_millis(slot.timestamp_millis()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(feature = "server")]
    #[test]
    fn slots_are_found_either_way_in_utc() {
        // 2026-01-31T23:59:59.999Z
        let now = Timestamp::from_millis(1_769_903_999_999);
        let cron = Cron::parse("0 3 * * *").unwrap();
        assert_eq!(cron.latest(now).unwrap().to_string(), "2026-01-31T03:00:00.000Z");
        assert_eq!(cron.next(now).unwrap().to_string(), "2026-02-01T03:00:00.000Z");
        let seconds = Cron::parse("*/5 * * * * *").unwrap();
        assert_eq!(seconds.latest(now).unwrap().to_string(), "2026-01-31T23:59:55.000Z");
        let exactly = Timestamp::from_millis(1_769_903_995_000);
        assert_eq!(seconds.latest(exactly), Some(exactly), "a slot that is now has come");
        assert_eq!(seconds.next(exactly).unwrap().to_string(), "2026-02-01T00:00:00.000Z");
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        for bad in ["", "x", "* * * *", "60 * * * *", "* * * * * * * *", "0 0 31 2 *"] {
            assert!(Cron::parse(bad).is_err(), "{bad:?}");
        }
    }
}
