//! The administrators' side: REST with JSON.

use std::sync::Arc;

use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;

use super::config::{Subscription, Topic};
use super::refusal::Refusal;
use super::store::Store;

type Shared = State<Arc<Store>>;

pub(super) fn routes() -> Router<Arc<Store>> {
    let topic = get(get_topic).put(create_topic).delete(delete_topic);
    let subscription = get(get_subscription).put(create_subscription).delete(delete_subscription);
    Router::new()
        .route("/v1/projects/{project}/topics", get(list_topics))
        .route("/v1/projects/{project}/topics/{topic}", topic)
        .route("/v1/projects/{project}/subscriptions", get(list_subscriptions))
        .route("/v1/projects/{project}/subscriptions/{subscription}", subscription)
}

fn topic_name((project, topic): &(String, String)) -> String {
    format!("projects/{project}/topics/{topic}")
}

fn subscription_name((project, subscription): &(String, String)) -> String {
    format!("projects/{project}/subscriptions/{subscription}")
}

/// What was sent, if it is of this form.
fn body<T>(sent: Result<Json<T>, JsonRejection>) -> Result<T, Refusal> {
    sent.map(|Json(body)| body).map_err(|rejection| Refusal::invalid(rejection.body_text()))
}

async fn create_topic(
    State(store): Shared,
    Path(path): Path<(String, String)>,
    sent: Result<Json<Topic>, JsonRejection>,
) -> Result<Json<Topic>, Refusal> {
    store.create_topic(&topic_name(&path), body(sent)?).map(Json)
}

async fn get_topic(State(store): Shared, Path(path): Path<(String, String)>) -> Result<Json<Topic>, Refusal> {
    store.topic(&topic_name(&path)).map(Json)
}

async fn list_topics(State(store): Shared, Path(project): Path<String>) -> Response {
    Json(json!({"topics": store.topics(&format!("projects/{project}"))})).into_response()
}

async fn delete_topic(State(store): Shared, Path(path): Path<(String, String)>) -> Result<Response, Refusal> {
    store.delete_topic(&topic_name(&path)).map(|()| Json(json!({})).into_response())
}

async fn create_subscription(
    State(store): Shared,
    Path(path): Path<(String, String)>,
    sent: Result<Json<Subscription>, JsonRejection>,
) -> Result<Json<Subscription>, Refusal> {
    store.create_subscription(&subscription_name(&path), body(sent)?).map(Json)
}

async fn get_subscription(
    State(store): Shared,
    Path(path): Path<(String, String)>,
) -> Result<Json<Subscription>, Refusal> {
    store.subscription(&subscription_name(&path)).map(Json)
}

async fn list_subscriptions(State(store): Shared, Path(project): Path<String>) -> Response {
    Json(json!({"subscriptions": store.subscriptions(&format!("projects/{project}"))})).into_response()
}

async fn delete_subscription(State(store): Shared, Path(path): Path<(String, String)>) -> Result<Response, Refusal> {
    store.delete_subscription(&subscription_name(&path)).map(|()| Json(json!({})).into_response())
}
