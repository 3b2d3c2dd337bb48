//! Authentication by JSON Web Tokens: every attack on them that is known, and the issuer's keys in good and bad times.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]
