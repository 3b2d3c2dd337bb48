//! What a user may set.

use serde::Deserialize;

/// How to reach AWS. Everything that is not here follows the SDK's own conventions: `AWS_REGION`, `AWS_ACCESS_KEY_ID`,
/// `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`, `AWS_ACCOUNT_ID`, `AWS_ENDPOINT_URL`, and one endpoint for one service by
/// `AWS_ENDPOINT_URL_DYNAMODB`, `_DYNAMODB_STREAMS`, `_SQS`, `_SNS`, `_SECRETS_MANAGER`, `_SSM`; with the feature `default-chain` also
/// profiles, single sign-on, containers and instances.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AwsSettings {
    /// What the name of every table, topic, queue and secret begins with, so that several environments may share an
    /// account: up to 16 of `a-z`, `0-9` and `-`. Empty unless set.
    pub prefix: String,
    /// The region; by the SDK's conventions unless set.
    pub region: Option<String>,
    /// One endpoint for all services, as of an emulator; by the SDK's conventions unless set.
    pub endpoint_url: Option<String>,
}
