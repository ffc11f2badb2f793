use std::cell::RefCell;
use std::rc::Rc;
use std::time::Instant;

use bytes::Bytes;

use super::*;
use crate::head::Peer;
use crate::http1::parse::parse_head;
use crate::reply::HeaderBlock;

fn head(fields: &str) -> RequestHead {
    let version = if fields.contains("Host") { "1.1" } else { "1.0" };
    let text = format!("POST / HTTP/{version}\r\n{fields}\r\n");
    let count = text.matches("\r\n").count() - 2;
    parse_head(Bytes::from(text), count, Peer::InProcess).expect("a valid head").head
}

fn route(body: BodyMode, max_body: Option<usize>) -> RouteSpec {
    RouteSpec {
        method: "POST".to_owned(),
        path: "/".to_owned(),
        body,
        max_body,
        name: "app.view".to_owned(),
        ..RouteSpec::default()
    }
}

fn plain_route() -> RouteSpec {
    route(BodyMode::None, None)
}

fn hosts(patterns: &[&str]) -> HostCheck {
    HostCheck::new(patterns).expect("valid patterns")
}

/// Notes what it is called for, and refuses if told to.
struct Probe {
    name: &'static str,
    refuses: bool,
    calls: Rc<RefCell<Vec<String>>>,
}

impl Stage for Probe {
    fn before(&self, _head: &RequestHead, _route: &RouteSpec) -> Result<(), Refusal> {
        self.calls.borrow_mut().push(format!("before {}", self.name));
        if self.refuses { Err(Refusal::NotFound) } else { Ok(()) }
    }

    fn arrived(&self, _head: &RequestHead, _fallback: bool) -> Result<(), Early> {
        self.calls.borrow_mut().push(format!("arrived {}", self.name));
        Ok(())
    }

    fn after(&self, _head: Option<&RequestHead>, reply: &mut ReplyHead, _bare: bool) {
        self.calls.borrow_mut().push(format!("after {}", self.name));
        reply.status += 1;
    }

    fn finished(&self, entry: &Entry<'_>) {
        self.calls.borrow_mut().push(format!("finished {} {}", self.name, entry.status));
    }
}

fn probes(refusing: &'static str) -> (Pipeline, Rc<RefCell<Vec<String>>>) {
    let calls = Rc::default();
    let probe = |name| Probe { name, refuses: name == refusing, calls: Rc::clone(&calls) };
    (Pipeline::default().with(probe("a")).with(probe("b")).with(probe("c")), calls)
}

/// Stages run in their order before the handler and in reverse after it, each seeing what the others made of the reply.
#[test]
fn stages_run_in_order() {
    let (pipeline, calls) = probes("none");
    let head = head("Host: a\r\n");
    assert!(pipeline.arrived(&head, false).is_ok());
    assert_eq!(pipeline.before(&head, &plain_route()), Ok(()));
    let mut reply = ReplyHead { status: 200, headers: HeaderBlock::default() };
    pipeline.after(Some(&head), &mut reply, false);
    let entry = Entry { peer: head.peer(), head: Some(&head), status: reply.status, bytes: 0, started: Instant::now() };
    pipeline.finished(&entry);
    let expected = [
        "arrived a",
        "arrived b",
        "arrived c",
        "before a",
        "before b",
        "before c",
        "after c",
        "after b",
        "after a",
        "finished c 203",
        "finished b 203",
        "finished a 203",
    ];
    assert_eq!(*calls.borrow(), expected);
}

/// A stage that refuses keeps the request from the later ones.
#[test]
fn the_first_refusal_decides() {
    let (pipeline, calls) = probes("b");
    assert_eq!(pipeline.before(&head("Host: a\r\n"), &plain_route()), Err(Refusal::NotFound));
    assert_eq!(*calls.borrow(), ["before a", "before b"]);
}

/// A host is compared without its port, a final dot and case.
#[test]
fn hosts_are_compared_as_names() {
    let check = hosts(&["example.com", "[::1]", "127.0.0.1"]);
    for host in [
        "example.com",
        "EXAMPLE.com",
        "example.com:8000",
        "example.com.",
        "example.com.:80",
        "[::1]",
        "[::1]:80",
        "127.0.0.1:1",
    ] {
        assert!(check.allows(host), "{host}");
    }
    for host in ["", ":80", "www.example.com", "example.com.evil", "xexample.com", "[::2]", "::1", "example.com..", "."]
    {
        assert!(!check.allows(host), "{host}");
    }
}

/// A leading dot means a domain and all its subdomains.
#[test]
fn a_leading_dot_takes_subdomains() {
    let check = hosts(&[".Example.com"]);
    for host in ["example.com", "www.example.com", "a.b.EXAMPLE.com:80"] {
        assert!(check.allows(host), "{host}");
    }
    for host in ["evilexample.com", "example.com.evil", ".example.com", "com", "éexample.com"] {
        assert!(!check.allows(host), "{host}");
    }
}

/// What is not allowed is refused; without patterns, or with `*`, nothing is, not even a request without a host.
#[test]
fn only_a_list_of_hosts_refuses() {
    for (patterns, fields, allowed) in [
        (&["example.com"][..], "Host: example.com:80\r\n", true),
        (&["example.com"], "Host: evil.example\r\n", false),
        (&["example.com"], "", false),
        (&[], "Host: evil.example\r\n", true),
        (&["example.com", "*"], "Host: evil.example\r\n", true),
        (&["*"], "", true),
    ] {
        let outcome = hosts(patterns).arrived(&head(fields), false);
        assert_eq!(outcome.is_ok(), allowed, "{patterns:?} {fields:?}");
        assert!(outcome.is_ok() || matches!(outcome, Err(Early::Refuse(Refusal::BadHost))));
    }
}

/// A pattern that could never match is an error that says how to write it.
#[test]
fn a_pattern_is_a_host() {
    for pattern in ["", ".", "http://example.com", "example.com:80", "example.com/", "a b", "a,b", "[::1]:80"] {
        let error = HostCheck::new(&[pattern]).expect_err(pattern);
        assert!(error.to_string().contains("write a host without scheme, port or path"), "{error}");
    }
}

/// A declared length beyond the route's limit, or the server's where the route has none, is refused.
#[test]
fn declared_lengths_are_limited() {
    let stage = BodyLimit { whole: 10, streamed: 20, form: 30 };
    let outcome = |length: &str, route: &RouteSpec| {
        stage.before(&head(&format!("Host: a\r\nContent-Length: {length}\r\n")), route)
    };
    for (body, max_body, limit) in [
        (BodyMode::Whole, None, 10),
        (BodyMode::None, None, 10),
        (BodyMode::Stream, None, 20),
        (BodyMode::Whole, Some(5), 5),
        (BodyMode::Stream, Some(50), 50),
    ] {
        let route = route(body, max_body);
        assert_eq!(outcome(&limit.to_string(), &route), Ok(()));
        assert_eq!(outcome(&(limit + 1).to_string(), &route), Err(Refusal::BodyTooLarge { limit }));
        assert_eq!(outcome(&u64::MAX.to_string(), &route), Err(Refusal::BodyTooLarge { limit }));
    }
    assert_eq!(stage.before(&head("Host: a\r\n"), &plain_route()), Ok(()));
}

/// A reply with these fields, as it leaves.
fn with_defaults(stage: &DefaultHeaders, fields: &[(&str, &str)], secure: bool, bare: bool) -> String {
    let mut builder = HeaderBlock::builder();
    for (name, value) in fields {
        builder.push(name.as_bytes(), value.as_bytes()).expect("a valid field");
    }
    let mut request = head("Host: a\r\nX-Forwarded-Proto: https\r\n");
    if secure {
        let https = Some(("x-forwarded-proto".to_owned(), "https".to_owned()));
        crate::proxies::Proxies::default().with_https(https).settle(&mut request);
    }
    let mut reply = ReplyHead { status: 200, headers: builder.finish() };
    stage.after(Some(&request), &mut reply, bare);
    String::from_utf8_lossy(reply.headers.as_bytes()).into_owned()
}

/// A default goes with every reply but one that has the field already, whatever its case; some only by https.
#[test]
fn defaults_fill_in() {
    let always = [("X-Frame-Options", "DENY"), ("Referrer-Policy", "same-origin")];
    let stage = DefaultHeaders::new(&always, &[("Strict-Transport-Security", "max-age=60")]).expect("valid fields");
    let all = "X-Frame-Options: DENY\r\nReferrer-Policy: same-origin\r\n";
    assert_eq!(with_defaults(&stage, &[], false, false), all);
    assert_eq!(with_defaults(&stage, &[], true, false), format!("{all}Strict-Transport-Security: max-age=60\r\n"));
    assert_eq!(with_defaults(&stage, &[], true, true), "");
    let own = with_defaults(&stage, &[("x-frame-options", "SAMEORIGIN")], false, false);
    assert_eq!(own, "x-frame-options: SAMEORIGIN\r\nReferrer-Policy: same-origin\r\n");
}

/// What could break a reply, or means something to the engine, is no default.
#[test]
fn impossible_defaults() {
    for (name, value) in [("a b", "c"), ("a", "b\r\nc: d"), ("Date", "now"), ("Content-Length", "1"), ("ETag", "x")] {
        let error = DefaultHeaders::new(&[(name, value)], &[]).expect_err(name);
        assert!(error.to_string().contains(name), "{error}");
    }
}

/// Where a redirect of this request goes, with its status; the refusal's status alone.
fn redirected(stage: &HttpsRedirect, text: &str, fallback: bool) -> Option<(u16, String)> {
    let count = text.matches("\r\n").count() - 2;
    let head = parse_head(Bytes::copy_from_slice(text.as_bytes()), count, Peer::InProcess).expect("a valid head").head;
    match stage.arrived(&head, fallback) {
        Ok(()) => None,
        Err(Early::Refuse(refusal)) => Some((refusal.status(), String::new())),
        Err(Early::Reply(reply)) => {
            let location = reply.head.headers.get("location").unwrap_or_default();
            Some((reply.head.status, String::from_utf8_lossy(location).into_owned()))
        }
    }
}

/// To the same address, keeping the method; not what is exempt, by any percent-encoding, nor what the fallback answers.
#[test]
fn redirects_to_https() {
    let stage = HttpsRedirect::new(None, &["^health$", r"\.json$"]).expect("valid patterns");
    let get = |target: &str| format!("GET {target} HTTP/1.1\r\nHost: a.example:80\r\n\r\n");
    let to = |status, url: &str| Some((status, url.to_owned()));
    assert_eq!(redirected(&stage, &get("/b?c=d"), false), to(301, "https://a.example:80/b?c=d"));
    let post = "POST /b HTTP/1.1\r\nHost: a.example\r\n\r\n";
    assert_eq!(redirected(&stage, post, false), to(308, "https://a.example/b"));
    assert_eq!(redirected(&stage, &get("/health"), false), None);
    assert_eq!(redirected(&stage, &get("/heal%74h"), false), None);
    assert_eq!(redirected(&stage, &get("/x/health"), false), to(301, "https://a.example:80/x/health"));
    assert_eq!(redirected(&stage, &get("/b"), true), None);
    assert_eq!(redirected(&stage, "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", false), None);
    assert_eq!(redirected(&stage, "GET / HTTP/1.0\r\n\r\n", false), to(400, ""));
    let fixed = HttpsRedirect::new(Some("secure.example".to_owned()), &[""; 0]).expect("valid patterns");
    assert_eq!(redirected(&fixed, &get("/b"), false), to(301, "https://secure.example/b"));
}

/// A pattern that cannot be searched for is an error that names it.
#[test]
fn impossible_exemptions() {
    let error = HttpsRedirect::new(None, &["(?=look)"]).expect_err("look-around");
    assert!(error.to_string().contains("(?=look)"), "{error}");
}
