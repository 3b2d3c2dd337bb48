//! Names of workloads and functions, in the forms that they take in code.

use anyhow::ensure;
use anyport_ports::Name;

/// A name such as `create-user`.
#[derive(Debug, Clone)]
pub(super) struct Names {
    /// `create-user`.
    pub(super) kebab: String,
    /// `create_user`.
    pub(super) snake: String,
    /// `CreateUser`.
    pub(super) pascal: String,
}

/// Words that a module cannot be called, or that the workspace has for something else.
const TAKEN: &[&str] = &[
    "abstract",
    "alloc",
    "async",
    "await",
    "become",
    "break",
    "const",
    "continue",
    "core",
    "crate",
    "dyn",
    "else",
    "enum",
    "extern",
    "false",
    "final",
    "for",
    "functions",
    "gen",
    "impl",
    "let",
    "loop",
    "macro",
    "main",
    "match",
    "mod",
    "move",
    "mut",
    "override",
    "priv",
    "proc_macro",
    "pub",
    "ref",
    "return",
    "self",
    "site",
    "static",
    "std",
    "struct",
    "super",
    "test",
    "trait",
    "true",
    "try",
    "type",
    "typeof",
    "unsafe",
    "unsized",
    "use",
    "virtual",
    "where",
    "while",
    "workload",
    "yield",
];

impl Names {
    /// The name, if it is one that everything can be called.
    pub(super) fn of(name: &str) -> anyhow::Result<Self> {
        Name::new(name).map_err(|error| anyhow::anyhow!("{}", error.message()))?;
        let snake = name.replace('-', "_");
        ensure!(
            !TAKEN.contains(&snake.as_str()),
            "{name:?} is a word of Rust, or taken in the workspace: choose another"
        );
        ensure!(!name.contains("--"), "{name:?} has an empty word between two '-': choose another");
        let pascal = name.split('-').map(|word| {
            let mut letters = word.chars();
            letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect::<String>()
        });
        Ok(Self { kebab: name.to_owned(), pascal: pascal.collect(), snake })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_three_forms() {
        let names = Names::of("create-user2").unwrap();
        assert_eq!((names.snake.as_str(), names.pascal.as_str()), ("create_user2", "CreateUser2"));
        for bad in ["match", "functions", "a", "Create", "create_user", "a--b", "../up", "1st"] {
            assert!(Names::of(bad).is_err(), "{bad}");
        }
    }
}
