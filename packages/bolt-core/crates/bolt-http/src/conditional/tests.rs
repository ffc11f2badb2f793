use super::*;
use crate::head::Peer;
use crate::http1::parse::parse_head;

const CHANGED: u64 = 784_111_777;
const AT: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
const BEFORE: &str = "Sun, 06 Nov 1994 08:49:36 GMT";
const AFTER: &str = "Sunday, 06-Nov-94 08:49:38 GMT";

fn request(method: &str, fields: &[(&str, &str)]) -> RequestHead {
    let mut text = format!("{method} / HTTP/1.1\r\nHost: a\r\n");
    for (name, value) in fields {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str("\r\n");
    parse_head(text.into(), fields.len() + 1, Peer::InProcess).expect("a head").head
}

fn strong() -> Validators<'static> {
    Validators { etag: Some(b"\"a,b\""), last_modified: Some(CHANGED), exists: true }
}

fn verdicts(current: &Validators<'_>, fields: &[(&str, &str)]) -> (Verdict, Verdict) {
    (evaluate(&request("GET", fields), current), evaluate(&request("PUT", fields), current))
}

use Verdict::{Failed, NotModified, Proceed};

/// RFC 9110 §13.1.1: strong comparison; `*` asks whether there is anything; what is no tag matches nothing.
#[test]
fn if_match() {
    let weak = Validators { etag: Some(b"W/\"a,b\""), ..strong() };
    let nothing = Validators::default();
    for (value, expected) in [
        ("\"a,b\"", Proceed),
        ("\"x\", \"a,b\"", Proceed),
        ("W/\"x\" ,\"a,b\" ,", Proceed),
        ("W/\"a,b\"", Failed),
        ("\"x\"", Failed),
        ("a,b", Failed),
        ("\"a,b", Failed),
        ("\"a,b\"x", Failed),
        ("", Failed),
        ("*", Proceed),
    ] {
        assert_eq!(verdicts(&strong(), &[("If-Match", value)]), (expected, expected), "{value}");
    }
    assert_eq!(verdicts(&weak, &[("If-Match", "W/\"a,b\"")]), (Failed, Failed));
    assert_eq!(verdicts(&nothing, &[("If-Match", "*")]), (Failed, Failed));
    assert_eq!(verdicts(&strong(), &[("If-Match", "\"x\""), ("if-match", "\"a,b\"")]), (Proceed, Proceed));
}

/// RFC 9110 §13.1.2: weak comparison; a match is 304 to a read and 412 to a write.
#[test]
fn if_none_match() {
    for value in ["\"a,b\"", "W/\"a,b\"", "\"x\", W/\"a,b\"", "junk, \"a,b\"", "*"] {
        assert_eq!(verdicts(&strong(), &[("If-None-Match", value)]), (NotModified, Failed), "{value}");
    }
    for value in ["\"x\"", "\"a\"", "a,b", "\"A,B\""] {
        assert_eq!(verdicts(&strong(), &[("If-None-Match", value)]), (Proceed, Proceed), "{value}");
    }
    let nothing = Validators::default();
    assert_eq!(verdicts(&nothing, &[("If-None-Match", "*")]), (Proceed, Proceed));
    assert_eq!(evaluate(&request("HEAD", &[("If-None-Match", "*")]), &strong()), NotModified);
}

/// RFC 9110 §13.1.3 and §13.1.4: dates by the second, in any of the three forms; others, and a missing date, count for nothing.
#[test]
fn dates() {
    for (date, since, unmodified) in [
        (AT, (NotModified, Proceed), Proceed),
        (AFTER, (NotModified, Proceed), Proceed),
        (BEFORE, (Proceed, Proceed), Failed),
        ("1994-11-06", (Proceed, Proceed), Proceed),
    ] {
        assert_eq!(verdicts(&strong(), &[("If-Modified-Since", date)]), since, "{date}");
        assert_eq!(verdicts(&strong(), &[("If-Unmodified-Since", date)]), (unmodified, unmodified), "{date}");
    }
    let undated = Validators { last_modified: None, ..strong() };
    assert_eq!(verdicts(&undated, &[("If-Modified-Since", AFTER)]), (Proceed, Proceed));
    assert_eq!(verdicts(&undated, &[("If-Unmodified-Since", BEFORE)]), (Proceed, Proceed));
}

/// RFC 9110 §13.2.2: tags count before dates, and what must match before what must not.
#[test]
fn precedence() {
    let fields: &[(&[(&str, &str)], (Verdict, Verdict))] = &[
        (&[("If-Match", "\"a,b\""), ("If-Unmodified-Since", BEFORE)], (Proceed, Proceed)),
        (&[("If-None-Match", "\"x\""), ("If-Modified-Since", AFTER)], (Proceed, Proceed)),
        (&[("If-None-Match", "\"a,b\""), ("If-Modified-Since", BEFORE)], (NotModified, Failed)),
        (&[("If-Match", "\"x\""), ("If-None-Match", "\"a,b\"")], (Failed, Failed)),
        (&[("If-Unmodified-Since", BEFORE), ("If-None-Match", "\"a,b\"")], (Failed, Failed)),
        (&[("If-Match", "\"a,b\""), ("If-Modified-Since", AFTER)], (NotModified, Proceed)),
    ];
    for (fields, expected) in fields {
        assert_eq!(verdicts(&strong(), fields), *expected, "{fields:?}");
    }
}

/// RFC 9110 §13.1.5: a strong tag, or exactly the date.
#[test]
fn if_range() {
    let holds = |current: &Validators<'_>, value| if_range_holds(&request("GET", &[("If-Range", value)]), current);
    assert!(if_range_holds(&request("GET", &[]), &strong()));
    for (value, expected) in [
        ("\"a,b\"", true),
        ("W/\"a,b\"", false),
        ("\"x\"", false),
        (AT, true),
        (BEFORE, false),
        (AFTER, false),
        ("junk", false),
    ] {
        assert_eq!(holds(&strong(), value), expected, "{value}");
    }
    let weak = Validators { etag: Some(b"W/\"a\""), last_modified: None, exists: true };
    assert!(!holds(&weak, "W/\"a\"") && !holds(&weak, "\"a\"") && !holds(&weak, "junk"));
}

/// RFC 9110 §15.4.5: what a cache needs stays, what describes the content goes.
#[test]
fn fields_of_a_304() {
    let mut block = HeaderBlock::builder();
    for (name, value) in [
        ("Content-Type", "text/plain"),
        ("ETag", "\"1\""),
        ("Cache-Control", "no-cache"),
        ("content-length", "5"),
        ("Content-Location", "/x"),
        ("Vary", "Accept"),
        ("Set-Cookie", "a=b"),
        ("content-encoding", "br"),
    ] {
        block.push(name.as_bytes(), value.as_bytes()).expect("a field");
    }
    let reply = not_modified(ReplyHead { status: 200, headers: block.finish() });
    assert_eq!(reply.head.status, 304);
    assert_eq!(reply.head.headers.content_length(), None);
    assert_eq!(
        reply.head.headers.as_bytes(),
        b"ETag: \"1\"\r\nCache-Control: no-cache\r\nContent-Location: /x\r\nVary: Accept\r\nSet-Cookie: a=b\r\n"
    );
}

/// A reply of another status, to another method, or without a validator is sent as it is.
#[test]
fn replies_that_are_not_conditional() {
    let reply = |status, validator: bool| {
        let mut block = HeaderBlock::builder();
        if validator {
            block.push(b"ETag", b"\"1\"").expect("a field");
        }
        ReplyHead { status, headers: block.finish() }
    };
    let ask = [("If-None-Match", "\"1\"")];
    assert_eq!(of_reply(&request("GET", &ask), &reply(200, true)), NotModified);
    assert_eq!(of_reply(&request("GET", &ask), &reply(404, true)), Proceed);
    assert_eq!(of_reply(&request("GET", &ask), &reply(200, false)), Proceed);
    assert_eq!(of_reply(&request("PUT", &ask), &reply(200, true)), Proceed);
    assert_eq!(of_reply(&request("PUT", &[("If-Match", "\"2\"")]), &reply(200, true)), Proceed);
    assert_eq!(of_reply(&request("GET", &[("If-Match", "\"2\"")]), &reply(200, true)), Failed);
}
