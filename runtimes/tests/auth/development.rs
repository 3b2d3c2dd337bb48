//! The issuer of a developer's machine.

use std::sync::Arc;
use std::time::Duration;

use anyport_ports::CallContext;
use anyport_ports::outbound::NoOutbound;
use anyport_runtimes::SystemClock;
use anyport_runtimes::auth::development::{DevelopmentIssuer, ISSUER};
use anyport_runtimes::auth::{Authenticate as _, Authenticator, Refusal, Unauthorized};

use crate::site::bearer;

const HOUR: Duration = Duration::from_hours(1);

fn trusting(issuer: &DevelopmentIssuer) -> Authenticator {
    Authenticator::new(&issuer.settings(), NoOutbound::port(), Arc::new(SystemClock)).unwrap()
}

#[tokio::test]
async fn its_tokens_are_taken_where_it_is_trusted_and_only_there() {
    let (here, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let issuer = DevelopmentIssuer::open(here.path().join("data")).unwrap();
    let token = issuer.token("alice", HOUR, &["orders:read"]).unwrap();
    let call = CallContext::none();

    // Another process reads the same key.
    let again = DevelopmentIssuer::open(here.path().join("data")).unwrap();
    let principal = trusting(&again).authenticate(&bearer(&token), &call).await.unwrap();
    assert_eq!((principal.issuer(), principal.subject()), (ISSUER, "alice"));
    assert!(principal.has_scope("orders:read") && !principal.has_scope("orders:write"));

    let other = DevelopmentIssuer::open(elsewhere.path()).unwrap();
    let refused = trusting(&other).authenticate(&bearer(&token), &call).await;
    assert_eq!(refused, Err(Unauthorized::Invalid(Refusal::UnknownKey)));

    assert!(issuer.token("", HOUR, &[]).is_err() && issuer.token("alice", HOUR * 24 * 365, &[]).is_err());
}

#[test]
fn its_key_is_its_owners_alone_and_a_broken_one_is_told_of() {
    let folder = tempfile::tempdir().unwrap();
    let issuers: Vec<_> = std::thread::scope(|scope| {
        let open = || DevelopmentIssuer::open(folder.path()).unwrap().settings();
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(open)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(issuers.windows(2).all(|pair| pair[0] == pair[1]), "all who make the key at once have the same");
    let files: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(Result::unwrap).collect();
    assert_eq!(files.len(), 1, "{files:?}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(files[0].metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
    std::fs::write(files[0].path(), b"nonsense").unwrap();
    let error = DevelopmentIssuer::open(folder.path()).unwrap_err().to_string();
    assert!(error.contains("does not hold a key of Ed25519"), "{error}");
}
