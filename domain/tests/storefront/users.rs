//! Creating, reading, changing and deleting users.

use std::sync::Arc;
use std::time::Duration;

use anyport_ports::documents::Version;
use anyport_ports::handles::Reader;
use anyport_ports::{ErrorKind, Failure};
use domain::users::{UserError, find};

use crate::steps::run;
use crate::world::{World, email, profile, user_id};

#[test]
fn a_user_is_created_read_changed_and_deleted() {
    let world = World::new();
    let (directory, users, ada) = (world.directory(), world.users(), user_id("ada"));
    let created = world.user("ada", "Ada@Example.com");
    assert_eq!(run(find(&users, &ada)).unwrap(), created);
    assert_eq!(created.item.email, email("ada@example.com"));

    world.wait(Duration::from_secs(1));
    let changed = run(directory.change(&ada, profile("Ada L.", "ada@example.com"), Some(&created.version))).unwrap();
    assert_eq!(run(find(&users, &ada)).unwrap(), changed);
    assert_eq!((changed.item.name.as_str(), changed.item.created_at), ("Ada L.", created.item.created_at));
    assert!(changed.item.updated_at > created.item.updated_at);

    let stale = run(directory.change(&ada, profile("Eve", "ada@example.com"), Some(&created.version))).unwrap_err();
    assert_eq!((stale.code(), stale.kind()), ("version_mismatch", ErrorKind::PreconditionFailed));
    let stale = run(directory.delete(&ada, Some(&created.version))).unwrap_err();
    assert_eq!(stale.kind(), ErrorKind::PreconditionFailed);
    assert_eq!(run(find(&users, &ada)).unwrap(), changed);

    run(directory.delete(&ada, Some(&changed.version))).unwrap();
    let gone = run(find(&users, &ada)).unwrap_err();
    assert_eq!((gone.code(), gone.kind()), ("user_not_found", ErrorKind::NotFound));
    for gone in [
        run(directory.delete(&ada, None)).unwrap_err(),
        run(directory.change(&ada, profile("Ada", "a@b.de"), Some(&changed.version))).map(drop).unwrap_err(),
    ] {
        assert!(matches!(gone, UserError::NotFound(_)), "{gone:?}");
    }
}

#[test]
fn an_address_is_one_users_until_the_user_gives_it_up() {
    let world = World::new();
    let directory = world.directory();
    let ada = world.user("ada", "ada@example.com");
    let taken = run(directory.create(user_id("eve"), profile("Eve", "ADA@example.com"))).unwrap_err();
    assert_eq!((taken.code(), taken.kind()), ("email_taken", ErrorKind::Conflict));
    assert_eq!(world.standing(&["eve"]), []);

    let moved = run(directory.change(&ada.item.id, profile("Ada", "ada@new.org"), Some(&ada.version))).unwrap();
    assert_eq!(moved.item.email, email("ada@new.org"));
    world.user("eve", "ada@example.com");
    let back =
        run(directory.change(&ada.item.id, profile("Ada", "ada@example.com"), Some(&moved.version))).unwrap_err();
    assert!(matches!(back, UserError::EmailTaken));
    assert_eq!(run(find(&world.users(), &ada.item.id)).unwrap().item.email, email("ada@new.org"));

    run(directory.delete(&ada.item.id, None)).unwrap();
    world.user("bob", "ada@new.org");
}

#[test]
fn a_user_is_found_by_address() {
    let world = World::new();
    let ada = world.user("ada", "ada@example.com");
    let directory = world.directory();
    assert_eq!(run(directory.find_by_email(&email("ada@example.com"))).unwrap(), Some(ada));
    assert_eq!(run(directory.find_by_email(&email("eve@example.com"))).unwrap(), None);
}

#[test]
fn creating_again_under_the_same_id_gives_the_user() {
    let world = World::new();
    let created = world.user("ada", "ada@example.com");
    assert_eq!(world.user("ada", "ada@example.com"), created);

    // Also after the user has moved on; the address of then is anyone's.
    let directory = world.directory();
    let moved = run(directory.change(&created.item.id, profile("Ada", "ada@new.org"), Some(&created.version))).unwrap();
    assert_eq!(world.user("ada", "ada@example.com"), moved);
    world.user("eve", "ada@example.com");
}

#[test]
fn a_fault_of_the_service_is_not_the_callers() {
    let users = Reader::new(Arc::new(World::bare().handle()));
    let error = run(find(&users, &user_id("ada"))).unwrap_err();
    assert_eq!((error.code(), error.kind()), ("internal", ErrorKind::Internal), "{error}");
}

#[test]
fn a_version_that_no_store_gave_is_stale() {
    let world = World::new();
    let ada = world.user("ada", "ada@example.com").item.id;
    let error =
        run(world.directory().change(&ada, profile("Eve", "e@f.gh"), Some(&Version::new("\"*\"")))).unwrap_err();
    assert!(matches!(error, UserError::VersionMismatch(_)));
    world.user("eve", "e@f.gh");
}
