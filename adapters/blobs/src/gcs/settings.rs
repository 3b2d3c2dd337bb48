//! What a user may set.

use std::fmt;

use serde::Deserialize;

/// How to reach Cloud Storage. Everything that is not here follows Google's own conventions: the application default
/// credentials, which are the file that `GOOGLE_APPLICATION_CREDENTIALS` names (a service account's key, or a user's login),
/// the login of the command line, or the service account that the host runs as; `GOOGLE_CLOUD_PROJECT`; and for an emulator
/// `STORAGE_EMULATOR_HOST`, which is asked anonymously unless `GOOGLE_APPLICATION_CREDENTIALS` names a file. Signed URLs take
/// a service account: by its key, or by the role *Service Account Token Creator* on itself. Workload identity federation
/// from outside Google Cloud is not known here.
#[derive(Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct GcsSettings {
    /// What the name of every bucket begins with, since a bucket's name is unique in all the world: up to 16 of `a-z`,
    /// `0-9` and `-`. Empty unless set.
    pub prefix: String,
    /// The project that buckets are made in; by the conventions, or that of the service account, unless set.
    pub project: Option<String>,
    /// The location that buckets are made in, such as `EUROPE-WEST1`; Google's default unless set.
    pub location: Option<String>,
    /// An endpoint, as of an emulator; by the conventions unless set.
    pub endpoint_url: Option<String>,
    #[serde(skip)]
    pub(super) service_account: Option<String>,
}

impl GcsSettings {
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

    /// In this project.
    #[must_use]
    pub fn with_project(mut self, project: impl Into<String>) -> Self {
        self.project = Some(project.into());
        self
    }

    /// With new buckets in this location.
    #[must_use]
    pub fn with_location(mut self, location: impl Into<String>) -> Self {
        self.location = Some(location.into());
        self
    }

    /// At this endpoint.
    #[must_use]
    pub fn with_endpoint_url(mut self, url: impl Into<String>) -> Self {
        self.endpoint_url = Some(url.into());
        self
    }

    /// As this service account, whatever the environment says: the text of its key file, which is JSON.
    #[must_use]
    pub fn with_service_account(mut self, key_file: impl Into<String>) -> Self {
        self.service_account = Some(key_file.into());
        self
    }
}

impl fmt::Debug for GcsSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GcsSettings")
            .field("prefix", &self.prefix)
            .field("project", &self.project)
            .field("location", &self.location)
            .field("endpoint_url", &self.endpoint_url)
            .finish_non_exhaustive()
    }
}
