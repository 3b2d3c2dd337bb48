//! `anyport manifest`: what the workload's functions need, and the files that hosts are told of them by.

mod azure;
mod folder;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context as _, bail};
use anyport_ports::Naming;

use super::workload::Workload;
use azure::{AzureOptions, Manifest};

/// Prints the workload's manifest, read off the parameter types of its functions: for each its trigger, limits and what
/// it may touch; and all resources that must exist. Or writes the files that Azure Functions reads, made from it.
#[derive(clap::Args)]
pub struct Args {
    /// Package of the workload; the default member of the workspace if not given
    #[arg(long, short, value_name = "NAME")]
    package: Option<String>,
    /// Read the manifest from this file, which the workload's `--manifest` printed, instead of building the workload
    #[arg(long, value_name = "FILE", conflicts_with = "package", requires = "azure")]
    from: Option<PathBuf>,
    /// Write host.json and each function's function.json for Azure Functions into this folder, which is empty or was written
    /// so before
    #[arg(long, value_name = "DIR")]
    azure: Option<PathBuf>,
    /// What the names of queues and containers begin with: the adapters' and azure_functions.prefix
    #[arg(long, value_name = "PREFIX", default_value = "", requires = "azure", hide_default_value = true)]
    prefix: String,
    /// The handler, relative to the folder
    #[arg(long, value_name = "PATH", default_value = "handler", requires = "azure")]
    handler: String,
    /// The app setting that holds the connection to Azure Storage, for queues and blobs
    #[arg(long, value_name = "SETTING", default_value = "AzureWebJobsStorage", requires = "azure")]
    storage_connection: String,
    /// The app setting that holds the connection to Cosmos DB
    #[arg(long, value_name = "SETTING", default_value = "CosmosDb", requires = "azure")]
    cosmos_connection: String,
    /// The database of Cosmos DB
    #[arg(long, value_name = "NAME", default_value = "anyport", requires = "azure")]
    database: String,
}

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    if let (Some(file), Some(folder)) = (&args.from, &args.azure) {
        let json = std::fs::read(file).with_context(|| format!("{} cannot be read", file.display()))?;
        let manifest = serde_json::from_slice(&json).with_context(|| format!("{} is no manifest", file.display()))?;
        write_azure(args, &manifest, folder)?;
        return Ok(ExitCode::SUCCESS);
    }
    let workload = Workload::find(args.package.as_deref())?;
    if !workload.build()? {
        return Ok(ExitCode::FAILURE);
    }
    let mut command = Command::new(&workload.executable);
    command.arg("--manifest");
    let Some(folder) = &args.azure else {
        let status = command.status().context("the workload does not start")?;
        return Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    };
    let output = command.output().context("the workload does not start")?;
    if !output.status.success() {
        bail!("the workload prints no manifest: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    let manifest = serde_json::from_slice(&output.stdout).context("what the workload prints is no manifest")?;
    write_azure(args, &manifest, folder)?;
    Ok(ExitCode::SUCCESS)
}

fn write_azure(args: &Args, manifest: &Manifest, folder: &Path) -> anyhow::Result<()> {
    let options = AzureOptions {
        naming: Naming::new(args.prefix.as_str())?,
        prefix: args.prefix.clone(),
        handler: args.handler.clone(),
        storage: args.storage_connection.clone(),
        cosmos: args.cosmos_connection.clone(),
        database: args.database.clone(),
    };
    let files = azure::files(manifest, &options).map_err(|problems| {
        anyhow::anyhow!("Azure Functions cannot run this workload:\n- {}", problems.join("\n- "))
    })?;
    let count = files.len() - 1;
    folder::write(folder, &files)?;
    anstream::println!("host.json and {count} functions are in {}", folder.display());
    anstream::println!(
        "the app needs the settings FUNCTIONS_WORKER_RUNTIME=custom and AzureWebJobsDisableHomepage=true"
    );
    Ok(())
}
