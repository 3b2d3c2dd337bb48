//! The storefront's day, as a table: what is asked, and what happens meanwhile.

/// A line of the table.
pub(crate) enum Step {
    /// A client asks.
    Ask(Request),
    /// A client asks again and again until the text at this JSON pointer of the answer is this one; the last answer counts.
    AskUntil(Request, &'static str, &'static str),
    /// A client uploads a file to a signed URL.
    Upload { url: &'static str, content_type: &'static str, content: &'static str },
    /// A client follows a signed URL.
    Follow { url: &'static str },
    /// Two days go by for the order of this sort key: its payment is overdue.
    Age { user: &'static str, order: &'static str },
    /// The blob says that it was made in this correlation and this trace.
    Carried { bucket: &'static str, name: &'static str, correlation: &'static str, trace: &'static str },
    /// What is kept of somebody goes away: blobs of this bucket whose names begin so.
    Erased { bucket: &'static str, prefix: &'static str },
    /// The schedule of this function fires.
    Fire { function: &'static str },
}

/// A request. `{name}` in its path, headers and body stands for what was taken from an earlier answer.
pub(crate) struct Request {
    pub(crate) method: &'static str,
    pub(crate) target: &'static str,
    pub(crate) headers: Vec<(&'static str, &'static str)>,
    pub(crate) body: Vec<u8>,
    /// What later requests need of the answer: its name, and where it is.
    pub(crate) takes: Vec<(&'static str, Place)>,
}

/// A place in an answer.
pub(crate) enum Place {
    /// A header.
    Header(&'static str),
    /// A JSON pointer into the body.
    Body(&'static str),
}

impl Request {
    fn header(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.push((name, value));
        self
    }

    fn json(self, body: &'static str) -> Self {
        self.bytes("application/json", body.as_bytes().to_vec())
    }

    fn bytes(mut self, content_type: &'static str, body: Vec<u8>) -> Self {
        self.body = body;
        self.header("content-type", content_type)
    }

    fn take(mut self, name: &'static str, place: Place) -> Self {
        self.takes.push((name, place));
        self
    }
}

fn ask(method: &'static str, target: &'static str) -> Request {
    Request { method, target, headers: Vec::new(), body: Vec::new(), takes: Vec::new() }
}

fn get(target: &'static str) -> Request {
    ask("GET", target)
}

fn post(target: &'static str) -> Request {
    ask("POST", target)
}

const ADA: &str = r#"{"name":"Ada","email":"Ada@Example.com"}"#;
const KEYED: &str = r#"{"name":"Keyed","email":"keyed@example.com"}"#;
const LOVELACE: &str = r#"{"name":"Ada Lovelace","email":"ada@example.com"}"#;
const TEA: &str = r#"{"id":"o-1","lines":[{"sku":"tea","quantity":2,"unit_price_cents":450}]}"#;
const MORE_TEA: &str = r#"{"id":"o-1","lines":[{"sku":"tea","quantity":3,"unit_price_cents":450}]}"#;
const CASTLE: &str = r#"{"id":"o-castle","lines":[{"sku":"castle","quantity":1,"unit_price_cents":9000000}]}"#;
const CORRELATION: &str = "c-0001";
const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const TRACEPARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const ORDERS: &str = "/api/users/{user}/orders";

/// The whole table.
pub(crate) fn scenario() -> Vec<Step> {
    let mut steps = users();
    steps.extend(orders());
    steps.extend(imports());
    steps.extend(odd_requests());
    steps.extend(departure());
    steps
}

fn users() -> Vec<Step> {
    let user = "/api/users/{user}";
    [
        post("/api/users").json(ADA).take("user", Place::Body("/id")).take("created", Place::Header("etag")),
        post("/api/users").json(ADA),
        post("/api/users").json(r#"{"name":"","email":"x"}"#),
        get(user).take("etag", Place::Header("etag")),
        ask("PUT", user).header("if-match", "{etag}").json(LOVELACE),
        ask("PUT", user).header("if-match", "{etag}").json(LOVELACE),
        ask("PUT", user).header("if-match", "*").json(LOVELACE),
        ask("PUT", user).json(LOVELACE),
        get("/api/users/nobody"),
        post("/api/users").json(r#"{"name":"Brief","email":"brief@example.com"}"#).take("brief", Place::Body("/id")),
        ask("DELETE", "/api/users/{brief}"),
        get("/api/users/{brief}"),
        // Sent again under its key: answered as before, and done once.
        post("/api/users").header("idempotency-key", "\"k-1\"").json(KEYED).take("keyed", Place::Body("/id")),
        post("/api/users").header("idempotency-key", "\"k-1\"").json(KEYED),
        post("/api/users").header("idempotency-key", "\"k-1\"").json(LOVELACE),
        post("/api/users").header("idempotency-key", "\"k-2").json(KEYED),
        ask("DELETE", "/api/users/{keyed}"),
    ]
    .map(Step::Ask)
    .into()
}

fn orders() -> Vec<Step> {
    let receipt = "/api/users/{user}/orders/o-1/receipt";
    vec![
        Step::Ask(post(ORDERS).header("x-correlation-id", CORRELATION).header("traceparent", TRACEPARENT).json(TEA)),
        Step::Ask(post(ORDERS).json(TEA)),
        Step::Ask(post(ORDERS).json(MORE_TEA)),
        Step::Ask(get("/api/users/{user}/totals")),
        // Fulfilled by the event that placing it published.
        Step::AskUntil(get(receipt).take("receipt", Place::Body("/url")), "/status", "ready"),
        // From the request through outbox, topic and consumer to the blob.
        Step::Carried { bucket: "receipts", name: "receipts/{user}/o-1.txt", correlation: CORRELATION, trace: TRACE },
        Step::Follow { url: "{receipt}" },
        Step::Ask(post("/api/users/{user}/orders/o-1/payment")),
        Step::Ask(post("/api/users/{user}/orders/o-1/payment")),
        Step::Ask(post("/api/users/{user}/orders/o-9/payment")),
        // Dearer than the gateway takes.
        Step::Ask(post(ORDERS).json(CASTLE)),
        Step::Ask(post("/api/users/{user}/orders/o-castle/payment")),
        Step::Ask(get("/api/users/{user}/orders/o-castle")),
        // Callers that are nobody, or somebody else.
        Step::Ask(get("/api/users/{user}/totals").header("authorization", "Basic YTpi")),
        Step::Ask(get("/api/users/{user}/totals").header("authorization", "Bearer not.a.token")),
        Step::Ask(post(ORDERS).header("authorization", "Bearer ").json(TEA)),
        Step::Ask(post(ORDERS).json(r#"{"id":"o-2","lines":[{"sku":"tea","quantity":1,"unit_price_cents":450}]}"#)),
        Step::Ask(post(ORDERS).json(r#"{"id":"o-3","lines":[{"sku":"pot","quantity":1,"unit_price_cents":2000}]}"#)),
        Step::Ask(get("/api/users/{user}/orders?limit=2").take("next", Place::Body("/next"))),
        Step::Ask(get("/api/users/{user}/orders?limit=2&cursor={next}")),
        Step::Ask(get("/api/users/{user}/orders?cursor=x")),
        Step::AskUntil(get("/api/users/{user}/orders/o-2/receipt"), "/status", "ready"),
        Step::AskUntil(get("/api/users/{user}/orders/o-3/receipt"), "/status", "ready"),
        // Nobody pays one of them: the schedule expires it, and no other.
        Step::Age { user: "{user}", order: "o-2" },
        Step::Fire { function: "expire-unpaid-orders" },
        Step::AskUntil(get("/api/users/{user}/orders/o-2"), "/status", "expired"),
        Step::Ask(get("/api/users/{user}/orders/o-3")),
        Step::Ask(post("/api/users/{user}/orders/o-2/payment")),
    ]
}

fn imports() -> Vec<Step> {
    let file = "name,email\nGrace Hopper,grace@example.com\n\"Liskov, Barbara\",barbara@example.com\nnobody,\n";
    let import = "/api/imports/{import}";
    vec![
        Step::Ask(post("/api/imports").take("import", Place::Body("/id")).take("upload", Place::Body("/upload_url"))),
        Step::Ask(get(import)),
        Step::Ask(get("/api/imports/none")),
        Step::Upload { url: "{upload}", content_type: "text/csv", content: file },
        // Worked through by the event that its arrival is.
        Step::AskUntil(get(import), "/status", "done"),
        Step::Ask(post("/api/users").json(r#"{"name":"Grace","email":"grace@example.com"}"#)),
    ]
}

/// A user leaves, and what is kept of the user goes.
fn departure() -> Vec<Step> {
    vec![
        Step::Ask(ask("DELETE", "/api/users/{user}")),
        Step::Ask(get("/api/users/{user}")),
        // By the change of the user's document.
        Step::Erased { bucket: "receipts", prefix: "receipts/{user}/" },
    ]
}

/// What hosts treat differently if nobody looks.
fn odd_requests() -> Vec<Step> {
    [
        get("/"),
        get("/api/users/"),
        ask("PATCH", "/api/users"),
        ask("OPTIONS", "/api/users"),
        ask("HEAD", "/api/users/{user}"),
        get("/api/users/%61%64%61"),
        get("/api/users/a%2Fb"),
        get("/api/users/%FF"),
        get("/api/users/%F0%9F%A6%80%20x"),
        get("/api/users/{user}/orders?limit=1&limit=2"),
        get("/api/users/{user}/orders?limit=%31"),
        get("/api/users/{user}/orders?limit=0"),
        get("/api/users/{user}/orders?unknown=1"),
        get("/api/users/{user}/totals")
            .header("cookie", "a=1; b=2")
            .header("accept", "text/html")
            .header("accept", "*/*"),
        post("/api/users"),
        post("/api/users").json(""),
        post("/api/users").json("{"),
        post("/api/users").bytes("application/json", vec![b'{', b'"', 0xff, 0xfe, b'"', b':', b'1', b'}']),
        post("/api/users").bytes("text/plain", ADA.into()),
        post("/api/users")
            .bytes("application/json; charset=utf-8", br#"{"name":"Zo\u00eb","email":"zoe@example.com"}"#.to_vec()),
        post("/api/users").bytes("application/octet-stream", (0..=255).collect()),
        post("/api/users").bytes("application/json", vec![b' '; (1 << 20) + 1]),
        ask("PUT", "/api/users/{user}").header("if-match", "no etag").json(LOVELACE),
        ask("PUT", "/api/users/{user}").header("if-match", "\"\u{e9}\"").json(LOVELACE),
    ]
    .map(Step::Ask)
    .into()
}
