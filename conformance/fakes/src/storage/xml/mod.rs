//! The XML interface. <https://cloud.google.com/storage/docs/xml-api/overview>

mod bucket;
mod object;
mod uploads;

use std::collections::BTreeMap;

use axum::body::Body;
use axum::response::Response;
use http::{HeaderValue, Method, header};

use super::refusal::Refusal;
use super::store::{Described, Object, etag};
use super::{Asked, Fake, decoded};

/// What the names of the headers that hold metadata begin with.
const METADATA: &str = "x-goog-meta-";

/// What an object has that was written without a type.
const UNTYPED: &str = "application/octet-stream";

/// Does what is asked, of whom it may be.
pub(super) fn answer(fake: &Fake, asked: &Asked) -> Result<Response, Refusal> {
    let path = asked.head.uri.path().trim_start_matches('/');
    let (bucket, name) = path.split_once('/').unwrap_or((path, ""));
    let (bucket, name) = (decoded(bucket), decoded(name));
    let (bucket, name) = (bucket.as_str(), name.as_str());
    match (&asked.head.method, name, asked.query("uploadId")) {
        (&Method::PUT, "", _) => bucket::create(fake, bucket),
        (&Method::GET, "", _) => bucket::list(fake, asked, bucket),
        (&Method::POST, _, None) if asked.query("uploads").is_some() => uploads::begin(fake, asked, bucket, name),
        (&Method::PUT, _, Some(id)) => uploads::put_part(fake, asked, bucket, name, id),
        (&Method::GET, _, Some(id)) => uploads::parts(fake, asked, bucket, name, id),
        (&Method::POST, _, Some(id)) => uploads::complete(fake, asked, bucket, name, id),
        (&Method::DELETE, _, Some(id)) => uploads::abort(fake, bucket, name, id),
        (&Method::PUT, _, None) => match asked.header("x-goog-copy-source") {
            Some(source) => object::copy(fake, asked, source, bucket, name),
            None => object::put(fake, asked, bucket, name),
        },
        (&Method::GET | &Method::HEAD, _, None) => object::get(fake, asked, bucket, name),
        (&Method::DELETE, _, None) => object::delete(fake, asked, bucket, name),
        _ => Err(Refusal::new(405, "MethodNotAllowed", "The specified method is not allowed against this resource.")),
    }
}

/// What a request says of the object that it writes.
fn described(asked: &Asked) -> Described {
    let mut metadata = BTreeMap::new();
    for (name, value) in &asked.head.headers {
        if let (Some(name), Ok(value)) = (name.as_str().strip_prefix(METADATA), value.to_str()) {
            metadata.insert(name.to_owned(), value.to_owned());
        }
    }
    Described { content_type: asked.header("content-type").unwrap_or(UNTYPED).to_owned(), metadata }
}

/// The generation that a write is to replace, if it says so.
fn condition(asked: &Asked) -> Result<Option<u64>, Refusal> {
    let wanted = asked.header("x-goog-if-generation-match");
    let invalid = |_| Refusal::argument("Invalid argument: x-goog-if-generation-match");
    wanted.map(|generation| generation.parse().map_err(invalid)).transpose()
}

/// An answer with what is told of an object in its headers.
fn telling(object: &Object, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    let modified = object.modified.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    for (name, value) in [
        ("etag", etag(&object.bytes)),
        ("last-modified", modified),
        ("x-goog-generation", object.generation.to_string()),
        ("x-goog-metageneration", "1".to_owned()),
    ] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// An answer in XML: the body of an element of this name.
fn xml(element: &str, body: &str) -> Response {
    let text = format!(
        "<?xml version='1.0' encoding='UTF-8'?><{element} xmlns='http://doc.s3.amazonaws.com/2006-03-01'>{body}</{element}>"
    );
    let mut response = Response::new(Body::from(text));
    let kind = HeaderValue::from_static("application/xml; charset=UTF-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

/// An element that holds this text.
fn element(name: &str, text: &str) -> String {
    format!("<{name}>{}</{name}>", quick_xml::escape::escape(text))
}
