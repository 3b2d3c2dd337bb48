//! JSON Web Tokens of OpenID Connect issuers.
//!
//! What is small is our own, so that time is a port, nothing is process-wide, and what a token may be is said here: the
//! compact form, the header, the claims. Signatures are checked by ring, which TLS is on as well.

mod algorithm;
mod authenticator;
mod claims;
pub mod development;
mod fetch;
mod issuer;
mod jws;
mod key;
mod key_set;
mod keys;
mod settings;

pub use algorithm::Algorithm;
pub use authenticator::{Authenticator, InvalidAuth};
pub use settings::{AuthSettings, IssuerSettings, Preset};

use super::{Authenticate, Principal, Refusal, Unauthorized};
