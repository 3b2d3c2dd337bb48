//! What stands for Amazon Web Services.

use super::{Emulator, Maker};
use crate::program::Program;
use crate::ready::Probe;
use crate::tools;
use crate::variable::Variable;

const DYNAMODB: Variable = Variable::url("AWS_ENDPOINT_URL_DYNAMODB", "http");
const DYNAMODB_STREAMS: Variable = Variable::url("AWS_ENDPOINT_URL_DYNAMODB_STREAMS", "http");
const S3: Variable = Variable::url("AWS_ENDPOINT_URL_S3", "http");
const SECRETS_MANAGER: Variable = Variable::url("AWS_ENDPOINT_URL_SECRETS_MANAGER", "http");
const SNS: Variable = Variable::url("AWS_ENDPOINT_URL_SNS", "http");
const SQS: Variable = Variable::url("AWS_ENDPOINT_URL_SQS", "http");
const SSM: Variable = Variable::url("AWS_ENDPOINT_URL_SSM", "http");

/// All of them.
pub(crate) const EMULATORS: &[&Emulator] = &[&DYNOXIDE, &MINISTACK, &MOTO];

/// What its tests use beside them.
pub(crate) const PROGRAMS: &[Program] = &[
    Program { variable: "ANYPORT_BOTO3_PYTHON", tool: &tools::MOTO, beside: Some("python") },
    Program { variable: "ANYPORT_CARGO_LAMBDA", tool: &tools::CARGO_LAMBDA, beside: None },
];

/// Variables that hold for all of them. The credentials are no secret: no emulator checks them.
pub(crate) const SETTINGS: &[(&str, &str)] = &[
    ("AWS_ACCESS_KEY_ID", "test"),
    ("AWS_SECRET_ACCESS_KEY", "test"),
    ("AWS_REGION", "us-east-1"),
    ("AWS_ACCOUNT_ID", "000000000000"),
    ("AWS_EC2_METADATA_DISABLED", "true"),
];

/// What leads to a server beside the variables of the services.
pub(crate) const SERVERS: &[&str] = &["AWS_ENDPOINT_URL"];

/// What tells AWS's own clients who they are.
pub(crate) const ACCOUNT: &[&str] = &[
    "AWS_ACCESS_KEY_ID",
    "AWS_PROFILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
];

const DYNOXIDE: Emulator = Emulator {
    name: "dynoxide",
    maker: Maker::Others,
    serves: &[DYNAMODB, DYNAMODB_STREAMS],
    could_serve: &[],
    tool: &tools::DYNOXIDE,
    probe: Probe::Http("/"),
    arguments: |command, port, _| {
        command.args(["serve", "--log", "quiet", "--host", "127.0.0.1", "--port", &port.to_string()]);
    },
};

const MINISTACK: Emulator = Emulator {
    name: "ministack",
    maker: Maker::Others,
    serves: &[S3, SNS, SQS, SSM],
    could_serve: &[DYNAMODB, SECRETS_MANAGER],
    tool: &tools::MINISTACK,
    probe: Probe::Http("/_ministack/health"),
    arguments: |command, port, _| {
        // It binds every address unless told, and would start containers for some services if it could.
        command.env("GATEWAY_PORT", port.to_string()).env("BIND_HOST", "127.0.0.1");
        command.env("DOCKER_HOST", "unix:///nonexistent").env("LOG_LEVEL", "WARNING");
    },
};

const MOTO: Emulator = Emulator {
    name: "moto",
    maker: Maker::Others,
    serves: &[SECRETS_MANAGER],
    could_serve: &[DYNAMODB, S3, SNS, SQS, SSM],
    tool: &tools::MOTO,
    probe: Probe::Http("/moto-api/"),
    arguments: |command, port, _| {
        command.args(["--host", "127.0.0.1", "--port", &port.to_string()]);
    },
};
