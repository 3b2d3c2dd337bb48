//! Stores as registers, one for each key, and clients that write them, read them, and record what they are told.

mod blobs;
mod documents;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyport_ports::{Error, ErrorKind, Result};
use async_trait::async_trait;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

pub(crate) use blobs::BlobRegisters;
pub(crate) use documents::DocumentRegisters;

use crate::linearizability::{Action, Condition, Recorder, RegisterOp, RegisterRet};

/// A history of registers, in the making.
pub(crate) type History = Recorder<RegisterOp, RegisterRet>;

/// A store seen as registers that hold numbers.
#[async_trait]
pub(crate) trait Registers: Send + Sync + 'static {
    /// The value and the version at this key, if there is one.
    async fn get(&self, key: &str) -> Result<Option<(u64, String)>>;

    /// Writes; returns the new version.
    async fn put(&self, key: &str, value: u64, condition: &Condition) -> Result<String>;

    /// Deletes.
    async fn delete(&self, key: &str, condition: &Condition) -> Result<()>;

    /// What to do next, by a number below 100, a value nobody has written, and a guess at the current version.
    fn choose(&self, draw: u32, value: u64, guess: Condition) -> Action;
}

/// What a client was told of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// It was done.
    Acknowledged,
    /// Its condition did not hold.
    Refused,
    /// It was not done: the store was busy or not reached.
    NotDone,
    /// It may have been done.
    InDoubt,
}

impl Told {
    /// By an error; one that no operation may meet in these circumstances stays an error.
    pub(crate) fn by(error: Error) -> Result<Self> {
        match error.kind() {
            ErrorKind::Conflict | ErrorKind::NotFound | ErrorKind::PreconditionFailed => Ok(Self::Refused),
            ErrorKind::Indeterminate => Ok(Self::InDoubt),
            ErrorKind::Unavailable | ErrorKind::Throttled => Ok(Self::NotDone),
            _ => Err(error),
        }
    }
}

/// A client of registers.
pub(crate) struct Client<R> {
    number: u32,
    registers: R,
    recorder: Arc<History>,
    values: Arc<AtomicU64>,
    /// By key, the versions that this client has seen: the last one is the best guess of the current one.
    seen: Vec<Vec<String>>,
    random: StdRng,
}

impl<R: Registers> Client<R> {
    /// The client of this number, of so many registers, which draws the values it writes from `values`.
    pub(crate) fn new(
        number: u32,
        registers: R,
        keys: usize,
        recorder: &Arc<History>,
        values: &Arc<AtomicU64>,
        seed: u64,
    ) -> Self {
        Self {
            number,
            registers,
            recorder: Arc::clone(recorder),
            values: Arc::clone(values),
            seen: vec![Vec::new(); keys],
            random: StdRng::seed_from_u64(seed),
        }
    }

    /// A key, each as likely as any other.
    pub(crate) fn any_key(&mut self) -> usize {
        self.random.random_range(0..self.seen.len())
    }

    /// A key: every second time one of the first eighth, which are fought over.
    pub(crate) fn key_mostly_hot(&mut self) -> usize {
        let keys = self.seen.len();
        let among = if self.random.random_bool(0.5) { keys.div_ceil(8) } else { keys };
        self.random.random_range(0..among)
    }

    /// True so many times of a hundred.
    pub(crate) fn sometimes(&mut self, percent: u32) -> bool {
        self.random.random_ratio(percent, 100)
    }

    /// Does something to this key.
    pub(crate) async fn act(&mut self, key: usize) -> Result<Told> {
        let (value, guess) = (self.values.fetch_add(1, Ordering::Relaxed), self.version(key));
        let action = self.registers.choose(self.random.random_range(0..100), value, guess);
        self.perform(key, action).await
    }

    /// Reads every key, which must succeed.
    pub(crate) async fn read_all(&mut self) -> Result<()> {
        for key in 0..self.seen.len() {
            let told = self.perform(key, Action::Get).await?;
            if told != Told::Acknowledged {
                let message = format!("key {key} could not be read over a network without faults: {told:?}");
                return Err(Error::new(ErrorKind::Unavailable, message));
            }
        }
        Ok(())
    }

    /// Mostly the last version seen, now and then an earlier one; of a key not seen yet, that it is absent.
    fn version(&mut self, key: usize) -> Condition {
        let seen = &self.seen[key];
        let back = if self.random.random_ratio(1, 5) { self.random.random_range(1..4) } else { 1 };
        match seen.len().checked_sub(back) {
            Some(at) => Condition::Version(seen[at].clone()),
            None => Condition::Absent,
        }
    }

    async fn perform(&mut self, number: usize, action: Action) -> Result<Told> {
        let key = name_of(number);
        let call = self.recorder.invoke(self.number, RegisterOp { key: key.clone(), action: action.clone() });
        let answer = match &action {
            Action::Get => self.registers.get(&key).await.map(|found| match found {
                None => RegisterRet::Absent,
                Some((value, version)) => RegisterRet::Found { value, version },
            }),
            Action::Put { value, condition } => {
                self.registers.put(&key, *value, condition).await.map(|version| RegisterRet::Written { version })
            }
            Action::Delete { condition } => self.registers.delete(&key, condition).await.map(|()| RegisterRet::Deleted),
        };
        match answer {
            Ok(ret) => {
                if let RegisterRet::Found { version, .. } | RegisterRet::Written { version } = &ret {
                    self.seen[number].push(version.clone());
                }
                self.recorder.ok(call, ret);
                Ok(Told::Acknowledged)
            }
            Err(error) => {
                let told = Told::by(error)?;
                match told {
                    Told::Refused => self.recorder.ok(call, RegisterRet::Refused),
                    Told::NotDone => self.recorder.failed(call),
                    Told::InDoubt | Told::Acknowledged => self.recorder.indeterminate(call),
                }
                Ok(told)
            }
        }
    }
}

impl Client<DocumentRegisters> {
    /// Writes two keys in one transaction. To each of them it is a write like any other; which condition failed, if it is
    /// refused, is not known.
    pub(crate) async fn act_together(&mut self, keys: [usize; 2]) -> Result<Told> {
        let mut writes = Vec::new();
        let mut calls = Vec::new();
        for number in keys {
            let (key, value) = (name_of(number), self.values.fetch_add(1, Ordering::Relaxed));
            let condition = if self.sometimes(50) { self.version(number) } else { Condition::Always };
            let action = Action::Put { value, condition: condition.clone() };
            calls.push((number, self.recorder.invoke(self.number, RegisterOp { key: key.clone(), action })));
            writes.push((key, value, condition));
        }
        match self.registers.put_together(&writes).await {
            Ok(versions) => {
                for ((number, call), version) in calls.into_iter().zip(versions) {
                    self.seen[number].push(version.clone());
                    self.recorder.ok(call, RegisterRet::Written { version });
                }
                Ok(Told::Acknowledged)
            }
            Err(error) => {
                let told = Told::by(error)?;
                for (_, call) in calls {
                    if told == Told::InDoubt { self.recorder.indeterminate(call) } else { self.recorder.failed(call) }
                }
                Ok(told)
            }
        }
    }
}

fn name_of(key: usize) -> String {
    format!("k{key}")
}
