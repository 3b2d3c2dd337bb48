//! The storefront, on the host that this process was started on.

#[cfg(not(any(
    feature = "memory",
    feature = "sqlite",
    feature = "aws",
    feature = "azure",
    feature = "gcp",
    feature = "redis"
)))]
compile_error!(
    "no adapter is compiled in: add the feature `sqlite` (default), `memory`, `aws`, `azure`, `gcp` or `redis`"
);
#[cfg(not(any(feature = "server", feature = "aws-lambda", feature = "azure-functions", feature = "cloud-run")))]
compile_error!(
    "no host is compiled in: add the feature `server` (default), `aws-lambda`, `azure-functions` or `cloud-run`"
);

mod compose;
#[cfg(feature = "server")]
mod greeting;
mod hosts;
mod settings;

use std::io::{self, Write as _};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use anyport_runtimes::Workload;
use anyport_runtimes::auth::development::DevelopmentIssuer;
#[cfg(feature = "azure-functions")]
use anyport_runtimes::azure_functions::EXIT_CONFIGURATION;
use anyport_runtimes::host::{self, Host};
use anyport_runtimes::telemetry::Telemetry;
use anyport_runtimes::{logs, settings as sources};
use tokio::runtime::{Builder, Runtime};

use crate::compose::provisioner;
use crate::settings::Settings;

const HELP: &str = "\
The storefront: users, orders, receipts and imports.

Usage: app [--provision | --token USER | --manifest | --openapi | --help]

  --provision  create what its functions need (tables, topics, queues, buckets), for development and emulators
  --token USER print a token of this user, good for a day, on a machine that is its own issuer (no auth.issuers)
  --manifest   print its functions, their triggers, limits and needs, as JSON
  --openapi    print the OpenAPI document of its HTTP functions
  --help       print this

The host is recognised: AWS Lambda by AWS_LAMBDA_RUNTIME_API, Azure Functions by FUNCTIONS_CUSTOMHANDLER_PORT, Cloud Run by
K_SERVICE; else it is a server of its own. ANYPORT_RUNTIME=server, aws-lambda, azure-functions or cloud-run overrides that.

Settings come from anyport.toml (or the file that ANYPORT_CONFIG names) and from the environment, which wins:
  ANYPORT_SERVER__ADDRESS=127.0.0.1:8080  where the server listens; port 0 takes a free one
  ANYPORT_DOCUMENTS=sqlite                who keeps documents: sqlite, memory, aws, azure, gcp or redis,
                                          as compiled in
  ANYPORT_MESSAGES=sqlite                 who carries messages: as well
  ANYPORT_BLOBS=sqlite                    who keeps blobs: sqlite, memory, aws, azure or gcp; ANYPORT_SECRETS:
                                          as well
  ANYPORT_DATA=data                       the folder of what is kept on this machine
  ANYPORT_PUBLIC_URL=...                  what signed URLs of this machine begin with, if not the address
  ANYPORT_AWS__PREFIX=staging-            what names at AWS begin with; the rest is AWS's own: AWS_REGION, AWS_PROFILE ...
  ANYPORT_AZURE__PREFIX=staging-          what names at Azure begin with; AZURE_COSMOS_ENDPOINT, AZURE_STORAGE_ACCOUNT and
                                          AZURE_KEYVAULT_ENDPOINT say where its services are
  ANYPORT_GCP__PREFIX=staging-            what names at Google Cloud begin with; GOOGLE_CLOUD_PROJECT says whose
  ANYPORT_REDIS__URL=redis://...          where Redis is, if REDIS_URL does not say it
  ANYPORT_SCHEDULES__EXPIRY='0 3 * * *'   when unpaid orders expire: a cron pattern in UTC, seconds in front if wanted
  ANYPORT_SCHEDULES__RELAY='* * * * *'    when events are published that were left
  ANYPORT_AUTH__ISSUERS='[...]'           whose tokens are taken: a list in JSON, see anyport.toml in the README
  ANYPORT_HTTP__SERVICES__PAYMENTS__URL=...  where orders are paid; without it, on one machine, a sandbox
  ANYPORT_TELEMETRY__ENDPOINT=http://...  a collector of OpenTelemetry, with the feature `otlp`
  ANYPORT_LOG__FILTER=info                what is logged; ANYPORT_LOG__FORMAT: auto, text or json
  STOREFRONT_SECRET_RECEIPT_KEY=...       the key that receipts are signed with, instead of one in the folder
";

/// How long a token of this machine is good for.
const TOKEN_TTL: Duration = Duration::from_hours(24);

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error),
    }
}

/// Tells why it ends, where whoever runs it looks.
fn failed(error: &anyhow::Error) -> ExitCode {
    match host::detect() {
        #[cfg(feature = "azure-functions")]
        Ok(Host::AzureFunctions) => logs::fatal(error.as_ref(), EXIT_CONFIGURATION),
        #[cfg(feature = "cloud-run")]
        Ok(Host::CloudRun) => logs::fatal(error.as_ref(), 1),
        _ => {
            // Nothing is left to be done if this cannot be told either.
            writeln!(io::stderr(), "error: {}", logs::told(error.as_ref())).ok();
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        [] => serve(),
        ["--provision"] => provision(),
        ["--token", user] => token(user),
        ["--manifest"] => print(&serde_json::to_string_pretty(&default_workload().manifest())?),
        ["--openapi"] => print(&serde_json::to_string_pretty(&default_workload().openapi()?)?),
        ["--help" | "-h"] => print(HELP.trim_end()),
        _ => bail!("unknown arguments {arguments:?}: see --help"),
    }
}

/// A token of the issuer that this machine is for itself.
fn token(user: &str) -> Result<()> {
    let settings: Settings = sources::load(&Settings::default())?;
    if !settings.auth.issuers.is_empty() {
        bail!("auth.issuers names who gives tokens: ask there for one");
    }
    print(&DevelopmentIssuer::open(settings.own_issuer())?.token(user, TOKEN_TTL, &[])?)
}

/// Without settings: they may be wrong, and this is asked of the code.
fn default_workload() -> Workload {
    app::storefront(&app::Schedules::default())
}

fn print(text: &str) -> Result<()> {
    Ok(writeln!(io::stdout(), "{text}")?)
}

fn serve() -> Result<()> {
    let host = host::detect()?;
    executor(host)?.block_on(async {
        let (settings, workload, telemetry) = begin()?;
        match host {
            #[cfg(feature = "server")]
            Host::Server => {
                check(&workload)?;
                hosts::server(settings, workload, telemetry).await
            }
            // Every start of a process is somebody's wait: what the workload is, the host finds out without a second look.
            #[cfg(feature = "aws-lambda")]
            Host::AwsLambda => hosts::aws_lambda(settings, workload, telemetry).await,
            #[cfg(feature = "azure-functions")]
            Host::AzureFunctions => hosts::azure_functions(settings, workload, telemetry).await,
            #[cfg(feature = "cloud-run")]
            Host::CloudRun => hosts::cloud_run(settings, workload, telemetry).await,
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
    let (settings, workload, _) = begin()?;
    check(&workload)?;
    let resources = workload.resources();
    provisioner(&settings, &resources).await?.provision(&resources).await?;
    tracing::info!("all that the functions need exists");
    Ok(())
}

/// Reads the settings, and begins to log as they say. Nothing is opened yet.
fn begin() -> Result<(Settings, Workload, Telemetry)> {
    let settings: Settings = sources::load(&Settings::default())?;
    let telemetry = Telemetry::install(&settings.telemetry, &settings.log)?;
    let workload = app::storefront(&settings.schedules);
    Ok((settings, workload, telemetry))
}

/// Before anything is opened: of the workload nothing but this can be wrong.
fn check(workload: &Workload) -> Result<()> {
    workload.validate().context("schedules is wrong")
}
