//! The schemas of everything that comes in and goes out: published in the OpenAPI document, and the very same compiled
//! to validate requests, so that the two cannot drift.

mod numbers;
mod text;
mod validator;

use std::fmt;
use std::sync::Arc;

use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value};

pub use text::TextObject;
pub(crate) use text::whole;
pub use validator::SchemaValidator;

use crate::extract::SchemaOf;

const COMPONENTS: &str = "/components/schemas";

/// When schemas are compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compile {
    /// At once, so that one that cannot be is found before anything is served.
    Now,
    /// When a value is first held against it: a process that is started to answer one request need not pay for all.
    #[cfg_attr(
        not(any(feature = "server", feature = "aws-lambda", feature = "azure-functions")),
        expect(dead_code, reason = "what is started by somebody else is not started to answer one request")
    )]
    AtFirstUse,
}

/// The schemas of a workload.
pub struct Schemas {
    input: SchemaGenerator,
    output: SchemaGenerator,
    /// What an output's component is called where an input's of another content has its name.
    renamed: Map<String, Value>,
    components: Arc<Map<String, Value>>,
    compile: Compile,
}

impl Schemas {
    /// Collects what these refer to.
    pub(crate) fn collect(
        inputs: impl Iterator<Item = SchemaOf>,
        outputs: impl Iterator<Item = SchemaOf>,
        compile: Compile,
    ) -> Self {
        let settings = || {
            SchemaSettings::draft2020_12().with(|settings| {
                settings.definitions_path = COMPONENTS.into();
                settings.meta_schema = None;
            })
        };
        let mut input = settings().for_deserialize().into_generator();
        let mut output = settings().for_serialize().into_generator();
        inputs.for_each(|of| drop(of(&mut input)));
        outputs.for_each(|of| drop(of(&mut output)));

        let mut components = input.definitions().clone();
        components.values_mut().for_each(numbers::bound);
        let mut renamed = Map::new();
        let mut answers = output.definitions().clone();
        answers.values_mut().for_each(numbers::bound);
        for (name, schema) in &answers {
            if components.get(name).is_some_and(|standing| standing != schema) {
                renamed.insert(name.clone(), Value::from(format!("{name}Answer")));
            }
        }
        for (name, mut schema) in answers {
            rename(&mut schema, &renamed);
            let name = renamed.get(&name).and_then(Value::as_str).map_or(name.clone(), str::to_owned);
            components.entry(name).or_insert(schema);
        }
        Self { input, output, renamed, components: Arc::new(components), compile }
    }

    /// The schema of something that comes in, with references into the components.
    pub(crate) fn input(&self, of: SchemaOf) -> Value {
        let mut schema = of(&mut self.input.clone()).to_value();
        numbers::bound(&mut schema);
        schema
    }

    /// The schema of something that goes out, with references into the components.
    pub(crate) fn output(&self, of: SchemaOf) -> Value {
        let mut schema = of(&mut self.output.clone()).to_value();
        numbers::bound(&mut schema);
        rename(&mut schema, &self.renamed);
        schema
    }

    /// The components that schemas refer to.
    pub(crate) fn components(&self) -> &Map<String, Value> {
        &self.components
    }

    /// What holds values against a schema that may refer to the components. Patterns are matched in linear time: one that
    /// needs more (look-around, back-references) is refused, since clients could stall the service with it.
    pub(crate) fn validator(&self, schema: &Value) -> Result<SchemaValidator, String> {
        let validator = SchemaValidator::new(schema.clone(), Arc::clone(&self.components));
        match self.compile {
            Compile::Now => validator.compiled().map(drop)?,
            Compile::AtFirstUse => {}
        }
        Ok(validator)
    }

    /// The schema that a chain of references ends at.
    pub(crate) fn resolve<'a>(&'a self, mut schema: &'a Value) -> &'a Value {
        for _ in 0..16 {
            let name = schema.get("$ref").and_then(Value::as_str).and_then(|at| at.rsplit('/').next());
            match name.and_then(|name| self.components.get(name)) {
                Some(target) => schema = target,
                None => break,
            }
        }
        schema
    }
}

/// Renames references to components.
fn rename(schema: &mut Value, renamed: &Map<String, Value>) {
    match schema {
        Value::Object(fields) => {
            if let Some(Value::String(reference)) = fields.get_mut("$ref")
                && let Some(name) =
                    reference.strip_prefix('#').and_then(|at| at.strip_prefix(COMPONENTS)?.strip_prefix('/'))
                && let Some(new) = renamed.get(name).and_then(Value::as_str)
            {
                *reference = format!("#{COMPONENTS}/{new}");
            }
            fields.values_mut().for_each(|value| rename(value, renamed));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| rename(item, renamed)),
        _ => {}
    }
}

impl fmt::Debug for Schemas {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.components.keys()).finish()
    }
}
