//! Sequences of operations, beside a model.

use std::time::Duration;

use anyport_ports::leases::{Held, LeaseTtl};
use anyport_ports::{Clock as _, Timestamp};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

use super::{Bench, name, resources};
use crate::built::LeaseHandle;
use crate::check::{Check, Context, Verdict, Violation, checks, ensure_eq};

pub(super) fn checks() -> Vec<Check<LeaseHandle>> {
    checks![resources; "LEA-MODEL-1" => any_sequence_is_that_of_the_model]
}

const STEPS: usize = 120;

/// A lease as it must be: the number of acquisitions, and until when the last one of them holds.
#[derive(Default)]
struct Model {
    acquisitions: usize,
    held_until: Option<Timestamp>,
}

impl Model {
    fn is_free(&self, now: Timestamp) -> bool {
        self.held_until.is_none_or(|until| until <= now)
    }

    /// Whether this acquisition is the last one, and was not released.
    fn is_held_by(&self, acquisition: usize) -> bool {
        self.acquisitions == acquisition && self.held_until.is_some()
    }
}

async fn any_sequence_is_that_of_the_model(cx: Context<LeaseHandle>) -> Verdict {
    let (bench, mut random) = (Bench::of(&cx), StdRng::seed_from_u64(cx.seed()));
    let (leases, name) = ([bench.leases().await?, bench.leases().await?], name("model")?);
    let mut model = Model::default();
    // Everything that was ever in somebody's hands, each with the number of its acquisition.
    let mut hands: Vec<(usize, Held)> = Vec::new();
    for _ in 0..STEPS {
        let leases = &leases[random.random_range(0..leases.len())];
        let length = Duration::from_secs(random.random_range(1..=10));
        let (ttl, now) = (LeaseTtl::new(length)?, bench.clock.now());
        // Mostly the last ones: earlier ones have been succeeded for long.
        let hand = hands.len().checked_sub(1 + random.random_range(0..3));
        match (random.random_range(0..10), hand) {
            (0..=2, _) | (3..=7, None) => {
                let acquired = leases.acquire(&name, ttl).await?;
                cx.note(format!("acquire for {length:?}: {acquired:?}"));
                ensure_eq!(acquired.is_some(), model.is_free(now), "whether the lease was acquired");
                if let Some(held) = acquired {
                    model = Model { acquisitions: model.acquisitions + 1, held_until: Some(now.plus(length)) };
                    hands.push((model.acquisitions, held));
                }
            }
            (3..=5, Some(hand)) => {
                let (acquisition, held) = &hands[hand];
                let renewed = leases.renew(held, ttl).await?;
                cx.note(format!("renew {acquisition} for {length:?}: {renewed:?}"));
                ensure_eq!(renewed.is_some(), model.is_held_by(*acquisition), "whether {acquisition} was renewed");
                if let Some(held) = renewed {
                    model.held_until = Some(now.plus(length));
                    hands[hand].1 = held;
                }
            }
            (6..=7, Some(hand)) => {
                let (acquisition, held) = &hands[hand];
                leases.release(held).await?;
                cx.note(format!("release {acquisition}"));
                if model.is_held_by(*acquisition) {
                    model.held_until = None;
                }
            }
            _ => bench.pass(Duration::from_secs(random.random_range(1..=6))),
        }
    }
    let tokens: Vec<_> = hands.iter().map(|(_, held)| held.token).collect();
    super::ensure_rising(&tokens)?;
    if hands.is_empty() {
        return Err(Violation::new("the sequence acquired nothing: it shows nothing"));
    }
    Ok(())
}
