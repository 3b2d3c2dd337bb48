//! The workload, on the host that this process was started on.

mod compose;
mod settings;

use std::io::{self, Write as _};
use std::process::ExitCode;

use anyhow::{Result, bail};
use anyport_runtimes::host::{self, Host};
use anyport_runtimes::settings as sources;
use anyport_runtimes::telemetry::Telemetry;

use crate::compose::compose;
use crate::settings::Settings;

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<()> {
    let workload = app::workload();
    match std::env::args().nth(1).as_deref() {
        None => {}
        Some("--manifest") => {
            return Ok(writeln!(io::stdout(), "{}", serde_json::to_string_pretty(&workload.manifest())?)?);
        }
        Some("--openapi") => {
            return Ok(writeln!(io::stdout(), "{}", serde_json::to_string_pretty(&workload.openapi()?)?)?);
        }
        Some(other) => bail!("unknown argument {other}: there are --manifest and --openapi"),
    }
    let settings: Settings = sources::load(&Settings::default())?;
    let telemetry = Telemetry::install(&settings.telemetry, &settings.log)?;
    workload.validate()?;
    match host::detect()? {
        #[cfg(feature = "server")]
        Host::Server => {
            use anyport_runtimes::server;
            let listener = server::listen(&settings.server).await?;
            let (ports, surroundings) = compose(&settings, &workload.resources()).await?;
            let told = |address| eprintln!("listening on http://{address}; Ctrl-C ends it");
            let surroundings = surroundings.told_by(Some(telemetry));
            server::serve(listener, workload, ports, surroundings, settings.server.clone(), told).await?;
        }
        #[cfg(feature = "aws-lambda")]
        Host::AwsLambda => {
            use anyport_runtimes::aws_lambda;
            let (ports, surroundings) = compose(&settings, &workload.resources()).await?;
            let surroundings = surroundings.told_by(Some(telemetry));
            aws_lambda::serve(workload, ports, surroundings, settings.aws_lambda.clone()).await?;
        }
        other => bail!("this binary does not run on {}", other.as_str()),
    }
    Ok(())
}
