//! The parameters of the route and of the query.

use std::collections::BTreeMap;

use anyport_ports::handles::Ports;
use percent_encoding::percent_decode_str;
use schemars::{JsonSchema, SchemaGenerator};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::violation::{typed, validate};
use super::{FromInvocation, Parameter, SchemaOf, Setup};
use crate::function::kind::{Http, HttpInvocation};
use crate::problem::{Location, Problem};
use crate::schemas::{SchemaValidator, TextObject};

/// The route's parameters: a struct with a field for each, or, where the route has one, a single value.
///
/// Text is read as what the schema asks for (a number, a boolean), and then fits the schema, else 422.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Path<T>(pub T);

/// The query, as a struct with a field for each parameter. A field that is a list takes a parameter given several times.
///
/// Text is read as what the schema asks for (a number, a boolean), and then fits the schema, else 422.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Query<T>(pub T);

/// The decoder of a set of parameters.
#[derive(Debug)]
pub struct Parameters {
    object: TextObject,
    validator: SchemaValidator,
    /// The one parameter that stands for the whole value.
    single: Option<String>,
}

impl Parameters {
    fn decode<T: DeserializeOwned>(
        &self,
        location: Location,
        given: BTreeMap<String, Vec<String>>,
    ) -> Result<T, Problem> {
        let fields = given.into_iter().map(|(name, texts)| {
            let value = self.object.read(&name, &texts);
            (name, value)
        });
        let object = Value::Object(fields.collect());
        validate(location, &self.validator, &object)?;
        match (&self.single, object) {
            (Some(name), Value::Object(mut fields)) => {
                typed(location, &format!("/{name}"), fields.remove(name).unwrap_or_default())
            }
            (_, object) => typed(location, "", object),
        }
    }
}

impl<T: DeserializeOwned + JsonSchema + Send> FromInvocation<Http> for Path<T> {
    type Prepared = Parameters;

    fn parameter() -> Parameter {
        Parameter::Path(SchemaGenerator::subschema_for::<T>)
    }

    fn prepare(setup: &Setup<'_>) -> Result<Parameters, String> {
        let of: SchemaOf = SchemaGenerator::subschema_for::<T>;
        let object = setup.schemas.path_object(of, setup.path_parameters)?;
        let validator = setup.schemas.validator(object.schema())?;
        let single = setup.path_parameters.first().filter(|_| setup.schemas.is_single(of)).cloned();
        Ok(Parameters { object, validator, single })
    }

    fn extract(prepared: &Parameters, invocation: &mut HttpInvocation, _ports: &Ports) -> Result<Self, Problem> {
        let given = invocation.path.iter().map(|(name, text)| (name.clone(), vec![text.clone()])).collect();
        prepared.decode(Location::Path, given).map(Self)
    }
}

impl<T: DeserializeOwned + JsonSchema + Send> FromInvocation<Http> for Query<T> {
    type Prepared = Parameters;

    fn parameter() -> Parameter {
        Parameter::Query(SchemaGenerator::subschema_for::<T>)
    }

    fn prepare(setup: &Setup<'_>) -> Result<Parameters, String> {
        let object = setup.schemas.query_object(SchemaGenerator::subschema_for::<T>)?;
        let validator = setup.schemas.validator(object.schema())?;
        Ok(Parameters { object, validator, single: None })
    }

    fn extract(prepared: &Parameters, invocation: &mut HttpInvocation, _ports: &Ports) -> Result<Self, Problem> {
        let mut given: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for pair in invocation.query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, text) = pair.split_once('=').unwrap_or((pair, ""));
            given.entry(decoded(name)?).or_default().push(decoded(text)?);
        }
        prepared.decode(Location::Query, given).map(Self)
    }
}

fn decoded(text: &str) -> Result<String, Problem> {
    let spaced = text.replace('+', " ");
    let decoded = percent_decode_str(&spaced).decode_utf8();
    decoded.map(String::from).map_err(|_| Problem::bad_request("invalid_utf8", "the query is not UTF-8"))
}
