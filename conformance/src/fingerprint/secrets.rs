//! The trace of a store of secrets.

use std::collections::BTreeMap;
use std::time::Duration;

use anyport_ports::secrets::{Secret, SecretVersion};
use anyport_ports::{Result, SecretName};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{RngCore as _, SeedableRng as _};

use super::Transcript;
use super::transcript::digest;
use crate::check::{Context, Violation};
use crate::subject::{SecretStore, Subject};
use crate::suite::resources;

const CALLS: usize = 48;

const NAMES: [SecretName; 3] =
    [SecretName::from_static("api-key"), SecretName::from_static("database"), SecretName::from_static("signing-key2")];

/// How long a rotation may take to show.
const SHOWS: Duration = Duration::from_secs(30);

pub(super) async fn trace(subject: &dyn Subject<SecretStore>, seed: u64) -> Result<Transcript, Violation> {
    let cx = Context::fresh(subject, &resources(), seed).await?;
    let store = cx.connect().await?;
    let mut random = ChaCha20Rng::seed_from_u64(seed);
    let mut tracer = Tracer { cx, store, put: BTreeMap::new(), transcript: Transcript::default() };
    for name in &NAMES {
        tracer.read(name, &SecretVersion::Latest).await;
        tracer.put(name, b" \t\0\xff of any bytes\r\n").await?;
    }
    for _ in 0..CALLS {
        let name = &NAMES[random.next_u32() as usize % NAMES.len()];
        match random.next_u32() % 6 {
            0 | 1 => {
                // Some stores hold no empty secret; at least one byte is what all do.
                let mut value = vec![0; 1 + random.next_u32() as usize % 64];
                random.fill_bytes(&mut value);
                tracer.put(name, &value).await?;
            }
            2 | 3 => tracer.read(name, &SecretVersion::Latest).await,
            4 => tracer.read(name, &SecretVersion::Pinned("no-such-version".to_owned())).await,
            _ => tracer.read_all(name).await,
        }
    }
    for name in &NAMES {
        tracer.read_all(name).await;
    }
    tracer.store.admin.deny(&NAMES[0]).await?;
    tracer.denied(&NAMES[0]).await?;
    tracer.read(&NAMES[1], &SecretVersion::Latest).await;
    Ok(tracer.transcript)
}

struct Tracer {
    cx: Context<SecretStore>,
    store: SecretStore,
    /// By name, the versions that were put, in order.
    put: BTreeMap<SecretName, Vec<String>>,
    transcript: Transcript,
}

impl Tracer {
    async fn put(&mut self, name: &SecretName, value: &[u8]) -> Result<(), Violation> {
        let version = self.store.admin.put(name, value).await?;
        self.put.entry(name.clone()).or_default().push(version);
        let shown = self.cx.eventually(SHOWS, || async {
            let latest = self.store.secrets.get(name, &SecretVersion::Latest).await;
            Ok(latest.is_ok_and(|secret| secret.value.expose() == value).then_some(()))
        });
        let shown = shown.await?.is_some();
        self.transcript.note(format!("put {name} {}: shown {shown}", digest(value)));
        Ok(())
    }

    async fn read(&mut self, name: &SecretName, version: &SecretVersion) {
        let answer = self.store.secrets.get(name, version).await;
        let what = match version {
            SecretVersion::Latest => format!("get {name}"),
            SecretVersion::Pinned(version) => format!("get {name} of {:?}", self.ordinal(name, version)),
        };
        let shown = answer.map(|secret| self.show(name, &secret));
        self.transcript.note_result(&what, shown, |shown| shown);
    }

    /// Reads every version of a secret that was put.
    async fn read_all(&mut self, name: &SecretName) {
        for version in self.put.get(name).cloned().unwrap_or_default() {
            self.read(name, &SecretVersion::Pinned(version)).await;
        }
    }

    /// Reads a secret until its denial shows.
    async fn denied(&mut self, name: &SecretName) -> Result<(), Violation> {
        let refused = self.cx.eventually(SHOWS, || async {
            let answer = self.store.secrets.get(name, &SecretVersion::Latest).await;
            Ok(answer.err().map(|error| error.kind()))
        });
        let refused = refused.await?;
        self.transcript.note(format!("get {name}, denied: {refused:?}"));
        Ok(())
    }

    fn ordinal(&self, name: &SecretName, version: &str) -> Option<usize> {
        self.put.get(name)?.iter().position(|given| given == version)
    }

    fn show(&self, name: &SecretName, secret: &Secret) -> String {
        format!("{} of {:?}", digest(secret.value.expose()), self.ordinal(name, &secret.version))
    }
}
