//! Finding everything that is wrong with settings, and not only the first thing.

use std::path::Path;

use jsonschema::error::ValidationErrorKind;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::environment::Environment;
use crate::extract::pointer;

/// Most values that are tried to be read in place of ones found wrong.
const MAX_REPAIRS: usize = 64;

/// What settings are held against.
pub(super) struct Check<'a> {
    pub(super) schema: &'a Value,
    pub(super) defaults: Value,
    pub(super) in_file: Value,
    pub(super) file: Option<&'a Path>,
    pub(super) environment: &'a Environment,
}

impl Check<'_> {
    /// The settings, as far as they can be read; all that is wrong is added to the problems.
    ///
    /// What breaks the schema is found all at once. What only shows when a value is read (an address) is found one at a
    /// time, the default standing in for what was wrong.
    pub(super) fn typed<T: DeserializeOwned>(&self, mut value: Value, problems: &mut Vec<String>) -> Option<T> {
        let mut wrong = Vec::new();
        match jsonschema::options().build(self.schema) {
            Ok(validator) => {
                wrong = validator.iter_errors(&value).flat_map(|error| found(&error)).collect();
            }
            Err(error) => problems.push(format!("their schema cannot be compiled: {error}")),
        }
        for (pointer, what) in &wrong {
            problems.push(self.described(pointer, what));
            self.repair(&mut value, pointer);
        }
        for _ in 0..MAX_REPAIRS {
            let error = match serde_path_to_error::deserialize::<_, T>(value.clone()) {
                Ok(settings) => return Some(settings),
                Err(error) => error,
            };
            let pointer = pointer(error.path());
            if wrong.iter().any(|(known, _)| known.starts_with(&pointer)) {
                return None;
            }
            let what = format!("cannot be read: {}", error.into_inner());
            problems.push(self.described(&pointer, &what));
            self.repair(&mut value, &pointer);
            wrong.push((pointer, what));
        }
        None
    }

    fn described(&self, pointer: &str, what: &str) -> String {
        let name = pointer.trim_start_matches('/').replace('/', ".");
        let variable = format!("ANYPORT_{}", pointer.trim_start_matches('/').replace('/', "__").to_uppercase());
        let file = self.file.unwrap_or_else(|| Path::new(super::FILE)).display();
        let source = if let Some(variable) = self.environment.names.get(pointer) {
            format!(" (environment variable {variable})")
        } else if self.in_file.pointer(pointer).is_some() {
            format!(" (file {file})")
        } else if what == MISSING {
            format!(": set it in {file} or as {variable}")
        } else {
            String::new()
        };
        format!("{name} {what}{source}")
    }

    /// Puts the default in place of what is wrong; what has none is taken out.
    fn repair(&self, value: &mut Value, pointer: &str) {
        match (self.defaults.pointer(pointer), value.pointer_mut(pointer)) {
            (Some(default), Some(place)) => *place = default.clone(),
            (None, Some(_)) => {
                let (parent, field) = pointer.rsplit_once('/').unwrap_or_default();
                if let Some(Value::Object(fields)) = value.pointer_mut(parent) {
                    fields.remove(field);
                }
            }
            (_, None) => {}
        }
    }
}

const MISSING: &str = "is missing";

fn found(error: &jsonschema::ValidationError<'_>) -> Vec<(String, String)> {
    let at = error.instance_path().to_string();
    match error.kind() {
        ValidationErrorKind::Required { property } => {
            vec![(format!("{at}/{}", property.as_str().unwrap_or_default()), MISSING.to_owned())]
        }
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            unexpected.iter().map(|name| (format!("{at}/{name}"), "is not a known setting".to_owned())).collect()
        }
        _ => vec![(at, format!("is wrong: {}", error.masked()))],
    }
}

/// The schema with every struct closed to fields that it does not have.
pub(super) fn strict_schema(mut schema: Value) -> Value {
    close(&mut schema);
    schema
}

fn close(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            if fields.contains_key("properties") {
                fields.entry("additionalProperties").or_insert(json!(false));
            }
            fields.values_mut().for_each(close);
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}
