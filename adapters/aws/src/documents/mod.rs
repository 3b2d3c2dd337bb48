//! Documents on DynamoDB.

use crate::connection::Aws;

/// Documents on DynamoDB.
#[derive(Clone, Debug)]
pub struct DynamoDocuments {
    aws: Aws,
}

impl DynamoDocuments {
    pub(crate) fn new(aws: &Aws) -> Self {
        Self { aws: aws.clone() }
    }
}
