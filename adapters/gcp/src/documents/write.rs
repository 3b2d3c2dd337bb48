//! Writing: reads what a condition depends on, and commits under the precondition that it still stands like that.

use anyport_ports::documents::{Index, Key};
use anyport_ports::{CollectionName, Error, Result};
use firestore::gcloud_sdk::google::firestore::v1::{Document as Stored, Write};
use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::connection::{Committed, Repeat, pause};
use super::feed::Log;
use super::plan::{self, Planned, Step};
use super::record::{self, Standing};
use super::{FirestoreDocuments, errors, id};

/// Longest that a write goes on giving way to others.
const PATIENCE: Duration = Duration::from_secs(10);

/// What failed: of one operation among several if it was one's condition.
type Failed<'a> = (Option<&'a Key>, Error);

/// A commit that is to be made.
struct Commit {
    writes: Vec<Write>,
    repeat: Repeat,
}

impl FirestoreDocuments {
    /// Performs these steps on documents of one partition, all or none.
    pub(super) async fn write<'a>(
        &self,
        collection: &CollectionName,
        steps: &[Step<'a>],
    ) -> std::result::Result<(), Failed<'a>> {
        let whole = |error| (None, error);
        let known = self.registry().find(self.connection(), collection, errors::of_write).await.map_err(whole)?;
        let names: Vec<String> = steps.iter().map(|step| self.document_name(collection, step.key)).collect();
        let began = Instant::now();
        let mut unread = if known.feed { None } else { unread(steps, &names, &known.indexes) };
        for attempt in 1.. {
            let commit = match unread.take() {
                Some(commit) => commit,
                None => match self.read_and_plan(collection, steps, &names, &known.indexes, known.feed).await? {
                    Some(commit) => commit,
                    None => return Ok(()),
                },
            };
            match self.connection().commit(commit.writes, commit.repeat).await {
                Committed::Done => return Ok(()),
                // What stood there was not yet read, or has changed since.
                Committed::Refused if attempt == 1 => {}
                Committed::Refused | Committed::Contended => pause(attempt).await,
                Committed::Failed(error) => return Err(whole(error)),
                Committed::InDoubt(error) => {
                    return if self.stands_as_written(steps, &names).await { Ok(()) } else { Err(whole(error)) };
                }
            }
            if began.elapsed() > PATIENCE {
                break;
            }
        }
        Err(whole(errors::contended()))
    }

    /// The commit that these steps come to as their documents stand; none if there is nothing to do.
    async fn read_and_plan<'a>(
        &self,
        collection: &CollectionName,
        steps: &[Step<'a>],
        names: &[String],
        indexes: &[Index],
        feed: bool,
    ) -> std::result::Result<Option<Commit>, Failed<'a>> {
        let whole = |error| (None, error);
        let mut log = match steps.first() {
            Some(step) if feed => Some(Log::new(self, collection, step.key.partition())),
            _ => None,
        };
        let asked = names.iter().cloned().chain(log.as_ref().map(|log| log.shard_name().to_owned())).collect();
        let found = self.connection().fetch(asked).await.map_err(|status| whole(errors::of_write(&status)))?;
        if let Some(log) = &mut log {
            log.read(&found).map_err(whole)?;
        }
        let now = self.clock().now();
        let (mut writes, mut effects, mut once) = (Vec::new(), 0, feed);
        for (step, name) in steps.iter().zip(names) {
            let standing = standing(step.key, name, &found).map_err(|error| (Some(step.key), error))?;
            let planned = step
                .read(name, standing.as_ref(), now, |put, version| record::fields(step.key, put, version, indexes))
                .map_err(|error| (Some(step.key), error))?;
            match planned {
                Planned::Effect(write) => {
                    effects += 1;
                    once |= plan::is_done_once(&write);
                    writes.push(write);
                    if let Some(log) = &mut log {
                        log.tell(step.key);
                    }
                }
                Planned::Check(write) => writes.push(write),
                Planned::Nothing => {}
            }
        }
        // What one document was read as needs no second look if nothing comes of it.
        if writes.is_empty() || (effects == 0 && steps.len() == 1) {
            return Ok(None);
        }
        if effects > 0 {
            writes.extend(log.into_iter().flat_map(|log| log.writes(now)));
        }
        let repeat = if once && effects > 0 { Repeat::Harmless } else { Repeat::Harmful };
        Ok(Some(Commit { writes, repeat }))
    }

    /// Whether a document stands as one of these steps wrote it, so that all of them were done.
    async fn stands_as_written(&self, steps: &[Step<'_>], names: &[String]) -> bool {
        let written = steps.iter().zip(names).find_map(|(step, name)| Some((name, step.version()?)));
        let Some((name, version)) = written else { return false };
        let found = self.connection().fetch(vec![name.clone()]).await;
        // If this is lost as well, nobody knows.
        let Ok(found) = found else { return false };
        found.get(name).and_then(|stored| record::string(stored, record::VERSION)) == Some(version.as_str())
    }

    /// The name of the document of a key.
    pub(super) fn document_name(&self, collection: &CollectionName, key: &Key) -> String {
        self.connection().name(format_args!("{}/{}", self.collection_id(collection), id::of(key)))
    }
}

/// The commit that can be made without reading anything.
fn unread(steps: &[Step<'_>], names: &[String], indexes: &[Index]) -> Option<Commit> {
    let unread = |(step, name): (&Step<'_>, &String)| {
        step.unread(name, |put, version| record::fields(step.key, put, version, indexes))
    };
    let writes = steps.iter().zip(names).map(unread).collect::<Option<_>>()?;
    Some(Commit { writes, repeat: Repeat::Harmful })
}

fn standing(key: &Key, name: &str, found: &HashMap<String, Stored>) -> Result<Option<Standing>> {
    found.get(name).map(|stored| record::read(key.clone(), stored)).transpose()
}
