//! Reading secrets.

use anyport_ports::SecretName;
use anyport_ports::secrets::SecretVersion;
use anyport_ports::{Error, ErrorKind};

use super::{KEY, PATIENCE, read_current};
use crate::check::{Check, Context, Verdict, Violation, checks, ensure, ensure_eq, expect_error};
use crate::subject::SecretStore;
use crate::suite::resources;

pub(super) fn checks() -> Vec<Check<SecretStore>> {
    checks![resources;
        "SEC-GET-1" => a_value_comes_back_exactly,
        "SEC-GET-2" => what_is_absent_is_not_found,
        "SEC-GET-3" => denied_and_absent_are_told_apart,
        "SEC-VER-1" => a_pinned_version_outlives_a_rotation,
    ]
}

async fn a_value_comes_back_exactly(cx: Context<SecretStore>) -> Verdict {
    let store = cx.connect().await?;
    let values: [&[u8]; 8] = [
        b"plain",
        b" space around \t",
        b"line end\r\n",
        b"\n",
        &[0],
        &[0xff, 0xfe, 0xc0, 0x80, 0xed, 0xa0, 0x80],
        "\u{feff}Grüße e\u{301} 😀".as_bytes(),
        b"{\"json\": 1.0}",
    ];
    let every_byte: Vec<u8> = (0..=255).cycle().take(8 * 1024).collect();
    for (number, value) in values.into_iter().chain([every_byte.as_slice()]).enumerate() {
        let name = SecretName::new(format!("value-{number}"))?;
        store.admin.put(&name, value).await?;
        let found = cx.eventually(PATIENCE, || async { found(store.secrets.get(&name, &SecretVersion::Latest).await) });
        let found = found.await?.ok_or_else(|| Violation::new(format!("{name} was put and is not found")))?;
        // The values of this check are no secrets.
        ensure!(found.value.expose() == value, "{name} came back as {:02x?} for {value:02x?}", found.value.expose());
    }
    Ok(())
}

/// What was put a moment ago may not be there yet.
fn found<T>(result: Result<T, Error>) -> Result<Option<T>, Violation> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

async fn what_is_absent_is_not_found(cx: Context<SecretStore>) -> Verdict {
    let store = cx.connect().await?;
    let latest = store.secrets.get(&KEY, &SecretVersion::Latest).await;
    expect_error(latest, ErrorKind::NotFound, "a secret that nobody put")?;
    let version = store.admin.put(&KEY, b"here").await?;
    read_current(&cx, &*store.secrets, &version).await?;
    // Of the form of a real one, as a typing error would be, and of none.
    let other = SecretName::from_static("another");
    let foreign = store.admin.put(&other, b"of another").await?;
    for absent in [foreign, "no version".to_owned(), String::new()] {
        if absent == version {
            continue;
        }
        let pinned = store.secrets.get(&KEY, &SecretVersion::Pinned(absent.clone())).await;
        expect_error(pinned, ErrorKind::NotFound, &format!("the version {absent:?}, which the secret has not"))?;
    }
    let pinned = store.secrets.get(&SecretName::from_static("absent"), &SecretVersion::Pinned(version)).await;
    expect_error(pinned, ErrorKind::NotFound, "a version of a secret that nobody put")
}

async fn denied_and_absent_are_told_apart(cx: Context<SecretStore>) -> Verdict {
    let store = cx.connect().await?;
    let version = store.admin.put(&KEY, b"not for you").await?;
    store.admin.deny(&KEY).await?;
    let denied = cx.eventually(PATIENCE, || async {
        let denied = store.secrets.get(&KEY, &SecretVersion::Latest).await.err();
        Ok(denied.filter(|error| error.kind() == ErrorKind::PermissionDenied))
    });
    let last = store.secrets.get(&KEY, &SecretVersion::Latest).await;
    ensure!(denied.await?.is_some(), "a secret that may not be read: expected PermissionDenied, found {last:?}");
    let pinned = store.secrets.get(&KEY, &SecretVersion::Pinned(version)).await;
    expect_error(pinned, ErrorKind::PermissionDenied, "a version of a secret that may not be read")?;
    let absent = store.secrets.get(&SecretName::from_static("absent"), &SecretVersion::Latest).await;
    expect_error(absent, ErrorKind::NotFound, "a secret that nobody put")
}

async fn a_pinned_version_outlives_a_rotation(cx: Context<SecretStore>) -> Verdict {
    let store = cx.connect().await?;
    let mut versions = Vec::new();
    for value in ["first", "second", "third"] {
        let version = store.admin.put(&KEY, value.as_bytes()).await?;
        read_current(&cx, &*store.secrets, &version).await?;
        versions.push((version, value));
    }
    for (version, value) in versions {
        let secret = store.secrets.get(&KEY, &SecretVersion::Pinned(version.clone())).await?;
        ensure_eq!(secret.value.expose_text()?, value, "the value of version {version:?}");
        ensure_eq!(secret.version, version, "the version of the secret read");
    }
    Ok(())
}
