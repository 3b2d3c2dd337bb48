//! What every store that refuses, or is not there, is put to.

pub(crate) mod double;

use std::time::{Duration, Instant};

use anyport_blobs::ObjectBlobs;
use anyport_ports::blobs::{BlobName, BlobRange, Blobs as _, ListBlobs, NewUpload, PutBlob};
use anyport_ports::{BucketName, Error, ErrorKind};

pub(crate) const PHOTOS: BucketName = BucketName::from_static("photos");

/// The secret of the tests, in plain and in base64, which no error may show.
pub(crate) const SECRET: &str = "the-secret-access-key";
const SECRET_IN_BASE64: &str = "dGhlLXNlY3JldC1hY2Nlc3Mta2V5";

pub(crate) fn name(name: &str) -> BlobName {
    BlobName::new(name).unwrap()
}

/// The URL of a port that nobody listens on.
pub(crate) fn nobody_listening() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

/// The errors of each operation that has a refusal told in words: an answer to HEAD has none.
pub(crate) async fn errors(blobs: &ObjectBlobs, mut after_each: impl FnMut(&str)) -> Vec<Error> {
    let mut errors = Vec::new();
    let put = PutBlob::new("text/plain", "what no error shows").unwrap();
    let upload = NewUpload::new("text/plain").unwrap();
    errors.push(blobs.put(&PHOTOS, &name("a"), &put).await.unwrap_err());
    after_each("put");
    errors.push(blobs.get(&PHOTOS, &name("a"), BlobRange::All).await.err().unwrap());
    after_each("get");
    errors.push(blobs.delete(&PHOTOS, &name("a")).await.unwrap_err());
    after_each("delete");
    errors.push(blobs.list(&PHOTOS, &ListBlobs::prefix("")).await.err().unwrap());
    after_each("list");
    errors.push(blobs.copy(&PHOTOS, &name("a"), &name("b")).await.unwrap_err());
    after_each("copy");
    errors.push(blobs.begin_upload(&PHOTOS, &name("a"), &upload).await.unwrap_err());
    after_each("begin_upload");
    for error in &errors {
        let told = format!("{error} {error:?}");
        assert!(
            !told.contains(SECRET) && !told.contains(SECRET_IN_BASE64) && !told.contains("what no error shows"),
            "{told}"
        );
    }
    errors
}

/// Fails unless what a silent store is asked ends within the deadline of one request: in an error for what reads, in doubt
/// for what writes.
pub(crate) async fn expect_no_waiting_for_silence(blobs: &ObjectBlobs) {
    const DEADLINE: Duration = Duration::from_secs(35);
    let (started, photos, name, listing) = (Instant::now(), PHOTOS, name("a"), ListBlobs::prefix(""));
    let (got, listed, deleted) = tokio::join!(
        blobs.get(&photos, &name, BlobRange::All),
        blobs.list(&photos, &listing),
        blobs.delete(&photos, &name),
    );
    let errors = [got.err().unwrap(), listed.err().unwrap(), deleted.unwrap_err()];
    assert!(started.elapsed() < DEADLINE, "took {:?}", started.elapsed());
    let expected = [ErrorKind::Unavailable, ErrorKind::Unavailable, ErrorKind::Indeterminate];
    for (error, kind) in errors.iter().zip(expected) {
        assert_eq!(error.kind(), kind, "{error:?}");
        assert!(error.to_string().contains("the store did not answer"), "{error}");
    }
}
