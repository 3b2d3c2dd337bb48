//! One table of requests and events, played on every host over every set of adapters: the answers, and what is stored in
//! the end, are the same byte by byte.

#![expect(clippy::expect_used, reason = "a test says by it what it takes for granted")]

mod hosts;
mod play;
mod scenario;
#[path = "../storefront_server/mod.rs"]
mod storefront_server;
mod telling;
mod transcript;
mod world;

use anyport_conformance::hosts::gateway::Gateway;

use crate::hosts::{AzureFunctions, CargoLambda, CloudRun, Host, Lambda, PlainServer};
use crate::world::{Set, World};

/// What every run must give. `ANYPORT_WRITE_TRANSCRIPT=1` writes it anew, from a run on the server over SQLite.
const TRANSCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/e2e_hosts/transcript.txt");

/// A client. It speaks plain HTTP only, and yet wants to know who would encrypt.
fn http_client() -> reqwest::Client {
    // Another test of this process may have said so already.
    rustls::crypto::ring::default_provider().install_default().ok();
    reqwest::Client::new()
}

/// Plays the table and holds the transcript against the expected one.
async fn holds(mut host: Box<dyn Host>, world: &World) {
    let found = play::play(&scenario::scenario(), &mut *host, world).await;
    host.stop().await;
    world.tells_nothing_it_should_not();
    let expected = std::fs::read_to_string(TRANSCRIPT).expect("the transcript");
    let pairs = || found.lines().zip(expected.lines());
    if let Some(at) = pairs().position(|(found, expected)| found != expected) {
        let before: Vec<&str> = expected.lines().take(at).skip(at.saturating_sub(12)).collect();
        let lines = [&found, &expected].map(|text| text.lines().nth(at).unwrap_or_default());
        panic!("line {} differs\n{}\nfound:    {}\nexpected: {}", at + 1, before.join("\n"), lines[0], lines[1]);
    }
    assert_eq!(found.lines().count(), expected.lines().count());
}

/// The processes ran in this folder, and left it as it was.
fn nothing_is_kept_by(world: &World) {
    let kept: Vec<_> = std::fs::read_dir(world.folder.path()).expect("the folder").collect();
    assert!(kept.is_empty(), "{kept:?}");
}

async fn on_server(set: Set) {
    let world = set.fresh().await;
    holds(Box::new(PlainServer::start(&world).await), &world).await;
}

async fn on_lambda(set: Set, gateway: Gateway) {
    let world = set.fresh().await;
    holds(Box::new(Lambda::start(&world, gateway).await), &world).await;
}

async fn on_azure_functions(set: Set) {
    let world = set.fresh().await;
    holds(Box::new(AzureFunctions::start(&world).await), &world).await;
}

async fn on_cloud_run(set: Set) {
    let world = set.fresh().await;
    holds(Box::new(CloudRun::start(&world).await), &world).await;
}

/// Every host over every set of adapters. `cargo xtask pairs` reads the pairs off the names, and fails if one is missing.
mod pairs {
    use super::*;

    macro_rules! pairs {
        ($($name:ident => $host:ident($set:ident $(, $gateway:ident)?);)+) => {$(
            #[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                $host(Set::$set $(, Gateway::$gateway)?).await;
            }
        )+};
    }

    pairs! {
        server_over_memory => on_server(Memory);
        server_over_redis => on_server(Redis);
        server_over_aws => on_server(Aws);
        server_over_azure => on_server(Azure);
        server_over_gcp => on_server(Gcp);
        aws_lambda_over_sqlite => on_lambda(Sqlite, Rest);
        aws_lambda_over_memory => on_lambda(Memory, FunctionUrl);
        aws_lambda_over_redis => on_lambda(Redis, Http);
        aws_lambda_over_aws => on_lambda(Aws, Http);
        aws_lambda_over_azure => on_lambda(Azure, LoadBalancer);
        aws_lambda_over_gcp => on_lambda(Gcp, Rest);
        azure_functions_over_sqlite => on_azure_functions(Sqlite);
        azure_functions_over_memory => on_azure_functions(Memory);
        azure_functions_over_redis => on_azure_functions(Redis);
        azure_functions_over_aws => on_azure_functions(Aws);
        azure_functions_over_azure => on_azure_functions(Azure);
        azure_functions_over_gcp => on_azure_functions(Gcp);
        cloud_run_over_sqlite => on_cloud_run(Sqlite);
        cloud_run_over_memory => on_cloud_run(Memory);
        cloud_run_over_redis => on_cloud_run(Redis);
        cloud_run_over_aws => on_cloud_run(Aws);
        cloud_run_over_azure => on_cloud_run(Azure);
        cloud_run_over_gcp => on_cloud_run(Gcp);
    }

    /// This run may write the transcript that all are held against.
    #[tokio::test(flavor = "multi_thread")]
    async fn server_over_sqlite() {
        if std::env::var_os("ANYPORT_WRITE_TRANSCRIPT").is_none() {
            return on_server(Set::Sqlite).await;
        }
        let world = Set::Sqlite.fresh().await;
        let mut host = PlainServer::start(&world).await;
        let found = play::play(&scenario::scenario(), &mut host, &world).await;
        std::fs::write(TRANSCRIPT, found).expect("it is written");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn principle_b9_functions_of_no_host_answer_on_aws_lambda_as_on_the_server() {
    on_lambda(Set::Sqlite, Gateway::FunctionUrl).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn principle_b8_aws_lambda_with_aws_keeps_nothing_on_disk() {
    let world = Set::Aws.fresh().await;
    holds(Box::new(Lambda::start(&world, Gateway::FunctionUrl).await), &world).await;
    nothing_is_kept_by(&world);
}

#[tokio::test(flavor = "multi_thread")]
async fn principle_b8_azure_functions_with_azure_keeps_nothing_on_disk() {
    let world = Set::Azure.fresh().await;
    holds(Box::new(AzureFunctions::start(&world).await), &world).await;
    nothing_is_kept_by(&world);
}

#[tokio::test(flavor = "multi_thread")]
async fn principle_b8_cloud_run_with_gcp_keeps_nothing_on_disk() {
    let world = Set::Gcp.fresh().await;
    holds(Box::new(CloudRun::start(&world).await), &world).await;
    nothing_is_kept_by(&world);
}

#[tokio::test(flavor = "multi_thread")]
async fn aws_lambda_behind_a_load_balancer() {
    on_lambda(Set::Sqlite, Gateway::LoadBalancer).await;
}

/// Builds for one host and one set of adapters.
mod slim {
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn aws_lambda_with_aws() {
        let world = Set::Aws.fresh().await.on_a_build_for("aws-lambda", "aws");
        holds(Box::new(Lambda::start(&world, Gateway::FunctionUrl).await), &world).await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn cargo_lambda_with_aws() {
        let world = Set::Aws.fresh().await.on_a_build_for("aws-lambda", "aws");
        holds(Box::new(CargoLambda::start(&world).await), &world).await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn server_with_redis() {
        let world = Set::Redis.fresh().await.on_a_build_for("server", "redis");
        holds(Box::new(PlainServer::start(&world).await), &world).await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn azure_functions_with_azure() {
        let world = Set::Azure.fresh().await.on_a_build_for("azure-functions", "azure");
        holds(Box::new(AzureFunctions::start(&world).await), &world).await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn cloud_run_with_gcp() {
        let world = Set::Gcp.fresh().await.on_a_build_for("cloud-run", "gcp");
        holds(Box::new(CloudRun::start(&world).await), &world).await;
    }
}
