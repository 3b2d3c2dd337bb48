//! Who is stood for.

use std::fmt;
use std::str::FromStr;

use anyhow::{Result, bail};
use serde::{Deserialize, Serialize};

use crate::emulator::{DYNOXIDE, Emulator, MINISTACK, MOTO, REDIS};
use crate::tools::{CARGO_LAMBDA, MOTO as MOTO_TOOL, REDIS_SERVER, Tools};

/// A provider whose services can be stood for on this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    /// Amazon Web Services.
    Aws,
    /// Microsoft Azure.
    Azure,
    /// Google Cloud.
    Gcp,
    /// Redis, which needs no emulator: a server of its own.
    Redis,
}

impl Provider {
    /// Every provider.
    pub const ALL: &'static [Self] = &[Self::Aws, Self::Azure, Self::Gcp, Self::Redis];

    /// The emulators that stand for it, together.
    pub fn emulators(self) -> &'static [&'static Emulator] {
        match self {
            Self::Aws => &[&DYNOXIDE, &MINISTACK, &MOTO],
            Self::Azure | Self::Gcp => &[],
            Self::Redis => &[&REDIS],
        }
    }

    /// Variables that hold for all of its emulators. The credentials are no secret: no emulator checks them.
    pub(crate) fn settings(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Aws => &[
                ("AWS_ACCESS_KEY_ID", "test"),
                ("AWS_SECRET_ACCESS_KEY", "test"),
                ("AWS_REGION", "us-east-1"),
                ("AWS_ACCOUNT_ID", "000000000000"),
                ("AWS_EC2_METADATA_DISABLED", "true"),
            ],
            Self::Azure | Self::Gcp | Self::Redis => &[],
        }
    }

    /// Installs the other programs that tests of this provider use, and answers the variables with their paths.
    pub(crate) fn tools(self, tools: &Tools) -> Result<Vec<(String, String)>> {
        let path = |tool| Ok::<_, anyhow::Error>(tools.provide(tool)?.program);
        let found = match self {
            Self::Aws => vec![
                ("ANYPORT_BOTO3_PYTHON", path(&MOTO_TOOL)?.with_file_name("python")),
                ("ANYPORT_CARGO_LAMBDA", path(&CARGO_LAMBDA)?),
            ],
            Self::Azure | Self::Gcp => vec![],
            Self::Redis => vec![("ANYPORT_REDIS_SERVER", path(&REDIS_SERVER)?)],
        };
        Ok(found.into_iter().map(|(name, path)| (name.to_owned(), path.display().to_string())).collect())
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Aws => "aws",
            Self::Azure => "azure",
            Self::Gcp => "gcp",
            Self::Redis => "redis",
        })
    }
}

impl FromStr for Provider {
    type Err = anyhow::Error;

    fn from_str(name: &str) -> Result<Self> {
        let Some(provider) = Self::ALL.iter().find(|provider| provider.to_string() == name) else {
            let known: Vec<String> = Self::ALL.iter().map(ToString::to_string).collect();
            bail!("no emulators stand for {name:?}: there are some for {}", known.join(", "));
        };
        Ok(*provider)
    }
}
