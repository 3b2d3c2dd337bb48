//! That the patterns of the schemas and the rules of the domain are the same, so that nothing a schema lets through is
//! refused behind it.

#![expect(clippy::expect_used, reason = "a test says by it what it takes for granted")]

use domain::OrderId;
use domain::users::{Email, PersonName};
use jsonschema::{PatternOptions, Validator};
use proptest::prelude::*;
use proptest::string::string_regex;
use serde_json::json;

fn text(pattern: &str, longest: u64) -> Validator {
    let schema = json!({ "type": "string", "pattern": pattern, "minLength": 1, "maxLength": longest });
    jsonschema::options().with_pattern_options(PatternOptions::regex()).build(&schema).expect("a schema")
}

/// Text that fits the pattern, text that almost does, and any other.
fn candidates(pattern: &str) -> impl Strategy<Value = String> + use<> {
    let inner = pattern.trim_start_matches('^').trim_end_matches('$');
    let fitting = string_regex(inner).expect("a pattern").boxed();
    let spoiled = (fitting.clone(), any::<char>(), any::<prop::sample::Index>()).prop_map(|(text, other, at)| {
        let mut characters: Vec<char> = text.chars().collect();
        let at = at.index(characters.len() + 1);
        characters.insert(at, other);
        characters.into_iter().collect()
    });
    prop_oneof![fitting, spoiled, ".*", r"[ -~]{0,70}", r"[\x00-\xff]{0,8}"]
}

proptest! {
    #[test]
    fn addresses(text_ in candidates(Email::PATTERN)) {
        // The domain drops space around an address; the schema takes none.
        prop_assume!(text_.trim_matches(' ') == text_);
        prop_assert_eq!(text(Email::PATTERN, Email::LONGEST).is_valid(&json!(text_)), Email::new(&text_).is_ok());
    }

    #[test]
    fn names(text_ in candidates(PersonName::PATTERN)) {
        let validator = text(PersonName::PATTERN, PersonName::LONGEST);
        prop_assert_eq!(validator.is_valid(&json!(text_)), PersonName::new(&text_).is_ok());
    }

    #[test]
    fn identifiers(text_ in candidates(OrderId::PATTERN)) {
        prop_assert_eq!(text(OrderId::PATTERN, 64).is_valid(&json!(text_)), OrderId::new(text_).is_ok());
    }
}
