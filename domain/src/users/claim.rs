//! The steps by which an address becomes a user's own; the module's docs say why they are safe.

use std::time::Duration;

use anyport_ports::ErrorKind;
use anyport_ports::documents::{Condition, Version};
use anyport_ports::handles::Stored;

use super::record::{Account, Emails, Reservation, Users};
use super::{Directory, Email, UserError};
use crate::UserId;

/// From this age on, a reservation whose holder does not have the address is supposed to be abandoned.
pub(super) const ABANDONED_AFTER: Duration = Duration::from_mins(5);

/// Rounds before giving up against others that want the same address.
const ROUNDS: usize = 8;

impl Directory {
    /// Step 1: makes the reservation of an address the holder's.
    pub(super) async fn reserve(&self, email: &Email, holder: &UserId) -> Result<Version, UserError> {
        let reservation = self.reservation(email, holder);
        for _ in 0..ROUNDS {
            match self.reservations.put(&reservation, Condition::Absent).await {
                Ok(version) => return Ok(version),
                Err(error) if may_stand(error.kind()) => {}
                Err(error) => return Err(error.into()),
            }
            let Some(standing) = self.emails.get(&Emails::key_of(email)?).await? else { continue };
            // A reservation of our own is left from an earlier try. It is written anew like any other, so that nobody
            // who has read it can take it over.
            if standing.item.user_id != *holder {
                self.oust(&standing).await?;
            }
            match self.reservations.put(&reservation, Condition::Version(standing.version)).await {
                Ok(version) => return Ok(version),
                Err(error) if may_stand(error.kind()) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(UserError::EmailClaimed)
    }

    /// Sees to it that the holder of a reservation neither has the address nor will.
    async fn oust(&self, standing: &Stored<Reservation>) -> Result<(), UserError> {
        let Reservation { email, user_id, reserved_at } = &standing.item;
        let holder = self.users.get(&Users::key_of(user_id)?).await?;
        if holder.as_ref().is_some_and(|holder| holder.item.has(email)) {
            return Err(UserError::EmailTaken);
        }
        if self.clock.now().since(*reserved_at) < ABANDONED_AFTER {
            return Err(UserError::EmailClaimed);
        }
        match holder {
            Some(holder) if holder.item.claims(email) => self.withdraw(holder).await,
            _ => Ok(()),
        }
    }

    /// Erases the claim of an account: with it the account, if it never was a user.
    pub(super) async fn withdraw(&self, claimant: Stored<Account>) -> Result<(), UserError> {
        let Stored { item, version } = claimant;
        let condition = Condition::Version(version);
        let withdrawn = if item.email.is_none() {
            self.accounts.delete(&Users::key_of(&item.id)?, &condition).await
        } else {
            self.accounts.put(&Account { claim: None, ..item }, condition).await.map(drop)
        };
        withdrawn.map_err(|error| match error.kind() {
            ErrorKind::PreconditionFailed => UserError::EmailClaimed,
            _ => error.into(),
        })
    }

    /// Step 3: writes the reservation anew, so that a takeover which began before step 2 fails.
    pub(super) async fn confirm(&self, email: &Email, holder: &UserId, mut version: Version) -> Result<(), UserError> {
        let reservation = self.reservation(email, holder);
        for _ in 0..ROUNDS {
            match self.reservations.put(&reservation, Condition::Version(version)).await {
                Ok(_) => return Ok(()),
                Err(error) if may_stand(error.kind()) => {}
                Err(error) => return Err(error.into()),
            }
            match self.emails.get(&Emails::key_of(email)?).await? {
                // Our own, of a write whose answer was lost or of another try at the same thing.
                Some(standing) if standing.item.user_id == *holder => version = standing.version,
                _ => break,
            }
        }
        Err(UserError::EmailClaimed)
    }

    /// Frees an address that its holder gave up. It is done as far as it can be: a reservation that is left over is taken
    /// over by whoever wants the address once it is old, so a failure here must not hide that the work itself is done.
    pub(super) async fn release(&self, email: &Email, holder: &UserId) {
        self.try_release(email, holder).await.ok();
    }

    async fn try_release(&self, email: &Email, holder: &UserId) -> Result<(), UserError> {
        let key = Emails::key_of(email)?;
        let Some(standing) = self.emails.get(&key).await? else { return Ok(()) };
        if standing.item.user_id != *holder {
            return Ok(());
        }
        // Read after the reservation: if the holder wants the address again from here on, it writes the reservation
        // anew, and the delete below fails.
        let account = self.users.get(&Users::key_of(holder)?).await?;
        if account.is_some_and(|account| account.item.has(email) || account.item.claims(email)) {
            return Ok(());
        }
        Ok(self.reservations.delete(&key, &Condition::Version(standing.version)).await?)
    }

    fn reservation(&self, email: &Email, holder: &UserId) -> Reservation {
        Reservation { email: email.clone(), user_id: holder.clone(), reserved_at: self.clock.now() }
    }
}

/// Whether a conditional write that failed leaves the question open who holds the reservation, which reading it answers.
fn may_stand(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::Conflict | ErrorKind::PreconditionFailed | ErrorKind::Indeterminate)
}
