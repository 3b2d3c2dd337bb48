//! The files that the host reads: `host.json`, and `function.json` in a folder for each function.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use super::routes::Template;

/// What the host knows of an app.
#[derive(Clone, Debug)]
pub struct App {
    /// Its folder.
    pub root: PathBuf,
    /// `host.json`.
    pub host: HostJson,
    /// The functions, by name.
    pub functions: BTreeMap<String, FunctionJson>,
}

/// `host.json`, as far as custom handlers are concerned.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HostJson {
    version: String,
    #[serde(default)]
    function_timeout: Option<String>,
    /// The handler.
    pub custom_handler: CustomHandler,
    #[serde(default)]
    extensions: Extensions,
    #[serde(default)]
    retry: Option<RetryPolicy>,
}

/// `customHandler` of `host.json`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CustomHandler {
    /// How it is started.
    pub description: Description,
    /// Whether requests are rebuilt and passed on.
    #[serde(default)]
    pub enable_forwarding_http_request: bool,
    /// Whether requests are passed on as they are; it wins over forwarding.
    #[serde(default)]
    pub enable_proxying_http_request: bool,
    #[serde(default)]
    pub(super) port: Option<u16>,
    #[serde(default)]
    pub(super) initialization_timeout: Option<String>,
}

/// `customHandler.description` of `host.json`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Description {
    /// The executable, relative to the app's folder if it is in it.
    pub default_executable_path: String,
    /// Its working folder, relative to the app's.
    #[serde(default)]
    pub working_directory: Option<String>,
    /// Its arguments.
    #[serde(default)]
    pub arguments: Vec<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Extensions {
    http: Http,
    queues: Queues,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Http {
    route_prefix: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Queues {
    max_dequeue_count: u32,
}

impl Default for Http {
    fn default() -> Self {
        Self { route_prefix: "api".to_owned() }
    }
}

impl Default for Queues {
    fn default() -> Self {
        Self { max_dequeue_count: 5 }
    }
}

/// How often a function that failed is called again at once.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RetryPolicy {
    /// `fixedDelay` or `exponentialBackoff`.
    pub strategy: String,
    /// -1: for ever.
    pub max_retry_count: i64,
}

/// `function.json`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FunctionJson {
    /// Its bindings, the trigger among them.
    pub bindings: Vec<Binding>,
    #[serde(default)]
    pub(super) retry: Option<RetryPolicy>,
}

/// A binding of a function.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Binding {
    /// Its type: `queueTrigger`.
    #[serde(rename = "type")]
    pub kind: String,
    /// `in` or `out`.
    pub direction: String,
    /// What it is called in `Data` and `Outputs`.
    pub name: String,
    /// `binary`, `string` or `stream`.
    #[serde(default)]
    pub data_type: Option<String>,
    /// What its type has beside.
    #[serde(flatten)]
    pub more: BTreeMap<String, Value>,
}

impl Binding {
    /// A property of its type, as text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.more.get(name)?.as_str()
    }

    pub(super) fn is_binary(&self) -> bool {
        self.data_type.as_deref() == Some("binary")
    }
}

impl FunctionJson {
    /// What triggers it.
    pub fn trigger(&self) -> &Binding {
        // There is one, or it was not read.
        self.bindings.iter().find(|binding| is_trigger(binding)).unwrap_or(&self.bindings[0])
    }

    /// Its binding for the answer to a request.
    pub(super) fn http_output(&self) -> Option<&Binding> {
        self.bindings.iter().find(|binding| binding.kind == "http" && binding.direction == "out")
    }

    /// Whether requests to it may be passed on: it has a request and an answer, and nothing else.
    pub(super) fn is_http_only(&self) -> bool {
        self.bindings.len() == 2 && self.trigger().kind == "httpTrigger" && self.http_output().is_some()
    }

    pub(super) fn methods(&self) -> Option<Vec<String>> {
        let methods = self.trigger().more.get("methods")?.as_array()?;
        Some(methods.iter().filter_map(Value::as_str).map(str::to_uppercase).collect())
    }
}

fn is_trigger(binding: &Binding) -> bool {
    binding.kind.to_ascii_lowercase().ends_with("trigger")
}

impl App {
    /// Reads an app's folder; what is wrong with it, all of it, in words.
    pub fn read(root: &Path) -> Result<Self, Vec<String>> {
        let host: HostJson = read(&root.join("host.json")).map_err(|problem| vec![problem])?;
        let (mut functions, mut problems) = (BTreeMap::new(), Vec::new());
        let folders = fs::read_dir(root).map_err(|error| vec![format!("{}: {error}", root.display())])?;
        for folder in folders.filter_map(Result::ok) {
            let file = folder.path().join("function.json");
            if !file.exists() {
                continue;
            }
            let name = folder.file_name().to_string_lossy().into_owned();
            match read::<FunctionJson>(&file) {
                Ok(function) => {
                    problems.extend(wrong(&name, &function));
                    functions.insert(name, function);
                }
                Err(problem) => problems.push(problem),
            }
        }
        let app = Self { root: root.to_owned(), host, functions };
        problems.extend(app.wrong());
        if problems.is_empty() { Ok(app) } else { Err(problems) }
    }

    fn wrong(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.host.version != "2.0" {
            problems.push(format!("host.json: the version is {:?}, not \"2.0\"", self.host.version));
        }
        let spans = [("functionTimeout", &self.host.function_timeout)];
        let init = [("customHandler.initializationTimeout", &self.host.custom_handler.initialization_timeout)];
        for (name, given) in spans.into_iter().chain(init) {
            if given.as_deref().is_some_and(|text| timespan(text).is_none()) {
                problems.push(format!("host.json: {name} is no time span: {given:?}"));
            }
        }
        if self.functions.is_empty() {
            problems.push("there is no function".to_owned());
        }
        problems
    }

    /// `functionTimeout`: 5 min where `host.json` does not say, as on the Consumption plan.
    pub fn function_timeout(&self) -> Duration {
        self.host.function_timeout.as_deref().and_then(timespan).unwrap_or(Duration::from_mins(5))
    }

    pub(super) fn initialization_timeout(&self) -> Duration {
        let given = self.host.custom_handler.initialization_timeout.as_deref();
        given.and_then(timespan).unwrap_or(Duration::from_secs(30))
    }

    pub(super) fn max_dequeue_count(&self) -> u32 {
        self.host.extensions.queues.max_dequeue_count.max(1)
    }

    pub(super) fn retry_of(&self, function: &FunctionJson) -> Option<RetryPolicy> {
        function.retry.clone().or_else(|| self.host.retry.clone())
    }

    /// The route of an HTTP function: its name, if it has none.
    pub(super) fn template(&self, name: &str, function: &FunctionJson) -> Template {
        let route = function.trigger().text("route").unwrap_or(name);
        Template::new(&self.host.extensions.http.route_prefix, route)
    }
}

/// All that the host would refuse, or that would never be called.
fn wrong(name: &str, function: &FunctionJson) -> Vec<String> {
    let mut problems = Vec::new();
    let mut say = |problem: String| problems.push(format!("{name}/function.json: {problem}"));
    let starts = name.starts_with(|first: char| first.is_ascii_alphabetic());
    if !starts || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')) {
        say("a function's name is of letters, digits, '-' and '_', and starts with a letter".to_owned());
    }
    if function.bindings.iter().filter(|binding| is_trigger(binding)).count() != 1 {
        say("it must have one trigger".to_owned());
        return problems;
    }
    let trigger = function.trigger();
    if trigger.direction != "in" {
        say("the trigger's direction is not \"in\"".to_owned());
    }
    let needed: &[&str] = match trigger.kind.as_str() {
        "httpTrigger" | "eventGridTrigger" => &[],
        "queueTrigger" => &["queueName", "connection"],
        "serviceBusTrigger" => &["connection"],
        "timerTrigger" => &["schedule"],
        "blobTrigger" => &["path", "connection"],
        "cosmosDBTrigger" => &["databaseName", "containerName", "connection"],
        other => {
            say(format!("there is no trigger {other:?}"));
            &[]
        }
    };
    for property in needed {
        if trigger.text(property).is_none_or(str::is_empty) {
            say(format!("the trigger has no {property}"));
        }
    }
    if let Some(queue) = trigger.text("queueName").filter(|queue| !is_queue_name(queue)) {
        say(format!("{queue:?} is no name of a queue"));
    }
    if let Some(schedule) = trigger.text("schedule").filter(|schedule| schedule.split_whitespace().count() != 6) {
        say(format!("the schedule {schedule:?} has not six fields"));
    }
    problems
}

/// Names of queues: 3 to 63 of a-z, 0-9 and single '-' between them (Azure Storage's documentation, "Naming queues").
fn is_queue_name(name: &str) -> bool {
    let plain = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    plain && (3..=63).contains(&name.len()) && !name.starts_with('-') && !name.ends_with('-') && !name.contains("--")
}

fn read<T: for<'de> Deserialize<'de>>(file: &Path) -> Result<T, String> {
    let text = fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    serde_json::from_str(&text).map_err(|error| format!("{}: {error}", file.display()))
}

/// `[days.]hh:mm:ss`, as .NET writes time spans.
fn timespan(text: &str) -> Option<Duration> {
    let (days, time) = text.split_once('.').filter(|(days, _)| !days.contains(':')).unwrap_or(("0", text));
    let (seconds, parts) = {
        let parts: Option<Vec<f64>> = time.split(':').map(|part| part.parse().ok()).collect();
        let parts = parts?;
        let [hours, minutes, seconds] = parts[..] else { return None };
        (hours * 3600.0 + minutes * 60.0 + seconds, days.parse::<f64>().ok()?)
    };
    Duration::try_from_secs_f64(parts * 86_400.0 + seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_spans_are_read() {
        assert_eq!(timespan("00:05:00"), Some(Duration::from_mins(5)));
        assert_eq!(timespan("1.00:00:01"), Some(Duration::from_secs(86_401)));
        assert_eq!(timespan("00:00:00.5"), Some(Duration::from_millis(500)));
        for bad in ["", "5", "00:05", "a:b:c"] {
            assert_eq!(timespan(bad), None, "{bad}");
        }
    }

    #[test]
    fn what_the_host_would_refuse_is_told_all_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let file = folder.path().join(path);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        };
        assert!(App::read(folder.path()).is_err(), "no host.json");
        write(
            "host.json",
            r#"{"version":"1","functionTimeout":"5","customHandler":{"description":{"defaultExecutablePath":"h"}}}"#,
        );
        write(
            "q/function.json",
            r#"{"bindings":[{"type":"queueTrigger","direction":"in","name":"q","queueName":"a--b"}]}"#,
        );
        write(
            "t/function.json",
            r#"{"bindings":[{"type":"timerTrigger","direction":"in","name":"t","schedule":"0 3 * * *"}]}"#,
        );
        write("n/function.json", r#"{"bindings":[]}"#);
        let problems = App::read(folder.path()).unwrap_err().join("\n");
        for part in ["version", "functionTimeout", "no connection", "a--b", "six fields", "one trigger"] {
            assert!(problems.contains(part), "{part}: {problems}");
        }
    }
}
