//! Every check against every adapter of the house.

fn main() -> std::process::ExitCode {
    anyport_conformance::harness::main(anyport_cli::adapters::all())
}
