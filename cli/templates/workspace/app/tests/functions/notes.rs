use anyport_runtimes::Method;
use serde_json::json;

use crate::site;

#[tokio::test]
async fn a_note_is_kept_and_shown() {
    let client = site::client().await;
    assert_eq!(client.get("/api/notes/first").await.status, 404);
    let kept = client.send_json(Method::PUT, "/api/notes/first", &json!({ "text": "hello" })).await;
    assert_eq!(kept.status, 204);
    assert_eq!(client.get("/api/notes/first").await.json(), json!({ "id": "first", "text": "hello" }));
}

#[tokio::test]
async fn what_is_no_note_is_refused() {
    let client = site::client().await;
    let refused = client.send_json(Method::PUT, "/api/notes/first", &json!({ "text": 1 })).await;
    assert_eq!((refused.status.as_u16(), &refused.json()["code"]), (422, &json!("schema_violation")));
}
