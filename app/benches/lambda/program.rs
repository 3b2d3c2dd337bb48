//! The programs that are compared.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use anyport_conformance::hosts::runtime_api::RuntimeApi;

use crate::Result;

/// A bootstrap binary, and the namespace at AWS that it works in.
pub(crate) struct Program {
    pub(crate) binary: PathBuf,
    pub(crate) prefix: String,
}

impl Program {
    /// The storefront, and what is written by hand, as the environment names them.
    pub(crate) fn given() -> Result<(Self, Self)> {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH)?;
        let prefix = format!("b{:012x}-", since_epoch.as_micros() & 0xffff_ffff_ffff);
        let given = |variable: &str| {
            let binary =
                std::env::var_os(variable).ok_or(format!("{variable} is not set: run `cargo xtask bench lambda`"));
            binary.map(|binary| Self { binary: binary.into(), prefix: prefix.clone() })
        };
        Ok((given("ANYPORT_BENCH_STOREFRONT")?, given("ANYPORT_BENCH_BY_HAND")?))
    }

    /// Its size, in bytes.
    pub(crate) fn size(&self) -> Result<u64> {
        Ok(std::fs::metadata(&self.binary).map_err(|error| format!("{}: {error}", self.binary.display()))?.len())
    }

    /// What starts it as AWS Lambda does: with nothing in its environment but what the host and a user put there.
    pub(crate) fn command(&self, api: &RuntimeApi) -> Command {
        let mut command = Command::new(&self.binary);
        command
            .env_clear()
            .envs(std::env::vars().filter(|(name, _)| name.starts_with("AWS_")))
            .env("ANYPORT_AWS__PREFIX", &self.prefix)
            // Neither is called by what is measured.
            .env("ANYPORT_AUTH__ISSUERS", r#"[{"issuer": "https://issuer.example", "audience": ["storefront"]}]"#)
            .env("ANYPORT_HTTP__SERVICES__PAYMENTS__URL", "https://payments.example")
            .envs(api.environment())
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        command
    }
}
