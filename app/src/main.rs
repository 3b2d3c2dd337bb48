//! The storefront, on the host that this process was started on.

#[cfg(not(any(feature = "memory", feature = "sqlite", feature = "aws", feature = "redis")))]
compile_error!("no adapter is compiled in: add the feature `sqlite` (default), `memory`, `aws` or `redis`");
#[cfg(not(any(feature = "server", feature = "aws-lambda")))]
compile_error!("no host is compiled in: add the feature `server` (default) or `aws-lambda`");

mod compose;
#[cfg(feature = "server")]
mod greeting;
mod hosts;
mod settings;

use std::io::{self, Write as _};
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use anyport_runtimes::Workload;
use anyport_runtimes::host::{self, Host};
use anyport_runtimes::{logs, settings as sources};
use tokio::runtime::{Builder, Runtime};

use crate::compose::compose;
use crate::settings::Settings;

const HELP: &str = "\
The storefront: users, orders, receipts and imports.

Usage: app [--provision | --manifest | --openapi | --help]

  --provision  create what its functions need (tables, topics, queues, buckets), for development and emulators
  --manifest   print its functions, their triggers, limits and needs, as JSON
  --openapi    print the OpenAPI document of its HTTP functions
  --help       print this

The host is recognised: AWS Lambda by AWS_LAMBDA_RUNTIME_API, else it is a server of its own. ANYPORT_RUNTIME=server or
aws-lambda overrides that.

Settings come from anyport.toml (or the file that ANYPORT_CONFIG names) and from the environment, which wins:
  ANYPORT_SERVER__ADDRESS=127.0.0.1:8080  where the server listens; port 0 takes a free one
  ANYPORT_DOCUMENTS=sqlite                who keeps documents: sqlite, memory, aws or redis, as compiled in
  ANYPORT_MESSAGES=sqlite                 who carries messages: as well
  ANYPORT_BLOBS=sqlite                    who keeps blobs: sqlite, memory or aws; ANYPORT_SECRETS: as well
  ANYPORT_DATA=data                       the folder of what is kept on this machine
  ANYPORT_PUBLIC_URL=...                  what signed URLs of this machine begin with, if not the address
  ANYPORT_AWS__PREFIX=staging-            what names at AWS begin with; the rest is AWS's own: AWS_REGION, AWS_PROFILE ...
  ANYPORT_REDIS__URL=redis://...          where Redis is, if REDIS_URL does not say it
  ANYPORT_EXPIRY__SCHEDULE='0 3 * * *'    when unpaid orders expire: a cron pattern in UTC, seconds in front if wanted
  ANYPORT_LOG__FILTER=info                what is logged; ANYPORT_LOG__FORMAT: auto, text or json
  STOREFRONT_SECRET_RECEIPT_KEY=...       the key that receipts are signed with, instead of one in the folder
";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nothing is left to be done if this cannot be told either.
            writeln!(io::stderr(), "error: {}", told(&error)).ok();
            ExitCode::FAILURE
        }
    }
}

/// An error and its causes, without those whose words are told already.
fn told(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).fold(String::new(), |told, cause| match told.as_str() {
        "" => cause,
        before if before.contains(&cause) => told,
        before => format!("{before}: {cause}"),
    })
}

fn run() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        [] => serve(),
        ["--provision"] => provision(),
        ["--manifest"] => print(&serde_json::to_string_pretty(&app::storefront().manifest())?),
        ["--openapi"] => print(&serde_json::to_string_pretty(&app::storefront().openapi()?)?),
        ["--help" | "-h"] => print(HELP.trim_end()),
        _ => bail!("unknown arguments {arguments:?}: see --help"),
    }
}

fn print(text: &str) -> Result<()> {
    Ok(writeln!(io::stdout(), "{text}")?)
}

fn serve() -> Result<()> {
    let host = host::detect()?;
    executor(host)?.block_on(async {
        let (settings, workload) = begin()?;
        match host {
            #[cfg(feature = "server")]
            Host::Server => {
                check(&workload)?;
                hosts::server(settings, workload).await
            }
            // Every start of a process is somebody's wait: what the workload is, the host finds out without a second look.
            #[cfg(feature = "aws-lambda")]
            Host::AwsLambda => hosts::aws_lambda(settings, workload).await,
            other => bail!("this binary does not run on {}", other.as_str()),
        }
    })
}

/// A thread for each core; on AWS Lambda one alone, which starts sooner, unless it sends several events at once.
fn executor(host: Host) -> io::Result<Runtime> {
    let one_event_at_a_time = host == Host::AwsLambda && std::env::var_os("AWS_LAMBDA_MAX_CONCURRENCY").is_none();
    let mut builder = if one_event_at_a_time { Builder::new_current_thread() } else { Builder::new_multi_thread() };
    builder.enable_all().build()
}

#[tokio::main]
async fn provision() -> Result<()> {
    let (settings, workload) = begin()?;
    check(&workload)?;
    let resources = workload.resources();
    compose(&settings, &resources).await?.provision.provision(&resources).await?;
    tracing::info!("all that the functions need exists");
    Ok(())
}

/// Reads the settings, and begins to log as they say. Nothing is opened yet.
fn begin() -> Result<(Settings, Workload)> {
    let settings: Settings = sources::load(&Settings::default())?;
    logs::init(&settings.log)?;
    let workload = app::storefront_expiring(&settings.expiry.schedule);
    Ok((settings, workload))
}

/// Before anything is opened: of the workload nothing but this can be wrong.
fn check(workload: &Workload) -> Result<()> {
    workload.validate().context("expiry.schedule is wrong")
}
