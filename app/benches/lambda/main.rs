//! The storefront's `get-user` on AWS Lambda, beside the same written by hand: size, start, first and hundredth invocation.
//!
//! `cargo xtask bench lambda` builds both programs, starts the emulators, and runs this. No time is asserted; that both
//! give the same answer is.

mod host;
mod program;
mod sample;
mod table;

use std::io::Write as _;
use std::process::ExitCode;

use program::Program;

/// Starts of each program, unless `--runs` says otherwise.
const RUNS: usize = 20;

/// What to do, read off the arguments.
struct Options {
    runs: usize,
    json: bool,
}

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nothing is left to be done if this cannot be told either.
            writeln!(std::io::stderr(), "error: {error}").ok();
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let options = options()?;
    let (ours, by_hand) = Program::given()?;
    // As few threads as will do: they share the cores with what is measured.
    let samples = tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        let user = host::prepare(&ours, &by_hand).await?;
        let (mut of_ours, mut of_by_hand) = (Vec::new(), Vec::new());
        for _ in 0..options.runs {
            // In turn, so that what else the machine does meets both.
            of_ours.push(sample::take(&ours, &user).await?);
            of_by_hand.push(sample::take(&by_hand, &user).await?);
        }
        Ok::<_, Box<dyn std::error::Error>>((of_ours, of_by_hand))
    })?;
    let rows = table::rows(&ours, &samples.0, &by_hand, &samples.1)?;
    let text = if options.json { table::json(&rows, options.runs)? } else { table::text(&rows, options.runs) };
    Ok(writeln!(std::io::stdout(), "{text}")?)
}

/// The arguments; cargo adds `--bench`.
fn options() -> Result<Options> {
    let mut options = Options { runs: RUNS, json: false };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--bench" => {}
            "--json" => options.json = true,
            "--runs" => options.runs = arguments.next().ok_or("--runs takes a number")?.parse()?,
            other => return Err(format!("unknown argument {other:?}: there are --runs NUMBER and --json").into()),
        }
    }
    if options.runs == 0 {
        return Err("--runs must be at least 1".into());
    }
    Ok(options)
}
