//! Faults of tokens, names and errors.

use std::sync::Mutex;
use std::time::Duration;

use anyport_ports::leases::{FencingToken, Held, LEASE_TTL, LeaseName, LeaseTtl};
use anyport_ports::{Result, Timestamp};
use async_trait::async_trait;

use super::tamper::{Sound, Tamper, above, mutant};
use crate::built::LeaseHandle;
use crate::mutants::Mutant;

pub(super) fn mutants() -> Vec<Mutant<LeaseHandle>> {
    vec![
        mutant("token_from_the_clock", "LEA-SKEW-1", "The token is the time of the acquisition.", |_| {
            above(|| FromTheClock)
        }),
        mutant("token_of_the_process", "LEA-TOK-1", "Each process counts tokens of its own.", |_| {
            above(|| CountsAlone(Mutex::new(0)))
        }),
        mutant("names_folded", "LEA-NAME-1", "Names that differ in case are one.", |_| above(|| FoldsNames)),
        mutant("ttl_in_seconds", "LEA-EXP-1", "Milliseconds are written where seconds are read.", |_| {
            above(|| WrongUnit)
        }),
        mutant("reentrant", "LEA-ACQ-2", "The holder acquires its lease again.", |_| {
            above(|| Reentrant(Mutex::default()))
        }),
        mutant("outage_taken_for_held", "LEA-ERR-1", "A lease that cannot be asked for is said to be held.", |_| {
            above(|| SwallowsErrors)
        }),
    ]
}

fn with_token(held: Held, token: u64) -> Held {
    Held::new(held.name, FencingToken::new(token), held.holder, held.until, held.version)
}

struct FromTheClock;

#[async_trait]
impl Tamper for FromTheClock {
    async fn acquire(&self, sound: &Sound, name: &LeaseName, ttl: LeaseTtl) -> Result<Option<Held>> {
        let now = u64::try_from(sound.clock.now().as_millis()).unwrap_or_default();
        Ok(sound.leases.acquire(name, ttl).await?.map(|held| with_token(held, now)))
    }
}

struct CountsAlone(Mutex<u64>);

#[async_trait]
impl Tamper for CountsAlone {
    async fn acquire(&self, sound: &Sound, name: &LeaseName, ttl: LeaseTtl) -> Result<Option<Held>> {
        let held = sound.leases.acquire(name, ttl).await?;
        let mut count = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        Ok(held.map(|held| {
            *count += 1;
            with_token(held, *count)
        }))
    }
}

struct FoldsNames;

#[async_trait]
impl Tamper for FoldsNames {
    async fn acquire(&self, sound: &Sound, name: &LeaseName, ttl: LeaseTtl) -> Result<Option<Held>> {
        let folded = LeaseName::new(name.as_str().to_lowercase())?;
        sound.leases.acquire(&folded, ttl).await
    }
}

struct WrongUnit;

#[async_trait]
impl Tamper for WrongUnit {
    async fn acquire(&self, sound: &Sound, name: &LeaseName, ttl: LeaseTtl) -> Result<Option<Held>> {
        let ttl = (ttl.length() / 1000).max(*LEASE_TTL.start());
        sound.leases.acquire(name, LeaseTtl::new(ttl)?).await
    }
}

/// What this process holds.
struct Reentrant(Mutex<Vec<Held>>);

#[async_trait]
impl Tamper for Reentrant {
    async fn acquire(&self, sound: &Sound, name: &LeaseName, ttl: LeaseTtl) -> Result<Option<Held>> {
        let acquired = sound.leases.acquire(name, ttl).await?;
        let mut own = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        own.extend(acquired.clone());
        let now = sound.clock.now();
        let still = own.iter().rev().find(|held| held.name == *name && held.left(now) > Duration::ZERO);
        Ok(acquired.or_else(|| still.cloned()))
    }

    async fn release(&self, sound: &Sound, held: &Held) -> Result<()> {
        sound.leases.release(held).await?;
        let mut own = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        for own in own.iter_mut().filter(|own| own.token == held.token) {
            own.until = Timestamp::from_millis(0);
        }
        Ok(())
    }
}

struct SwallowsErrors;

#[async_trait]
impl Tamper for SwallowsErrors {
    async fn acquire(&self, sound: &Sound, name: &LeaseName, ttl: LeaseTtl) -> Result<Option<Held>> {
        Ok(sound.leases.acquire(name, ttl).await.unwrap_or_default())
    }
}
