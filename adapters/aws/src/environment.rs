//! The SDK's conventions for the environment's variables, which is where Lambda puts all there is to know.

use std::env;

use anyport_ports::{Error, ErrorKind, Result};
use aws_credential_types::Credentials;

/// The credentials that the environment holds.
pub(crate) fn credentials() -> Result<Credentials> {
    let (Some(id), Some(secret)) = (variable("AWS_ACCESS_KEY_ID"), variable("AWS_SECRET_ACCESS_KEY")) else {
        return Err(Error::new(
            ErrorKind::Unauthenticated,
            "no AWS credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or build with the feature \
             `default-chain` for profiles, single sign-on, containers and instances",
        ));
    };
    let mut builder =
        Credentials::builder().access_key_id(id).secret_access_key(secret).provider_name("EnvironmentVariable");
    builder.set_session_token(variable("AWS_SESSION_TOKEN"));
    if let Some(account) = variable("AWS_ACCOUNT_ID") {
        builder = builder.account_id(account);
    }
    Ok(builder.build())
}

/// A variable that is set to something.
fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.trim().is_empty())
}

#[cfg(not(feature = "default-chain"))]
pub(crate) use alone::configure;

/// Without the SDK's chain: region, credentials and endpoints from the environment alone.
#[cfg(not(feature = "default-chain"))]
mod alone {
    use anyport_ports::Result;
    use aws_credential_types::provider::SharedCredentialsProvider;
    use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
    use aws_types::SdkConfig;
    use aws_types::origin::Origin;
    use aws_types::region::Region;
    use aws_types::sdk_config::Builder;
    use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};

    use super::{credentials, variable};

    pub(crate) fn configure(builder: Builder) -> Result<SdkConfig> {
        let region = variable("AWS_REGION").or_else(|| variable("AWS_DEFAULT_REGION"));
        let mut builder = builder
            .behavior_version(BehaviorVersion::latest())
            .credentials_provider(SharedCredentialsProvider::new(credentials()?))
            .service_config(Services)
            .region(region.map(Region::new));
        if !ignores_endpoints() {
            builder.set_endpoint_url(variable("AWS_ENDPOINT_URL"));
            builder.insert_origin("endpoint_url", Origin::shared_environment_variable());
        }
        Ok(builder.build())
    }

    fn ignores_endpoints() -> bool {
        variable("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS").is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// Settings of one service, as `AWS_ENDPOINT_URL_DYNAMODB`.
    #[derive(Debug)]
    struct Services;

    impl LoadServiceConfig for Services {
        fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
            if ignores_endpoints() {
                return None;
            }
            let service = key.service_id().to_uppercase().replace([' ', '-'], "_");
            variable(&format!("{}_{service}", key.env()))
        }
    }
}
