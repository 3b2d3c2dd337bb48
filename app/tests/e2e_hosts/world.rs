//! What the functions work on: one set of adapters, in a namespace of its own, seen from outside as well.

mod clouds;
mod embedded;
mod payments;
mod sets;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use anyport_conformance::services::MisbehavingService;
use anyport_memory::MemoryStore;
use anyport_ports::blobs::{BlobName, BlobRange, Blobs, ListBlobs, PutBlob};
use anyport_ports::documents::{Body, Changes, Document, Documents, Key, Put, Scan, ScanQuery, Segment};
use anyport_ports::messages::Messages;
use anyport_ports::resources::Provision as _;
use anyport_ports::{BucketName, CallContext, CollectionName};
use serde_json::Value;
use tempfile::TempDir;

pub(crate) use sets::{RECEIPT_KEY, Set};

use crate::http_client;
use crate::telling::Telling;
use crate::transcript::Transcript;

/// Collections that the domain has; the runtimes' own, of claims, is not the same on every host.
const COLLECTIONS: [CollectionName; 3] = [
    CollectionName::from_static("users"),
    CollectionName::from_static("emails"),
    CollectionName::from_static("orders"),
];

const BUCKETS: [BucketName; 3] = [
    BucketName::from_static("receipts"),
    BucketName::from_static("imports"),
    BucketName::from_static("import-results"),
];

/// What signed URLs of the embedded store begin with on a host that is no server: nobody answers there.
pub(crate) const NOBODY: &str = "http://localhost";

/// The bucket that clients upload to.
const UPLOADS: BucketName = BucketName::from_static("imports");

/// When aged orders were placed.
const LONG_AGO: &str = "2020-01-01T00:00:00.000Z";

/// A namespace of a set of adapters.
pub(crate) struct World {
    /// What is kept on this machine, and the working folder of the processes under test.
    pub(crate) folder: TempDir,
    program: PathBuf,
    /// What the processes under test write to their standard output and error.
    pub(crate) telling: Arc<Telling>,
    /// Where orders are paid.
    pub(crate) payments: MisbehavingService,
    set: Set,
    /// What names begin with where the adapters keep everything.
    prefix: String,
    /// The adapters.
    pub(crate) stores: Stores,
}

/// A set of adapters, as this process sees it, and what leads other processes to it.
pub(crate) struct Stores {
    /// The settings of the processes under test: variables of the environment.
    pub(crate) environment: Vec<(String, String)>,
    /// The store, if it is in the memory of this process: no other can reach it.
    pub(crate) memory: Option<MemoryStore>,
    pub(crate) documents: Arc<dyn Documents>,
    pub(crate) scan: Arc<dyn Scan>,
    pub(crate) changes: Arc<dyn Changes>,
    pub(crate) messages: Arc<dyn Messages>,
    pub(crate) blobs: Arc<dyn Blobs>,
    /// Whether the blobs are in a cloud, which answers requests to signed URLs itself.
    cloud_blobs: bool,
}

impl World {
    /// What the names begin with that a host knows queues and their like by: the prefix, where they are its own cloud's.
    pub(crate) fn prefix_where(&self, own: Set) -> &str {
        if self.set == own { &self.prefix } else { "" }
    }

    /// Fails if what the process under test has told holds what it should not, or lacks what it should hold.
    pub(crate) fn tells_nothing_it_should_not(&self) {
        // Functions in this process tell to whom all of its tests tell.
        if self.stores.memory.is_none() {
            self.telling.holds();
        }
    }

    /// The binary under test, with the settings of this world and no other.
    pub(crate) fn app(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.env_clear().current_dir(self.folder.path()).envs(self.stores.environment.iter().cloned());
        // As much as may be told of the house's own doing.
        command
            .env("ANYPORT_LOG__FILTER", "info,app=debug,anyport_runtimes=debug,anyport_ports=debug,anyport_http=debug");
        command.env("ANYPORT_LOG__FORMAT", "json").stderr(self.telling.stderr());
        command
    }

    /// With the binary that `cargo xtask test` has built for this host and this set of adapters alone, instead of the one
    /// that has everything in it.
    pub(crate) fn on_a_build_for(mut self, host: &str, set: &str) -> Self {
        let folder = std::env::var("ANYPORT_STOREFRONTS")
            .unwrap_or_else(|_| panic!("ANYPORT_STOREFRONTS is not set: run `cargo xtask test`, which builds them"));
        self.program = Path::new(&folder).join(format!("{host},{set}"));
        assert!(self.program.is_file(), "{} is not there: run `cargo xtask test`", self.program.display());
        self
    }

    /// Writes the files that Azure Functions reads, as one who deploys the storefront does.
    pub(crate) fn azure_app(&self, folder: &Path) {
        let manifest = folder.with_extension("json");
        let printed = Command::new(&self.program).arg("--manifest").output().expect("it starts");
        std::fs::write(&manifest, printed.stdout).expect("it is written");
        // Built beside it where the whole workspace is.
        let anyport = Path::new(env!("CARGO_BIN_EXE_app")).with_file_name("anyport");
        assert!(anyport.is_file(), "{} is not there: run `cargo xtask test`", anyport.display());
        let mut command = Command::new(anyport);
        command.args(["manifest", "--from"]).arg(&manifest).arg("--azure").arg(folder);
        command.args(["--prefix", self.prefix_where(Set::Azure)]);
        let output = command.output().expect("it starts");
        assert!(output.status.success(), "{output:?}");
        std::fs::remove_file(&manifest).expect("it is removed");
    }

    /// Makes what the functions need.
    async fn provision(&self) {
        if let Some(memory) = &self.stores.memory {
            let resources = app::storefront(&app::Schedules::default()).resources();
            memory.handle().provision(&resources).await.expect("what the functions need");
            return;
        }
        let output = self.app().arg("--provision").stderr(Stdio::piped()).output().expect("it starts");
        assert!(output.status.success(), "{output:?}");
    }

    /// Puts the content where a signed URL allows it.
    pub(crate) async fn upload(&self, url: &str, content_type: &str, content: &str) {
        if self.answers(url) {
            let mut request = http_client().put(url).header("content-type", content_type).body(content.to_owned());
            if self.set == Set::Azure {
                // Blob Storage wants to be told which kind of blob it is to be.
                request = request.header("x-ms-blob-type", "BlockBlob");
            }
            let status = request.send().await.expect("an answer").status();
            assert!(status.is_success(), "{status}");
            return;
        }
        // On a host that is no server nobody answers for files of this machine: what would be put there is put there.
        let (bucket, name) = signed_place(url);
        let put = PutBlob::new(content_type, content.to_owned()).expect("a blob");
        self.stores.blobs.put(&bucket, &name, &put).await.expect("it is written");
    }

    /// What a signed URL gives.
    pub(crate) async fn follow(&self, url: &str) -> String {
        if self.answers(url) {
            let response = http_client().get(url).send().await.expect("an answer");
            assert_eq!(response.status().as_u16(), 200, "{url}");
            return response.text().await.expect("text");
        }
        let (bucket, name) = signed_place(url);
        String::from_utf8(self.read(&bucket, &name).await).expect("UTF-8")
    }

    fn answers(&self, url: &str) -> bool {
        self.stores.cloud_blobs || !url.starts_with(NOBODY)
    }

    async fn read(&self, bucket: &BucketName, name: &BlobName) -> Vec<u8> {
        let blob = self.stores.blobs.get(bucket, name, BlobRange::All).await.expect("a blob");
        blob.bytes(1 << 20).await.expect("its bytes").to_vec()
    }

    /// Fails unless the blob says that it was made in this correlation and this trace.
    pub(crate) async fn carries(&self, bucket: &BucketName, name: &str, correlation: &str, trace: &str) {
        let info = self.stores.blobs.head(bucket, &BlobName::new(name).expect("a name")).await.expect("a blob");
        let made_in = CallContext::carried_by(&info.metadata);
        assert_eq!(made_in.correlation_id(), Some(correlation), "{name}");
        assert_eq!(made_in.traceparent().and_then(|parent| parent.split('-').nth(1)), Some(trace), "{name}");
    }

    /// Makes an order an old one.
    pub(crate) async fn age(&self, user: &str, order: &str) {
        let (orders, key) = (&COLLECTIONS[2], Key::new(user, format!("order/{order}")).expect("a key"));
        let standing = self.stores.documents.get(orders, &key).await.expect("an answer").expect("the order");
        let mut fields = standing.body.fields().clone();
        fields.insert("placed_at".to_owned(), Value::from(LONG_AGO));
        let put = Put::new(Body::new(fields).expect("a body"));
        self.stores.documents.put(orders, &key, &put).await.expect("it is written");
    }

    /// Writes down everything that is stored.
    pub(crate) async fn dump(&self, transcript: &mut Transcript) {
        for collection in COLLECTIONS {
            let mut lines = Vec::new();
            let mut cursor = None;
            loop {
                let query = ScanQuery::segment(Segment::whole()).after(cursor.as_ref()).expect("a cursor");
                let page = self.stores.scan.scan(&collection, &query).await.expect("a page");
                let line =
                    |it: &Document| format!("{} {} {}", it.key.partition().as_str(), it.key.sort(), it.body.to_json());
                lines.extend(page.documents.iter().map(line));
                cursor = page.next;
                if cursor.is_none() {
                    break;
                }
            }
            let lines = transcript.in_order(lines);
            transcript.note(&format!("= {collection}"));
            for line in &lines {
                transcript.note(line);
            }
        }
        for bucket in BUCKETS {
            transcript.note(&format!("= {bucket}"));
            let page = self.stores.blobs.list(&bucket, &ListBlobs::prefix("")).await.expect("a page");
            let mut lines = Vec::new();
            for name in page.names() {
                let info = self.stores.blobs.head(&bucket, name).await.expect("a blob");
                let text = String::from_utf8_lossy(&self.read(&bucket, name).await).into_owned();
                // What a client said of its upload, the embedded store does not keep.
                let kind = if bucket == UPLOADS { "" } else { info.content_type.as_str() };
                lines.push(format!("{name} {kind} {text}"));
            }
            let lines = transcript.in_order(lines);
            for line in &lines {
                transcript.note(line);
            }
        }
    }
}

/// The bucket and the blob that a signed URL of the embedded store names.
fn signed_place(url: &str) -> (BucketName, BlobName) {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let place = path.split("/_anyport/blobs/").nth(1).unwrap_or_else(|| panic!("no signed URL: {url}"));
    let (bucket, name) = place.split_once('/').unwrap_or_else(|| panic!("no signed URL: {url}"));
    let name = percent_encoding::percent_decode_str(name).decode_utf8().expect("UTF-8");
    (BucketName::new(bucket).expect("a bucket"), BlobName::new(name).expect("a name"))
}
