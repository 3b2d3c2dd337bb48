//! Trying again, in one place: as often as is harmless, and what to tell when it was of no use.

use std::time::{Duration, Instant};

use anyport_ports::{Error, ErrorKind};
use uuid::Uuid;

use crate::fault::{Meaning, Table, judge};

/// How often a call is tried.
const ATTEMPTS: u32 = 3;

/// The pause before the second attempt, on average; it doubles.
const PAUSE: Duration = Duration::from_millis(100);

/// A call that took longer is not tried again.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a call does to the store.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Nothing.
    Read,
    /// What may be done twice, though others write in between.
    Repeatable,
    /// What may not.
    Once,
}

/// Why a call came to nothing.
pub(crate) struct Failure {
    /// What to tell. For one in doubt, `Indeterminate`.
    pub(crate) error: Error,
    /// Whether it may have been done all the same.
    pub(crate) in_doubt: bool,
    /// What the last attempt came to.
    pub(crate) meaning: Meaning,
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        failure.error
    }
}

/// Makes a request until it is answered, trying again is of no use, or not harmless.
pub(crate) async fn attempt<T, F>(effect: Effect, table: Table, mut request: impl FnMut() -> F) -> Result<T, Failure>
where
    F: Future<Output = object_store::Result<T>>,
{
    let begun = Instant::now();
    let mut in_doubt = false;
    let mut number = 1;
    loop {
        let error = match request().await {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        let (meaning, error) = judge(error, table);
        let again = match meaning {
            Meaning::Refused(_) | Meaning::NoBucket | Meaning::Elsewhere => {
                return Err(Failure { error, in_doubt: false, meaning });
            }
            Meaning::NotDone(_) => true,
            Meaning::Unknown => {
                in_doubt |= effect != Effect::Read;
                effect != Effect::Once
            }
            Meaning::Unreadable => {
                in_doubt |= effect != Effect::Read;
                false
            }
        };
        if !again || number >= ATTEMPTS || begun.elapsed() > PATIENCE {
            let error = if in_doubt { doubtful(error) } else { error };
            return Err(Failure { error, in_doubt, meaning });
        }
        tokio::time::sleep(jittered(PAUSE * 2_u32.pow(number - 1))).await;
        number += 1;
    }
}

fn doubtful(error: Error) -> Error {
    let message = format!("{}; it may have been done: look before doing it again", error.message());
    Error::new(ErrorKind::Indeterminate, message).caused_by(error)
}

/// Half to one and a half times this long, so that those who failed together do not come back together.
fn jittered(pause: Duration) -> Duration {
    let dice = u32::from(Uuid::new_v4().as_bytes()[0]);
    pause / 2 + pause * dice / 256
}
