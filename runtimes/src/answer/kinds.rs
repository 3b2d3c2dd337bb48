//! The answers that a function can give over HTTP.

use anyport_ports::Cursor;
use anyport_ports::documents::Version;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, ETAG, LOCATION};
use http::{HeaderMap, HeaderValue, StatusCode};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use schemars::{JsonSchema, SchemaGenerator};
use serde::Serialize;

use super::{Answer, AnswerBody, AnswerShape, HttpAnswer};
use crate::extract::{Json, entity_tag};

const ETAG_HEADER: (&str, &str) = ("ETag", "the version, to be sent back in If-Match");
const LOCATION_HEADER: (&str, &str) = ("Location", "where the thing created is found");

/// What a `Location` may not hold as it stands.
const NOT_IN_LOCATION: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'\\').add(b'^').add(b'`');

/// 201: something was created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Created<T> {
    /// Where it is found: a path with its variable parts percent-encoded.
    pub location: String,
    /// The body.
    pub body: T,
    /// Its version, if it has one to be sent back in `If-Match`.
    pub etag: Option<Version>,
}

/// 204: done, and there is nothing to say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NoContent;

/// 200 with the version of what is shown, as `ETag`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tagged<T> {
    /// The version.
    pub etag: Version,
    /// The body.
    pub body: T,
}

/// 200 with a page of a listing: `{"items": [...], "next": "..."}`, where `next` is `null` at the end.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "{T}Page")]
pub struct Page<T> {
    /// The items, in the listing's order.
    pub items: Vec<T>,
    /// Where the listing goes on.
    #[schemars(with = "Option<String>")]
    pub next: Option<Cursor>,
}

fn json(status: StatusCode, body: &impl Serialize) -> Result<HttpAnswer, serde_json::Error> {
    let body = Bytes::from(serde_json::to_vec(body)?);
    let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
    Ok(HttpAnswer { status, headers, body: AnswerBody::from(body) })
}

fn shape<T: JsonSchema>(status: StatusCode, headers: &'static [(&'static str, &'static str)]) -> AnswerShape {
    AnswerShape { status, schema: Some(SchemaGenerator::subschema_for::<T>), headers, streams: false }
}

impl<T: Serialize + JsonSchema + Send> Answer for Json<T> {
    fn shape() -> AnswerShape {
        shape::<T>(StatusCode::OK, &[])
    }

    fn into_http(self) -> Result<HttpAnswer, serde_json::Error> {
        json(StatusCode::OK, &self.0)
    }
}

impl<T: Serialize + JsonSchema + Send> Answer for Created<T> {
    fn shape() -> AnswerShape {
        shape::<T>(StatusCode::CREATED, &[LOCATION_HEADER, ETAG_HEADER])
    }

    fn into_http(self) -> Result<HttpAnswer, serde_json::Error> {
        let mut answer = json(StatusCode::CREATED, &self.body)?;
        let location = utf8_percent_encode(&self.location, NOT_IN_LOCATION).to_string();
        if let Ok(location) = HeaderValue::from_str(&location) {
            answer.headers.insert(LOCATION, location);
        }
        if let Some(version) = &self.etag {
            answer.headers.insert(ETAG, entity_tag(version));
        }
        Ok(answer)
    }
}

impl Answer for NoContent {
    fn shape() -> AnswerShape {
        AnswerShape { status: StatusCode::NO_CONTENT, schema: None, headers: &[], streams: false }
    }

    fn into_http(self) -> Result<HttpAnswer, serde_json::Error> {
        Ok(HttpAnswer { status: StatusCode::NO_CONTENT, headers: HeaderMap::new(), body: AnswerBody::default() })
    }
}

impl<T: Serialize + JsonSchema + Send> Answer for Tagged<T> {
    fn shape() -> AnswerShape {
        shape::<T>(StatusCode::OK, &[ETAG_HEADER])
    }

    fn into_http(self) -> Result<HttpAnswer, serde_json::Error> {
        let mut answer = json(StatusCode::OK, &self.body)?;
        answer.headers.insert(ETAG, entity_tag(&self.etag));
        Ok(answer)
    }
}

impl<T: Serialize + JsonSchema + Send> Answer for Page<T> {
    fn shape() -> AnswerShape {
        shape::<Self>(StatusCode::OK, &[])
    }

    fn into_http(self) -> Result<HttpAnswer, serde_json::Error> {
        json(StatusCode::OK, &self)
    }
}
