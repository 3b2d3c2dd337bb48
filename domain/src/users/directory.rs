//! The directory of users: reading, changing and deleting them.

use std::sync::Arc;

use anyport_ports::documents::{Condition, Version};
use anyport_ports::handles::{Reader, Stored, Writer};
use anyport_ports::{Clock, ErrorKind};

use super::record::{Account, Emails, User, Users};
use super::{Email, PersonName, UserError};
use crate::UserId;

/// Rounds before giving up against others that change the same user.
const ROUNDS: usize = 8;

/// What can be said and changed of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// What the user is called.
    pub name: PersonName,
    /// Where mail reaches the user.
    pub email: Email,
}

/// Who may write users: creates, changes and deletes them, and keeps their addresses unique.
pub struct Directory {
    pub(super) users: Reader<Users>,
    pub(super) accounts: Writer<Users>,
    pub(super) emails: Reader<Emails>,
    pub(super) reservations: Writer<Emails>,
    pub(super) clock: Arc<dyn Clock>,
}

/// The user of this id.
pub async fn find(users: &Reader<Users>, id: &UserId) -> Result<Stored<User>, UserError> {
    let stored = users.get(&Users::key_of(id)?).await?;
    let user = stored.and_then(|Stored { item, version }| item.user().map(|item| Stored { item, version }));
    user.ok_or_else(|| UserError::NotFound(id.clone()))
}

impl Directory {
    /// A directory on these handles.
    pub fn new(
        users: (Reader<Users>, Writer<Users>),
        emails: (Reader<Emails>, Writer<Emails>),
        clock: Arc<dyn Clock>,
    ) -> Self {
        let ((users, accounts), (emails, reservations)) = (users, emails);
        Self { users, accounts, emails, reservations, clock }
    }

    /// The user of this id.
    pub async fn find(&self, id: &UserId) -> Result<Stored<User>, UserError> {
        find(&self.users, id).await
    }

    /// The user who has this address, if there is one.
    pub async fn find_by_email(&self, email: &Email) -> Result<Option<Stored<User>>, UserError> {
        let Some(reservation) = self.emails.get(&Emails::key_of(email)?).await? else { return Ok(None) };
        match self.find(&reservation.item.user_id).await {
            Ok(user) => Ok(Some(user).filter(|user| user.item.email == *email)),
            Err(UserError::NotFound(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Replaces the profile of a user: of the version `expected`, or of any.
    ///
    /// # Errors
    ///
    /// `NotFound`, `VersionMismatch`, `EmailTaken`, `EmailClaimed`; the user has the name and address from before.
    pub async fn change(
        &self,
        id: &UserId,
        profile: Profile,
        expected: Option<&Version>,
    ) -> Result<Stored<User>, UserError> {
        let stored = self.users.get(&Users::key_of(id)?).await?;
        let Some(Stored { item: account, version }) = stored else { return Err(UserError::NotFound(id.clone())) };
        let Some(old) = account.email.clone() else { return Err(UserError::NotFound(id.clone())) };
        if expected.is_some_and(|expected| *expected != version) {
            return Err(UserError::VersionMismatch(id.clone()));
        }
        let Profile { name, email } = profile;
        if email == old {
            return self.write(Account { name, claim: None, ..account }, version).await;
        }
        let reserved = self.reserve(&email, id).await?;
        let changed = self.move_to(&email, name, account, version, reserved).await;
        let freed = if changed.is_ok() { &old } else { &email };
        self.release(freed, id).await;
        changed
    }

    /// Steps 2 to 4, for an account that has another address.
    async fn move_to(
        &self,
        email: &Email,
        name: PersonName,
        account: Account,
        version: Version,
        reserved: Version,
    ) -> Result<Stored<User>, UserError> {
        let claiming = Account { claim: Some(email.clone()), ..account };
        let claimed = self.write(claiming.clone(), version).await?.version;
        let moved = match self.confirm(email, &claiming.id, reserved).await {
            Ok(()) => {
                let moved = Account { name, email: Some(email.clone()), claim: None, ..claiming.clone() };
                self.write(moved, claimed.clone()).await
            }
            Err(error) => Err(error),
        };
        if moved.is_err() {
            self.withdraw(Stored { item: claiming, version: claimed }).await.ok();
        }
        moved
    }

    /// Deletes a user: of the version `expected`, or of any.
    ///
    /// # Errors
    ///
    /// `NotFound`, `VersionMismatch`.
    pub async fn delete(&self, id: &UserId, expected: Option<&Version>) -> Result<(), UserError> {
        let key = Users::key_of(id)?;
        for _ in 0..ROUNDS {
            let user = self.find(id).await?;
            if expected.is_some_and(|expected| *expected != user.version) {
                break;
            }
            match self.accounts.delete(&key, &Condition::Version(user.version)).await {
                Ok(()) => {
                    self.release(&user.item.email, id).await;
                    return Ok(());
                }
                Err(error) if error.kind() == ErrorKind::PreconditionFailed => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(UserError::VersionMismatch(id.clone()))
    }

    async fn write(&self, account: Account, version: Version) -> Result<Stored<User>, UserError> {
        let account = Account { updated_at: self.clock.now(), ..account };
        match self.accounts.put(&account, Condition::Version(version)).await {
            Ok(version) => {
                let id = account.id.clone();
                account.user().map(|item| Stored { item, version }).ok_or(UserError::NotFound(id))
            }
            Err(error) if error.kind() == ErrorKind::PreconditionFailed => Err(UserError::VersionMismatch(account.id)),
            Err(error) => Err(error.into()),
        }
    }
}
