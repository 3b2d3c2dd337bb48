//! Creating a user.

use anyport_ports::ErrorKind;
use anyport_ports::documents::{Condition, Version};
use anyport_ports::handles::Stored;

use super::record::{Account, User, Users};
use super::{Directory, Profile, UserError};
use crate::UserId;

impl Directory {
    /// Creates a user under a fresh `id`, or one that is derived from the request: then a request that was cut off is
    /// taken up where it stopped, and one that was done gives its user again.
    ///
    /// # Errors
    ///
    /// `EmailTaken`, `EmailClaimed`; nothing was created, and the address is as free as before.
    pub async fn create(&self, id: UserId, profile: Profile) -> Result<Stored<User>, UserError> {
        let reserved = self.reserve(&profile.email, &id).await?;
        let now = self.clock.now();
        let Profile { name, email } = profile;
        let account = Account { id, name, email: None, claim: Some(email.clone()), created_at: now, updated_at: now };
        let claimed = match self.claim_new(&account).await {
            Ok(Claimed::Anew(version)) => version,
            Ok(Claimed::Before(user)) => {
                // Unless the user has it, having moved to another one since.
                self.release(&email, &account.id).await;
                return Ok(user);
            }
            Err(error) => {
                self.release(&email, &account.id).await;
                return Err(error);
            }
        };
        let activated = match self.confirm(&email, &account.id, reserved).await {
            Ok(()) => self.activate(&account, claimed.clone()).await,
            Err(error) => Err(error),
        };
        if activated.is_err() {
            // If the answer to the activation was lost, this erases the account only if it had not happened, and then
            // it never will. What cannot be erased expires.
            self.withdraw(Stored { item: account.clone(), version: claimed }).await.ok();
            self.release(&email, &account.id).await;
        }
        activated
    }

    /// Step 2, for a new account.
    async fn claim_new(&self, account: &Account) -> Result<Claimed, UserError> {
        match self.accounts.put(account, Condition::Absent).await {
            Ok(version) => return Ok(Claimed::Anew(version)),
            Err(error) if error.kind() == ErrorKind::Conflict => {}
            Err(error) => return Err(error.into()),
        }
        // Of an earlier try under the same id.
        let Some(standing) = self.users.get(&Users::key_of(&account.id)?).await? else {
            return Err(UserError::EmailClaimed);
        };
        let version = standing.version;
        match standing.item {
            unfinished if unfinished.email.is_none() && unfinished.claim == account.claim => Ok(Claimed::Anew(version)),
            finished => match finished.user() {
                Some(item) => Ok(Claimed::Before(Stored { item, version })),
                None => Err(UserError::EmailClaimed),
            },
        }
    }

    /// Step 4: from here on there is the user.
    async fn activate(&self, account: &Account, claimed: Version) -> Result<Stored<User>, UserError> {
        let active = Account { email: account.claim.clone(), claim: None, ..account.clone() };
        match self.accounts.put(&active, Condition::Version(claimed)).await {
            Ok(version) => active.user().map(|item| Stored { item, version }).ok_or(UserError::EmailClaimed),
            Err(error) if error.kind() == ErrorKind::PreconditionFailed => Err(UserError::EmailClaimed),
            Err(error) => Err(error.into()),
        }
    }
}

enum Claimed {
    Anew(Version),
    Before(Stored<User>),
}
