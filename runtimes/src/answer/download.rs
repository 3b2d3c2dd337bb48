//! Bytes that are sent as they come.

use std::fmt;

use anyport_ports::blobs::Blob;
use futures_util::StreamExt as _;
use http::header::{CONTENT_TYPE, ETAG};
use http::{HeaderMap, HeaderValue, StatusCode};

use super::body::{AnswerBody, ByteStream};
use super::{Answer, AnswerShape, HttpAnswer};

/// 200 with bytes that are sent as they come, such as those of a blob: they need not fit into memory, and on AWS Lambda,
/// where answers are streamed, not into an answer's 6 MB.
///
/// The function's timeout goes on while they are sent. When the source fails on the way, the answer breaks off: a server
/// cuts the connection, AWS Lambda ends the answer early, where a length tells the client.
pub struct Download {
    /// The media type.
    pub content_type: String,
    /// How many bytes there will be, if that is known.
    pub length: Option<u64>,
    /// The state of the bytes, without quotes, if it has a name.
    pub etag: Option<String>,
    /// The bytes.
    pub bytes: ByteStream,
}

impl From<Blob> for Download {
    fn from(blob: Blob) -> Self {
        let Blob { info, range, stream } = blob;
        Self {
            content_type: info.content_type,
            length: Some(range.end.saturating_sub(range.start)),
            etag: Some(info.etag.as_str().to_owned()),
            bytes: Box::pin(stream.map(|chunk| chunk.map_err(Into::into))),
        }
    }
}

impl Answer for Download {
    fn shape() -> AnswerShape {
        AnswerShape {
            status: StatusCode::OK,
            schema: None,
            headers: &[("ETag", "the state of the bytes")],
            streams: true,
        }
    }

    fn into_http(self) -> Result<HttpAnswer, serde_json::Error> {
        let mut headers = HeaderMap::new();
        let binary = HeaderValue::from_static("application/octet-stream");
        headers.insert(CONTENT_TYPE, HeaderValue::from_str(&self.content_type).unwrap_or(binary));
        let etag = self.etag.and_then(|etag| HeaderValue::from_str(&format!("\"{etag}\"")).ok());
        headers.extend(etag.map(|etag| (ETAG, etag)));
        Ok(HttpAnswer { status: StatusCode::OK, headers, body: AnswerBody::stream(self.bytes, self.length) })
    }
}

impl fmt::Debug for Download {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Download({}, {:?} bytes)", self.content_type, self.length)
    }
}
