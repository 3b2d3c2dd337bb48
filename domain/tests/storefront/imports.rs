//! Importing users from an uploaded file.

use anyport_ports::blobs::{BlobName, FetchSigned, Verb};
use anyport_ports::{ErrorKind, Failure};
use domain::ImportId;
use domain::imports::{ImportError, ImportResult, ImportResults, ImportStatus, Refusal, status_of};

use crate::steps::{Plan, Stepped, run};
use crate::world::{World, email, profile};

/// Starts an import and uploads this file; gives the import and the name of its file.
fn upload(world: &World, file: &str) -> (ImportId, BlobName) {
    let upload = run(world.start_import().start()).unwrap();
    let answer = run(world.memory().fetch(Verb::Put, &upload.url, file.to_owned().into())).unwrap();
    assert!((200..300).contains(&answer.status), "{}", answer.status);
    let name = BlobName::new(format!("users/{}.csv", upload.id)).unwrap();
    (upload.id, name)
}

fn status(world: &World, import: &ImportId) -> Result<ImportStatus, ImportError> {
    let results = anyport_ports::handles::BlobReader::new(std::sync::Arc::new(world.memory()));
    run(status_of(&results, import))
}

fn result(world: &World, import: &ImportId) -> ImportResult {
    match status(world, import).unwrap() {
        ImportStatus::Done(result) => result,
        ImportStatus::Waiting => panic!("it is not done"),
    }
}

fn counts(result: &ImportResult) -> [u64; 3] {
    [result.created, result.existing, result.refused]
}

fn refusal(line: u64, reason: &str) -> Refusal {
    Refusal { line, reason: reason.to_owned() }
}

const FILE: &str = "Name,Email\n\
    Grace Hopper,Grace@Example.com\n\
    \"Liskov, Barbara\",barbara@example.com\n\
    Ada,ada@example.com\n\
    Eve,ada@example.com\n\
    no address,\n\
    too,many,fields\n\
    Grace Hopper,grace@example.com\n\
    Grace Murray,grace@example.com\n";

#[test]
fn good_lines_become_users_and_bad_ones_are_told() {
    let world = World::new();
    world.user("ada", "ada@example.com");
    let (import, file) = upload(&world, FILE);
    assert_eq!(status(&world, &import).unwrap(), ImportStatus::Waiting);
    assert!(matches!(status(&world, &ImportId::new("other").unwrap()), Err(ImportError::NotFound(_))));
    let imported = run(world.import_users().import(&file)).unwrap();
    assert_eq!(counts(&imported), [2, 2, 4]);
    let rule =
        "the e-mail address is not valid: it is of the form name@example.com, plain ASCII, at most 254 characters";
    let taken = "another user has this e-mail address";
    let expected =
        [refusal(5, taken), refusal(6, rule), refusal(7, "it has 3 fields: it takes name,email"), refusal(9, taken)];
    assert_eq!(imported.refusals, expected);
    assert_eq!(result(&world, &import), imported);
    let barbara = run(world.directory().find_by_email(&email("barbara@example.com"))).unwrap().unwrap();
    assert_eq!(barbara.item.name.as_str(), "Liskov, Barbara");
}

#[test]
fn a_file_worked_through_again_gives_the_same() {
    let world = World::new();
    world.user("ada", "ada@example.com");
    let (import, file) = upload(&world, FILE);
    let first = run(world.import_users().import(&file)).unwrap();
    let grace = run(world.directory().find_by_email(&email("grace@example.com"))).unwrap().unwrap();
    assert_eq!(run(world.import_users().import(&file)).unwrap(), first);
    assert_eq!(run(world.directory().find_by_email(&email("grace@example.com"))).unwrap().unwrap(), grace);
    assert_eq!(result(&world, &import), first);

    // A user of the import who changes stays as changed.
    run(world.directory().change(&grace.item.id, profile("Grace H.", "g@h.org"), Some(&grace.version))).unwrap();
    run(world.import_users().import(&file)).unwrap();
    let moved = run(world.directory().find_by_email(&email("g@h.org"))).unwrap().unwrap();
    assert_eq!((moved.item.id, moved.item.name.as_str()), (grace.item.id, "Grace H."));
}

#[test]
fn an_import_cut_off_anywhere_is_completed_at_once_when_delivered_again() {
    let mut cut_off = 0;
    for plan in (0..40).flat_map(|n| [Plan::CrashAfter(n), Plan::LoseAnswer(n)]) {
        let world = World::new();
        world.user("ada", "ada@example.com");
        let (import, file) = upload(&world, FILE);
        cut_off += usize::from(run(world.import_users_on(Stepped::new(world.memory(), plan)).import(&file)).is_err());
        let again = run(world.import_users().import(&file)).unwrap();
        assert_eq!(counts(&again), [2, 2, 4], "{plan:?}");
        assert_eq!(result(&world, &import), again, "{plan:?}");
    }
    assert!(cut_off > 10);
}

#[test]
fn a_file_without_the_header_is_refused_whole() {
    for content in ["", "\n\n", "Grace,grace@example.com\n", "email,name\n", "\u{0}\u{ff}"] {
        let world = World::new();
        let (import, file) = upload(&world, content);
        run(world.import_users().import(&file)).unwrap();
        let result = result(&world, &import);
        assert_eq!(counts(&result), [0, 0, 1], "{content:?}");
        assert_eq!(result.refusals[0].reason, "the first row must be: name,email");
    }
}

#[test]
fn refusals_are_counted_all_and_told_a_thousand() {
    let world = World::new();
    let (_, file) = upload(&world, &format!("name,email\n{}", "x,y\n".repeat(1_500)));
    let result = run(world.import_users().import(&file)).unwrap();
    assert_eq!((result.refused, result.refusals.len()), (1_500, 1_000));
}

#[test]
fn a_file_of_no_import_is_refused_and_one_that_is_gone_is_let_be() {
    let world = World::new();
    let import = |name: &str| run(world.import_users().import(&BlobName::new(name).unwrap()));
    let foreign = import("users/a/b.csv").unwrap_err();
    assert_eq!((foreign.code(), foreign.kind()), ("foreign_file", ErrorKind::InvalidInput));
    assert_eq!(import("users/gone.csv").unwrap(), ImportResult::default());
    assert_eq!(world.blob::<ImportResults>("users/gone.json"), None);
}
