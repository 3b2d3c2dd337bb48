//! The HTTP client below the SDK.

use std::sync::{Arc, OnceLock};

use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;

/// Speaks TLS by rustls on ring. Reading the machine's root certificates takes a good part of a cold start, so that is
/// left until the first request that needs them: with an emulator's plain endpoint there is none.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    plain: SharedHttpClient,
    tls: Arc<OnceLock<SharedHttpClient>>,
}

impl Client {
    pub(crate) fn new() -> Self {
        Self { plain: Builder::new().build_http(), tls: Arc::default() }
    }
}

impl HttpClient for Client {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let (client, settings, components) = (self.clone(), settings.clone(), components.clone());
        SharedHttpConnector::new(Connector { client, settings, components })
    }
}

#[derive(Debug)]
struct Connector {
    client: Client,
    settings: HttpConnectorSettings,
    components: RuntimeComponents,
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let client = if request.uri().starts_with("http://") {
            &self.client.plain
        } else {
            let build = || Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
            self.client.tls.get_or_init(build)
        };
        client.http_connector(&self.settings, &self.components).call(request)
    }
}
