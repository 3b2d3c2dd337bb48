//! Who the program is, for Microsoft Entra ID.

use std::sync::Arc;

use anyport_ports::{Error, ErrorKind, Result};
use azure_core::credentials::{Secret, TokenCredential};
use azure_identity::{
    ClientSecretCredential, DeveloperToolsCredential, ManagedIdentityCredential, ManagedIdentityCredentialOptions,
    UserAssignedId, WorkloadIdentityCredential,
};

/// The credential that fits the environment, by the variables that Azure's own tools and hosts set:
///
/// 1. `AZURE_FEDERATED_TOKEN_FILE`: workload identity, as in Kubernetes;
/// 2. `IDENTITY_ENDPOINT`, or `AZURE_TOKEN_CREDENTIALS=ManagedIdentityCredential` on a virtual machine, which has no variable
///    of its own: the managed identity, of which `AZURE_CLIENT_ID` chooses one;
/// 3. `AZURE_CLIENT_SECRET` with `AZURE_TENANT_ID` and `AZURE_CLIENT_ID`: that application's secret;
/// 4. else who is logged in by `az` or `azd`.
///
/// No token is asked for yet. `Unauthenticated` if a variable is missing or not what it should be.
pub(crate) fn entra() -> Result<Arc<dyn TokenCredential>> {
    // The credentials have an HTTP client of their own. Somebody else may have chosen for the process, which is as good.
    drop(rustls::crypto::ring::default_provider().install_default());
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    make(&Source::found(variable))
}

/// Where tokens come from.
#[derive(Debug, PartialEq, Eq)]
enum Source {
    Workload,
    Managed { client: Option<String> },
    Application { tenant: String, client: String, secret: Secret },
    Developer,
}

impl Source {
    fn found(variable: impl Fn(&str) -> Option<String>) -> Self {
        let managed = || variable("AZURE_TOKEN_CREDENTIALS").is_some_and(|of| of == "ManagedIdentityCredential");
        let (tenant, client) = (variable("AZURE_TENANT_ID"), variable("AZURE_CLIENT_ID"));
        if variable("AZURE_FEDERATED_TOKEN_FILE").is_some() {
            return Self::Workload;
        }
        if variable("IDENTITY_ENDPOINT").is_some() || managed() {
            return Self::Managed { client };
        }
        match (tenant, client, variable("AZURE_CLIENT_SECRET")) {
            (Some(tenant), Some(client), Some(secret)) => {
                Self::Application { tenant, client, secret: Secret::new(secret) }
            }
            _ => Self::Developer,
        }
    }
}

fn make(source: &Source) -> Result<Arc<dyn TokenCredential>> {
    let made: azure_core::Result<Arc<dyn TokenCredential>> = match source {
        Source::Workload => WorkloadIdentityCredential::new(None).map(|credential| credential as _),
        Source::Managed { client } => {
            let options = ManagedIdentityCredentialOptions {
                user_assigned_id: client.clone().map(UserAssignedId::ClientId),
                ..Default::default()
            };
            ManagedIdentityCredential::new(Some(options)).map(|credential| credential as _)
        }
        Source::Application { tenant, client, secret } => {
            ClientSecretCredential::new(tenant, client.clone(), secret.clone(), None).map(|credential| credential as _)
        }
        Source::Developer => DeveloperToolsCredential::new(None).map(|credential| credential as _),
    };
    made.map_err(|error| {
        let message = "no usable Azure credentials were found: check the AZURE_ variables, or log in with `az login`";
        Error::new(ErrorKind::Unauthenticated, message).caused_by(error)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(variables: &[(&str, &str)]) -> Source {
        Source::found(|name| {
            variables.iter().find(|(variable, _)| *variable == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_environment_tells_where_tokens_come_from() {
        let application = [("AZURE_TENANT_ID", "t"), ("AZURE_CLIENT_ID", "c"), ("AZURE_CLIENT_SECRET", "s")];
        let (tenant, client) = ("t".to_owned(), "c".to_owned());
        assert_eq!(found(&application), Source::Application { tenant, client, secret: Secret::new("s") });
        assert_eq!(found(&application[..2]), Source::Developer);
        assert_eq!(found(&[]), Source::Developer);
        assert_eq!(found(&[("AZURE_FEDERATED_TOKEN_FILE", "f"), ("AZURE_CLIENT_ID", "c")]), Source::Workload);
        let managed = |client: Option<&str>| Source::Managed { client: client.map(str::to_owned) };
        assert_eq!(found(&[("IDENTITY_ENDPOINT", "http://127.0.0.1:1")]), managed(None));
        let chosen = [("AZURE_TOKEN_CREDENTIALS", "ManagedIdentityCredential"), ("AZURE_CLIENT_ID", "c")];
        assert_eq!(found(&chosen), managed(Some("c")));
    }

    #[test]
    fn a_secret_is_not_shown() {
        let shown = format!(
            "{:?}",
            found(&[("AZURE_TENANT_ID", "t"), ("AZURE_CLIENT_ID", "c"), ("AZURE_CLIENT_SECRET", "s3cr3t")])
        );
        assert!(!shown.contains("s3cr3t"), "{shown}");
    }
}
