//! The fields of an event or a span as JSON values, within bounds and without secrets.

use std::error::Error;
use std::fmt::{self, Write as _};

use serde_json::{Number, Value};
use tracing::field::{Field, Visit};

use crate::logs::redaction::{REDACTED, is_secret, scrubbed};

/// Longest text of a value, in bytes.
pub(super) const MAX_BYTES: usize = 8 * 1024;

/// Most causes of an error that are told.
const MAX_CAUSES: usize = 16;

/// Fields in the order in which they came.
#[derive(Debug, Default)]
pub(super) struct Fields(Vec<(&'static str, Value)>);

impl Fields {
    pub(super) fn iter(&self) -> impl Iterator<Item = (&'static str, &Value)> {
        self.0.iter().map(|(name, value)| (*name, value))
    }

    /// Adds fields; those of the same name are replaced.
    pub(super) fn extend(&mut self, others: Self) {
        for (name, value) in others.0 {
            self.set(name, value);
        }
    }

    /// The event's message, which is then no field any more.
    pub(super) fn take_message(&mut self) -> String {
        let message = self.0.iter().position(|(name, _)| *name == "message").map(|at| self.0.remove(at).1);
        match message {
            Some(Value::String(text)) => text,
            Some(other) => other.to_string(),
            None => String::new(),
        }
    }

    fn set(&mut self, name: &'static str, value: Value) {
        match self.0.iter_mut().find(|(own, _)| *own == name) {
            Some((_, known)) => *known = value,
            None => self.0.push((name, value)),
        }
    }

    /// Adds what is made of the value, unless the field is a secret or a note of a crate to itself.
    fn add(&mut self, field: &Field, value: impl FnOnce() -> Value) {
        let name = field.name();
        if name.starts_with("log.") || name.starts_with("otel.") {
            return;
        }
        let value = if is_secret(name) { Value::from(REDACTED) } else { value() };
        self.set(name, value);
    }
}

impl Visit for Fields {
    fn record_f64(&mut self, field: &Field, value: f64) {
        // JSON has no word for what is not a number or infinite.
        self.add(field, || Number::from_f64(value).map_or_else(|| Value::from(value.to_string()), Value::Number));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, || value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field, || value.into());
    }

    fn record_i128(&mut self, field: &Field, value: i128) {
        self.add(field, || i64::try_from(value).map_or_else(|_| value.to_string().into(), Value::from));
    }

    fn record_u128(&mut self, field: &Field, value: u128) {
        self.add(field, || u64::try_from(value).map_or_else(|_| value.to_string().into(), Value::from));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, || value.into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, || text(value));
    }

    fn record_bytes(&mut self, field: &Field, value: &[u8]) {
        self.add(field, || {
            let shown = &value[..value.len().min(MAX_BYTES + 1)];
            text(&String::from_utf8_lossy(shown))
        });
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.add(field, || {
            let mut told = Bounded::default();
            write!(told, "{value}").ok();
            let mut causes = value.source();
            for _ in 0..MAX_CAUSES {
                let Some(error) = causes else { break };
                let cause = error.to_string();
                // Many an error tells its cause in its own words already.
                if !told.text.contains(&cause) {
                    write!(told, ": {cause}").ok();
                }
                causes = error.source();
            }
            told.value()
        });
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.add(field, || {
            let mut shown = Bounded::default();
            write!(shown, "{value:?}").ok();
            shown.value()
        });
    }
}

/// A text as a value.
pub(super) fn text(value: &str) -> Value {
    let mut bounded = Bounded::default();
    bounded.write_str(value).ok();
    bounded.value()
}

/// A text that takes so much and no more.
#[derive(Default)]
struct Bounded {
    text: String,
    cut: bool,
}

impl Bounded {
    fn value(self) -> Value {
        let mut text = scrubbed(&self.text).into_owned();
        if self.cut {
            text.push_str("...[cut]");
        }
        text.into()
    }
}

impl fmt::Write for Bounded {
    /// An error ends the writing, so that what is endless ends as well.
    fn write_str(&mut self, more: &str) -> fmt::Result {
        let room = MAX_BYTES - self.text.len();
        if more.len() <= room && !self.cut {
            self.text.push_str(more);
            return Ok(());
        }
        if !self.cut {
            self.text.push_str(&more[..more.floor_char_boundary(room)]);
            self.cut = true;
        }
        Err(fmt::Error)
    }
}
