//! Secrets in the environment and in files.

use std::ffi::OsString;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyport_ports::secrets::{Secret, SecretValue, SecretVersion, Secrets};
use anyport_ports::{Error, ErrorKind, Result, SecretName};
use async_trait::async_trait;

use crate::error::of_io;

/// Longest secret, in bytes.
const MAX_SECRET_BYTES: u64 = 64 * 1024;

/// The version of a secret that comes from the environment, and of one in a plain file.
const ENVIRONMENT: &str = "env";
const PLAIN_FILE: &str = "file";

type Environment = dyn Fn(&str) -> Option<OsString> + Send + Sync;

/// Secrets of the environment (`<PREFIX>GATEWAY_KEY` for `gateway-key`), and behind it those of a folder: either a file for
/// each version, `<folder>/gateway-key/1`, of which the highest number is the latest, or a plain file
/// `<folder>/gateway-key`, as orchestrators mount them.
#[derive(Clone)]
pub struct FileSecrets {
    folder: PathBuf,
    prefix: String,
    environment: Arc<Environment>,
}

impl FileSecrets {
    /// Secrets of this folder, which need not be there, behind those of environment variables with this prefix.
    pub fn new(folder: impl Into<PathBuf>, prefix: impl Into<String>) -> Self {
        Self::with_environment(folder, prefix, |name| std::env::var_os(name))
    }

    fn with_environment(
        folder: impl Into<PathBuf>,
        prefix: impl Into<String>,
        environment: impl Fn(&str) -> Option<OsString> + Send + Sync + 'static,
    ) -> Self {
        Self { folder: folder.into(), prefix: prefix.into(), environment: Arc::new(environment) }
    }

    /// Writes a new version of a secret, whole or not at all, readable by its owner alone; its version. For development
    /// and tests.
    ///
    /// # Errors
    ///
    /// `Conflict` if the secret is a plain file, `PermissionDenied`, `Unavailable`.
    pub fn put(&self, name: &SecretName, value: &[u8]) -> Result<String> {
        self.write(name, value).map_err(|error| error.during("secrets.put", name))
    }

    fn write(&self, name: &SecretName, value: &[u8]) -> Result<String> {
        let folder = self.folder.join(name.as_str());
        if folder.is_file() {
            let message =
                "the secret is a plain file, which has no versions: move it to a folder of its name, as \"1\"";
            return Err(Error::new(ErrorKind::Conflict, message));
        }
        let failed = |error| of_io(error, "the secret cannot be written");
        fs::create_dir_all(&folder).map_err(failed)?;
        // Made with mode 0600.
        let mut file = tempfile::NamedTempFile::new_in(&folder).map_err(failed)?;
        file.write_all(value).and_then(|()| file.as_file().sync_all()).map_err(failed)?;
        loop {
            let version = latest(&folder).map_err(failed)?.unwrap_or(0) + 1;
            match file.persist_noclobber(folder.join(version.to_string())) {
                Ok(_) => {
                    File::open(&folder).and_then(|folder| folder.sync_all()).map_err(failed)?;
                    return Ok(version.to_string());
                }
                // Another writer was faster.
                Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => file = error.file,
                Err(error) => return Err(failed(error.error)),
            }
        }
    }

    /// Takes the right to read every version of a secret away from everybody, its owner included. For tests.
    ///
    /// # Errors
    ///
    /// `NotFound` if there is no such secret, `PermissionDenied`, `Unavailable`.
    #[cfg(unix)]
    pub fn deny(&self, name: &SecretName) -> Result<()> {
        use std::os::unix::fs::PermissionsExt as _;
        let path = self.folder.join(name.as_str());
        let deny = |path: &Path| fs::set_permissions(path, fs::Permissions::from_mode(0o000));
        let denied = if path.is_dir() {
            fs::read_dir(&path).and_then(|mut files| files.try_for_each(|file| deny(&file?.path())))
        } else {
            deny(&path)
        };
        denied.map_err(refused).map_err(|error| error.during("secrets.deny", name))
    }

    fn find(&self, name: &SecretName, version: &SecretVersion) -> Result<Secret> {
        let path = self.folder.join(name.as_str());
        match version {
            SecretVersion::Latest => {
                if let Some(secret) = self.of_environment(name) {
                    return Ok(secret);
                }
                if fs::metadata(&path).map_err(refused)?.is_file() {
                    return read(&path, PLAIN_FILE);
                }
                let latest = latest(&path).map_err(refused)?.ok_or_else(absent)?.to_string();
                read(&path.join(&latest), &latest)
            }
            SecretVersion::Pinned(version) if version == ENVIRONMENT => self.of_environment(name).ok_or_else(absent),
            SecretVersion::Pinned(version) if version == PLAIN_FILE => read(&path, PLAIN_FILE),
            SecretVersion::Pinned(version) if number(version).is_some() => read(&path.join(version), version),
            // Anything else could name a file outside.
            SecretVersion::Pinned(_) => Err(absent()),
        }
    }

    fn of_environment(&self, name: &SecretName) -> Option<Secret> {
        let variable = format!("{}{}", self.prefix, name.as_str().to_ascii_uppercase().replace('-', "_"));
        let value = (self.environment)(&variable)?.into_encoded_bytes();
        Some(Secret { value: SecretValue::new(value), version: ENVIRONMENT.to_owned() })
    }
}

#[async_trait]
impl Secrets for FileSecrets {
    async fn get(&self, name: &SecretName, version: &SecretVersion) -> Result<Secret> {
        let (secrets, owned, version) = (self.clone(), name.clone(), version.clone());
        let found = tokio::task::spawn_blocking(move || secrets.find(&owned, &version)).await;
        let stopped = |_| Err(Error::new(ErrorKind::Unavailable, "the read was stopped: the process is ending"));
        found.unwrap_or_else(stopped).map_err(|error| error.during("secrets.get", name))
    }
}

impl fmt::Debug for FileSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileSecrets").field("folder", &self.folder).finish_non_exhaustive()
    }
}

/// The highest version in a secret's folder.
fn latest(folder: &Path) -> io::Result<Option<u64>> {
    let mut latest = None;
    for entry in fs::read_dir(folder)? {
        latest = latest.max(entry?.file_name().to_str().and_then(number));
    }
    Ok(latest)
}

/// The number that a version is: digits alone, without leading zeros.
fn number(version: &str) -> Option<u64> {
    version.parse().ok().filter(|number: &u64| number.to_string() == version)
}

fn read(path: &Path, version: &str) -> Result<Secret> {
    let file = File::open(path).map_err(refused)?;
    let metadata = file.metadata().map_err(refused)?;
    if !metadata.is_file() {
        return Err(absent());
    }
    if !owner_may_read(&metadata) {
        return Err(denied());
    }
    let mut value = Vec::new();
    file.take(MAX_SECRET_BYTES + 1).read_to_end(&mut value).map_err(refused)?;
    if value.len() as u64 > MAX_SECRET_BYTES {
        return Err(Error::new(ErrorKind::Internal, format!("the secret's file is over {MAX_SECRET_BYTES} bytes")));
    }
    Ok(Secret { value: SecretValue::new(value), version: version.to_owned() })
}

/// By the file's mode: the kernel lets root read anything, and a secret that is denied is denied to root, too.
#[cfg(unix)]
fn owner_may_read(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    metadata.permissions().mode() & 0o400 != 0
}

#[cfg(not(unix))]
fn owner_may_read(_: &fs::Metadata) -> bool {
    true
}

fn absent() -> Error {
    Error::new(ErrorKind::NotFound, "there is no such secret, or no such version of it")
}

fn denied() -> Error {
    Error::new(ErrorKind::PermissionDenied, "the secret's file may not be read: check its owner and mode")
}

fn refused(error: io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => absent(),
        io::ErrorKind::PermissionDenied => denied().caused_by(error),
        _ => of_io(error, "the secret's file cannot be used"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: SecretName = SecretName::from_static("gateway-key");

    fn pinned(version: &str) -> SecretVersion {
        SecretVersion::Pinned(version.to_owned())
    }

    fn found(secrets: &FileSecrets, version: &SecretVersion) -> (Vec<u8>, String) {
        let secret = secrets.find(&NAME, version).unwrap();
        (secret.value.expose().to_vec(), secret.version)
    }

    #[test]
    fn versions_stay_and_the_latest_is_the_highest_number() {
        let folder = tempfile::tempdir().unwrap();
        let secrets = FileSecrets::new(folder.path(), "ANYPORT_TEST_");
        let values: Vec<Vec<u8>> = (0..11).map(|n| vec![n, 0, 0xff, b'\n']).collect();
        for (n, value) in values.iter().enumerate() {
            assert_eq!(secrets.put(&NAME, value).unwrap(), (n + 1).to_string());
        }
        assert_eq!(found(&secrets, &SecretVersion::Latest), (values[10].clone(), "11".to_owned()));
        assert_eq!(found(&secrets, &pinned("2")), (values[1].clone(), "2".to_owned()));
        for absent in ["12", "02", "", "env", "file", "../gateway-key/1", ".", "1/../1"] {
            assert_eq!(secrets.find(&NAME, &pinned(absent)).unwrap_err().kind(), ErrorKind::NotFound, "{absent}");
        }
        let other = SecretName::from_static("other");
        assert_eq!(secrets.find(&other, &SecretVersion::Latest).unwrap_err().kind(), ErrorKind::NotFound);
    }

    #[test]
    fn the_environment_comes_first() {
        let folder = tempfile::tempdir().unwrap();
        let secrets = FileSecrets::with_environment(folder.path(), "SHOP_", |name| {
            (name == "SHOP_GATEWAY_KEY").then(|| "from outside".into())
        });
        secrets.put(&NAME, b"from a file").unwrap();
        let outside = (b"from outside".to_vec(), "env".to_owned());
        assert_eq!(found(&secrets, &SecretVersion::Latest), outside);
        assert_eq!(found(&secrets, &pinned("env")), outside);
        assert_eq!(found(&secrets, &pinned("1")).0, b"from a file");
    }

    #[test]
    fn a_plain_file_is_a_secret_of_one_version() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("gateway-key"), "mounted\n").unwrap();
        let secrets = FileSecrets::new(folder.path(), "ANYPORT_TEST_");
        let (value, version) = found(&secrets, &SecretVersion::Latest);
        assert_eq!((value.as_slice(), version.as_str()), (b"mounted\n".as_slice(), "file"));
        assert_eq!(found(&secrets, &pinned("file")).0, b"mounted\n");
        assert_eq!(secrets.find(&NAME, &pinned("1")).unwrap_err().kind(), ErrorKind::NotFound);
        assert_eq!(secrets.put(&NAME, b"x").unwrap_err().kind(), ErrorKind::Conflict);
    }

    #[cfg(unix)]
    #[test]
    fn denied_is_not_absent_even_to_root() {
        let folder = tempfile::tempdir().unwrap();
        let secrets = FileSecrets::new(folder.path(), "ANYPORT_TEST_");
        assert_eq!(secrets.deny(&NAME).unwrap_err().kind(), ErrorKind::NotFound);
        let version = secrets.put(&NAME, b"hush").unwrap();
        secrets.deny(&NAME).unwrap();
        for version in [SecretVersion::Latest, pinned(&version)] {
            let error = secrets.find(&NAME, &version).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::PermissionDenied);
            assert!(!format!("{error:?}").contains("hush"));
        }
    }
}
