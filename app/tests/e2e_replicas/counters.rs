//! Compare-and-swap, from both servers at once.

use serde_json::json;

use crate::pair::{Pair, create_user, order, place};

const CLIENTS: usize = 8;
const ORDERS_OF_EACH: usize = 25;

#[test]
fn the_totals_of_one_user_are_exact() {
    let pair = Pair::start();
    let user = create_user(&pair.servers[0], "ada");
    let amounts = pair.at_once(CLIENTS, |number, client| {
        let mut amount = 0;
        for order_number in 0..ORDERS_OF_EACH {
            let cents = (number * ORDERS_OF_EACH + order_number) as u64 * 7 + 1;
            let order = order(&format!("o-{number}-{order_number}"), cents);
            let placed = place(client, &user, &order).expect(201).json();
            // The same order once more, by a client that did not hear the answer.
            assert_eq!(place(client, &user, &order).expect(201).json(), placed);
            amount += cents;
        }
        amount
    });
    let expected = json!({ "count": CLIENTS * ORDERS_OF_EACH, "amount_cents": amounts.iter().sum::<u64>() });
    for server in &pair.servers {
        assert_eq!(server.get(&format!("{user}/totals")).expect(200).json(), expected);
    }
    pair.stop();
}

#[test]
fn an_address_becomes_one_users_and_a_version_is_changed_once() {
    let pair = Pair::start();
    let created = pair.at_once(64, |number, client| {
        client.post("/api/users", &json!({ "name": format!("Ada {number}"), "email": "ada@example.com" }))
    });
    let (won, lost): (Vec<_>, Vec<_>) = created.into_iter().partition(|answer| answer.status == 201);
    assert_eq!(won.len(), 1, "{won:?}");
    for answer in lost {
        let code = answer.problem(409);
        assert!(code == "email_taken" || code == "email_claimed", "{code}");
    }

    let user = won[0].location.as_deref().expect("a location");
    let etag = won[0].etag.as_deref().expect("an ETag");
    let changed = pair.at_once(64, |number, client| {
        client.put(user, etag, &json!({ "name": format!("Ada {number}"), "email": "ada@example.com" }))
    });
    let (won, lost): (Vec<_>, Vec<_>) = changed.into_iter().partition(|answer| answer.status == 200);
    assert_eq!(won.len(), 1, "{won:?}");
    for answer in lost {
        assert_eq!(answer.problem(412), "version_mismatch");
    }
    for server in &pair.servers {
        assert_eq!(server.get(user).expect(200).json(), won[0].json());
    }
    pair.stop();
}
