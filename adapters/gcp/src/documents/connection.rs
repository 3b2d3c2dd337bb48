//! The connection to a database: its address, deadlines, and how often a call is made.

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use anyport_ports::{Error, ErrorKind, Naming, Result};
use firestore::gcloud_sdk::google::firestore::v1::batch_get_documents_response::Result as Answer;
use firestore::gcloud_sdk::google::firestore::v1::firestore_client::FirestoreClient;
use firestore::gcloud_sdk::google::firestore::v1::run_query_request::QueryType;
use firestore::gcloud_sdk::google::firestore::v1::{
    BatchGetDocumentsRequest, CommitRequest, Document, RunQueryRequest, StructuredQuery, Write,
};
use firestore::gcloud_sdk::tonic::transport::{ClientTlsConfig, Endpoint};
use firestore::gcloud_sdk::tonic::{Request, Status};
use firestore::gcloud_sdk::{GoogleAuthMiddleware, RequestTimeouts};

use super::credentials;
use super::errors::{self, Done};
use super::settings::Target;

/// Longest wait for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// Longest that one attempt of a call takes, to the end of its answer.
pub(super) const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(8);

/// Most attempts of one call, the first included.
const MAX_ATTEMPTS: u32 = 3;

/// How long a connection on which nothing comes is trusted, and then the answer to a ping waited for.
const QUIET: Duration = Duration::from_secs(20);
const PING_TIMEOUT: Duration = Duration::from_secs(5);

/// The largest message of an answer: a document holds 1 MiB, and each comes in a message of its own.
const MAX_MESSAGE: usize = 16 << 20;

/// A database of Firestore. Clones share one connection and its credentials.
#[derive(Clone)]
pub(super) struct Connection {
    client: FirestoreClient<GoogleAuthMiddleware>,
    database: String,
    naming: Naming,
}

/// How a commit ended.
#[derive(Debug)]
pub(super) enum Committed {
    /// All of it was done.
    Done,
    /// Nothing was done: a precondition does not hold.
    Refused,
    /// Nothing was done: others were under way.
    Contended,
    /// It was not done.
    Failed(Error),
    /// Nobody knows: one of the attempts may have been done.
    InDoubt(Error),
}

/// Whether a commit may be made again after an attempt whose outcome is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Repeat {
    /// Doing it twice is impossible: what it did makes its preconditions false for ever.
    Harmless,
    /// The second time could undo what another caller did after the first.
    Harmful,
}

impl Connection {
    /// Finds the credentials; nothing is connected yet.
    pub(super) async fn new(target: Target) -> Result<Self> {
        let bad = |message: String| Error::invalid(format!("{:?} is no endpoint: {message}", target.endpoint));
        let mut endpoint = Endpoint::from_shared(target.endpoint.clone())
            .map_err(|error| bad(error.to_string()))?
            .connect_timeout(CONNECT_TIMEOUT)
            .tcp_nodelay(true)
            .http2_keep_alive_interval(QUIET)
            .keep_alive_timeout(PING_TIMEOUT)
            .keep_alive_while_idle(false);
        let caller = if target.is_plain() {
            credentials::owner()
        } else if target.endpoint.starts_with("https://") {
            // TLS by rustls on ring, whatever other implementations the SDKs bring along.
            drop(rustls::crypto::ring::default_provider().install_default());
            let tls = ClientTlsConfig::new().with_webpki_roots();
            endpoint = endpoint.tls_config(tls).map_err(|error| {
                Error::new(ErrorKind::Internal, "TLS cannot be set up: see the cause").caused_by(error)
            })?;
            credentials::default().await?
        } else {
            return Err(bad("it begins with https://, or http:// for an emulator".to_owned()));
        };
        let caller = GoogleAuthMiddleware::new(endpoint.connect_lazy(), caller, Some(target.database.clone()))
            .map_err(|error| bad(error.to_string()))?;
        let client = FirestoreClient::new(caller).max_decoding_message_size(MAX_MESSAGE);
        Ok(Self { client, database: target.database, naming: target.naming })
    }

    /// `projects/PROJECT/databases/DATABASE`.
    pub(super) fn database(&self) -> &str {
        &self.database
    }

    /// How collections are called.
    pub(super) fn naming(&self) -> &Naming {
        &self.naming
    }

    /// The name of what is at this path of collections and documents.
    pub(super) fn name(&self, path: impl fmt::Display) -> String {
        format!("{}/documents/{path}", self.database)
    }

    /// The documents of these names that there are, strongly consistent.
    pub(super) async fn fetch(&self, names: Vec<String>) -> std::result::Result<HashMap<String, Document>, Status> {
        if names.is_empty() {
            return Ok(HashMap::new());
        }
        let mut attempt = 1;
        loop {
            let fetched = self.fetch_once(names.clone()).await;
            match fetched {
                Err(status) if attempt < MAX_ATTEMPTS && helps_to_ask_again(&status) => {
                    pause(attempt).await;
                    attempt += 1;
                }
                fetched => return fetched,
            }
        }
    }

    async fn fetch_once(&self, names: Vec<String>) -> std::result::Result<HashMap<String, Document>, Status> {
        let mut unanswered: std::collections::HashSet<String> = names.iter().cloned().collect();
        let request = BatchGetDocumentsRequest {
            database: self.database.clone(),
            documents: names,
            mask: None,
            request_options: None,
            consistency_selector: None,
        };
        let mut answers = self.client.clone().batch_get_documents(timed(request)).await?.into_inner();
        let mut found = HashMap::new();
        while let Some(answer) = answers.message().await? {
            match answer.result {
                Some(Answer::Found(document)) => {
                    unanswered.remove(&document.name);
                    found.insert(document.name.clone(), document);
                }
                Some(Answer::Missing(name)) => {
                    unanswered.remove(&name);
                }
                None => {}
            }
        }
        if unanswered.is_empty() { Ok(found) } else { Err(Status::unavailable("some documents were not answered for")) }
    }

    /// The documents that the query lists, of a collection directly below this parent, strongly consistent.
    pub(super) async fn list(
        &self,
        parent: &str,
        query: &StructuredQuery,
    ) -> std::result::Result<Vec<Document>, Status> {
        let mut attempt = 1;
        loop {
            match self.list_once(parent, query).await {
                Err(status) if attempt < MAX_ATTEMPTS && helps_to_ask_again(&status) => {
                    pause(attempt).await;
                    attempt += 1;
                }
                listed => return listed,
            }
        }
    }

    async fn list_once(&self, parent: &str, query: &StructuredQuery) -> std::result::Result<Vec<Document>, Status> {
        let request = RunQueryRequest {
            parent: parent.to_owned(),
            query_type: Some(QueryType::StructuredQuery(query.clone())),
            ..RunQueryRequest::default()
        };
        let mut answers = self.client.clone().run_query(timed(request)).await?.into_inner();
        let mut listed = Vec::new();
        while let Some(answer) = answers.message().await? {
            listed.extend(answer.document);
        }
        Ok(listed)
    }

    /// Does these writes, all or none.
    pub(super) async fn commit(&self, writes: Vec<Write>, repeat: Repeat) -> Committed {
        let request = CommitRequest { database: self.database.clone(), writes, ..CommitRequest::default() };
        let (mut attempt, mut doubt) = (1, None);
        loop {
            let Err(status) = self.client.clone().commit(timed(request.clone())).await else { return Committed::Done };
            let meaning = errors::meaning(&status);
            if meaning.done == Done::Unknown {
                doubt.get_or_insert_with(|| errors::in_doubt(&status));
            }
            let again = match (&doubt, meaning.kind) {
                (Some(_), _) => {
                    repeat == Repeat::Harmless && !errors::is_refusal(&status) && helps_to_ask_again(&status)
                }
                (None, ErrorKind::Throttled) if errors::is_contention(&status) => return Committed::Contended,
                (None, _)
                    if errors::is_refusal(&status)
                        && request.writes.iter().any(|write| write.current_document.is_some()) =>
                {
                    return Committed::Refused;
                }
                (None, _) => helps_to_ask_again(&status),
            };
            if !again || attempt == MAX_ATTEMPTS {
                return doubt.map_or_else(|| Committed::Failed(errors::of_read(&status)), Committed::InDoubt);
            }
            pause(attempt).await;
            attempt += 1;
        }
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("database", &self.database)
            .field("naming", &self.naming)
            .finish_non_exhaustive()
    }
}

fn timed<T>(message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.extensions_mut().insert(RequestTimeouts::new().with_total(ATTEMPT_TIMEOUT));
    request
}

/// Whether another attempt may meet with more, and there is time for one.
fn helps_to_ask_again(status: &Status) -> bool {
    matches!(errors::meaning(status).kind, ErrorKind::Unavailable | ErrorKind::Throttled) && !errors::is_late(status)
}

/// Pauses before attempt `number + 1`: a random time below 50 ms, doubled for each attempt before, at most half a second.
pub(super) async fn pause(number: u32) {
    const FIRST_MS: u64 = 50;
    const LONGEST_MS: u64 = 500;
    let most = FIRST_MS.saturating_mul(1 << number.saturating_sub(1).min(10)).min(LONGEST_MS);
    tokio::time::sleep(Duration::from_millis(fastrand::u64(0..=most))).await;
}
