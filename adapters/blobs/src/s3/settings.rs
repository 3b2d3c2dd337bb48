//! What a user may set.

use std::fmt;

use serde::Deserialize;

use super::AwsCredentialProvider;

/// How to reach S3. Everything that is not here follows AWS's own conventions: `AWS_REGION` or `AWS_DEFAULT_REGION`;
/// `AWS_ENDPOINT_URL_S3`, then `AWS_ENDPOINT_URL`; credentials from `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and
/// `AWS_SESSION_TOKEN`, from a web identity (`AWS_WEB_IDENTITY_TOKEN_FILE`), from the container, or from the instance, in
/// this order. Profiles and single sign-on are not known here: give their credentials by [`S3Settings::with_credentials`].
#[derive(Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct S3Settings {
    /// What the name of every bucket begins with, since a bucket's name is unique in all the world: up to 16 of `a-z`,
    /// `0-9` and `-`. Empty unless set.
    pub prefix: String,
    /// The region; by the conventions unless set.
    pub region: Option<String>,
    /// An endpoint, as of an emulator; by the conventions unless set. Buckets are in the path of its URLs.
    pub endpoint_url: Option<String>,
    #[serde(skip)]
    pub(super) credentials: Option<AwsCredentialProvider>,
}

impl S3Settings {
    /// Nothing set.
    pub fn new() -> Self {
        Self::default()
    }

    /// With this at the beginning of every bucket's name.
    #[must_use]
    pub fn with_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// In this region.
    #[must_use]
    pub fn with_region(mut self, region: impl Into<String>) -> Self {
        self.region = Some(region.into());
        self
    }

    /// At this endpoint.
    #[must_use]
    pub fn with_endpoint_url(mut self, url: impl Into<String>) -> Self {
        self.endpoint_url = Some(url.into());
        self
    }

    /// With credentials from here, and nowhere else.
    #[must_use]
    pub fn with_credentials(mut self, credentials: AwsCredentialProvider) -> Self {
        self.credentials = Some(credentials);
        self
    }
}

impl fmt::Debug for S3Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("S3Settings")
            .field("prefix", &self.prefix)
            .field("region", &self.region)
            .field("endpoint_url", &self.endpoint_url)
            .finish_non_exhaustive()
    }
}
