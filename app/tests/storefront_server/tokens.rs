//! The issuer of the tests: whoever asks for something of a user's asks as that user.

use std::sync::LazyLock;
use std::time::Duration;

use anyport_runtimes::auth::AuthSettings;
use anyport_runtimes::auth::development::DevelopmentIssuer;

/// One for each test process. The folder is gone when its key is read.
static ISSUER: LazyLock<DevelopmentIssuer> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a folder");
    DevelopmentIssuer::open(folder.path()).expect("an issuer")
});

/// Who gives these tokens.
pub(crate) fn settings() -> &'static AuthSettings {
    static SETTINGS: LazyLock<AuthSettings> = LazyLock::new(|| ISSUER.settings());
    &SETTINGS
}

/// The setting by which a storefront takes its tokens.
pub(crate) fn setting() -> (&'static str, String) {
    ("ANYPORT_AUTH__ISSUERS", serde_json::to_string(&settings().issuers).expect("JSON"))
}

/// The header of a request by this user.
pub(crate) fn bearer(user: &str) -> String {
    format!("Bearer {}", ISSUER.token(user, Duration::from_hours(1), &[]).expect("a token"))
}

/// The header of a request to this target, if it is for something of a user's.
pub(crate) fn for_target(target: &str) -> Option<String> {
    let (user, _of_user) = target.strip_prefix("/api/users/")?.split_once('/')?;
    (!user.is_empty() && user.len() <= 256).then(|| bearer(user))
}
