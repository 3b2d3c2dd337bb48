//! Identifiers: of users, orders, imports and articles.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Invalid;

const LONGEST: usize = 64;

fn is_identifier(text: &str) -> bool {
    let rest_is_plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
    text.len() <= LONGEST && rest_is_plain && text.starts_with(|first: char| first.is_ascii_alphanumeric())
}

macro_rules! identifiers {
    ($($(#[$doc:meta])* $name:ident = $what:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// What the text looks like, as a regular expression.
            pub const PATTERN: &'static str = "^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$";

            /// Parses the text.
            pub fn new(text: impl Into<String>) -> Result<Self, Invalid> {
                let text = text.into();
                if is_identifier(&text) {
                    return Ok(Self(text));
                }
                let rule = "it is 1 to 64 of A-Z, a-z, 0-9, '_' and '-', and starts with a letter or a digit";
                Err(Invalid { what: $what, rule })
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = Invalid;

            fn try_from(text: String) -> Result<Self, Invalid> {
                Self::new(text)
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

identifiers! {
    /// Names a user; made by the storefront.
    UserId = "the user's id";
    /// Names an order among those of its user; chosen by the client, so that a repeated request is recognised.
    OrderId = "the order's id";
    /// Names an import; made by the storefront.
    ImportId = "the import's id";
    /// Names an article.
    Sku = "the article's sku";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_short_and_plain() {
        for good in ["a", "0190-ab", "A_b-C", &"x".repeat(64)] {
            assert!(OrderId::new(good).is_ok(), "{good}");
        }
        for bad in ["", "-a", "_a", "a/b", "a b", "ä", "a\n", &"x".repeat(65)] {
            assert!(OrderId::new(bad).is_err(), "{bad:?}");
        }
    }
}
