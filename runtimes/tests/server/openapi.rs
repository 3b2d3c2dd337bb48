//! The OpenAPI document says what the server does.

use serde_json::{Value, json};

use crate::client::{get, post};
use crate::notes::workload;
use crate::site::Site;

#[tokio::test]
async fn the_document_is_served_and_holds_every_operation() {
    let server = Site::new().start(workload()).await;
    let document = get(server.address(), "/openapi.json").await.json();
    assert_eq!(document["openapi"], "3.1.0");
    let create = &document["paths"]["/notes"]["post"];
    assert_eq!((&create["operationId"], &create["summary"]), (&json!("create-note"), &json!("Creates a note")));
    assert_eq!(create["requestBody"]["content"]["application/json"]["schema"]["$ref"], "#/components/schemas/NewNote");
    assert_eq!(document["components"]["schemas"]["NewNote"]["properties"]["stars"]["maximum"], u32::MAX);
    for status in ["201", "400", "413", "415", "422", "431", "503", "504", "default"] {
        assert!(create["responses"][status].is_object(), "{status}");
    }
    let list = document["paths"]["/notes"]["get"]["parameters"].as_array().unwrap();
    let limit = list.iter().find(|parameter| parameter["name"] == "limit").unwrap();
    assert_eq!(
        (&limit["in"], &limit["required"], &limit["schema"]["type"]),
        (&json!("query"), &json!(false), &json!("integer"))
    );
    let change = document["paths"]["/notes/{id}"]["put"]["parameters"].as_array().unwrap();
    assert!(change.iter().any(|parameter| parameter["name"] == "If-Match" && parameter["required"] == true));
    assert!(change.iter().any(|parameter| parameter["in"] == "path" && parameter["required"] == true));
    server.shutdown().await;
}

#[tokio::test]
async fn answers_fit_the_schemas_that_are_published() {
    let server = Site::new().start(workload()).await;
    let at = server.address();
    let document = get(at, "/openapi.json").await.json();
    let fits = |reference: &Value, body: &Value| {
        let schema = json!({ "allOf": [reference], "components": document["components"] });
        assert!(jsonschema::validator_for(&schema).unwrap().is_valid(body), "{reference}: {body}");
    };
    let schema = |path: &str, method: &str, status: &str| {
        document["paths"][path][method]["responses"][status]["content"]["application/json"]["schema"].clone()
    };
    let created = post(at, "/notes", r#"{"id":"a","text":"b"}"#).await;
    fits(&schema("/notes", "post", "201"), &created.json());
    fits(&schema("/notes", "get", "200"), &get(at, "/notes?limit=1").await.json());
    let problem =
        document["components"]["responses"]["Problem"]["content"]["application/problem+json"]["schema"].clone();
    fits(&problem, &get(at, "/nowhere").await.json());
    fits(&problem, &post(at, "/notes", "{}").await.json());
    server.shutdown().await;
}
