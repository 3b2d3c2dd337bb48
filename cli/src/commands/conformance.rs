//! `anyport conformance`: the suite against adapters.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use anyport_conformance::harness::DEFAULT_SEED;
use anyport_conformance::mutants::{Mutants, kill_matrix};
use anyport_conformance::report::{AdapterReport, CheckReport, Outcome, Report, to_json, to_markdown_table};
use anyport_conformance::run::{self, Options};
use anyport_conformance::subject::Adapter;
use anyport_conformance::suite::Suite;

use crate::progress::Progress;
use crate::{adapters, markers, paint};

/// Runs every check of the contract against adapters, and compares their behavioural fingerprints.
///
/// The exit code is 0 if every check passed and all fingerprints are one and the same, 1 if not, 2 if the run could not
/// begin.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  anyport conformance --adapter memory --adapter sqlite
  anyport conformance --adapter sqlite --filter DOC-CAS
  anyport conformance --adapter sqlite --seed 7        replay what a failure printed
  anyport conformance --report target/report           then open target/report/index.html")]
pub struct Args {
    /// Adapter to prove: memory, sqlite. May be repeated; all of them if not given
    #[arg(long = "adapter", value_name = "NAME")]
    adapters: Vec<String>,

    /// Only checks whose clause or name holds this text
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,

    /// Seed of everything random; the same seed does the same
    #[arg(long, value_name = "NUMBER", default_value_t = DEFAULT_SEED)]
    seed: u64,

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
}

/// Runs the command.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let adapters = selected(&args.adapters)?;
    let suite = || match &args.filter {
        Some(filter) => Suite::complete().matching(filter),
        None => Suite::complete(),
    };
    if suite().clauses().is_empty() {
        bail!("no check matches --filter {:?}", args.filter.unwrap_or_default());
    }
    let started_at = chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    let runtime = tokio::runtime::Runtime::new().context("the asynchronous runtime does not start")?;
    let report = runtime.block_on(async {
        let mut reports = Vec::new();
        for adapter in &adapters {
            let progress = Progress::of(suite().clauses().len());
            reports.push(run::run(adapter, &suite(), Options::seeded(args.seed), &progress).await);
            progress.finish();
        }
        let matrix = if args.report.is_some() && !args.without_mutants && args.filter.is_none() {
            let all = Mutants::all();
            let progress = Progress::of(all.len());
            let told = |name: &str| progress.step(format!("seeded fault {name}"));
            let matrix = kill_matrix(&suite(), &all, Options::seeded(args.seed), &told).await;
            progress.finish();
            Some(matrix)
        } else {
            None
        };
        Report::new(args.seed, started_at, reports, matrix)
    });
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
        print(&report, args.report.as_deref());
    }
    Ok(if report.is_pass() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn selected(names: &[String]) -> anyhow::Result<Vec<Adapter>> {
    if names.is_empty() {
        return Ok(adapters::all());
    }
    let known = || adapters::all().into_iter().map(|adapter| adapter.name).collect::<Vec<_>>().join(", ");
    let find =
        |name: &String| adapters::named(name).with_context(|| format!("no adapter {name:?}: there are {}", known()));
    names.iter().map(find).collect()
}

fn print(report: &Report, directory: Option<&std::path::Path>) {
    for adapter in &report.adapters {
        adapter.checks.iter().for_each(|check| print_failure(adapter, check));
    }
    anstream::println!(
        "{}",
        paint::strong(format!(
            "{:<10} {:>7} {:>7} {:>7} {:>7} {:>9}  {}",
            "adapter", "passed", "failed", "skipped", "masked", "seconds", "fingerprint"
        ))
    );
    for adapter in &report.adapters {
        let counts = adapter.summary;
        let fingerprint = adapter.fingerprint.as_deref().map_or("none", |whole| whole.get(..16).unwrap_or(whole));
        anstream::println!(
            "{:<10} {:>7} {:>7} {:>7} {:>7} {:>9.2}  {fingerprint}",
            adapter.name,
            counts.passed,
            counts.failed,
            counts.skipped,
            counts.masked,
            adapter.seconds
        );
    }
    for problem in report.problems() {
        anstream::println!("{} {problem}", paint::bad("problem:"));
    }
    if report.is_pass() {
        anstream::println!("{}", paint::good("every clause holds on every adapter"));
    } else {
        anstream::println!("{}", paint::faint(format!("replay with --seed {}", report.seed)));
    }
    if let Some(directory) = directory {
        anstream::println!("report: {}", directory.join("index.html").display());
    }
}

fn print_failure(adapter: &AdapterReport, check: &CheckReport) {
    if let Outcome::Failed { message, trace } = &check.outcome {
        let title = format!("{} {} {}", adapter.name, check.clause, check.name);
        anstream::println!("{} {title}\n    {message}", paint::bad("failed:"));
        for step in trace {
            anstream::println!("    {}", paint::faint(step));
        }
    }
}
