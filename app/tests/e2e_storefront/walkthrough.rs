//! The walk-through of the README, on the real binary.

use crate::storefront_server::{Server, eventually};
use serde_json::json;

const FILE: &str = "name,email\nGrace Hopper,grace@example.com\n\"Liskov, Barbara\",barbara@example.com\nnobody,\n";

#[test]
fn the_walk_through() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(folder.path());
    server.get("/readyz").expect(200);

    // A user, with an address that no other user has.
    let ada = json!({ "name": "Ada", "email": "Ada@Example.com" });
    let created = server.post("/api/users", &ada).expect(201);
    let user = format!("/api/users/{}", created.text_at("id"));
    assert_eq!((created.location.as_deref(), created.text_at("email")), (Some(&*user), "ada@example.com".to_owned()));
    assert_eq!(server.post("/api/users", &ada).problem(409), "email_taken");
    assert_eq!(server.post("/api/users", &json!({ "name": "", "email": "x" })).problem(422), "schema_violation");

    // Changing the user as one saw it.
    let seen = server.get(&user).expect(200);
    assert_eq!(seen.etag, created.etag);
    let etag = seen.etag.expect("an ETag");
    let lovelace = json!({ "name": "Ada Lovelace", "email": "ada@example.com" });
    assert_eq!(server.put(&user, &etag, &lovelace).expect(200).text_at("name"), "Ada Lovelace");
    assert_eq!(server.put(&user, &etag, &lovelace).problem(412), "version_mismatch");

    // An order, sent twice, placed once.
    let order = json!({ "id": "o-1", "lines": [{ "sku": "tea", "quantity": 2, "unit_price_cents": 450 }] });
    let orders = format!("{user}/orders");
    let placed = server.post(&orders, &order).expect(201);
    assert_eq!(placed.json()["total_cents"], 900);
    assert_eq!(server.post(&orders, &order).expect(201).text, placed.text);
    let other = json!({ "id": "o-1", "lines": [{ "sku": "tea", "quantity": 3, "unit_price_cents": 450 }] });
    assert_eq!(server.post(&orders, &other).problem(409), "order_conflict");
    assert_eq!(server.get(&format!("{user}/totals")).expect(200).json(), json!({ "count": 1, "amount_cents": 900 }));

    // Fulfilment writes the receipt; a link to it can be given away.
    let receipt = format!("{orders}/o-1/receipt");
    let link = eventually("the order is fulfilled", || {
        Some(server.get(&receipt).expect(200)).filter(|receipt| receipt.text_at("status") == "ready")
    });
    let url = link.text_at("url");
    let text = server.get(&url).expect(200).text;
    assert!(text.starts_with("Receipt for order o-1\n"), "{text}");
    assert!(text.contains("total: 9.00\nsignature: hmac-sha256 "), "{text}");
    server.get(&url.replace("o-1", "o-2")).expect(403);

    // Paying.
    assert_eq!(server.post_nothing(&format!("{orders}/o-1/payment")).expect(200).text_at("status"), "paid");
    assert_eq!(server.post_nothing(&format!("{orders}/o-9/payment")).problem(404), "order_not_found");

    // Listing, page by page.
    for id in ["o-2", "o-3"] {
        server.post(&orders, &json!({ "id": id, "lines": order["lines"] })).expect(201);
    }
    let page = server.get(&format!("{orders}?limit=2")).expect(200).json();
    assert_eq!((page["items"][0]["id"].as_str(), page["items"][1]["id"].as_str()), (Some("o-1"), Some("o-2")));
    let next = page["next"].as_str().expect("a cursor");
    let page = server.get(&format!("{orders}?limit=2&cursor={next}")).expect(200).json();
    assert_eq!((page["items"][0]["id"].as_str(), page["next"].as_str()), (Some("o-3"), None));
    assert_eq!(server.get(&format!("{orders}?cursor=x")).problem(400), "invalid_cursor");

    // Importing users.
    let upload = server.post_nothing("/api/imports").expect(201);
    let import = upload.location.clone().expect("a location");
    assert_eq!(server.get(&import).expect(200).json(), json!({ "status": "waiting" }));
    assert_eq!(server.get("/api/imports/none").problem(404), "import_not_found");
    assert!(matches!(server.upload(&upload.text_at("upload_url"), FILE).status, 200 | 201));
    let result = eventually("the file is worked through", || {
        Some(server.get(&import).expect(200)).filter(|import| import.text_at("status") == "done")
    });
    let reason =
        "the e-mail address is not valid: it is of the form name@example.com, plain ASCII, at most 254 characters";
    let refusals = json!([{ "line": 4, "reason": reason }]);
    let expected = json!({ "status": "done", "created": 2, "existing": 0, "refused": 1, "refusals": refusals });
    assert_eq!(result.json(), expected);
    let grace = json!({ "name": "Grace", "email": "grace@example.com" });
    assert_eq!(server.post("/api/users", &grace).problem(409), "email_taken");

    // Everything is there after a restart.
    let signed_path =
        url.strip_prefix(&format!("http://{}", server.address())).expect("a URL of this server").to_owned();
    assert!(server.stop().success());
    let server = Server::start(folder.path());
    assert_eq!(server.get(&user).expect(200).text_at("name"), "Ada Lovelace");
    assert_eq!(server.get(&format!("{orders}/o-1")).expect(200).text_at("status"), "paid");
    assert_eq!(server.get(&signed_path).expect(200).text, text);
    assert_eq!(server.get(&import).expect(200).json(), result.json());

    // Deleting frees the address.
    server.delete(&user).expect(204);
    assert_eq!(server.get(&user).problem(404), "user_not_found");
    server.post("/api/users", &ada).expect(201);
    assert!(server.stop().success());
}
