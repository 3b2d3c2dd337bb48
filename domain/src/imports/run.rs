//! Working through an uploaded file.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use anyport_ports::blobs::{Blob, BlobName, BlobRange};
use anyport_ports::handles::{BlobReader, BlobWriter};
use anyport_ports::{Error, ErrorKind};
use sha2::{Digest as _, Sha256};

use super::rows::{Row, Rows};
use super::{ImportError, ImportResult, ImportResults, ImportStatus, Imports};
use crate::users::{Directory, Email, PersonName, Profile, UserError};
use crate::{ImportId, UserId};

/// Most users of a file, so that it is worked through within the time that a function has.
const MOST_USERS: usize = 10_000;

const HEADER: [&str; 2] = ["name", "email"];

/// Imports users.
pub struct ImportUsers {
    /// To read the file.
    pub files: BlobReader<Imports>,
    /// To write what came of it.
    pub results: BlobWriter<ImportResults>,
    /// To create users.
    pub directory: Directory,
}

impl ImportUsers {
    /// Works through an uploaded file, and writes what came of it. Its first row is `name,email`, and each other
    /// row a user. A row that breaks a rule, or whose address another user has, is refused, and the others are done.
    ///
    /// # Errors
    ///
    /// `ForeignFile`, `EmailClaimed`, and `Ports`: then the file is to be worked through again. A file that is gone
    /// meanwhile is no error.
    pub async fn import(&self, file: &BlobName) -> Result<ImportResult, ImportError> {
        let import = Imports::import_of(file).ok_or_else(|| ImportError::ForeignFile(file.to_string()))?;
        let result = match self.files.get(file, BlobRange::All).await {
            Ok(blob) => self.work_through(&import, blob).await?,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(ImportResult::default()),
            Err(error) => return Err(error.into()),
        };
        let done = ImportStatus::Done(result.clone());
        self.results.put(&ImportResults::name_of(&import)?, &done.blob()?).await?;
        Ok(result)
    }

    async fn work_through(&self, import: &ImportId, blob: Blob) -> Result<ImportResult, ImportError> {
        let mut rows = Rows::of(blob);
        let mut result = ImportResult::default();
        let header = rows.next().await?;
        if !header.as_ref().is_some_and(is_header) {
            result.refuse(header.map_or(1, |row| row.line), "the first row must be: name,email");
            return Ok(result);
        }
        let mut seen = BTreeSet::new();
        while let Some(Row { line, fields }) = rows.next().await? {
            let profile = match parse(fields) {
                Ok(profile) => profile,
                Err(reason) => {
                    result.refuse(line, reason);
                    continue;
                }
            };
            let id = user_id(import, &profile.email)?;
            if seen.len() == MOST_USERS && !seen.contains(&id) {
                result.refuse(line, "it and what follows is not imported: a file holds at most 10000 users, split it");
                break;
            }
            let repeated = !seen.insert(id.clone());
            match self.import_one(id, profile, repeated).await? {
                Imported::Created => result.created += 1,
                Imported::Existing => result.existing += 1,
                Imported::Refused => result.refuse(line, "another user has this e-mail address"),
            }
        }
        Ok(result)
    }

    async fn import_one(&self, id: UserId, profile: Profile, repeated: bool) -> Result<Imported, ImportError> {
        match self.directory.find(&id).await {
            // When the file was worked through before.
            Ok(_) if !repeated => return Ok(Imported::Created),
            Ok(user) if user.item.name == profile.name => return Ok(Imported::Existing),
            Ok(_) => return Ok(Imported::Refused),
            Err(UserError::NotFound(_)) => {}
            Err(error) => return Err(ImportError::of_user(error)),
        }
        match self.directory.create(id, profile.clone()).await {
            Ok(_) => Ok(Imported::Created),
            Err(UserError::EmailTaken) => {
                let user = self.directory.find_by_email(&profile.email).await.map_err(ImportError::of_user)?;
                let same = user.is_some_and(|user| user.item.name == profile.name);
                Ok(if same { Imported::Existing } else { Imported::Refused })
            }
            Err(error) => Err(ImportError::of_user(error)),
        }
    }
}

enum Imported {
    Created,
    Existing,
    Refused,
}

fn is_header(row: &Row) -> bool {
    let names = |fields: &Vec<String>| fields.iter().map(|field| field.to_ascii_lowercase()).eq(HEADER);
    row.fields.as_ref().is_ok_and(names)
}

fn parse(fields: Result<Vec<String>, &'static str>) -> Result<Profile, String> {
    let fields = fields?;
    let [name, email] = &fields[..] else {
        return Err(format!("it has {} fields: it takes name,email", fields.len()));
    };
    let name = PersonName::new(name).map_err(|error| error.to_string())?;
    let email = Email::new(email).map_err(|error| error.to_string())?;
    Ok(Profile { name, email })
}

/// The id of a user whom an import creates: the same whenever the import is worked through, so that what an earlier
/// delivery began is recognised and taken up.
fn user_id(import: &ImportId, email: &Email) -> Result<UserId, ImportError> {
    let digest = Sha256::digest(format!("{import}\n{}", email.as_str()));
    let id = digest[..16].iter().fold(String::from("i"), |mut id, byte| {
        // Writing to a `String` does not fail.
        write!(id, "{byte:02x}").ok();
        id
    });
    UserId::new(id).map_err(|error| Error::new(ErrorKind::Internal, error.to_string()).into())
}
