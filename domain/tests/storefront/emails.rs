//! That an address is never two users', and never nobody's for ever, whoever stops or pauses wherever.

use std::sync::Arc;
use std::time::Duration;

use anyport_ports::Failure;
use anyport_ports::handles::Stored;
use domain::users::{Directory, User, UserError};

use crate::steps::{Plan, Stepped, Stepping, interleave, run};
use crate::world::{World, email, profile, user_id};

const ADDRESS: &str = "a@example.com";
const IDS: [&str; 4] = ["old", "one", "two", "new"];

/// From this long on, a reservation may be taken over.
const LONG: Duration = Duration::from_mins(6);

type Outcome = Result<Stored<User>, UserError>;

/// A way to come by the address.
#[derive(Clone, Copy, Debug)]
enum Way {
    Create,
    Change,
}

/// A world with a user for each of the two who change to the address, and one who may already have it.
fn world(ways: [Way; 2], owned: bool) -> World {
    let world = World::new();
    for (id, way) in ["one", "two"].iter().zip(ways) {
        if matches!(way, Way::Change) {
            world.user(id, &format!("{id}@example.com"));
        }
    }
    if owned {
        world.user("old", ADDRESS);
    }
    world
}

async fn come_by(way: Way, id: &str, world: &World, directory: &Directory) -> Outcome {
    match way {
        Way::Create => directory.create(user_id(id), profile("Ada", ADDRESS)).await,
        Way::Change => {
            let version = run(world.directory().find(&user_id(id)))?.version;
            directory.change(&user_id(id), profile("Ada", ADDRESS), Some(&version)).await
        }
    }
}

fn owners(world: &World) -> Vec<&'static str> {
    world.standing(&IDS).into_iter().filter(|(_, email)| email == ADDRESS).map(|(id, _)| id).collect()
}

/// At most one user has the address, those who were told so; and if nobody has it, after a while it can be had.
fn check(world: &World, outcomes: &[(&str, &Outcome)], context: &str) {
    let owners = owners(world);
    assert!(owners.len() <= 1, "{context}: {owners:?} have one address");
    for (id, outcome) in outcomes {
        match outcome {
            Ok(_) => assert_eq!(owners, [*id], "{context}: {id} was told that it has the address"),
            Err(UserError::EmailTaken | UserError::EmailClaimed) => {
                assert!(!owners.contains(id), "{context}: {id} was told that it has not");
            }
            Err(_) => {}
        }
    }
    if owners.is_empty() {
        world.wait(LONG);
        let error = run(world.directory().create(user_id("new"), profile("Bob", ADDRESS))).err();
        assert!(error.is_none(), "{context}: the address is blocked: {error:?}");
        assert_eq!(self::owners(world), ["new"], "{context}");
    }
}

const WAYS: [[Way; 2]; 4] =
    [[Way::Create, Way::Create], [Way::Create, Way::Change], [Way::Change, Way::Create], [Way::Change, Way::Change]];

#[test]
fn of_two_at_once_at_most_one_has_the_address() {
    for ways in WAYS {
        let mut won = 0;
        for seed in 0..400 {
            let world = world(ways, false);
            let directory = |_| world.directory_on(Stepped::new(world.memory(), Plan::Well));
            let [one, two] = [0, 1].map(directory);
            let runs = vec![
                Stepping::new(come_by(ways[0], "one", &world, &one)),
                Stepping::new(come_by(ways[1], "two", &world, &two)),
            ];
            let outcomes = interleave(runs, seed);
            won += outcomes.iter().filter(|outcome| outcome.is_ok()).count();
            check(&world, &[("one", &outcomes[0]), ("two", &outcomes[1])], &format!("{ways:?}, seed {seed}"));
        }
        assert_eq!(won, 400, "{ways:?}: without pauses, the first one wins");
    }
}

#[test]
fn who_pauses_anywhere_for_long_does_not_double_the_address() {
    for ways in WAYS {
        for paused_at in 0..16 {
            for overtaken_at in 0..16 {
                let world = world(ways, false);
                let documents = || Stepped::new(world.memory(), Plan::Well);
                let (one, two) = (world.directory_on(documents()), world.directory_on(documents()));
                let mut first = Stepping::new(come_by(ways[0], "one", &world, &one));
                let mut second = Stepping::new(come_by(ways[1], "two", &world, &two));
                first.run(paused_at);
                world.wait(LONG);
                second.run(overtaken_at);
                let outcomes = [first.finish(), second.finish()];
                let context = format!("{ways:?}, paused at {paused_at}, resumed at {overtaken_at} of the other");
                check(&world, &[("one", &outcomes[0]), ("two", &outcomes[1])], &context);
            }
        }
    }
}

#[test]
fn who_stops_anywhere_does_not_block_the_address() {
    for way in [Way::Create, Way::Change] {
        let mut finished = false;
        for steps in 0..32 {
            let world = world([way, Way::Create], false);
            let stepped = Stepped::new(world.memory(), Plan::CrashAfter(steps));
            let outcome = run(come_by(way, "one", &world, &world.directory_on(stepped)));
            check(&world, &[("one", &outcome)], &format!("{way:?}, crashed after {steps}"));
            finished |= outcome.is_ok();
        }
        assert!(finished, "{way:?}: with steps enough it succeeds");
    }
}

#[test]
fn a_lost_answer_leaves_the_address_with_at_most_one() {
    for way in [Way::Create, Way::Change] {
        for number in 0..16 {
            let world = world([way, Way::Create], false);
            let stepped = Stepped::new(world.memory(), Plan::LoseAnswer(number));
            let outcome = run(come_by(way, "one", &world, &world.directory_on(stepped)));
            check(&world, &[("one", &outcome)], &format!("{way:?}, answer {number} lost"));
        }
    }
}

#[test]
fn an_address_given_up_while_another_wants_it_is_one_users_at_most() {
    for seed in 0..600 {
        let world = world([Way::Create, Way::Change], true);
        let directory = || world.directory_on(Stepped::new(world.memory(), Plan::Well));
        let [leaving, one, two] = [directory(), directory(), directory()];
        let leave = async {
            leaving.delete(&user_id("old"), None).await?;
            Err(UserError::NotFound(user_id("old")))
        };
        let runs = vec![
            Stepping::new(leave),
            Stepping::new(come_by(Way::Create, "one", &world, &one)),
            Stepping::new(come_by(Way::Change, "two", &world, &two)),
        ];
        let outcomes = interleave(runs, seed);
        assert_eq!(outcomes[0].as_ref().unwrap_err().code(), "user_not_found");
        check(&world, &[("one", &outcomes[1]), ("two", &outcomes[2])], &format!("seed {seed}"));
    }
}

#[test]
fn a_user_who_moves_back_while_the_move_away_still_frees_the_address_keeps_it() {
    let mut moved_back = 0;
    for paused_at in 0..16 {
        let world = world([Way::Create, Way::Create], true);
        let id = user_id("old");
        let version = run(world.directory().find(&id)).unwrap().version;
        let mover = world.directory_on(Stepped::new(world.memory(), Plan::Well));
        let mut away = Stepping::new(mover.change(&id, profile("Ada", "b@example.com"), Some(&version)));
        away.run(paused_at);
        let now = run(world.directory().find(&id)).unwrap();
        if now.item.email == email("b@example.com") {
            run(world.directory().change(&id, profile("Ada", ADDRESS), Some(&now.version))).unwrap();
            moved_back += 1;
        }
        away.finish().unwrap();
        let other = run(world.directory().create(user_id("one"), profile("Eve", ADDRESS)));
        check(&world, &[("one", &other)], &format!("moved back at {paused_at}"));
    }
    assert!(moved_back > 2, "the pauses reach the moment of freeing");
}

#[test]
fn one_request_sent_twice_at_once_makes_one_user() {
    for seed in 0..400 {
        let world = World::new();
        let directory = || world.directory_on(Stepped::new(world.memory(), Plan::Well));
        let (one, two) = (directory(), directory());
        let runs =
            [&one, &two].map(|directory| Stepping::new(directory.create(user_id("one"), profile("Ada", ADDRESS))));
        let outcomes = interleave(runs.into(), seed);
        assert!(outcomes.iter().any(Result::is_ok), "seed {seed}: {outcomes:?}");
        assert_eq!(owners(&world), ["one"], "seed {seed}");
    }
}

#[test]
fn creating_a_user_takes_few_operations() {
    let world = World::new();
    let stepped = Stepped::new(world.memory(), Plan::Well);
    let directory = world.directory_on(Arc::clone(&stepped) as _);
    run(directory.create(user_id("one"), profile("Ada", ADDRESS))).unwrap();
    assert_eq!(stepped.operations(), 4);
}
