use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use proptest::prelude::*;

use super::*;
use crate::http1::parse::parse_head;

const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Clone, Default)]
struct Memory(Arc<Mutex<Vec<u8>>>);

impl io::Write for Memory {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no panic").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn peer() -> Peer {
    Peer::Tcp(SocketAddr::from(([192, 0, 2, 1], 54321)))
}

fn head(target: &str, fields: &str) -> RequestHead {
    let text = format!("GET {target} HTTP/1.1\r\nHost: a\r\n{fields}\r\n");
    let count = text.matches("\r\n").count() - 2;
    parse_head(Bytes::from(text), count, peer()).expect("a valid head").head
}

fn entry<'a>(head: Option<&'a RequestHead>, peer: &'a Peer) -> Entry<'a> {
    Entry { peer, head, status: 200, bytes: 345, started: Instant::now() }
}

/// One line without its time, which differs from run to run.
fn line(format: Format, entry: &Entry<'_>) -> String {
    let mut out = Vec::new();
    format::line(format, entry, &mut out);
    String::from_utf8(out).expect("UTF-8")
}

/// Combined lines are what log analysers know from Apache and nginx.
#[test]
fn combined_lines_have_the_usual_fields() {
    let head = head("/a%20b?q=1", "Referer: http://x/\r\nUser-Agent: curl/8\r\n");
    let text = line(Format::Combined, &entry(Some(&head), &peer()));
    let (before, rest) = text.split_once('[').expect("a time");
    let (time, after) = rest.split_once(']').expect("a time");
    assert_eq!(before, "192.0.2.1 - - ");
    assert!(time.len() == 26 && time.ends_with(" +0000") && time[2..].starts_with('/'), "{time}");
    assert_eq!(after, " \"GET /a%20b?q=1 HTTP/1.1\" 200 345 \"http://x/\" \"curl/8\"\n");
}

/// A head that could not be parsed leaves a line all the same, with a dash for what is not known.
#[test]
fn an_unknown_request_is_a_dash() {
    let ours = Entry { status: 400, ..entry(None, &Peer::Unix) };
    assert!(line(Format::Combined, &ours).ends_with("] \"-\" 400 345 \"-\" \"-\"\n"));
    assert!(line(Format::Combined, &ours).starts_with("unix: - - ["));
    let short = Format::Short { colour: false };
    assert!(line(short, &ours)[8..].starts_with(" 400 - "));
    let json = line(Format::Json, &ours);
    assert!(json.contains(r#""method":null,"target":null,"version":null,"status":400"#), "{json}");
    assert!(json.ends_with("\"referer\":null,\"user_agent\":null,\"request_id\":null}\n"), "{json}");
}

/// Short lines are for people: time of day, status, request, duration, size, client.
#[test]
fn short_lines_are_short() {
    let head = head("/a", "");
    let ipv6 = Peer::Tcp("[2001:db8::1]:80".parse().expect("an address"));
    let started = Instant::now().checked_sub(Duration::from_millis(1234)).expect("uptime");
    let ours = Entry { started, ..entry(Some(&head), &ipv6) };
    let text = line(Format::Short { colour: false }, &ours);
    assert_eq!(&text[2..3], ":");
    assert!(text[8..].starts_with(" 200 GET /a 1.2s 345B 2001:db8::1\n"), "{text}");
}

/// Colours surround the status only, and only where asked for.
#[test]
fn colours_tell_statuses_apart() {
    let peer = peer();
    for (status, colour) in [(200, "32"), (304, "36"), (404, "33"), (500, "31")] {
        let ours = Entry { status, ..entry(None, &peer) };
        let text = line(Format::Short { colour: true }, &ours);
        assert!(text.contains(&format!("\x1b[{colour}m{status}\x1b[0m -")), "{text:?}");
        assert!(!line(Format::Short { colour: false }, &ours).contains('\x1b'));
    }
}

/// JSON lines hold every field under its documented name.
#[test]
fn json_lines_have_every_field() {
    let head = head("/a?b", "Referer: r\r\nUser-Agent: u\r\nX-Request-ID: i\r\n");
    let text = line(Format::Json, &entry(Some(&head), &peer()));
    let (time, rest) = text.split_once("\",\"client\":").expect("a client");
    assert!(time.starts_with("{\"time\":\"20") && time.ends_with('Z'), "{time}");
    assert_eq!(time.len(), "{\"time\":\"2026-11-24T03:37:37.123Z".len());
    let (fixed, varying) = rest.split_once("\"duration_us\":").expect("a duration");
    let expected = r#""192.0.2.1","method":"GET","target":"/a?b","version":"1.1","status":200,"bytes":345,"#;
    assert_eq!(fixed, expected);
    assert!(varying.ends_with(",\"referer\":\"r\",\"user_agent\":\"u\",\"request_id\":\"i\"}\n"), "{varying}");
}

/// Quotation marks, backslashes, control characters and anything beyond ASCII are escaped, so no field ends early.
#[test]
fn what_a_client_sends_cannot_forge_a_field() {
    let head = head("/\"\\", "User-Agent: a\" \\ \t\u{9b}31m\u{e9}\r\n");
    let ours = entry(Some(&head), &Peer::InProcess);
    let combined = line(Format::Combined, &ours);
    assert!(combined.contains(r#""GET /\x22\x5C HTTP/1.1""#), "{combined}");
    assert!(combined.ends_with("\"a\\x22 \\x5C \\x09\\xC2\\x9B31m\\xC3\\xA9\"\n"), "{combined}");
    let json = line(Format::Json, &ours);
    assert!(json.contains(r#""target":"/\"\\""#), "{json}");
    assert!(json.contains(r#""user_agent":"a\" \\ \u0009\u009B31m\u00E9""#), "{json}");
}

/// What is recorded is written in order, each a line, and dropping the log writes what is left.
#[test]
fn dropping_the_log_writes_what_is_left() {
    let memory = Memory::default();
    let log = AccessLog::start(Format::Combined, memory.clone(), CAPACITY).expect("a thread");
    let peer = peer();
    for index in 0..100 {
        log.record(&entry(Some(&head(&format!("/{index}"), "")), &peer));
    }
    drop(log);
    let written = String::from_utf8(memory.0.lock().expect("no panic").clone()).expect("UTF-8");
    let targets: Vec<&str> = written.lines().filter_map(|line| line.split(' ').nth(6)).collect();
    assert_eq!(targets, (0..100).map(|index| format!("/{index}")).collect::<Vec<_>>());
}

/// The number of dropped lines is a line of the log's own format.
#[test]
fn dropped_lines_are_counted_in_the_log() {
    let cases = [
        (Format::Json, "{\"dropped\":1}\n"),
        (Format::Combined, "# 1 lines were dropped: the log could not be written fast enough\n"),
    ];
    for (format, expected) in cases {
        let memory = Memory::default();
        let log = AccessLog::start(format, memory.clone(), 10).expect("a thread");
        log.record(&entry(None, &peer()));
        assert!(log.flush(PATIENCE));
        assert_eq!(memory.0.lock().expect("no panic").as_slice(), expected.as_bytes());
    }
}

proptest! {
    /// Whatever a field holds, the line is one line of visible ASCII with as many quotation marks as its format has.
    #[test]
    fn any_field_is_one_line(agent in prop::collection::vec(prop_oneof![Just(b'\t'), 0x20u8..0x7f, 0x80u8..=0xff], 0..40)) {
        let mut text = b"GET / HTTP/1.1\r\nHost: a\r\nUser-Agent: ".to_vec();
        text.extend_from_slice(&agent);
        text.extend_from_slice(b"\r\n\r\n");
        let head = parse_head(Bytes::from(text), 2, peer()).expect("a valid head").head;
        let peer = peer();
        for (format, quotes) in [(Format::Combined, 6), (Format::Short { colour: false }, 0)] {
            let text = line(format, &entry(Some(&head), &peer));
            let body = text.strip_suffix('\n').expect("a line's end");
            prop_assert!(body.bytes().all(|byte| matches!(byte, b' '..=b'~')));
            prop_assert_eq!(body.matches('"').count(), quotes);
        }
        let json = line(Format::Json, &entry(Some(&head), &peer));
        prop_assert!(json.trim_end_matches('\n').bytes().all(|byte| matches!(byte, b' '..=b'~')));
    }
}

/// Behind a trusted proxy the client is the one that the proxy tells, in every format.
#[test]
fn a_forwarded_client_is_shown() {
    let mut head = head("/", "X-Forwarded-For: 203.0.113.9\r\n");
    crate::proxies::Proxies::new(&["192.0.2.0/24"]).expect("a network").settle(&mut head);
    for format in [Format::Short { colour: false }, Format::Combined, Format::Json] {
        let text = line(format, &entry(Some(&head), &peer()));
        assert!(text.contains("203.0.113.9") && !text.contains("192.0.2.1"), "{text}");
    }
}
