//! Settings from the environment.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::schemas::{Compile, Schemas};

/// What every variable that counts begins with.
const PREFIX: &str = "ANYPORT_";

/// Variables that are no settings.
const RESERVED: [&str; 2] = [super::FILE_VARIABLE, "ANYPORT_RUNTIME"];

/// The settings that variables make, and which variable made which.
pub(super) struct Environment {
    pub(super) values: Map<String, Value>,
    /// Variables by the JSON pointers of what they set.
    pub(super) names: BTreeMap<String, String>,
}

/// Reads variables as what the schema asks for at their place: text, number, boolean, or JSON for a list.
pub(super) fn read(variables: &[(String, String)], schema: &Value) -> Environment {
    let schemas = Schemas::collect(std::iter::empty(), std::iter::empty(), Compile::AtFirstUse);
    let mut environment = Environment { values: Map::new(), names: BTreeMap::new() };
    for (name, text) in variables.iter().filter(|(name, _)| !RESERVED.contains(&name.as_str())) {
        let Some(key) = name.strip_prefix(PREFIX) else { continue };
        let path: Vec<String> = key.split("__").map(str::to_lowercase).collect();
        let place = path.iter().try_fold(schema, |schema, field| schema.get("properties")?.get(field));
        let value = match place {
            Some(place) if place.get("items").is_some() => {
                serde_json::from_str(text).unwrap_or_else(|_| Value::from(text.as_str()))
            }
            Some(place) => schemas.types(place).read(text),
            None => Value::from(text.as_str()),
        };
        set(&mut environment.values, &path, value);
        environment.names.insert(format!("/{}", path.join("/")), name.clone());
    }
    environment
}

fn set(fields: &mut Map<String, Value>, path: &[String], value: Value) {
    match path {
        [] => {}
        [last] => {
            fields.insert(last.clone(), value);
        }
        [section, rest @ ..] => {
            let entry = fields.entry(section.clone()).or_insert_with(|| Value::Object(Map::new()));
            if !entry.is_object() {
                *entry = Value::Object(Map::new());
            }
            if let Value::Object(inner) = entry {
                set(inner, rest, value);
            }
        }
    }
}
