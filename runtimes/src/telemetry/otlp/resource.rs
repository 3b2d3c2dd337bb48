//! What tells of which process spans and metrics are.

use opentelemetry::KeyValue;
use opentelemetry_sdk::Resource;
use uuid::Uuid;

use super::TelemetrySettings;

/// The service as the settings have it, and where it runs as the environment tells. What `OTEL_SERVICE_NAME` and
/// `OTEL_RESOURCE_ATTRIBUTES` say is found by the builder.
pub(super) fn of(settings: &TelemetrySettings) -> Resource {
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let text = |name: &'static str, value: Option<String>| value.map(|value| KeyValue::new(name, value));
    let mut attributes: Vec<KeyValue> = Vec::new();
    attributes.extend(text("service.version", Some(settings.service_version.clone()).filter(|own| !own.is_empty())));
    attributes.push(KeyValue::new("service.instance.id", Uuid::new_v4().to_string()));
    if let Some(function) = set("AWS_LAMBDA_FUNCTION_NAME") {
        let memory = set("AWS_LAMBDA_FUNCTION_MEMORY_SIZE").and_then(|mebibytes| mebibytes.parse::<i64>().ok());
        attributes.extend([
            KeyValue::new("cloud.provider", "aws"),
            KeyValue::new("cloud.platform", "aws_lambda"),
            KeyValue::new("faas.name", function),
        ]);
        attributes.extend(text("cloud.region", set("AWS_REGION")));
        attributes.extend(text("faas.version", set("AWS_LAMBDA_FUNCTION_VERSION")));
        attributes.extend(text("faas.instance", set("AWS_LAMBDA_LOG_STREAM_NAME")));
        attributes.extend(memory.map(|mebibytes| KeyValue::new("faas.max_memory", mebibytes * 1024 * 1024)));
    } else if set("FUNCTIONS_CUSTOMHANDLER_PORT").is_some() {
        attributes
            .extend([KeyValue::new("cloud.provider", "azure"), KeyValue::new("cloud.platform", "azure.functions")]);
        attributes.extend(text("faas.name", set("WEBSITE_SITE_NAME")));
        attributes.extend(text("cloud.region", set("REGION_NAME")));
        attributes.extend(text("faas.instance", set("WEBSITE_INSTANCE_ID")));
    } else if let Some(service) = set("K_SERVICE") {
        attributes.extend([
            KeyValue::new("cloud.provider", "gcp"),
            KeyValue::new("cloud.platform", "gcp_cloud_run"),
            KeyValue::new("faas.name", service),
        ]);
        attributes.extend(text("faas.version", set("K_REVISION")));
    }
    let mut resource = Resource::builder().with_attributes(attributes);
    if set("OTEL_SERVICE_NAME").is_none() {
        resource = resource.with_service_name(settings.service_name());
    }
    resource.build()
}
