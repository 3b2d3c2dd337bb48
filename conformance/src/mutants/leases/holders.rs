//! Faults of renewing and releasing.

use std::sync::atomic::{AtomicBool, Ordering};

use anyport_ports::documents::{Body, Key, Put};
use anyport_ports::leases::{COLLECTION, FencingToken, Held, LEASE_TTL, LeaseName, LeaseTtl};
use anyport_ports::{Error, ErrorKind, Result};
use async_trait::async_trait;
use serde_json::json;

use super::tamper::{Sound, Tamper, above, mutant};
use crate::built::LeaseHandle;
use crate::mutants::Mutant;

pub(super) fn mutants() -> Vec<Mutant<LeaseHandle>> {
    vec![
        mutant("renewed_without_owner", "LEA-REN-2", "A renewal does not look at who holds the lease.", |_| {
            above(|| RenewsAnyones)
        }),
        mutant("renewed_by_acquiring", "LEA-REN-2", "Who was succeeded acquires the lease anew as it renews.", |_| {
            above(|| AcquiresInstead)
        }),
        mutant("renewed_from_its_old_end", "LEA-REN-1", "A renewal adds to the time that is left.", |_| {
            above(|| AddsToTheEnd)
        }),
        mutant("renewed_under_a_new_token", "LEA-REN-1", "A renewal raises the token.", |_| above(|| RaisesToken)),
        mutant("late_renewal_refused", "LEA-REN-3", "A renewal after its time is refused, though nobody came.", |_| {
            above(|| RefusesLate)
        }),
        mutant("never_released", "LEA-REL-1", "A release leaves the lease to lapse.", |_| above(|| NeverReleases)),
        mutant("released_without_owner", "LEA-REL-2", "A release does not look at who holds the lease.", |_| {
            above(|| ReleasesAnyones)
        }),
        mutant("second_release_fails", "LEA-REL-2", "To release what is not held is an error.", |_| {
            above(|| FailsToRelease)
        }),
        mutant(
            "refused_renewal_locks_out",
            "LEA-MODEL-1",
            "After a refused renewal, the process acquires nothing until it has released something.",
            |_| above(|| LocksOut(AtomicBool::new(false))),
        ),
    ]
}

/// Writes the record, whoever's it is.
async fn overwrite(sound: &Sound, held: &Held, holder: Option<&str>, until_ms: i64) -> Result<Held> {
    let record = json!({ "token": held.token, "holder": holder, "until_ms": until_ms });
    let key = Key::new(held.name.as_str(), "lease")?;
    let version = sound.documents.put(&COLLECTION, &key, &Put::new(Body::of(&record)?)).await?;
    let Held { name, token, holder, until, .. } = held.clone();
    Ok(Held::new(name, token, holder, until, version))
}

struct RenewsAnyones;

#[async_trait]
impl Tamper for RenewsAnyones {
    async fn renew(&self, sound: &Sound, held: &Held, ttl: LeaseTtl) -> Result<Option<Held>> {
        match sound.leases.renew(held, ttl).await? {
            None => {
                let until = sound.clock.now().plus(ttl.length()).as_millis();
                overwrite(sound, held, Some(&held.holder), until).await.map(Some)
            }
            renewed => Ok(renewed),
        }
    }
}

struct AcquiresInstead;

#[async_trait]
impl Tamper for AcquiresInstead {
    async fn renew(&self, sound: &Sound, held: &Held, ttl: LeaseTtl) -> Result<Option<Held>> {
        match sound.leases.renew(held, ttl).await? {
            None => sound.leases.acquire(&held.name, ttl).await,
            renewed => Ok(renewed),
        }
    }
}

struct AddsToTheEnd;

#[async_trait]
impl Tamper for AddsToTheEnd {
    async fn renew(&self, sound: &Sound, held: &Held, ttl: LeaseTtl) -> Result<Option<Held>> {
        let longer = (ttl.length() + held.left(sound.clock.now())).min(*LEASE_TTL.end());
        sound.leases.renew(held, LeaseTtl::new(longer)?).await
    }
}

struct RaisesToken;

#[async_trait]
impl Tamper for RaisesToken {
    async fn renew(&self, sound: &Sound, held: &Held, ttl: LeaseTtl) -> Result<Option<Held>> {
        let mut renewed = sound.leases.renew(held, ttl).await?;
        if let Some(held) = &mut renewed {
            held.token = FencingToken::new(held.token.number() + 1);
        }
        Ok(renewed)
    }
}

struct RefusesLate;

#[async_trait]
impl Tamper for RefusesLate {
    async fn renew(&self, sound: &Sound, held: &Held, ttl: LeaseTtl) -> Result<Option<Held>> {
        if held.left(sound.clock.now()).is_zero() {
            return Ok(None);
        }
        sound.leases.renew(held, ttl).await
    }
}

struct NeverReleases;

#[async_trait]
impl Tamper for NeverReleases {
    async fn release(&self, _sound: &Sound, _held: &Held) -> Result<()> {
        Ok(())
    }
}

struct ReleasesAnyones;

#[async_trait]
impl Tamper for ReleasesAnyones {
    async fn release(&self, sound: &Sound, held: &Held) -> Result<()> {
        overwrite(sound, held, None, 0).await.map(drop)
    }
}

struct FailsToRelease;

#[async_trait]
impl Tamper for FailsToRelease {
    async fn release(&self, sound: &Sound, held: &Held) -> Result<()> {
        let ttl = LeaseTtl::new(*LEASE_TTL.end())?;
        let Some(held) = sound.leases.renew(held, ttl).await? else {
            return Err(Error::new(ErrorKind::PreconditionFailed, "the lease is not held"));
        };
        sound.leases.release(&held).await
    }
}

struct LocksOut(AtomicBool);

#[async_trait]
impl Tamper for LocksOut {
    async fn acquire(&self, sound: &Sound, name: &LeaseName, ttl: LeaseTtl) -> Result<Option<Held>> {
        if self.0.load(Ordering::SeqCst) {
            return Ok(None);
        }
        sound.leases.acquire(name, ttl).await
    }

    async fn renew(&self, sound: &Sound, held: &Held, ttl: LeaseTtl) -> Result<Option<Held>> {
        let renewed = sound.leases.renew(held, ttl).await?;
        self.0.fetch_or(renewed.is_none(), Ordering::SeqCst);
        Ok(renewed)
    }

    async fn release(&self, sound: &Sound, held: &Held) -> Result<()> {
        self.0.store(false, Ordering::SeqCst);
        sound.leases.release(held).await
    }
}
