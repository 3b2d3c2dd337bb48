//! The storefront on a server of its own.

#[cfg(not(any(feature = "memory", feature = "sqlite")))]
compile_error!("no adapter is compiled in: add the feature `sqlite` (default) or `memory`");

mod compose;
mod greeting;
mod settings;

use std::io::{self, Write as _};
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use anyport_runtimes::{logs, server, settings as sources};

use crate::compose::{Composed, compose};
use crate::settings::Settings;

const HELP: &str = "\
The storefront: users, orders, receipts and imports, on a server of its own.

Usage: app [--manifest | --openapi | --help]

  --manifest  print its functions, their triggers, limits and needs, as JSON
  --openapi   print the OpenAPI document of its HTTP functions
  --help      print this

Settings come from anyport.toml (or the file that ANYPORT_CONFIG names) and from the environment, which wins:
  ANYPORT_SERVER__ADDRESS=127.0.0.1:8080  where it listens; port 0 takes a free one
  ANYPORT_DATA=data                       the folder that everything is kept in
  ANYPORT_PUBLIC_URL=...                  what signed URLs begin with, if not the address
  ANYPORT_DOCUMENTS=sqlite                who keeps documents; as well ANYPORT_MESSAGES, _BLOBS, _SECRETS
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
        ["--manifest"] => print(&serde_json::to_string_pretty(&app::storefront().manifest())?),
        ["--openapi"] => print(&serde_json::to_string_pretty(&app::storefront().openapi()?)?),
        ["--help" | "-h"] => print(HELP.trim_end()),
        _ => bail!("unknown arguments {arguments:?}: see --help"),
    }
}

fn print(text: &str) -> Result<()> {
    Ok(writeln!(io::stdout(), "{text}")?)
}

#[tokio::main]
async fn serve() -> Result<()> {
    let mut settings: Settings = sources::load(&Settings::default())?;
    logs::init(&settings.log)?;
    let workload = app::storefront_expiring(&settings.expiry.schedule);
    // Before anything is opened: of the workload nothing but this can be wrong.
    workload.validate().context("expiry.schedule is wrong")?;
    let listener = server::listen(&settings.server).await?;
    // Signed URLs name the port that was taken, if any would do.
    settings.server.address = listener.local_addr()?;
    let Composed { ports, provision, signed, made_secret } = compose(&settings).await?;
    let greet = |address| greeting::write(&settings, address, made_secret);
    server::serve(listener, workload, ports, Some(provision), Some(signed), settings.server.clone(), greet).await?;
    Ok(())
}
