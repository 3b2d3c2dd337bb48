//! `anyport emulators`: what stands for the providers on this machine.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyport_emulators::tools::Tools;
use anyport_emulators::{Detached, Emulator, Fleet, Health, Instance, Maker, Provider, environment, exports};
use clap::Subcommand;
use serde_json::{Value, json};

use crate::{paint, workspace};

/// Starts and stops emulators of the providers: installed below the target folder, on free ports of the loopback address.
///
/// For a run of the suite alone they are not needed: `anyport conformance` starts what is missing and stops it at the
/// end.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  eval \"$(anyport emulators up aws redis)\"       start, wait until all answer, and set the variables of this shell
  anyport emulators status
  anyport conformance --provider aws             uses those that are up
  anyport emulators down

Providers:
  aws     DynamoDB, SQS, SNS, S3, SSM, Secrets Manager
  azure   Cosmos DB, Storage Queue, Blob Storage, Key Vault
  gcp     Firestore, Pub/Sub, Cloud Storage, Secret Manager
  redis

What is started is an emulator of the provider's own where there is one, and Google's where the Google Cloud CLI is
installed; `status` says whose each is, and calls a fake of ours by that name.")]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Installs and starts emulators, waits until they answer, and prints the variables that lead to them
    Up(Selection),
    /// Stops emulators that `up` started, and nothing else
    Down(Selection),
    /// Lists the emulators that `up` started; the exit code is 0 if there are some and all of them answer
    Status(Selection),
}

#[derive(clap::Args)]
struct Selection {
    /// Providers: aws, azure, gcp, redis; all of them if not given
    #[arg(value_name = "PROVIDER")]
    providers: Vec<Provider>,

    /// Print JSON instead of text
    #[arg(long)]
    json: bool,

    /// Where state, logs and files of the emulators are; `emulators` below the target folder if not given
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
}

impl Selection {
    fn providers(&self) -> Vec<Provider> {
        let chosen = |provider: &&Provider| self.providers.is_empty() || self.providers.contains(provider);
        Provider::ALL.iter().filter(chosen).copied().collect()
    }

    fn emulators(&self, target: &Path) -> Detached {
        self.folder.as_deref().map_or_else(|| Detached::below(target), Detached::in_folder)
    }
}

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let target = workspace::target()?;
    match &args.action {
        Action::Up(selection) => up(selection, &target),
        Action::Down(selection) => down(selection, &target),
        Action::Status(selection) => status(selection, &target),
    }
}

/// Where tools are installed, telling each step on standard error.
pub(super) fn tools(target: &Path) -> Tools {
    Tools::below(target, |line| anstream::eprintln!("{}", paint::faint(line)))
}

fn up(selection: &Selection, target: &Path) -> anyhow::Result<ExitCode> {
    let fleets = selection.emulators(target).up(&selection.providers(), &tools(target))?;
    let variables = environment(&fleets);
    if selection.json {
        let variables: serde_json::Map<String, Value> =
            variables.into_iter().map(|(name, value)| (name, Value::String(value))).collect();
        let emulators: Vec<Value> = fleets.iter().flat_map(|fleet| described(fleet, &[])).collect();
        anstream::println!("{:#}", json!({ "environment": variables, "emulators": emulators }));
    } else {
        anstream::print!("{}", exports(&variables));
    }
    Ok(ExitCode::SUCCESS)
}

fn down(selection: &Selection, target: &Path) -> anyhow::Result<ExitCode> {
    let stopped = selection.emulators(target).down(&selection.providers())?;
    if selection.json {
        let stopped: Vec<Value> =
            stopped.iter().map(|one| json!({ "emulator": one.emulator, "pid": one.pid() })).collect();
        anstream::println!("{:#}", json!({ "stopped": stopped }));
    } else if stopped.is_empty() {
        anstream::println!("nothing was running");
    } else {
        for one in stopped {
            anstream::println!("stopped {} (process {})", one.emulator, one.pid());
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn status(selection: &Selection, target: &Path) -> anyhow::Result<ExitCode> {
    let chosen = selection.providers();
    let mut fleets = selection.emulators(target).status()?;
    fleets.retain(|(fleet, _)| chosen.contains(&fleet.provider));
    if selection.json {
        let emulators: Vec<Value> = fleets.iter().flat_map(|(fleet, health)| described(fleet, health)).collect();
        anstream::println!("{:#}", json!({ "emulators": emulators }));
    } else if fleets.is_empty() {
        anstream::println!("no emulators were started; `anyport emulators up` does");
    } else {
        anstream::println!(
            "{}",
            paint::strong(format!(
                "{:<9} {:<13} {:<21} {:<7} {:>5}  {}",
                "provider", "emulator", "what it is", "is", "port", "log"
            ))
        );
        for (fleet, health) in &fleets {
            for (one, health) in fleet.instances.iter().zip(health) {
                let word = format!("{:<7}", word(*health));
                let word = match health {
                    Health::Up => paint::good(word).to_string(),
                    Health::Silent | Health::Gone => paint::bad(word).to_string(),
                };
                let log = one.log.display();
                let maker = format!("{:<21}", maker(one).map_or(String::new(), |maker| maker.to_string()));
                let maker = if is_fake(one) { paint::strong(maker).to_string() } else { maker };
                let (provider, emulator, port) = (fleet.provider, &one.emulator, one.port);
                anstream::println!("{provider:<9} {emulator:<13} {maker} {word} {port:>5}  {log}");
            }
        }
    }
    let all_up = fleets.iter().flat_map(|(_, health)| health).all(|health| *health == Health::Up);
    Ok(if all_up && !fleets.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The emulators of a fleet, each with its health where that is known.
fn described(fleet: &Fleet, health: &[Health]) -> Vec<Value> {
    let one = |(at, one): (usize, &Instance)| {
        json!({
            "provider": fleet.provider,
            "emulator": one.emulator,
            "maker": maker(one).map(|maker| maker.to_string()),
            "fake": is_fake(one),
            "port": one.port,
            "pid": one.pid(),
            "log": one.log,
            "health": health.get(at).map_or("up", |health| word(*health)),
        })
    };
    fleet.instances.iter().enumerate().map(one).collect()
}

fn maker(instance: &Instance) -> Option<Maker> {
    Emulator::named(&instance.emulator).ok().map(|emulator| emulator.maker)
}

fn is_fake(instance: &Instance) -> bool {
    maker(instance) == Some(Maker::Ours)
}

fn word(health: Health) -> &'static str {
    match health {
        Health::Up => "up",
        Health::Silent => "silent",
        Health::Gone => "gone",
    }
}
