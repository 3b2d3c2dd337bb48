//! The storefront's `get-user`, as one would write it by hand on `lambda_http` and `aws-sdk-dynamodb`: it reads the very
//! items that the DynamoDB adapter writes, and answers with the same status, body and `ETag`.

use std::collections::HashMap;

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::config::{BehaviorVersion, Region};
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_dynamodb::{Client, Config};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use chrono::{DateTime, SecondsFormat};
use lambda_http::{Body, Error, Request, Response, run, service_fn};
use serde::Serialize;
use serde_json::json;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let variable = |name: &str| std::env::var(name).map_err(|_| format!("{name} is not set"));
    let credentials =
        Credentials::new(variable("AWS_ACCESS_KEY_ID")?, variable("AWS_SECRET_ACCESS_KEY")?, None, None, "environment");
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(variable("AWS_REGION")?))
        .credentials_provider(credentials);
    let config = match variable("AWS_ENDPOINT_URL_DYNAMODB") {
        Ok(endpoint) => config.endpoint_url(endpoint).http_client(Builder::new().build_http()),
        Err(_) => config.http_client(Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https()),
    };
    let client = Client::from_conf(config.build());
    let table = format!("{}users", variable("ANYPORT_AWS__PREFIX").unwrap_or_default());
    run(service_fn(|request: Request| get_user(&client, &table, request))).await
}

async fn get_user(client: &Client, table: &str, request: Request) -> Result<Response<Body>, Error> {
    let id = request.uri().path().strip_prefix("/api/users/").unwrap_or_default().to_owned();
    let found = client
        .get_item()
        .table_name(table)
        .key("partition", AttributeValue::S(id))
        .key("sort", AttributeValue::S("account".to_owned()))
        .consistent_read(true)
        .send()
        .await?;
    let Some((user, version)) = found.item.as_ref().and_then(shown) else {
        let problem = json!({ "title": "Not Found", "status": 404, "code": "user_not_found" });
        let response = Response::builder().status(404).header("content-type", "application/problem+json");
        return Ok(response.body(problem.to_string().into())?);
    };
    let response =
        Response::builder().header("content-type", "application/json").header("etag", format!("\"{version}\""));
    Ok(response.body(serde_json::to_string(&user)?.into())?)
}

/// What a client sees of a user.
#[derive(Serialize)]
struct User<'a> {
    id: &'a str,
    name: &'a str,
    email: &'a str,
    created_at: String,
    updated_at: String,
}

/// What a client sees of an item, and its version.
fn shown(item: &HashMap<String, AttributeValue>) -> Option<(User<'_>, &str)> {
    let body = item.get("body")?.as_m().ok()?;
    let text = |name: &str| Some(body.get(name)?.as_s().ok()?.as_str());
    let instant = |name: &str| {
        let millis = body.get(name)?.as_n().ok()?.parse().ok()?;
        Some(DateTime::from_timestamp_millis(millis)?.to_rfc3339_opts(SecondsFormat::Millis, true))
    };
    let user = User {
        id: text("id")?,
        name: text("name")?,
        email: text("email")?,
        created_at: instant("created_at")?,
        updated_at: instant("updated_at")?,
    };
    Some((user, item.get("version")?.as_s().ok()?))
}
