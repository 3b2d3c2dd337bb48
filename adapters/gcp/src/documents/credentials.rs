//! Who the caller is.

use anyport_ports::{Error, ErrorKind, Result};
use firestore::gcloud_sdk::google_cloud_auth::credentials::{
    CacheableResource, Credentials, CredentialsProvider, EntityTag,
};
use firestore::gcloud_sdk::google_cloud_auth::errors::CredentialsError;
use firestore::gcloud_sdk::{GCP_DEFAULT_SCOPES, GoogleAuthHeaders, HeaderMap};
use http::header::{AUTHORIZATION, HeaderValue};

/// The Application Default Credentials. No service is called yet.
pub(super) async fn default() -> Result<GoogleAuthHeaders> {
    // A key of a service account signs by what rustls is on.
    drop(rustls::crypto::ring::default_provider().install_default());
    GoogleAuthHeaders::from_adc_with_scopes(GCP_DEFAULT_SCOPES.clone()).await.map_err(|error| {
        let message = "no usable Google Cloud credentials were found: check GOOGLE_APPLICATION_CREDENTIALS, or run `gcloud auth \
                       application-default login`";
        Error::new(ErrorKind::Unauthenticated, message).caused_by(error)
    })
}

/// What an emulator takes for its owner, who may do everything: `Bearer owner`. It is no secret.
pub(super) fn owner() -> GoogleAuthHeaders {
    GoogleAuthHeaders::from(Credentials::from(Owner { tag: EntityTag::new() }))
}

#[derive(Debug)]
struct Owner {
    tag: EntityTag,
}

impl CredentialsProvider for Owner {
    async fn headers(
        &self,
        extensions: http::Extensions,
    ) -> std::result::Result<CacheableResource<HeaderMap>, CredentialsError> {
        if extensions.get::<EntityTag>() == Some(&self.tag) {
            return Ok(CacheableResource::NotModified);
        }
        let data = HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_static("Bearer owner"))]);
        Ok(CacheableResource::New { entity_tag: self.tag.clone(), data })
    }

    async fn universe_domain(&self) -> Option<String> {
        None
    }
}
