//! A double of an OpenID Connect issuer: it signs tokens, publishes its keys, changes them, and is down, slow or talks
//! nonsense as it is told.
//!
//! It is an [`Outbound`](anyport_ports::outbound::Outbound) itself, so that tests in virtual time need no network, and
//! serves the same over HTTP on loopback ([`IdentityProvider::serve`]).
//!
//! ```
//! use anyport_conformance::identity::{Algorithm, IdentityProvider};
//! use serde_json::json;
//!
//! let provider = IdentityProvider::new("https://idp.example");
//! let token = provider.mint(Algorithm::ES256, &json!({ "iss": provider.issuer(), "sub": "alice" }));
//! assert_eq!(token.split('.').count(), 3);
//! provider.rotate();
//! assert_eq!(provider.fetches(), 0);
//! ```

mod forge;
mod provider;
mod signing;

pub use forge::{compact, hs256, part, public_pem};
pub use provider::{Condition, IdentityProvider};
pub use signing::{Algorithm, SigningKey};
