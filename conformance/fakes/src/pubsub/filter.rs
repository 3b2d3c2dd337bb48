//! Filters of subscriptions, in the language of Pub/Sub: `attributes:KEY`, `attributes.KEY = "value"`, `!=`,
//! `hasPrefix(attributes.KEY, "prefix")`, joined by `AND` or `OR`, which are not mixed without parentheses, and `NOT`.

use std::collections::HashMap;

type Attributes = HashMap<String, String>;

/// Which messages a subscription takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Filter {
    All(Vec<Filter>),
    Any(Vec<Filter>),
    Not(Box<Filter>),
    Has(String),
    Is(String, String),
    IsNot(String, String),
    HasPrefix(String, String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    Text(String),
    Sign(&'static str),
}

impl Filter {
    /// The filter of this text; an empty one takes everything. An error tells what is wrong.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if text.trim().is_empty() {
            return Ok(Self::All(Vec::new()));
        }
        let mut parser = Parser { tokens: tokens(text)?, at: 0 };
        let filter = parser.joined()?;
        match parser.next() {
            None => Ok(filter),
            Some(token) => Err(format!("the filter goes on with {token:?}")),
        }
    }

    /// Whether a message with these attributes is taken.
    pub(super) fn takes(&self, attributes: &Attributes) -> bool {
        let value = |key: &str| attributes.get(key);
        match self {
            Self::All(filters) => filters.iter().all(|filter| filter.takes(attributes)),
            Self::Any(filters) => filters.iter().any(|filter| filter.takes(attributes)),
            Self::Not(filter) => !filter.takes(attributes),
            Self::Has(key) => value(key).is_some(),
            Self::Is(key, text) => value(key) == Some(text),
            Self::IsNot(key, text) => value(key) != Some(text),
            Self::HasPrefix(key, text) => value(key).is_some_and(|value| value.starts_with(text)),
        }
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    const SIGNS: [&str; 7] = ["!=", "=", ":", ".", ",", "(", ")"];
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        if let Some(sign) = SIGNS.into_iter().find(|sign| rest.starts_with(sign)) {
            tokens.push(Token::Sign(sign));
            rest = &rest[sign.len()..];
        } else if first == '"' {
            let (text, after) = quoted(&rest[1..])?;
            tokens.push(Token::Text(text));
            rest = after;
        } else {
            let is_word = |char: char| char.is_alphanumeric() || matches!(char, '_' | '-');
            let end = rest.find(|char| !is_word(char)).unwrap_or(rest.len());
            if end == 0 {
                return Err(format!("the filter holds {first:?}"));
            }
            tokens.push(Token::Word(rest[..end].to_owned()));
            rest = &rest[end..];
        }
        rest = rest.trim_start();
    }
    Ok(tokens)
}

/// The text up to the next quotation mark, and what follows it.
fn quoted(rest: &str) -> Result<(String, &str), String> {
    let mut text = String::new();
    let mut chars = rest.char_indices();
    while let Some((at, char)) = chars.next() {
        match char {
            '"' => return Ok((text, &rest[at + 1..])),
            '\\' => match chars.next() {
                Some((_, escaped @ ('"' | '\\'))) => text.push(escaped),
                _ => return Err("the filter holds an escape that is not known".to_owned()),
            },
            _ => text.push(char),
        }
    }
    Err("the filter ends within a text".to_owned())
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
}

impl Parser {
    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    /// Whether the next token is this word or sign, which is then passed.
    fn passes(&mut self, wanted: &str) -> bool {
        let found = match self.tokens.get(self.at) {
            Some(Token::Word(word)) => word == wanted,
            Some(Token::Sign(sign)) => *sign == wanted,
            _ => false,
        };
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, sign: &str) -> Result<(), String> {
        if self.passes(sign) { Ok(()) } else { Err(format!("the filter lacks a {sign:?}")) }
    }

    fn joined(&mut self) -> Result<Filter, String> {
        let mut filters = vec![self.single()?];
        let mut with = None;
        loop {
            let joint = if self.passes("AND") {
                "AND"
            } else if self.passes("OR") {
                "OR"
            } else {
                break;
            };
            if with.is_some_and(|with| with != joint) {
                return Err("the filter mixes AND and OR without parentheses".to_owned());
            }
            with = Some(joint);
            filters.push(self.single()?);
        }
        Ok(match (with, filters.pop()) {
            (None, Some(single)) => single,
            (Some("OR"), last) => Filter::Any(filters.into_iter().chain(last).collect()),
            (_, last) => Filter::All(filters.into_iter().chain(last).collect()),
        })
    }

    fn single(&mut self) -> Result<Filter, String> {
        if self.passes("NOT") {
            return Ok(Filter::Not(Box::new(self.single()?)));
        }
        if self.passes("(") {
            let inner = self.joined()?;
            return self.expect(")").map(|()| inner);
        }
        if self.passes("hasPrefix") {
            self.expect("(")?;
            self.expect("attributes")?;
            self.expect(".")?;
            let key = self.key()?;
            self.expect(",")?;
            let prefix = self.text()?;
            return self.expect(")").map(|()| Filter::HasPrefix(key, prefix));
        }
        self.expect("attributes")?;
        if self.passes(":") {
            return self.key().map(Filter::Has);
        }
        self.expect(".")?;
        let key = self.key()?;
        if self.passes("=") {
            return Ok(Filter::Is(key, self.text()?));
        }
        self.expect("!=")?;
        Ok(Filter::IsNot(key, self.text()?))
    }

    fn key(&mut self) -> Result<String, String> {
        match self.next() {
            Some(Token::Word(key) | Token::Text(key)) => Ok(key),
            other => Err(format!("the filter has {other:?} for a key")),
        }
    }

    fn text(&mut self) -> Result<String, String> {
        match self.next() {
            Some(Token::Text(text)) => Ok(text),
            other => Err(format!("the filter has {other:?} for a value, which must be in quotation marks")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn takes(filter: &str, attributes: &[(&str, &str)]) -> bool {
        let attributes = attributes.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        Filter::parse(filter).unwrap().takes(&attributes)
    }

    #[test]
    fn each_form_takes_what_it_says() {
        for (filter, attributes, taken) in [
            ("", &[][..], true),
            ("attributes:a", &[("a", "")], true),
            ("attributes:a", &[("b", "")], false),
            ("NOT attributes:a", &[], true),
            ("attributes.a = \"1\"", &[("a", "1")], true),
            ("attributes.a=\"1\"", &[("a", "2")], false),
            ("attributes.a != \"1\"", &[("a", "2")], true),
            ("attributes.\"a b\" = \"\\\"\\\\\"", &[("a b", "\"\\")], true),
            ("hasPrefix(attributes.a, \"co\")", &[("a", "com")], true),
            ("hasPrefix(attributes.a, \"co\")", &[("a", "org")], false),
            ("attributes:a AND NOT attributes:b", &[("a", "")], true),
            ("attributes:a AND NOT attributes:b", &[("a", ""), ("b", "")], false),
            ("NOT attributes:l AND (NOT attributes:o OR attributes.o = \"x\")", &[("o", "x")], true),
            ("NOT attributes:l AND (NOT attributes:o OR attributes.o = \"x\")", &[("o", "y")], false),
            ("NOT attributes:l AND (NOT attributes:o OR attributes.o = \"x\")", &[("l", "1"), ("o", "x")], false),
        ] {
            assert_eq!(takes(filter, attributes), taken, "{filter} {attributes:?}");
        }
    }

    #[test]
    fn what_pubsub_refuses_is_refused() {
        for bad in [
            "attributes",
            "attributes.a",
            "attributes.a = 1",
            "attributes.a > \"1\"",
            "attributes:a AND attributes:b OR attributes:c",
            "attributes:a attributes:b",
            "(attributes:a",
            "data = \"x\"",
            "attributes.a = \"x",
        ] {
            assert!(Filter::parse(bad).is_err(), "{bad}");
        }
    }
}
