//! Amazon resource names of topics and queues.

/// `arn:partition:service:region:account:resource`, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Arn<'a> {
    partition: &'a str,
    pub(super) service: &'a str,
    pub(super) region: &'a str,
    pub(super) account: &'a str,
    pub(super) resource: &'a str,
}

impl<'a> Arn<'a> {
    /// Takes a name apart, if it is one.
    pub(super) fn parse(arn: &'a str) -> Option<Self> {
        let mut parts = arn.splitn(6, ':');
        let (head, partition, service) = (parts.next()?, parts.next()?, parts.next()?);
        let (region, account, resource) = (parts.next()?, parts.next()?, parts.next()?);
        (head == "arn").then_some(Self { partition, service, region, account, resource })
    }

    /// The name of another resource in the same partition, region and account.
    pub(super) fn sibling(&self, service: &str, resource: &str) -> String {
        format!("arn:{}:{service}:{}:{}:{resource}", self.partition, self.region, self.account)
    }
}

/// The partition that a region belongs to.
pub(super) fn partition(region: &str) -> &'static str {
    match region {
        region if region.starts_with("cn-") => "aws-cn",
        region if region.starts_with("us-gov-") => "aws-us-gov",
        region if region.starts_with("eusc-") => "aws-eusc",
        region if region.starts_with("us-iso-") => "aws-iso",
        region if region.starts_with("us-isob-") => "aws-iso-b",
        region if region.starts_with("eu-isoe-") => "aws-iso-e",
        region if region.starts_with("us-isof-") => "aws-iso-f",
        _ => "aws",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_stands_beside_its_topic() {
        let topic = Arn::parse("arn:aws-cn:sns:cn-north-1:123456789012:orders").unwrap();
        assert_eq!((topic.service, topic.resource), ("sns", "orders"));
        assert_eq!(topic.sibling("sqs", "orders_fulfil"), "arn:aws-cn:sqs:cn-north-1:123456789012:orders_fulfil");
        for none in ["", "orders", "arn:aws:sns:eu-west-1:1", "urn:aws:sns:eu-west-1:1:orders"] {
            assert_eq!(Arn::parse(none), None, "{none}");
        }
    }

    #[test]
    fn regions_belong_to_partitions() {
        for (region, expected) in [("eu-central-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")] {
            assert_eq!(partition(region), expected);
        }
    }
}
