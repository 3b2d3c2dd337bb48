//! Users, each with an e-mail address that no other user has.
//!
//! # How an address stays unique
//!
//! An address is a document in the collection `emails`, a *reservation*, that names the one user it belongs to. It and
//! the user are in different partitions, so no transaction spans them; a fixed order of conditional writes takes its
//! place, and holds whenever a process stops or pauses:
//!
//! 1. reserve the address (create-only, or by taking over an abandoned reservation);
//! 2. write into the user's document that it *claims* the address (a user being created is not visible yet);
//! 3. confirm the reservation: write it again under the version of step 1;
//! 4. under the version of step 2, turn the claim into the user's address. This is the moment it counts.
//!
//! Whoever takes a reservation over first reads it, and then ousts its holder: a holder that has the address keeps it; a
//! holder's claim is erased, after which its step 4 fails; a holder without a claim fails in step 3, because the
//! takeover is a write under the version that was read. None of this depends on time: the age of a reservation only
//! decides when it is *polite* to suppose that its holder is gone.

mod address;
mod claim;
mod create;
mod directory;
mod error;
mod record;

pub use address::{Email, PersonName};
pub use directory::{Directory, Profile, find};
pub use error::UserError;
pub use record::{Account, Emails, Reservation, User, Users};
