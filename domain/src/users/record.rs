//! Users and the reservations of their addresses, as they are kept.

use std::time::Duration;

use anyport_ports::documents::Key;
use anyport_ports::handles::Collection;
use anyport_ports::{CollectionName, Result, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Email, PersonName};
use crate::UserId;

/// How long the document of a user who is being created stands if nobody finishes or erases it.
const UNFINISHED_FOR: Duration = Duration::from_hours(1);

/// A user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The storefront's name for the user.
    pub id: UserId,
    /// What the user is called.
    pub name: PersonName,
    /// Where mail reaches the user; no other user has it.
    pub email: Email,
    /// When the user was created.
    pub created_at: Timestamp,
    /// When the user was last changed.
    pub updated_at: Timestamp,
}

/// A user as kept: what is known before the address is the user's own, and the address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    pub(super) id: UserId,
    pub(super) name: PersonName,
    /// The user's address; none while the user is being created.
    pub(super) email: Option<Email>,
    /// The address that the user is about to have.
    pub(super) claim: Option<Email>,
    pub(super) created_at: Timestamp,
    pub(super) updated_at: Timestamp,
}

impl Account {
    /// The user, unless still being created.
    pub(super) fn user(self) -> Option<User> {
        let Self { id, name, email, created_at, updated_at, .. } = self;
        email.map(|email| User { id, name, email, created_at, updated_at })
    }

    pub(super) fn has(&self, email: &Email) -> bool {
        self.email.as_ref() == Some(email)
    }

    pub(super) fn claims(&self, email: &Email) -> bool {
        self.claim.as_ref() == Some(email)
    }
}

/// The collection of users: partition key is the user's id.
pub enum Users {}

impl Users {
    /// Where a user is kept.
    pub(crate) fn key_of(id: &UserId) -> Result<Key> {
        Key::new(id.as_str(), "account")
    }
}

impl Collection for Users {
    const NAME: CollectionName = CollectionName::from_static("users");

    type Item = Account;

    fn key(account: &Account) -> Result<Key> {
        Self::key_of(&account.id)
    }

    fn expires_at(account: &Account) -> Option<Timestamp> {
        account.email.is_none().then(|| account.created_at.plus(UNFINISHED_FOR))
    }
}

/// An address, and whose it is or is about to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reservation {
    pub(super) email: Email,
    pub(super) user_id: UserId,
    pub(super) reserved_at: Timestamp,
}

/// The collection of reservations: partition key is the address.
pub enum Emails {}

impl Emails {
    /// Where the reservation of an address is kept.
    pub(super) fn key_of(email: &Email) -> Result<Key> {
        Key::new(email.as_str(), "reservation")
    }
}

impl Collection for Emails {
    const NAME: CollectionName = CollectionName::from_static("emails");

    type Item = Reservation;

    fn key(reservation: &Reservation) -> Result<Key> {
        Self::key_of(&reservation.email)
    }
}
