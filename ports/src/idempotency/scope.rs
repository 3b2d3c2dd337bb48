//! Within what a key means one thing.

use super::digest::Digest;

/// Longest name that stands in a record's id as it is, in bytes.
const MAX_PLAIN: usize = 40;

/// Within what a key means one piece of work: an application, an operation of it, and a tenant or principal. The same key
/// in two scopes is two keys, whatever their names hold.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Scope {
    application: String,
    operation: String,
    tenant: Option<String>,
}

impl Scope {
    /// An operation of an application, for everybody.
    pub fn new(application: impl Into<String>, operation: impl Into<String>) -> Self {
        Self { application: application.into(), operation: operation.into(), tenant: None }
    }

    /// Of this tenant or principal alone (an issuer and a subject).
    #[must_use]
    pub fn of_tenant(mut self, tenant: impl Into<String>) -> Self {
        self.tenant = Some(tenant.into());
        self
    }

    /// `application#operation#tenant`, each as it is if it is short and plain, else as `~` and its hash. At most 134
    /// bytes.
    pub(super) fn path(&self) -> String {
        let tenant = self.tenant.as_deref().map(part).unwrap_or_default();
        format!("{}#{}#{tenant}", part(&self.application), part(&self.operation))
    }
}

/// Neither `#` nor `~` is plain, so that no name is taken for two, or for another's hash.
fn part(name: &str) -> String {
    let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'));
    if plain && (1..=MAX_PLAIN).contains(&name.len()) {
        return name.to_owned();
    }
    format!("~{}", Digest::of("scope").part(name.as_bytes()).base64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_scopes_share_a_path() {
        let long = "x".repeat(MAX_PLAIN + 1);
        let hash = part(&long);
        let scopes = [
            Scope::new("a", "b"),
            Scope::new("a", "b").of_tenant(""),
            Scope::new("a", "b").of_tenant("c"),
            Scope::new("a", "b").of_tenant("C"),
            Scope::new("a#b", "").of_tenant("c"),
            Scope::new("a", "b#c"),
            Scope::new("a", "").of_tenant("b#c"),
            Scope::new("a", "b").of_tenant("é"),
            Scope::new("a", "b").of_tenant(&long),
            Scope::new("a", "b").of_tenant(hash),
        ];
        let paths = scopes.map(|scope| scope.path());
        for (at, path) in paths.iter().enumerate() {
            assert!(!paths[..at].contains(path), "{path}");
            assert!(path.len() <= 134, "{path}");
        }
        assert_eq!(paths[2], "a#b#c");
    }
}
