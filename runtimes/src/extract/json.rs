//! JSON, in and out.

use anyport_ports::handles::Ports;
use schemars::{JsonSchema, SchemaGenerator};
use serde::de::DeserializeOwned;

use super::violation::{typed, validate};
use super::{FromInvocation, Parameter, Setup};
use crate::function::kind::{Http, HttpInvocation};
use crate::problem::{Location, Problem};
use crate::schemas::SchemaValidator;

/// As a parameter: the body, which fits the schema of `T`. As an answer: 200 with this body.
///
/// What is not JSON is 400, JSON that breaks the schema 422, another media type 415.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned + JsonSchema + Send> FromInvocation<Http> for Json<T> {
    type Prepared = SchemaValidator;

    fn parameter() -> Parameter {
        Parameter::Json(SchemaGenerator::subschema_for::<T>)
    }

    fn prepare(setup: &Setup<'_>) -> Result<SchemaValidator, String> {
        let schema = setup.schemas.input(SchemaGenerator::subschema_for::<T>);
        setup.schemas.validator(&schema)
    }

    fn extract(validator: &SchemaValidator, invocation: &mut HttpInvocation, _ports: &Ports) -> Result<Self, Problem> {
        let body = std::mem::take(&mut invocation.body);
        if body.is_empty() {
            return Err(Problem::bad_request("missing_body", "the request has no body: send JSON"));
        }
        if std::str::from_utf8(&body).is_err() {
            return Err(Problem::bad_request("invalid_utf8", "the body is not UTF-8, as JSON must be"));
        }
        let value = serde_json::from_slice(&body)
            .map_err(|error| Problem::bad_request("malformed_json", format!("the body is not JSON: {error}")))?;
        validate(Location::Body, validator, &value)?;
        typed(Location::Body, "", value).map(Self)
    }
}
