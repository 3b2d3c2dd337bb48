//! The `anyport` command.

use std::process::ExitCode;

use anyport_cli::commands::{conformance, dev, emulators, manifest, mutants, new, review};
use clap::{Parser, Subcommand};

/// Write a serverless workload once, run it anywhere, and prove that its adapters are interchangeable.
#[derive(Parser)]
#[command(name = "anyport", version, arg_required_else_help = true, after_help = AFTER)]
struct Anyport {
    #[command(subcommand)]
    command: Command,
}

const AFTER: &str = "\
Begin with:
  anyport new shop                             write a new workload
  anyport review                               find handlers that do more than they should
  anyport dev                                  run the workload, and again on every change
  anyport conformance --adapter sqlite         prove an adapter
  anyport conformance --report target/report   prove them all; read target/report/index.html
  anyport emulators up                         start what stands for the providers on this machine
  anyport manifest                             see what each function needs";

#[derive(Subcommand)]
enum Command {
    New(new::Args),
    Review(review::Args),
    /// Runs the workload on this machine and restarts it on every change
    Dev(dev::Args),
    /// Proves that adapters keep every clause of the contract
    Conformance(conformance::Args),
    /// Proves that the suite notices: runs it against adapters that are wrong on purpose
    Mutants(mutants::Args),
    /// Starts and stops what stands for the providers on this machine
    Emulators(emulators::Args),
    /// Prints the workload's functions, their triggers, limits and needs, as JSON
    Manifest(manifest::Args),
}

fn main() -> ExitCode {
    let done = match Anyport::parse().command {
        Command::New(args) => new::run(&args),
        Command::Review(args) => review::run(&args),
        Command::Dev(args) => dev::run(&args),
        Command::Conformance(args) => conformance::run(args),
        Command::Mutants(args) => mutants::run(&args),
        Command::Emulators(args) => emulators::run(&args),
        Command::Manifest(args) => manifest::run(&args),
    };
    done.unwrap_or_else(|error| {
        anstream::eprintln!("{} {error:#}", anyport_cli::paint::bad("error:"));
        ExitCode::from(2)
    })
}
