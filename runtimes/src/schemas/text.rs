//! Objects that arrive as text: the parameters of routes and queries, and variables of the environment.

use std::collections::BTreeMap;

use serde_json::{Map, Number, Value, json};

use super::Schemas;
use crate::extract::SchemaOf;

/// An object each of whose fields arrives as one text, or as several where it is a list.
#[derive(Debug)]
pub struct TextObject {
    schema: Value,
    fields: BTreeMap<String, Field>,
}

#[derive(Debug)]
struct Field {
    types: Types,
    /// What the items are, if it is a list.
    items: Option<Types>,
}

impl Schemas {
    /// Whether this is a single value and not an object.
    pub(crate) fn is_single(&self, of: SchemaOf) -> bool {
        self.resolve(&self.input(of)).get("properties").is_none()
    }

    /// The object of a route's parameters: a field for each name, or, for a single value, the one name there is.
    pub(crate) fn path_object(&self, of: SchemaOf, names: &[String]) -> Result<TextObject, String> {
        let schema = self.input(of);
        let mut properties = match self.resolve(&schema).get("properties") {
            Some(Value::Object(properties)) => properties.clone(),
            _ if names.len() == 1 => names.iter().map(|name| (name.clone(), schema.clone())).collect(),
            _ => {
                let count = names.len();
                return Err(format!("Path takes a single value, but the route has {count} parameters: use a struct"));
            }
        };
        let (mut declared, mut taken): (Vec<&String>, Vec<&String>) =
            (names.iter().collect(), properties.keys().collect());
        declared.sort();
        taken.sort();
        if declared != taken {
            return Err(format!("Path takes {taken:?}, but the route has {declared:?}: they must be the same"));
        }
        properties.values_mut().for_each(without_null);
        Ok(self.text_object(json!({ "type": "object", "properties": properties, "required": names })))
    }

    /// The object of a query's parameters.
    pub(crate) fn query_object(&self, of: SchemaOf) -> Result<TextObject, String> {
        let schema = self.input(of);
        let mut object = self.resolve(&schema).clone();
        let Some(Value::Object(properties)) = object.get_mut("properties") else {
            return Err("Query takes a struct with named fields".to_owned());
        };
        properties.values_mut().for_each(without_null);
        Ok(self.text_object(object))
    }

    fn text_object(&self, schema: Value) -> TextObject {
        let properties = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
        let fields = properties
            .map(|(name, schema)| {
                let items = self.resolve(schema).get("items").map(|items| self.types(items));
                (name.clone(), Field { types: self.types(schema), items })
            })
            .collect();
        TextObject { schema, fields }
    }

    /// The JSON types that a schema allows.
    pub(crate) fn types(&self, schema: &Value) -> Types {
        let mut types = Types::default();
        self.add_types(schema, &mut types, 8);
        types
    }

    fn add_types(&self, schema: &Value, types: &mut Types, depth: u32) {
        let schema = self.resolve(schema);
        let mut add = |name: &str| match name {
            "boolean" => types.boolean = true,
            "integer" => types.integer = true,
            "number" => types.number = true,
            _ => {}
        };
        match schema.get("type") {
            Some(Value::String(name)) => add(name),
            Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).for_each(add),
            _ => {}
        }
        let alternatives = ["anyOf", "oneOf", "allOf"].iter().filter_map(|key| schema.get(key)?.as_array()).flatten();
        for alternative in alternatives.filter(|_| depth > 0) {
            self.add_types(alternative, types, depth - 1);
        }
    }
}

/// What a text may stand for besides text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Types {
    boolean: bool,
    integer: bool,
    number: bool,
}

impl Types {
    /// Reads a text as what it may stand for; what it cannot stays text, and then breaks the schema.
    pub(crate) fn read(self, text: &str) -> Value {
        if self.boolean && matches!(text, "true" | "false") {
            return Value::Bool(text == "true");
        }
        let number = (self.integer || self.number).then(|| serde_json::from_str::<Number>(text).ok()).flatten();
        number.map_or_else(
            || Value::from(text),
            |number| {
                let float = (number.is_f64() && self.integer).then(|| whole(&number)).flatten();
                float.map_or(Value::Number(number), Value::from)
            },
        )
    }
}

/// The integer that a number is, if it is one and a float holds it exactly.
#[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
pub(crate) fn whole(number: &Number) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let float = number.as_f64().filter(|float| float.fract() == 0.0 && float.abs() < EXACT)?;
    number.as_i64().or(Some(float as i64))
}

impl TextObject {
    /// The schema of the object.
    pub(crate) fn schema(&self) -> &Value {
        &self.schema
    }

    /// Reads a field's texts as what its schema asks for.
    pub(crate) fn read(&self, name: &str, texts: &[String]) -> Value {
        let field = self.fields.get(name);
        if let Some(items) = field.and_then(|field| field.items) {
            return texts.iter().map(|text| items.read(text)).collect();
        }
        match texts {
            [text] => field.map_or_else(|| Value::from(text.as_str()), |field| field.types.read(text)),
            several => Value::from(several),
        }
    }

    /// Each field's name, schema, and whether it must be there.
    pub(crate) fn fields(&self) -> impl Iterator<Item = (&String, &Value, bool)> {
        let required = self.schema.get("required").and_then(Value::as_array);
        let properties = self.schema.get("properties").and_then(Value::as_object).into_iter().flatten();
        properties.map(move |(name, schema)| {
            let required = required.is_some_and(|names| names.iter().any(|required| required == name));
            (name, schema, required)
        })
    }
}

/// Takes `null` out of what a schema allows: no text means it, the field is then left out.
fn without_null(schema: &mut Value) {
    let Value::Object(fields) = schema else { return };
    match fields.get_mut("type") {
        Some(Value::Array(types)) => {
            types.retain(|name| name != "null");
            if let [only] = types.as_slice() {
                let only = only.clone();
                fields.insert("type".to_owned(), only);
            }
        }
        _ => remove_null_alternative(fields),
    }
    if let Some(Value::Array(values)) = fields.get_mut("enum") {
        values.retain(|value| !value.is_null());
    }
    if fields.get("default") == Some(&Value::Null) {
        fields.remove("default");
    }
}

fn remove_null_alternative(fields: &mut Map<String, Value>) {
    if let Some(Value::Array(alternatives)) = fields.get_mut("anyOf") {
        alternatives.retain(|schema| schema.get("type").is_none_or(|name| name != "null"));
    }
}

#[cfg(test)]
mod tests {
    use schemars::JsonSchema;
    use serde_json::json;

    use super::super::Compile;
    use super::*;

    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema is used")]
    struct Example {
        limit: Option<u32>,
        deep: bool,
        name: String,
        tags: Vec<u8>,
    }

    #[test]
    fn text_is_read_as_what_the_schema_asks_for() {
        let of: SchemaOf = |generator| generator.subschema_for::<Example>();
        let schemas = Schemas::collect(std::iter::once(of), std::iter::empty(), Compile::Now);
        let object = schemas.query_object(of).unwrap();
        let read = |name, text: &str| object.read(name, &[text.to_owned()]);
        assert_eq!(read("limit", "7"), json!(7));
        assert_eq!(read("limit", "7.0"), json!(7));
        assert_eq!(read("limit", "seven"), json!("seven"));
        assert_eq!(read("limit", "null"), json!("null"));
        assert_eq!(read("deep", "true"), json!(true));
        assert_eq!(read("name", "7"), json!("7"));
        assert_eq!(read("tags", "7"), json!([7]));
        assert_eq!(read("other", "7"), json!("7"));

        let validator = schemas.validator(object.schema()).unwrap();
        let validator = validator.compiled().unwrap();
        let given = |limit| json!({ "limit": limit, "deep": false, "name": "n", "tags": [] });
        assert!(validator.is_valid(&given(4_294_967_295_u64)));
        assert!(!validator.is_valid(&given(4_294_967_296)), "a u32 has its bounds in the schema");
    }
}
