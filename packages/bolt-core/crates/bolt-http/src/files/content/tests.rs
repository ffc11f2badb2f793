use super::*;
use crate::head::Peer;
use crate::http1::parse::parse_head;

const CHANGED: &str = "Sun, 06 Nov 1994 08:49:37 GMT";

fn opened(size: u64) -> Opened {
    let file = std::sync::Arc::new(std::fs::File::open("/dev/null").expect("a file"));
    Opened { file, size, modified: Some(784_111_777), etag: "\"tag\"".to_owned() }
}

fn ask(method: &str, fields: &str, own: &[(&str, &str)], status: u16) -> Result<Decided, Refusal> {
    let text = format!("{method} / HTTP/1.1\r\nHost: a\r\n{fields}\r\n");
    let request = parse_head(text.into(), 4, Peer::InProcess).expect("a head").head;
    let mut block = HeaderBlock::builder();
    for (name, value) in own {
        block.push(name.as_bytes(), value.as_bytes()).expect("a field");
    }
    decide(&request, ReplyHead { status, headers: block.finish() }, &opened(1000))
}

fn content(decided: Result<Decided, Refusal>) -> Content {
    match decided {
        Ok(Decided::Content(content)) => content,
        other => panic!("{other:?}"),
    }
}

fn get(fields: &str) -> Content {
    content(ask("GET", fields, &[("Content-Type", "text/plain")], 200))
}

fn fields(content: &Content) -> String {
    String::from_utf8_lossy(content.head.headers.as_bytes()).into_owned()
}

/// The whole file, its validators, and that ranges are served.
#[test]
fn whole_file() {
    let content = get("");
    assert_eq!((content.head.status, content.length), (200, 1000));
    assert_eq!(content.pieces.as_slice(), [Piece::Span(0..1000)]);
    let expected =
        format!("Content-Type: text/plain\r\netag: \"tag\"\r\nlast-modified: {CHANGED}\r\naccept-ranges: bytes\r\n");
    assert_eq!(fields(&content), expected);
}

/// The handler's own validators count, and its `Accept-Ranges: none`.
#[test]
fn fields_of_the_handler() {
    let own = [("ETag", "\"own\""), ("Accept-Ranges", "none")];
    let reply = content(ask("GET", "Range: bytes=0-0\r\nIf-None-Match: \"tag\"\r\n", &own, 200));
    assert_eq!(reply.head.status, 200);
    assert!(!fields(&reply).contains("\"tag\"") && !fields(&reply).contains("bytes"));
    assert!(matches!(ask("GET", "If-None-Match: \"own\"\r\n", &own, 200), Ok(Decided::Reply(_))));
}

/// RFC 9110 §15.3.7: one range is sent as it is, with its place.
#[test]
fn one_range() {
    let content = get("Range: bytes=10-19\r\n");
    assert_eq!((content.head.status, content.length), (206, 10));
    assert_eq!(content.pieces.as_slice(), [Piece::Span(10..20)]);
    assert!(fields(&content).ends_with("\r\ncontent-range: bytes 10-19/1000\r\n"));
}

/// RFC 9110 §14.6: several are a `multipart/byteranges` whose length is that of all its pieces.
#[test]
fn several_ranges() {
    let reply = get("Range: bytes=900-,0-9\r\n");
    let text = fields(&reply);
    let boundary = text.split("boundary=").nth(1).expect("a boundary").trim_end().to_owned();
    assert_eq!((reply.head.status, text.matches("ontent-").count(), boundary.len()), (206, 1, 32));
    let mut body = String::new();
    for piece in &reply.pieces {
        match piece {
            Piece::Text(text) => body.push_str(std::str::from_utf8(text).expect("text")),
            Piece::Span(span) => body.extend(std::iter::repeat_n('x', (span.end - span.start) as usize)),
        }
    }
    assert_eq!(body.len() as u64, reply.length);
    let part = |range: &str, length: usize| {
        let content = "x".repeat(length);
        format!("\r\n--{boundary}\r\ncontent-type: text/plain\r\ncontent-range: bytes {range}/1000\r\n\r\n{content}")
    };
    assert_eq!(body, format!("{}{}\r\n--{boundary}--\r\n", part("900-999", 100), part("0-9", 10)));
    assert_ne!(fields(&get("Range: bytes=900-,0-9\r\n")), text);
}

/// RFC 9110 §14.2: HEAD has no ranges, nor has a reply that is not 200, nor two `Range` fields.
#[test]
fn where_ranges_do_not_count() {
    let range = "Range: bytes=0-0\r\n";
    for (method, fields, status) in
        [("HEAD", range, 200), ("POST", range, 200), ("GET", range, 404), ("GET", &*range.repeat(2), 200)]
    {
        assert_eq!(content(ask(method, fields, &[], status)).head.status, status, "{method} {fields}");
    }
}

/// RFC 9110 §13.2.2: preconditions come before ranges, `If-Range` between them.
#[test]
fn preconditions() {
    let status = |fields: &str| match ask("GET", &format!("Range: bytes=0-0\r\n{fields}"), &[], 200) {
        Ok(Decided::Content(content)) => content.head.status,
        Ok(Decided::Reply(reply)) => reply.head.status,
        Err(refusal) => refusal.status(),
    };
    assert_eq!(status("If-None-Match: \"tag\"\r\n"), 304);
    assert_eq!(status(&format!("If-Modified-Since: {CHANGED}\r\n")), 304);
    assert_eq!(status("If-Match: \"x\"\r\n"), 412);
    assert_eq!(status("If-Unmodified-Since: Sun, 06 Nov 1994 08:49:36 GMT\r\n"), 412);
    assert_eq!(status("If-Match: \"tag\"\r\n"), 206);
    assert_eq!(status("If-Range: \"tag\"\r\n"), 206);
    assert_eq!(status(&format!("If-Range: {CHANGED}\r\n")), 206);
    assert_eq!(status("If-Range: \"x\"\r\n"), 200);
    assert_eq!(
        ask("GET", "Range: bytes=1000-\r\n", &[], 200).err(),
        Some(Refusal::RangeNotSatisfiable { length: 1000 })
    );
}

/// A time of change that lies ahead is told as now (RFC 9110 §8.8.2.1).
#[test]
fn changed_in_the_future() {
    let mut opened = opened(1);
    opened.modified = Some(conditional::now() + 100_000);
    let headers = with_validators(HeaderBlock::default(), &opened);
    assert!(conditional::validators(&headers).last_modified.expect("a date") <= conditional::now());
}
