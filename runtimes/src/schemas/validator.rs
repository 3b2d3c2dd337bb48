//! Schemas that values are held against.

use std::fmt;
use std::sync::{Arc, OnceLock};

use jsonschema::{Draft, PatternOptions, Validator};
use serde_json::{Map, Value, json};

/// A schema that values are held against, compiled once.
pub struct SchemaValidator {
    schema: Value,
    components: Arc<Map<String, Value>>,
    compiled: OnceLock<Result<Validator, String>>,
}

impl SchemaValidator {
    pub(super) fn new(schema: Value, components: Arc<Map<String, Value>>) -> Self {
        Self { schema, components, compiled: OnceLock::new() }
    }

    /// The compiled schema; why it cannot be compiled, in words.
    pub(crate) fn compiled(&self) -> Result<&Validator, String> {
        let compile = || {
            let root = json!({ "allOf": [&self.schema], "components": { "schemas": &*self.components } });
            jsonschema::options()
                .with_draft(Draft::Draft202012)
                .with_pattern_options(PatternOptions::regex())
                .should_validate_formats(true)
                .build(&root)
                .map_err(|error| format!("its schema cannot be compiled: {error}"))
        };
        self.compiled.get_or_init(compile).as_ref().map_err(Clone::clone)
    }
}

impl fmt::Debug for SchemaValidator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SchemaValidator").field("schema", &self.schema).finish_non_exhaustive()
    }
}
