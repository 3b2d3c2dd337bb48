//! `anyport new`: a workspace, and functions in it.

mod function;
mod names;
mod register;
mod source;
mod trigger;
mod workspace;
mod write;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;

/// Writes a new workload, or a new function into one.
///
/// A workload is a workspace with a domain, functions, the place where adapters are chosen, tests and CI. A function comes with
/// a place for its logic in the domain and a test. What is written compiles, is formatted, and passes its tests; no file that
/// exists is written over.
#[derive(clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    arg_required_else_help = true,
    after_help = "\
Examples:
  anyport new shop                                   a workload, in the folder shop
  cd shop && cargo test && cargo run
  anyport new function create-user --http POST /api/users
  anyport new function show-user   --http GET '/api/users/{id}'
  anyport new function send-mail   --subscription user-events/mail
  anyport new function clean-up    --schedule '0 3 * * *'
  anyport new function read-upload --blob uploads/csv/
  anyport new function audit-note  --changes notes"
)]
pub struct Args {
    #[command(subcommand)]
    what: Option<What>,

    /// Name of the workload, and of its folder: 3 to 48 of a-z, 0-9 and '-'
    name: Option<String>,

    /// Depend on the Anyport in this folder, by path
    #[arg(long, value_name = "FOLDER", conflicts_with = "anyport_git")]
    anyport_path: Option<PathBuf>,

    /// Depend on the Anyport in this repository; the default where this command was not built from a checkout that is
    /// still there
    #[arg(long, value_name = "URL")]
    anyport_git: Option<String>,
}

#[derive(Subcommand)]
enum What {
    /// Writes a function into the workload of the current folder
    Function(function::Args),
}

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    match (&args.what, &args.name) {
        (Some(What::Function(function)), _) => function::run(function)?,
        (None, Some(name)) => {
            workspace::run(name, &source::of(args.anyport_path.as_deref(), args.anyport_git.as_deref())?)?;
        }
        (None, None) => anyhow::bail!("what is it to be called? anyport new NAME"),
    }
    Ok(ExitCode::SUCCESS)
}
