//! What users are called and where mail reaches them.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Invalid;

/// An e-mail address, in lower case: two that differ only in case are one. Addresses are those that are common: plain
/// ASCII, no quoting, a domain of at least two labels.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Email(String);

impl Email {
    /// What an address looks like, as a regular expression.
    pub const PATTERN: &'static str =
        "^[A-Za-z0-9._%+-]{1,64}@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?[.])+[A-Za-z]{2,63}$";

    /// Longest address, in bytes.
    pub const LONGEST: u64 = 254;

    /// Parses an address; space around it is dropped.
    pub fn new(text: &str) -> Result<Self, Invalid> {
        let text = text.trim_matches(' ');
        let well_formed = text.split_once('@').is_some_and(|(local, domain)| is_local(local) && is_domain(domain));
        if well_formed && text.len() as u64 <= Self::LONGEST {
            return Ok(Self(text.to_ascii_lowercase()));
        }
        let rule = "it is of the form name@example.com, plain ASCII, at most 254 characters";
        Err(Invalid { what: "the e-mail address", rule })
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_local(text: &str) -> bool {
    let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._%+-".contains(&byte));
    plain && (1..=64).contains(&text.len())
}

fn is_domain(text: &str) -> bool {
    let Some((labels, top)) = text.rsplit_once('.') else { return false };
    let top_is_letters = top.bytes().all(|byte| byte.is_ascii_alphabetic()) && (2..=63).contains(&top.len());
    top_is_letters && labels.split('.').all(is_label)
}

fn is_label(text: &str) -> bool {
    let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    plain && (1..=63).contains(&text.len()) && !text.starts_with('-') && !text.ends_with('-')
}

impl TryFrom<String> for Email {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        Self::new(&text)
    }
}

impl From<Email> for String {
    fn from(email: Email) -> Self {
        email.0
    }
}

impl fmt::Debug for Email {
    /// Addresses are personal: they stay out of logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Email(..)")
    }
}

/// What a person is called: 1 to 100 characters, without control characters, without space at either end.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PersonName(String);

impl PersonName {
    /// What a name looks like, as a regular expression.
    pub const PATTERN: &'static str = r"^[^\x00-\x20\x7f-\xa0]([^\x00-\x1f\x7f-\x9f]*[^\x00-\x20\x7f-\xa0])?$";

    /// Longest name, in characters.
    pub const LONGEST: u64 = 100;

    /// Parses a name.
    pub fn new(text: &str) -> Result<Self, Invalid> {
        let is_edge = |character: char| !character.is_control() && character != ' ' && character != '\u{a0}';
        let edges = text.starts_with(is_edge) && text.ends_with(is_edge);
        if edges && !text.contains(char::is_control) && text.chars().count() as u64 <= Self::LONGEST {
            return Ok(Self(text.to_owned()));
        }
        let rule = "it is 1 to 100 characters, no control characters, no space at either end";
        Err(Invalid { what: "the name", rule })
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for PersonName {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        Self::new(&text)
    }
}

impl From<PersonName> for String {
    fn from(name: PersonName) -> Self {
        name.0
    }
}

impl fmt::Debug for PersonName {
    /// Names are personal: they stay out of logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonName(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_differ_in_case_are_one() {
        assert_eq!(Email::new(" Ada@Example.COM ").unwrap(), Email::new("ada@example.com").unwrap());
    }

    #[test]
    fn addresses_are_checked() {
        let longest = format!("{}@{}.{}.{}.com", "a".repeat(64), "b".repeat(63), "c".repeat(63), "d".repeat(57));
        assert_eq!(longest.len() as u64, Email::LONGEST);
        for good in ["a@b.de", "a.b+c_d%e-f@g-h.i1.museum", &longest] {
            assert!(Email::new(good).is_ok(), "{good}");
        }
        for bad in ["", "a", "@b.de", "a@b", "a@.de", "a@b..de", "a@-b.de", "a@b-.de", "a@b.d", "a@b.1e", "a b@c.de"] {
            assert!(Email::new(bad).is_err(), "{bad}");
        }
        for bad in ["a@b@c.de", "ä@b.de", "a@ä.de", "a@b.de\n", &format!("a{longest}"), &format!("{longest}m")] {
            assert!(Email::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn names_are_checked() {
        for good in ["A", "Ada Lovelace", "李小龍", &"é".repeat(100)] {
            assert!(PersonName::new(good).is_ok(), "{good}");
        }
        for bad in ["", " ", " Ada", "Ada ", "A\u{0}b", "A\u{85}b", "\u{a0}A", &"é".repeat(101)] {
            assert!(PersonName::new(bad).is_err(), "{bad:?}");
        }
    }
}
