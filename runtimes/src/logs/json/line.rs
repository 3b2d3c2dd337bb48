//! One line: the keys that each has, and then the fields.

use std::borrow::Cow;

use chrono::{SecondsFormat, Utc};
use serde_json::Value;
use tracing::Level;

use super::fields::{Fields, text};

/// What each line tells of its call.
const OF_CALL: [&str; 5] = ["request_id", "correlation_id", "trace_id", "function", "cold_start"];

/// What each line tells of itself.
const OF_LINE: [&str; 5] = ["timestamp", "level", "message", "target", "severity"];

/// Of the values that come once a line is this long, in bytes, it is only told that they were there.
const MAX_BYTES: usize = 64 * 1024;

/// A line that is being made.
pub(crate) struct Line {
    level: Level,
    head: [(&'static str, Value); 4],
    call: [Value; OF_CALL.len()],
    fields: Vec<(Cow<'static, str>, Value)>,
}

impl Line {
    /// What is told now.
    pub(crate) fn new(level: Level, target: &str, message: &str) -> Self {
        let head = [
            ("timestamp", Utc::now().to_rfc3339_opts(SecondsFormat::Micros, true).into()),
            ("level", level.as_str().into()),
            ("message", text(message)),
            ("target", text(target)),
        ];
        Self { level, head, call: Default::default(), fields: Vec::new() }
    }

    /// Adds the fields of a span or of the event; those of the runtime tell what call it is.
    pub(super) fn fields(&mut self, fields: &Fields, own: bool) {
        for (name, value) in fields.iter() {
            match OF_CALL.iter().position(|known| *known == name) {
                Some(at) if own => self.call[at] = value.clone(),
                Some(_) => self.set(format!("field.{name}").into(), value.clone()),
                None => self.field(name, value.clone()),
            }
        }
    }

    /// Adds a field.
    pub(crate) fn field(&mut self, name: impl Into<Cow<'static, str>>, value: Value) {
        let name = name.into();
        let taken = OF_LINE.contains(&&*name) || name.starts_with("logging.googleapis.com/");
        self.set(if taken { format!("field.{name}").into() } else { name }, value);
    }

    /// Adds what tells which call it is.
    pub(crate) fn of_call(&mut self, name: &str, value: Value) {
        if let Some(at) = OF_CALL.iter().position(|known| *known == name) {
            self.call[at] = value;
        }
    }

    /// Adds Google's fields.
    pub(crate) fn google(&mut self, project: Option<&str>) {
        let severity = match self.level {
            Level::ERROR => "ERROR",
            Level::WARN => "WARNING",
            Level::INFO => "INFO",
            _ => "DEBUG",
        };
        self.set("severity".into(), severity.into());
        let trace =
            self.call[2].as_str().zip(project).map(|(trace, project)| format!("projects/{project}/traces/{trace}"));
        if let Some(trace) = trace {
            self.set("logging.googleapis.com/trace".into(), trace.into());
        }
        for (own, theirs) in [("span_id", "spanId"), ("trace_sampled", "trace_sampled")] {
            let value = self.fields.iter().find(|(name, _)| name == own).map(|(_, value)| value.clone());
            if let Some(value) = value {
                self.set(format!("logging.googleapis.com/{theirs}").into(), value);
            }
        }
    }

    /// The line, without its end.
    pub(crate) fn finish(self) -> String {
        let mut line = String::with_capacity(512);
        let call = OF_CALL.into_iter().zip(self.call);
        let always = self.head.into_iter().chain(call);
        for (name, value) in always {
            push(&mut line, name, &value);
        }
        for (name, value) in self.fields {
            let value = if line.len() > MAX_BYTES { "...[cut]".into() } else { value };
            push(&mut line, &name, &value);
        }
        line.push('}');
        line
    }

    fn set(&mut self, name: Cow<'static, str>, value: Value) {
        match self.fields.iter_mut().find(|(own, _)| *own == name) {
            Some((_, known)) => *known = value,
            None => self.fields.push((name, value)),
        }
    }
}

fn push(line: &mut String, name: &str, value: &Value) {
    use std::fmt::Write as _;

    line.push(if line.is_empty() { '{' } else { ',' });
    // Writing to a string does not fail.
    write!(line, "{}:{value}", Value::from(name)).ok();
}
