//! Taking a lease.

use super::documents::{DocumentLeases, ROUNDS, Written, contended, in_doubt, key_of};
use super::record::{Record, Standing};
use super::{FencingToken, Held, LeaseName, LeaseTtl};
use crate::Result;
use crate::documents::Condition;

impl DocumentLeases {
    pub(super) async fn take(&self, name: &LeaseName, ttl: LeaseTtl) -> Result<Option<Held>> {
        let key = key_of(name)?;
        // One for the whole attempt: by it a write whose answer was lost is found again.
        let holder = self.ids.next();
        let mut doubt = None;
        for _ in 0..ROUNDS {
            // Before the store is asked: the holder must not take the lease for longer than others do.
            let now = self.clock.now();
            let (token, condition) = match self.read(&key).await.map_err(|error| in_doubt(error, doubt.as_ref()))? {
                None => (FencingToken::new(1), Condition::Absent),
                Some(standing) if standing.record.is_held_by(&holder) => return Ok(Some(standing.held(name, &holder))),
                Some(standing) if !standing.record.is_free(now) => return Ok(None),
                Some(Standing { record, version }) => (record.token.next()?, Condition::Version(version)),
            };
            let record = Record { token, holder: Some(holder.clone()), until_ms: now.plus(ttl.length()) };
            let written =
                self.write(&key, &record, condition).await.map_err(|error| in_doubt(error, doubt.as_ref()))?;
            match written {
                Written::Done(version) => return Ok(Some(Standing { record, version }.held(name, &holder))),
                Written::Refused => {}
                Written::InDoubt(error) => doubt = Some(error),
            }
        }
        Err(doubt.unwrap_or_else(|| contended(name)))
    }
}
