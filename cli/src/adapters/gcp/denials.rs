//! A fake: Google's roles are granted, and no emulator of Secret Manager goes by them. This front before one does what
//! Google's answers are where none is granted: reading a value of a secret that was denied is `PERMISSION_DENIED`.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyport_ports::Result;
use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header, request};
use serde_json::json;

use crate::adapters::front::{Front, Judge};

/// A front that knows which secrets nobody may read. It serves until it is dropped.
pub(super) struct DenyingFront {
    front: Front,
    denied: Arc<Denied>,
}

impl DenyingFront {
    /// Starts to serve before the emulator at this address.
    pub(super) fn start(emulator: SocketAddr) -> Result<Self> {
        let denied = Arc::new(Denied::default());
        Ok(Self { front: Front::start(emulator, Arc::clone(&denied) as _)?, denied })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.front.address()
    }

    /// From now on nobody may read the secret of this full name.
    pub(super) fn deny(&self, secret: &str) {
        self.denied.secrets().insert(secret.to_owned());
    }
}

#[derive(Default)]
struct Denied(Mutex<BTreeSet<String>>);

impl Denied {
    fn secrets(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Judge for Denied {
    fn refusal(&self, request: &request::Parts, _: &[u8]) -> Option<Response<Bytes>> {
        let secret = read(request)?;
        self.secrets().contains(secret).then(denied)
    }
}

/// The full name of the secret of which a request reads a value.
fn read(request: &request::Parts) -> Option<&str> {
    let version = request.uri.path().strip_prefix("/v1/")?.strip_suffix(":access")?;
    version.split_once("/versions/").map(|(secret, _)| secret)
}

/// The refusal, in the words of Secret Manager.
fn denied() -> Response<Bytes> {
    let message = "Permission 'secretmanager.versions.access' denied for resource (or it may not exist).";
    let error = json!({"error": {"code": 403, "message": message, "status": "PERMISSION_DENIED"}});
    let mut response = Response::new(Bytes::from(error.to_string()));
    *response.status_mut() = StatusCode::FORBIDDEN;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    #[test]
    fn only_reading_a_value_is_denied_and_only_of_that_secret() {
        let denied = Denied::default();
        denied.secrets().insert("projects/p/secrets/key".to_owned());
        for (path, refused) in [
            ("/v1/projects/p/secrets/key/versions/latest:access", true),
            ("/v1/projects/p/secrets/key/versions/1:access", true),
            ("/v1/projects/p/secrets/keys/versions/1:access", false),
            ("/v1/projects/p/secrets/key/versions/1", false),
            ("/v1/projects/p/secrets/key:addVersion", false),
        ] {
            let request = Request::builder().uri(path).body(()).unwrap().into_parts().0;
            assert_eq!(denied.refusal(&request, b"").is_some(), refused, "{path}");
        }
    }
}
