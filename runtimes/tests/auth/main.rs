//! Authentication by JSON Web Tokens: the attacks on them that are known, and the issuer's keys in good and bad times.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod attacks;
mod development;
mod issuer_keys;
mod presets;
mod service;
mod site;
mod tokens;
