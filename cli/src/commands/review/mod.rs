//! `anyport review`: handlers that hold logic, build clients, or reach past their parameters.

mod allowed;
mod body;
mod finding;
mod handlers;
mod known;
mod names;
mod state;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;

pub use finding::{Finding, Rule};

use crate::{paint, workspace};

/// Finds handlers that hold logic, build clients, or reach past their parameters.
///
/// A handler is an async function that is not private, whose parameters are extractors or handles. It parses, calls the domain,
/// and answers. Its logic belongs into the domain, where it is tested without a host; its clients into the composition root,
/// where they are made once; and what it may touch into its parameters, which the manifest is read off.
///
/// The exit code is 1 if there is something to tell. What globs import, and what is within macros that take
/// more than expressions, is not seen.
#[derive(clap::Args)]
#[command(after_help = Rule::TABLE)]
pub struct Args {
    /// Files and folders to read; the sources of the workspace if none are given
    paths: Vec<PathBuf>,

    /// Print JSON instead of text
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let paths = if args.paths.is_empty() { sources()? } else { args.paths.clone() };
    let mut files = Vec::new();
    for path in &paths {
        collect(path, &mut files)?;
    }
    files.sort();
    let (mut findings, mut handlers) = (Vec::new(), 0);
    for file in &files {
        let source = std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
        let (found, count) = review(file, &source)?;
        findings.extend(found);
        handlers += count;
    }
    if args.json {
        anstream::println!("{}", serde_json::to_string_pretty(&findings)?);
    } else {
        for finding in &findings {
            anstream::println!("{} {}", paint::strong(finding.place()), paint::bad(finding.rule.as_str()));
            anstream::println!("  {}: {}", finding.function, finding.message);
            anstream::println!("  {}", paint::faint(finding.rule.advice()));
        }
        let told = format!("{handlers} handlers in {} files, {} findings", files.len(), findings.len());
        anstream::println!("{}", if findings.is_empty() { paint::good(told).to_string() } else { told });
    }
    Ok(if findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What is to be said of a file's handlers, and how many they are.
pub fn review(file: &Path, source: &str) -> anyhow::Result<(Vec<Finding>, usize)> {
    let parsed = syn::parse_file(source).with_context(|| format!("{} is not Rust", file.display()))?;
    let names = names::Names::of(&parsed);
    let handlers = handlers::of(&parsed);
    let mut findings: Vec<Finding> = handlers.iter().flat_map(|handler| body::review(file, handler, &names)).collect();
    if !handlers.is_empty() {
        findings.extend(state::review(file, &parsed));
    }
    findings.retain(|finding| !allowed::is_allowed(source, finding));
    findings.sort_by_key(|finding| finding.line);
    Ok((findings, handlers.len()))
}

/// The source folders of the workspace's members.
fn sources() -> anyhow::Result<Vec<PathBuf>> {
    let metadata = workspace::metadata()?;
    let folders = metadata.workspace_packages().into_iter().filter_map(|package| package.manifest_path.parent());
    Ok(folders.map(|folder| folder.join("src").into_std_path_buf()).filter(|folder| folder.is_dir()).collect())
}

/// Adds the Rust files at or below a path.
fn collect(path: &Path, files: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    let unreadable = || format!("{} cannot be read", path.display());
    if path.is_file() {
        files.push(path.to_owned());
        return Ok(());
    }
    for entry in std::fs::read_dir(path).with_context(unreadable)? {
        let path = entry.with_context(unreadable)?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_dir() && !name.starts_with('.') && name != "target" {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    Ok(())
}
