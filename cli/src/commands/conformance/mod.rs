//! `anyport conformance`: the suite against adapters.

mod against;
mod cover;
mod faults;
mod house;
mod instead;
mod print;
mod servers;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use anyport_conformance::harness::DEFAULT_SEED;
use anyport_conformance::mutants::{Mutants, kill_matrix};
use anyport_conformance::report::{AdapterReport, Report, to_json, to_markdown_table};
use anyport_conformance::run::{self, Options};
use anyport_conformance::suite::Suite;

use self::house::{House, Selection};
use crate::markers;
use crate::progress::Progress;

/// Runs every check of the contract against adapters, and compares their behavioural fingerprints.
///
/// The exit code is 0 if every check passed and the fingerprints agree, 1 if not, 2 if the run could not
/// begin.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  anyport conformance --adapter memory --adapter sqlite
  anyport conformance --provider aws --provider redis --provider embedded
  anyport conformance --adapter sqlite --filter DOC-CAS
  anyport conformance --adapter sqlite --seed 7        replay what a failure printed
  anyport conformance --provider redis --faults        and 10000 operations through faults
  anyport conformance --adapter aws --faults 2000 --without-checks
  anyport conformance --adapter gcp --filter MSG- --instead google-pubsub
  anyport conformance --report target/report           then open target/report/index.html

A networked adapter is run against the server or account that the usual variables of the environment
name (REDIS_URL; AWS_ENDPOINT_URL..., AWS_PROFILE; AZURE_COSMOS_ENDPOINT; FIRESTORE_EMULATOR_HOST,
GOOGLE_CLOUD_PROJECT; and their like), else against emulators that `anyport emulators up` started, else
against emulators that are started for the run and stopped at its end. An account is used only if its
provider or adapter is named.")]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub struct Args {
    /// Prove every adapter, against emulators where the environment names no server; so it is if nothing else is named
    #[arg(long, conflicts_with_all = ["providers", "adapters"])]
    all: bool,

    /// Provider whose adapters to prove. May be repeated
    #[arg(long = "provider", value_name = "NAME", value_enum)]
    providers: Vec<House>,

    /// Adapter to prove: memory, sqlite, aws, azure, gcp, redis. May be repeated; all if neither this nor a provider is given
    #[arg(long = "adapter", value_name = "NAME")]
    adapters: Vec<String>,

    /// A second opinion: run against this emulator in place of each that it can stand for, such as google-pubsub instead
    /// of a fake of ours
    #[arg(long, value_name = "EMULATOR", conflicts_with = "update")]
    instead: Option<String>,

    /// Only checks whose clause or name holds this text
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,

    /// Seed of everything random; the same seed does the same
    #[arg(long, value_name = "NUMBER", default_value_t = DEFAULT_SEED)]
    seed: u64,

    #[command(flatten)]
    faults: faults::Through,

    /// Write report.json, junit.xml, report.md and index.html (with the kill matrix) into this directory
    #[arg(long, value_name = "DIR")]
    report: Option<PathBuf>,

    /// Write the table of adapters x ports into this Markdown file, between its lines
    /// `<!-- anyport conformance -->` and `<!-- /anyport conformance -->`
    #[arg(long, value_name = "FILE", conflicts_with = "filter")]
    update: Option<PathBuf>,

    /// Leave the kill matrix out of the report
    #[arg(long, requires = "report")]
    without_mutants: bool,

    /// Print the report as JSON instead of text
    #[arg(long)]
    json: bool,

    /// Leave out what covers masked clauses: this run is what covers one
    #[arg(long, hide = true)]
    without_cover: bool,
}

/// Runs the command.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let selection = if args.all { Selection::of(&[], &[])? } else { Selection::of(&args.providers, &args.adapters)? };
    let suite = || match &args.filter {
        Some(filter) => Suite::complete().matching(filter),
        None => Suite::complete(),
    };
    if suite().clauses().is_empty() {
        bail!("no check matches --filter {:?}", args.filter.unwrap_or_default());
    }
    if let Some(code) = servers::run_with_missing(&selection)? {
        return Ok(code);
    }
    if let Some(emulator) = &args.instead
        && let Some(code) = instead::run(emulator)?
    {
        return Ok(code);
    }
    let adapters = selection.adapters()?;
    let started_at = chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    let runtime = tokio::runtime::Runtime::new().context("the asynchronous runtime does not start")?;
    let report = runtime.block_on(async {
        let mut reports = Vec::new();
        for adapter in &adapters {
            let report = if args.faults.without_checks {
                AdapterReport::new(&adapter.name, None, 0, Vec::new(), 0.0)
            } else {
                let progress = Progress::of(suite().clauses().len());
                let report = run::run(adapter, &suite(), Options::seeded(args.seed), &progress).await;
                progress.finish();
                if args.without_cover { report } else { cover::verified(report, args.seed)? }
            };
            let report = against::described(report)?;
            reports.push(match args.faults.operations {
                Some(operations) => report.endured(faults::run(adapter, operations, args.seed).await),
                None => report,
            });
        }
        let all_checks = args.filter.is_none() && !args.faults.without_checks;
        let matrix = if args.report.is_some() && !args.without_mutants && all_checks {
            let all = Mutants::all();
            let progress = Progress::of(all.len());
            let told = |name: &str| progress.step(format!("seeded fault {name}"));
            let matrix = kill_matrix(&suite(), &all, Options::seeded(args.seed), &told).await;
            progress.finish();
            Some(matrix)
        } else {
            None
        };
        anyhow::Ok(Report::new(args.seed, started_at, reports, matrix))
    })?;
    if let Some(directory) = &args.report {
        report
            .write_to(directory)
            .with_context(|| format!("the report cannot be written to {}", directory.display()))?;
    }
    if let Some(file) = &args.update {
        markers::update(file, &to_markdown_table(&report))?;
    }
    if args.json {
        anstream::println!("{}", to_json(&report)?);
    } else {
        print::print(&report, args.report.as_deref());
    }
    Ok(if report.is_pass() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
