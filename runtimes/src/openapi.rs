//! The OpenAPI 3.1 document of a workload, read off its functions' parameters.

use serde_json::{Map, Value, json};

use crate::answer::AnswerShape;
use crate::extract::{Parameter, SchemaOf};
use crate::function::{Function, Trigger};
use crate::problem::{PROBLEM_JSON, Problem};
use crate::schemas::{Schemas, TextObject};
use crate::workload::{BodyKind, Workload, path_parameters};

/// The security scheme of functions that have a caller.
const BEARER: &str = "bearerAuth";

/// The document.
pub(crate) fn document(workload: &Workload, schemas: &Schemas) -> Value {
    let mut paths = Map::new();
    for function in workload.functions() {
        if let Trigger::Http { method, path } = &function.trigger {
            let item = paths.entry(path.clone()).or_insert_with(|| json!({}));
            item[method.to_lowercase()] = operation(function, path, schemas);
        }
    }
    let of: SchemaOf = |generator| generator.subschema_for::<Problem>();
    let problem = json!({
        "description": "The request was not carried out: what was wrong, as RFC 9457 problem details.",
        "content": { PROBLEM_JSON: { "schema": schemas.output(of) } },
    });
    let mut document = json!({
        "openapi": "3.1.0",
        "info": { "title": workload.name(), "version": "1.0.0" },
        "paths": paths,
        "components": { "schemas": schemas.components(), "responses": { "Problem": problem } },
    });
    if workload.functions().iter().any(Function::has_caller) {
        let scheme = json!({ "type": "http", "scheme": "bearer", "bearerFormat": "JWT" });
        document["components"]["securitySchemes"] = json!({ BEARER: scheme });
    }
    document
}

fn operation(function: &Function, path: &str, schemas: &Schemas) -> Value {
    let mut operation = json!({
        "operationId": function.name,
        "responses": responses(function, path, schemas),
    });
    if let Some(summary) = &function.summary {
        operation["summary"] = Value::from(summary.as_str());
    }
    if function.has_caller() {
        // OpenAPI 3.1 takes what roles and scopes are needed for every type of scheme.
        let bearer = json!({ BEARER: function.scopes().collect::<Vec<_>>() });
        let security = if function.requires_caller() { vec![bearer] } else { vec![json!({}), bearer] };
        operation["security"] = Value::from(security);
    }
    let parameters = parameters(function, path, schemas);
    if !parameters.is_empty() {
        operation["parameters"] = Value::from(parameters);
    }
    if let Some(content) = content(function, schemas) {
        // Bytes may be none at all; JSON is at least a value.
        let required = BodyKind::of(function) == BodyKind::Json;
        operation["requestBody"] = json!({ "required": required, "content": content });
    }
    operation
}

fn content(function: &Function, schemas: &Schemas) -> Option<Value> {
    function.signature.parameters.iter().find_map(|parameter| match parameter {
        Parameter::Json(of) => Some(json!({ "application/json": { "schema": schemas.input(*of) } })),
        Parameter::Bytes => Some(json!({ "application/octet-stream": {} })),
        _ => None,
    })
}

fn parameters(function: &Function, path: &str, schemas: &Schemas) -> Vec<Value> {
    let names = path_parameters(path);
    let mut parameters = Vec::new();
    for parameter in &function.signature.parameters {
        let (location, object) = match parameter {
            Parameter::Path(of) => ("path", schemas.path_object(*of, &names)),
            Parameter::Query(of) => ("query", schemas.query_object(*of)),
            Parameter::IfMatch { required } => {
                parameters.push(json!({
                    "name": "If-Match",
                    "in": "header",
                    "required": required,
                    "description": "The ETag of the state that the change is made to, or *.",
                    "schema": { "anyOf": [{ "const": "*" }, { "type": "string", "pattern": ENTITY_TAG }] },
                }));
                continue;
            }
            _ => continue,
        };
        // What has no object is refused when the function is prepared, before any document is made.
        for (name, schema, required) in object.iter().flat_map(TextObject::fields) {
            let mut schema = schema.clone();
            let description = schema.as_object_mut().and_then(|fields| fields.remove("description"));
            let mut parameter = json!({ "name": name, "in": location, "required": required, "schema": schema });
            if let Some(description) = description {
                parameter["description"] = description;
            }
            parameters.push(parameter);
        }
    }
    if let Some(idempotent) = &function.idempotent {
        parameters.push(json!({
            "name": "Idempotency-Key",
            "in": "header",
            "required": idempotent.required,
            "description": "New for each operation, and the same when it is repeated: a string of structured fields (RFC 9651).",
            "schema": { "type": "string", "pattern": if idempotent.strict { STRICT_KEY } else { KEY } },
        }));
    }
    parameters
}

/// A string of structured fields (RFC 9651), of 1 to 255 characters.
const STRICT_KEY: &str = r#"^"([ !#-\[\]-~]|\\["\\]){1,255}"$"#;

/// As well a bare token: visible ASCII without quotes, commas and semicolons.
const KEY: &str = r#"^("([ !#-\[\]-~]|\\["\\]){1,255}"|[!#-+\--:<-~]{1,255})$"#;

/// One strong entity tag.
const ENTITY_TAG: &str = r#"^"[!#-~]+"$"#;

fn responses(function: &Function, path: &str, schemas: &Schemas) -> Value {
    let mut responses = Map::new();
    if let Some(answer) = &function.signature.answer {
        responses.insert(answer.status.as_str().to_owned(), success(answer, schemas));
    }
    let parameters = &function.signature.parameters;
    let has = |of: fn(&Parameter) -> bool| parameters.iter().any(of);
    let body = BodyKind::of(function);
    let mut statuses = vec![400, 431, 500, 503, 504];
    if body != BodyKind::None {
        statuses.extend([408, 413]);
    }
    if body == BodyKind::Json {
        statuses.extend([415, 422]);
    }
    if path.contains('{') {
        statuses.push(404);
    }
    if has(|one| matches!(one, Parameter::Path(_) | Parameter::Query(_))) && body != BodyKind::Json {
        statuses.push(422);
    }
    if function.idempotent.is_some() {
        statuses.extend([409, 422]);
    }
    if function.has_caller() {
        statuses.push(401);
    }
    if function.scopes().next().is_some() {
        statuses.push(403);
    }
    if has(|one| matches!(one, Parameter::IfMatch { .. })) {
        statuses.push(412);
    }
    if has(|one| matches!(one, Parameter::IfMatch { required: true })) {
        statuses.push(428);
    }
    statuses.sort_unstable();
    statuses.dedup();
    let problem = || json!({ "$ref": "#/components/responses/Problem" });
    responses.extend(statuses.into_iter().map(|status| (status.to_string(), problem())));
    responses.insert("default".to_owned(), problem());
    Value::Object(responses)
}

fn success(answer: &AnswerShape, schemas: &Schemas) -> Value {
    let mut response = json!({ "description": answer.status.canonical_reason().unwrap_or("Done") });
    if let Some(of) = answer.schema {
        response["content"] = json!({ "application/json": { "schema": schemas.output(of) } });
    }
    if !answer.headers.is_empty() {
        let header = |(name, holds): &(&str, &str)| {
            ((*name).to_owned(), json!({ "description": holds, "schema": { "type": "string" } }))
        };
        response["headers"] = Value::Object(answer.headers.iter().map(header).collect());
    }
    response
}
