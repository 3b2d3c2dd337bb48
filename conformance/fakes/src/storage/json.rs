//! The JSON interface, as far as clients of it need it to put objects into buckets and to look at what is there.
//! <https://cloud.google.com/storage/docs/json_api/v1>

use std::collections::BTreeMap;
use std::ops::Bound;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use chrono::SecondsFormat;
use http::{HeaderValue, Method, StatusCode, header};
use serde_json::{Value, json};

use super::listing::{Wanted, list};
use super::refusal::Refusal;
use super::store::{Described, Object, etag};
use super::{Asked, Fake, decoded};

const RESOURCES: &str = "/storage/v1/b";
const UPLOADS: &str = "/upload/storage/v1/b/";
const DOWNLOADS: &str = "/download/storage/v1/b/";

/// Whether a path is one of this interface.
pub(super) fn serves(path: &str) -> bool {
    [RESOURCES, UPLOADS, DOWNLOADS].iter().any(|begin| path.starts_with(begin))
}

/// Does what is asked, whoever asks.
pub(super) fn answer(fake: &Fake, asked: &Asked) -> Result<Response, Refusal> {
    let path = asked.head.uri.path();
    let (rest, is_upload, is_download) = match (path.strip_prefix(UPLOADS), path.strip_prefix(DOWNLOADS)) {
        (Some(rest), _) => (rest, true, false),
        (_, Some(rest)) => (rest, false, true),
        _ => (path.strip_prefix(RESOURCES).unwrap_or_default().trim_start_matches('/'), false, false),
    };
    let segments: Vec<String> = rest.split('/').filter(|segment| !segment.is_empty()).map(decoded).collect();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let as_media = is_download || asked.query("alt") == Some("media");
    match (&asked.head.method, segments.as_slice()) {
        (&Method::POST, []) => create(fake, asked),
        (&Method::GET, [bucket]) => {
            fake.store().bucket(bucket)?;
            Ok(told(&json!({"kind": "storage#bucket", "id": bucket, "name": bucket})))
        }
        (&Method::POST, [bucket, "o"]) if is_upload => upload(fake, asked, bucket),
        (&Method::GET, [bucket, "o"]) => objects(fake, asked, bucket),
        (&Method::GET, [bucket, "o", name]) => {
            let object = fake.store().object(bucket, name)?.clone();
            Ok(if as_media { media(&object) } else { told(&resource(bucket, name, &object)) })
        }
        (&Method::DELETE, [bucket, "o", name]) => {
            fake.store().delete(bucket, name, condition(asked)?)?;
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::NO_CONTENT;
            Ok(response)
        }
        (&Method::POST, [from, "o", name, verb @ ("rewriteTo" | "copyTo"), "b", to, "o", target]) => {
            let mut store = fake.store();
            let Object { bytes, described, .. } = store.object(from, name)?.clone();
            let length = bytes.len().to_string();
            let object = store.put(to, target, bytes, described, condition(asked)?)?;
            let copied = resource(to, target, &object);
            Ok(told(&match *verb {
                "copyTo" => copied,
                _ => json!({"kind": "storage#rewriteResponse", "done": true, "objectSize": length,
                            "totalBytesRewritten": length, "resource": copied}),
            }))
        }
        _ => Err(Refusal::new(404, "notFound", "This server does not know what is asked.")),
    }
}

fn create(fake: &Fake, asked: &Asked) -> Result<Response, Refusal> {
    let wanted: Value = serde_json::from_slice(&asked.body).unwrap_or_default();
    let name = wanted["name"].as_str().ok_or_else(|| Refusal::argument("Required: name"))?;
    fake.store().create(name).map_err(|refusal| Refusal { code: "conflict", ..refusal })?;
    Ok(told(&json!({"kind": "storage#bucket", "id": name, "name": name})))
}

/// Writes an object, with what describes it or without.
fn upload(fake: &Fake, asked: &Asked, bucket: &str) -> Result<Response, Refusal> {
    let content_type = asked.header("content-type").unwrap_or("application/octet-stream");
    let (described, bytes, content_type) = match asked.query("uploadType") {
        Some("media") => (Value::Null, asked.body.clone(), content_type.to_owned()),
        Some("multipart") => related(content_type, &asked.body)?,
        _ => return Err(Refusal::new(501, "notImplemented", "This server takes uploads of media and multipart.")),
    };
    let name = described["name"].as_str().or(asked.query("name")).ok_or_else(|| Refusal::argument("Required: name"))?;
    let metadata: BTreeMap<String, String> = serde_json::from_value(described["metadata"].clone()).unwrap_or_default();
    let content_type = described["contentType"].as_str().unwrap_or(&content_type).to_owned();
    let described = Described { content_type, metadata };
    let object = fake.store().put(bucket, name, bytes, described, condition(asked)?)?;
    Ok(told(&resource(bucket, name, &object)))
}

/// What describes an object, its bytes and their type, from a body of `multipart/related`.
fn related(content_type: &str, body: &Bytes) -> Result<(Value, Bytes, String), Refusal> {
    let malformed = || Refusal::new(400, "badContent", "Malformed multipart body.");
    let boundary = content_type.split("boundary=").nth(1).ok_or_else(malformed)?.trim_matches(['"', '\'']);
    let delimiter = format!("--{boundary}");
    let find = |from: usize, wanted: &[u8]| {
        body[from..].windows(wanted.len()).position(|window| window == wanted).map(|at| from + at)
    };
    let mut parts = Vec::new();
    let mut begin = find(0, delimiter.as_bytes()).ok_or_else(malformed)? + delimiter.len();
    while let Some(end) = find(begin, format!("\r\n{delimiter}").as_bytes()) {
        let head = find(begin, b"\r\n\r\n").filter(|at| *at <= end).ok_or_else(malformed)?;
        let kind = String::from_utf8_lossy(&body[begin..head])
            .lines()
            .filter_map(|line| line.split_once(':'))
            .find(|(name, _)| name.eq_ignore_ascii_case("content-type"))
            .map(|(_, value)| value.trim().to_owned());
        parts.push((kind.unwrap_or_default(), body.slice((head + 4).min(end)..end)));
        begin = end + 2 + delimiter.len();
    }
    let [(_, described), (kind, bytes)] = <[_; 2]>::try_from(parts).map_err(|_| malformed())?;
    Ok((serde_json::from_slice(&described).map_err(|_| malformed())?, bytes, kind))
}

fn objects(fake: &Fake, asked: &Asked, bucket: &str) -> Result<Response, Refusal> {
    let limit = asked.query("maxResults").and_then(|limit| limit.parse().ok()).unwrap_or(1000);
    let wanted = Wanted {
        prefix: asked.query("prefix").unwrap_or_default(),
        delimiter: asked.query("delimiter").unwrap_or_default(),
        from: asked.query("startOffset").map(Bound::Included),
        token: asked.query("pageToken"),
        limit,
    };
    let store = fake.store();
    let page = list(store.bucket(bucket)?, &wanted);
    let items: Vec<Value> = page.objects.iter().map(|(name, object)| resource(bucket, name, object)).collect();
    let mut body = json!({"kind": "storage#objects", "items": items, "prefixes": page.prefixes});
    if let Some(token) = page.token {
        body["nextPageToken"] = token.into();
    }
    Ok(told(&body))
}

fn condition(asked: &Asked) -> Result<Option<u64>, Refusal> {
    let wanted = asked.query("ifGenerationMatch");
    let invalid = |_| Refusal::argument("Invalid value for ifGenerationMatch");
    wanted.map(|generation| generation.parse().map_err(invalid)).transpose()
}

fn resource(bucket: &str, name: &str, object: &Object) -> Value {
    let modified = object.modified.to_rfc3339_opts(SecondsFormat::Millis, true);
    json!({
        "kind": "storage#object",
        "id": format!("{bucket}/{name}/{}", object.generation),
        "name": name,
        "bucket": bucket,
        "generation": object.generation.to_string(),
        "metageneration": "1",
        "contentType": object.described.content_type,
        "metadata": object.described.metadata,
        "size": object.bytes.len().to_string(),
        "etag": etag(&object.bytes).trim_matches('"'),
        "timeCreated": modified,
        "updated": modified,
    })
}

fn media(object: &Object) -> Response {
    let mut response = Response::new(Body::from(object.bytes.clone()));
    response
        .headers_mut()
        .extend(HeaderValue::from_str(&object.described.content_type).map(|kind| (header::CONTENT_TYPE, kind)));
    response
}

fn told(body: &Value) -> Response {
    let mut response = Response::new(Body::from(body.to_string()));
    let kind = HeaderValue::from_static("application/json; charset=UTF-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_related_body_is_what_describes_the_object_and_its_bytes() {
        let body = Bytes::from(
            "--b\r\ncontent-type: application/json\r\n\r\n{\"name\":\"o\"}\r\n--b\r\nContent-Type: text/csv\r\n\r\n\
             a\r\n\r\nb\r\n--b--\r\n",
        );
        let (described, bytes, kind) = related("multipart/related; boundary=\"b\"", &body).unwrap();
        assert_eq!(
            (described["name"].as_str(), bytes.as_ref(), kind.as_str()),
            (Some("o"), &b"a\r\n\r\nb"[..], "text/csv")
        );
        for malformed in ["", "--b\r\n\r\nx\r\n--b--"] {
            assert!(related("multipart/related; boundary=b", &Bytes::from(malformed)).is_err(), "{malformed}");
        }
        assert!(related("multipart/related", &body).is_err());
    }

    #[test]
    fn its_paths_are_known() {
        assert!(
            serves("/storage/v1/b") && serves("/upload/storage/v1/b/x/o") && serves("/download/storage/v1/b/x/o/y")
        );
        assert!(!serves("/storage/v1") && !serves("/bucket/storage/v1/b"));
    }
}
