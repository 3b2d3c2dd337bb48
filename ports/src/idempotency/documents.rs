//! Idempotency on a store of documents.

use std::sync::Arc;

use async_trait::async_trait;

use super::record::{Answer, Content, Record, Status};
use super::spill::{self, Spill};
use super::{
    Address, Claim, Claimed, Completion, Idempotency, Owner, Release, Renewal, Replay, StoredBody, StoredResponse,
};
use crate::blobs::Blobs;
use crate::documents::{Condition, Documents, Operation, Put, Version};
use crate::{BucketName, Clock, Error, ErrorKind, Ids, Result, Timestamp};

/// How often a record is looked at again that others change meanwhile, or whose write is in doubt.
const ROUNDS: usize = 6;

/// Idempotency on a store of documents, right on each that keeps the contract of [`Documents`].
pub struct DocumentIdempotency {
    documents: Arc<dyn Documents>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    spill: Option<Spill>,
}

/// A record as it stands.
struct Standing {
    record: Record,
    version: Version,
}

/// What a standing record means to a claim.
enum Judgement {
    /// The claim wrote it itself, and was not told.
    Own,
    /// There is an answer to whoever claims.
    Completed(Answer),
    /// It may not be claimed.
    Refused(Claimed),
    /// It may be written over, by this.
    Free(Record),
}

/// How an owner's write ended.
enum Written {
    Done(Version),
    /// The owner is not, or no longer, at it: what stands instead.
    Overtaken(Option<Box<Record>>),
}

enum Write<'a> {
    Put(&'a Record),
    Delete,
}

impl DocumentIdempotency {
    /// On these documents, by this clock; owners are told apart by these identifiers.
    pub fn new(documents: Arc<dyn Documents>, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> Self {
        Self { documents, clock, ids, spill: None }
    }

    /// With a bucket for bodies that no document holds. Without one they are lost, and replays say so.
    #[must_use]
    pub fn with_spill(mut self, blobs: Arc<dyn Blobs>, bucket: BucketName) -> Self {
        self.spill = Some(Spill { blobs, bucket });
        self
    }

    async fn read(&self, at: &Address) -> Result<Option<Standing>> {
        let found = self.documents.get(at.collection(), at.key()).await?;
        found
            .map(|document| {
                let record = Record::read(&document.body, at.id())?;
                Ok(Standing { record, version: document.version })
            })
            .transpose()
    }

    async fn put(&self, at: &Address, record: &Record, condition: Condition) -> Result<Version> {
        self.documents.put(at.collection(), at.key(), &record.put(condition)?).await
    }

    async fn try_claim(&self, claim: &Claim, at: &Address) -> Result<Claimed> {
        let owner = self.ids.next();
        let (mut standing, mut refused) = (None, None);
        for _ in 0..ROUNDS {
            let now = self.clock.now();
            let (record, condition) = match standing.take() {
                None => (Record::first(claim, at.id(), &owner, now), Condition::Absent),
                Some(Standing { record, version }) => match judge(&record, claim, &owner, now) {
                    Judgement::Own => return Ok(Claimed::Acquired(Owner::new(claim, at.clone(), record, version))),
                    Judgement::Refused(claimed) => return Ok(claimed),
                    Judgement::Completed(answer) => return self.replay(&record, &answer).await.map(Claimed::Replay),
                    Judgement::Free(successor) => (successor, Condition::Version(version)),
                },
            };
            let error = match self.put(at, &record, condition).await {
                Ok(version) => return Ok(Claimed::Acquired(Owner::new(claim, at.clone(), record, version))),
                Err(error) => error,
            };
            match error.kind() {
                ErrorKind::Conflict | ErrorKind::PreconditionFailed => standing = self.read(at).await?,
                // Done or not, the record tells. Where it cannot be asked, the doubt remains.
                ErrorKind::Indeterminate => match self.read(at).await {
                    Ok(found) => standing = found,
                    Err(_) => return Err(error),
                },
                _ => return Err(error),
            }
            refused = Some(error);
        }
        Err(unsettled(refused))
    }

    /// Writes as the owner, as long as it is: under the version that it wrote last, or the one that a renewal of its own has
    /// made since.
    async fn write(&self, owner: &Owner, write: Write<'_>) -> Result<Written> {
        let at = owner.address();
        let (mut version, mut refused) = (owner.version().clone(), None);
        for _ in 0..ROUNDS {
            let condition = Condition::Version(version.clone());
            let outcome = match write {
                Write::Put(record) => self.put(at, record, condition).await,
                Write::Delete => {
                    self.documents.delete(at.collection(), at.key(), &condition).await.map(|()| version.clone())
                }
            };
            let error = match outcome {
                Ok(version) => return Ok(Written::Done(version)),
                Err(error) => error,
            };
            let found = match error.kind() {
                ErrorKind::PreconditionFailed => self.read(at).await?,
                ErrorKind::Indeterminate => match self.read(at).await {
                    Ok(found) => found,
                    Err(_) => return Err(error),
                },
                _ => return Err(error),
            };
            match found {
                Some(standing) if standing.record.is_being_done_by(owner.id()) => version = standing.version,
                overtaken => return Ok(Written::Overtaken(overtaken.map(|standing| Box::new(standing.record)))),
            }
            refused = Some(error);
        }
        Err(unsettled(refused))
    }

    /// The record with this answer; its body in a blob if no document holds it.
    async fn completed(&self, owner: &Owner, response: &StoredResponse) -> Result<Record> {
        let now = self.clock.now();
        let with = |answer| owner.record().completed(answer, owner.retention(), now);
        let answer = Answer::of(response);
        let record = with(answer.clone());
        match (record.put(Condition::Absent), &response.body) {
            (Err(error), StoredBody::Kept(body)) if error.kind() == ErrorKind::TooLarge => {
                let length = body.len() as u64;
                let elsewhere = match &self.spill {
                    Some(spill) => match spill.write(owner, body).await {
                        Ok(reference) => Content::Blob(reference),
                        Err(error) if error.kind() == ErrorKind::TooLarge => Content::Lost { length },
                        Err(error) => return Err(error),
                    },
                    None => Content::Lost { length },
                };
                if matches!(elsewhere, Content::Lost { .. }) {
                    tracing::warn!(id = owner.address().id(), length, "the answer is too large to be replayed");
                }
                Ok(with(answer.with_body(elsewhere)))
            }
            _ => Ok(record),
        }
    }

    async fn replay(&self, record: &Record, answer: &Answer) -> Result<Replay> {
        Ok(Replay {
            response: self.response(answer).await?,
            expires_at: record.expires_at(),
            first_correlation_id: record.first_correlation_id.clone(),
        })
    }

    async fn response(&self, answer: &Answer) -> Result<StoredResponse> {
        let body = match answer.body() {
            Content::Blob(reference) => spill::read(self.spill.as_ref(), reference).await?,
            Content::Lost { length } => StoredBody::Lost { length: *length },
            inline => StoredBody::Kept(inline.bytes()?.unwrap_or_default()),
        };
        Ok(answer.response(body))
    }

    async fn try_complete(&self, owner: &Owner, response: &StoredResponse) -> Result<Completion> {
        let record = self.completed(owner, response).await?;
        let overtaken = match self.write(owner, Write::Put(&record)).await? {
            Written::Done(_) => return Ok(Completion::Completed),
            Written::Overtaken(overtaken) => overtaken,
        };
        if overtaken.as_ref().is_some_and(|record| record.owner == owner.id()) {
            return Ok(Completion::Completed);
        }
        if let (Some(spill), Some(Content::Blob(reference))) = (&self.spill, record.response.as_ref().map(Answer::body))
            && let Err(error) = spill.forget(reference).await
        {
            tracing::debug!(%error, "the body of a fenced completion stays in its bucket");
        }
        match overtaken.filter(|winner| winner.fingerprint == *owner.fingerprint()).and_then(|winner| winner.response) {
            Some(answer) => Ok(Completion::Fenced(Some(self.response(&answer).await?))),
            None => Ok(Completion::Fenced(None)),
        }
    }
}

/// What a standing record means to whoever claims, at this instant.
fn judge(record: &Record, claim: &Claim, owner: &str, now: Timestamp) -> Judgement {
    if record.is_being_done_by(owner) {
        return Judgement::Own;
    }
    if !record.is_live(now) {
        return Judgement::Free(Record::first(claim, &record.id, owner, now));
    }
    if record.fingerprint != *claim.fingerprint() {
        return Judgement::Refused(Claimed::Mismatch);
    }
    match (&record.response, record.status) {
        (Some(answer), Status::Completed) => Judgement::Completed(answer.clone()),
        _ if record.is_leased(now) => {
            Judgement::Refused(Claimed::InProgress { retry_after: record.lease_until().since(now) })
        }
        _ => Judgement::Free(record.taken_over(claim, owner, now)),
    }
}

/// After so many rounds: in doubt if the last one was, else others are too quick.
fn unsettled(refused: Option<Error>) -> Error {
    match refused {
        Some(error) if error.kind() == ErrorKind::Indeterminate => error,
        _ => Error::new(ErrorKind::Throttled, "others change the record all the time: try again later"),
    }
}

#[async_trait]
impl Idempotency for DocumentIdempotency {
    async fn claim(&self, claim: &Claim) -> Result<Claimed> {
        let at = claim.address()?;
        self.try_claim(claim, &at).await.map_err(|error| error.during("idempotency.claim", at.id()))
    }

    async fn complete(&self, owner: &Owner, response: &StoredResponse) -> Result<Completion> {
        let completion = self.try_complete(owner, response).await;
        completion.map_err(|error| error.during("idempotency.complete", owner.address().id()))
    }

    async fn release(&self, owner: &Owner) -> Result<Release> {
        match self.write(owner, Write::Delete).await {
            Ok(Written::Done(_) | Written::Overtaken(None)) => Ok(Release::Released),
            Ok(Written::Overtaken(Some(_))) => Ok(Release::Fenced),
            Err(error) => Err(error.during("idempotency.release", owner.address().id())),
        }
    }

    async fn renew(&self, owner: &Owner) -> Result<Renewal> {
        let record = owner.record().renewed(owner.lease(), owner.retention(), self.clock.now());
        match self.write(owner, Write::Put(&record)).await {
            Ok(Written::Done(version)) => Ok(Renewal::Renewed(owner.having_written(record, version))),
            Ok(Written::Overtaken(_)) => Ok(Renewal::Fenced),
            Err(error) => Err(error.during("idempotency.renew", owner.address().id())),
        }
    }

    async fn completion(&self, owner: &Owner, response: &StoredResponse) -> Result<(String, Operation)> {
        let at = owner.address();
        if !at.key().sort().starts_with(super::SORT_PREFIX) {
            let message = "the record is in a collection of its own: claim it beside the effect";
            return Err(Error::invalid(message).during("idempotency.completion", at.id()));
        }
        let record = self.completed(owner, response).await?;
        let put: Put = record.put(Condition::Version(owner.version().clone()))?;
        Ok((at.key().sort().to_owned(), Operation::Put(put)))
    }
}
