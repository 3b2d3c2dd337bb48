//! What stands for Microsoft Azure.

use std::net::IpAddr;
use std::process::Command;

use super::{Emulator, Maker, fake};
use crate::program::Program;
use crate::ready::Probe;
use crate::tools;
use crate::variable::Variable;

const COSMOS_DB: Variable = Variable::url("AZURE_COSMOS_ENDPOINT", "http");
const STORAGE_QUEUE: Variable = Variable::http_path("AZURE_STORAGE_QUEUE_ENDPOINT", "/devstoreaccount1");
const STORAGE_BLOB: Variable = Variable::http_path("AZURE_STORAGE_BLOB_ENDPOINT", "/devstoreaccount1");
const KEY_VAULT: Variable = Variable::url("AZURE_KEYVAULT_ENDPOINT", "https");
/// Who vouches for the vault: its clients refuse plain http, so it has a certificate of its own.
const KEY_VAULT_AUTHORITY: Variable = Variable::file("AZURE_KEYVAULT_CA_FILE", "ca.pem");

/// All of them.
pub(crate) const EMULATORS: &[&Emulator] = &[&COSMOS, &AZURITE_QUEUE, &AZURITE_BLOB, &VAULT];

/// What its tests use beside them.
pub(crate) const PROGRAMS: &[Program] =
    &[Program { variable: "ANYPORT_AZURE_PYTHON", tool: &tools::CLIENTS, beside: None }];

/// Variables that hold for all of them. The keys are no secret: Microsoft publishes them for its emulators.
/// <https://learn.microsoft.com/azure/cosmos-db/emulator>,
/// <https://learn.microsoft.com/azure/storage/common/storage-use-azurite>
pub(crate) const SETTINGS: &[(&str, &str)] = &[
    // Its client asks at start where in Azure it runs, of an address that is none of this machine.
    ("COSMOS_DISABLE_IMDS", "1"),
    ("AZURE_COSMOS_KEY", "C2y6yDjf5/R+ob0N8A7Cgv30VRDJIWEHLM+4QDU5DE2nQ9nDuVTqobD4b8mGGyPMbIZnqyMsEcaGQy67XIw/Jw=="),
    ("AZURE_STORAGE_ACCOUNT", "devstoreaccount1"),
    ("AZURE_STORAGE_KEY", "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="),
];

/// Whether an endpoint is an account's. Azure has no variables of its own for servers that stand for it, as others have, so
/// one that is not on this machine is taken for an account.
pub(crate) fn is_account(endpoint: &str) -> bool {
    let authority = endpoint.split_once("://").map_or("", |(_, rest)| rest.split(['/', '?', '#']).next().unwrap_or(""));
    let host = authority.rsplit_once(':').map_or(authority, |(host, port)| {
        if port.bytes().all(|digit| digit.is_ascii_digit()) { host } else { authority }
    });
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    !(host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback()))
}

const COSMOS: Emulator = Emulator {
    name: "cosmos",
    maker: Maker::Provider("Microsoft"),
    serves: &[COSMOS_DB],
    could_serve: &[],
    tool: &tools::COSMOS,
    probe: Probe::AnyHttp,
    arguments: |command, port, _| {
        command.args(["--port", &port.to_string()]);
    },
};

const AZURITE_QUEUE: Emulator = Emulator {
    name: "azurite-queue",
    maker: Maker::Provider("Microsoft"),
    serves: &[STORAGE_QUEUE],
    could_serve: &[],
    tool: &tools::AZURITE_QUEUE,
    probe: Probe::AnyHttp,
    arguments: |command, port, _| azurite(command, "--queueHost", "--queuePort", port),
};

const AZURITE_BLOB: Emulator = Emulator {
    name: "azurite-blob",
    maker: Maker::Provider("Microsoft"),
    serves: &[STORAGE_BLOB],
    could_serve: &[],
    tool: &tools::AZURITE_BLOB,
    probe: Probe::AnyHttp,
    arguments: |command, port, _| azurite(command, "--blobHost", "--blobPort", port),
};

const VAULT: Emulator = Emulator {
    name: "vault",
    maker: Maker::Ours,
    serves: &[KEY_VAULT, KEY_VAULT_AUTHORITY],
    could_serve: &[],
    tool: &tools::FAKES,
    probe: Probe::Listens,
    arguments: |command, port, folder| fake(command, "vault", port, folder),
};

fn azurite(command: &mut Command, host: &str, port_option: &str, port: u16) {
    command.args([host, "127.0.0.1", port_option, &port.to_string()]);
    command.args(["--inMemoryPersistence", "--disableTelemetry", "--silent"]);
}
