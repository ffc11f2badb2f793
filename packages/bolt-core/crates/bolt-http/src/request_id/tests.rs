use bytes::Bytes;

use super::*;
use crate::head::Peer;
use crate::http1::parse::parse_head;
use crate::reply::HeaderBlock;

fn settled(ids: RequestIds, fields: &str) -> RequestHead {
    let text = format!("GET /a?b HTTP/1.1\r\nHost: a\r\n{fields}Last: l\r\n\r\n");
    let count = text.matches("\r\n").count() - 2;
    let mut head = parse_head(Bytes::from(text), count, Peer::InProcess).expect("a valid head").head;
    ids.settle(&mut head);
    head
}

/// The one identifier of a settled head.
fn id(head: &RequestHead) -> String {
    let found: Vec<_> = head.header_all(REQUEST_ID).collect();
    assert_eq!(found.len(), 1, "{found:?}");
    String::from_utf8(found[0].to_vec()).expect("ASCII")
}

fn sent(value: &str) -> String {
    format!("X-Request-ID: {value}\r\n")
}

/// An identifier that can stand in a log is kept, and the head left as it is.
#[test]
fn takes_the_clients() {
    for value in ["a", "7f6c-4b.A_~", "1-5759e988-bd862e3fe1be46a994272793", "b64+/==", "host:1@x", &"x".repeat(128)] {
        assert_eq!(id(&settled(RequestIds::Take, &sent(value))), value);
    }
}

/// What would be unsafe or long in a log, a second field, or none: a new identifier, and the rest of the head is unchanged.
#[test]
fn makes_one_in_place_of_what_cannot_be_taken() {
    let twice = sent("a") + &sent("b");
    let bad = ["", "a b", "a\"b", "a,b", "caf\u{e9}", "%0a", "{}", &"x".repeat(129)];
    for fields in bad.map(sent).iter().chain([&String::new(), &twice]) {
        let head = settled(RequestIds::Take, fields);
        let made = id(&head);
        assert!(made.len() == 32 && made.bytes().all(|byte| byte.is_ascii_hexdigit()), "{fields}: {made}");
        assert_eq!((head.path(), head.query(), head.host()), ("/a", Some("b"), Some("a")));
        assert_eq!(head.header("last"), Some(&b"l"[..]));
    }
}

/// Where clients have no say, each request gets another identifier.
#[test]
fn makes_each_one_anew() {
    let ids = [(); 3].map(|()| id(&settled(RequestIds::Make, &sent("mine"))));
    assert!(!ids.contains(&"mine".to_owned()));
    assert!(ids[0] != ids[1] && ids[1] != ids[2] && ids[0] != ids[2]);
}

fn returned(head: Option<&RequestHead>, own: Option<&str>, bare: bool) -> Vec<String> {
    let mut block = HeaderBlock::builder();
    if let Some(own) = own {
        block.push(b"X-Request-Id", own.as_bytes()).expect("a valid field");
    }
    let mut reply = ReplyHead { status: 200, headers: block.finish() };
    ReturnRequestId.after(head, &mut reply, bare);
    let text = String::from_utf8(reply.headers.as_bytes().to_vec()).expect("text");
    text.lines().map(str::to_owned).collect()
}

/// Every reply to a request with an identifier has it, unless it brings its own.
#[test]
fn returns_it() {
    let head = settled(RequestIds::Take, &sent("abc"));
    for bare in [false, true] {
        assert_eq!(returned(Some(&head), None, bare), ["x-request-id: abc"]);
        assert_eq!(returned(Some(&head), Some("own"), bare), ["X-Request-Id: own"]);
    }
    assert!(returned(None, None, false).is_empty());
}
