//! Who calls: authentication ahead of everything that touches a store.
//!
//! A function says by its parameters whether it has a caller: [`Caller`](crate::Caller) must be there, `Option<Caller>` may,
//! [`Scoped`](crate::Scoped) must hold a scope. [`Authenticate`] is what the layer asks; `Authenticator` (feature `auth`)
//! answers by JSON Web Tokens of OpenID Connect issuers.
//!
//! | request | answer |
//! |---|---|
//! | no `Authorization` header, a caller is required | 401, `WWW-Authenticate: Bearer` |
//! | no `Authorization` header, `Option<Caller>` | the function is called with `None` |
//! | a token that does not hold, for whatever reason; another scheme; two headers; over 8 KiB | 401, `error="invalid_token"` |
//! | a token whose key is not known, while the issuer's keys cannot be fetched | 503 and `Retry-After` |
//! | a token that holds, without the scope | 403, `error="insufficient_scope"` |
//!
//! The answer never tells what was wrong with a token; the log does, without the token.

mod authenticate;
#[cfg(feature = "auth")]
mod jwt;
mod principal;
mod refusal;

pub use authenticate::{Authenticate, identify};
#[cfg(feature = "auth")]
pub use jwt::{Algorithm, AuthSettings, Authenticator, InvalidAuth, IssuerSettings, Preset, development};
pub use principal::{InsufficientScope, Principal};
pub(crate) use refusal::INSUFFICIENT_SCOPE;
pub use refusal::{Refusal, Unauthorized};
