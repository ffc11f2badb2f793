//! Lines of the access log. Whatever comes from a request is escaped, so that it can neither end a field nor a line, nor
//! control a terminal.
use std::net::IpAddr;

use super::Entry;
use crate::date;
use crate::head::{Peer, RequestHead, Version};
use crate::request_id::REQUEST_ID;

/// How a line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// `08:49:37 200 GET /path?query 1.2ms 345B 192.0.2.1`, for people.
    Short {
        /// Colour the status, for a terminal.
        colour: bool,
    },
    /// Apache's and nginx's Combined Log Format.
    Combined,
    /// A JSON object: `time` (UTC, RFC 3339), `client`, `method`, `target`, `version`, `status`, `bytes`, `duration_us`,
    /// `referer`, `user_agent`, `request_id`; `null` where there is nothing.
    Json,
}

/// Appends one line.
pub(super) fn line(format: Format, entry: &Entry<'_>, out: &mut Vec<u8>) {
    match format {
        Format::Short { colour } => short(entry, colour, out),
        Format::Combined => combined(entry, out),
        Format::Json => json(entry, out),
    }
    out.push(b'\n');
}

/// Appends a line that tells how many were lost.
pub(super) fn dropped(format: Format, count: u64, out: &mut Vec<u8>) {
    if format == Format::Json {
        out.extend_from_slice(b"{\"dropped\":");
        number(count, out);
        out.extend_from_slice(b"}\n");
    } else {
        out.extend_from_slice(b"# ");
        number(count, out);
        out.extend_from_slice(b" lines were dropped: the log could not be written fast enough\n");
    }
}

fn combined(entry: &Entry<'_>, out: &mut Vec<u8>) {
    address(entry, out);
    out.extend_from_slice(b" - - [");
    date::now().0.append_common(out);
    out.extend_from_slice(b"] \"");
    match entry.head {
        Some(head) => {
            request(head, out);
            out.extend_from_slice(b" HTTP/");
            out.extend_from_slice(version(head));
        }
        None => out.push(b'-'),
    }
    out.extend_from_slice(b"\" ");
    number(entry.status.into(), out);
    out.push(b' ');
    number(entry.bytes, out);
    for name in ["referer", "user-agent"] {
        out.extend_from_slice(b" \"");
        escape(field(entry, name).unwrap_or(b"-"), out);
        out.push(b'"');
    }
}

fn short(entry: &Entry<'_>, colour: bool, out: &mut Vec<u8>) {
    out.extend_from_slice(date::now().0.time());
    out.push(b' ');
    if colour {
        out.extend_from_slice(match entry.status {
            ..300 => b"\x1b[32m",
            300..400 => b"\x1b[36m",
            400..500 => b"\x1b[33m",
            500.. => b"\x1b[31m",
        });
    }
    number(entry.status.into(), out);
    if colour {
        out.extend_from_slice(b"\x1b[0m");
    }
    out.push(b' ');
    match entry.head {
        Some(head) => request(head, out),
        None => out.push(b'-'),
    }
    out.push(b' ');
    duration(micros(entry), out);
    out.push(b' ');
    number(entry.bytes, out);
    out.extend_from_slice(b"B ");
    address(entry, out);
}

fn json(entry: &Entry<'_>, out: &mut Vec<u8>) {
    let (second, millis) = date::now();
    out.extend_from_slice(b"{\"time\":\"");
    second.append_iso(out);
    let millis = 1000 + millis;
    let mut digits = itoa::Buffer::new();
    out.push(b'.');
    out.extend_from_slice(&digits.format(millis).as_bytes()[1..]);
    out.extend_from_slice(b"Z\",\"client\":\"");
    address(entry, out);
    out.push(b'"');
    match entry.head {
        Some(head) => {
            out.extend_from_slice(b",\"method\":\"");
            escape_json(head.method(), out);
            out.extend_from_slice(b"\",\"target\":\"");
            escape_json(head.path(), out);
            if let Some(query) = head.query() {
                out.push(b'?');
                escape_json(query, out);
            }
            out.extend_from_slice(b"\",\"version\":\"");
            out.extend_from_slice(version(head));
            out.push(b'"');
        }
        None => out.extend_from_slice(b",\"method\":null,\"target\":null,\"version\":null"),
    }
    for (name, value) in [("status", entry.status.into()), ("bytes", entry.bytes), ("duration_us", micros(entry))] {
        key(name, out);
        number(value, out);
    }
    for (name, field_name) in [("referer", "referer"), ("user_agent", "user-agent"), ("request_id", REQUEST_ID)] {
        key(name, out);
        match field(entry, field_name) {
            Some(value) => {
                out.push(b'"');
                escape_json(&String::from_utf8_lossy(value), out);
                out.push(b'"');
            }
            None => out.extend_from_slice(b"null"),
        }
    }
    out.push(b'}');
}

fn key(name: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(b",\"");
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":");
}

fn field<'a>(entry: &Entry<'a>, name: &str) -> Option<&'a [u8]> {
    entry.head.and_then(|head| head.header(name))
}

/// `GET /path?query`.
fn request(head: &RequestHead, out: &mut Vec<u8>) {
    escape(head.method().as_bytes(), out);
    out.push(b' ');
    escape(head.path().as_bytes(), out);
    if let Some(query) = head.query() {
        out.push(b'?');
        escape(query.as_bytes(), out);
    }
}

fn version(head: &RequestHead) -> &'static [u8] {
    match head.version() {
        Version::Http10 => b"1.0",
        Version::Http11 => b"1.1",
    }
}

fn micros(entry: &Entry<'_>) -> u64 {
    u64::try_from(entry.started.elapsed().as_micros()).unwrap_or(u64::MAX)
}

/// `345us`, `1.2ms`, `3.4s`.
fn duration(micros: u64, out: &mut Vec<u8>) {
    let (unit, name): (u64, &[u8]) = match micros {
        ..1000 => (1, b"us"),
        1000..1_000_000 => (1000, b"ms"),
        1_000_000.. => (1_000_000, b"s"),
    };
    number(micros / unit, out);
    if unit > 1 {
        out.push(b'.');
        number(micros % unit * 10 / unit, out);
    }
    out.extend_from_slice(name);
}

fn number(value: u64, out: &mut Vec<u8>) {
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

/// The client: as a trusted proxy tells it, else the peer.
fn address(entry: &Entry<'_>, out: &mut Vec<u8>) {
    match (entry.head.and_then(RequestHead::forwarded_client), entry.peer) {
        (Some(ip), _) => ip_address(ip, out),
        (None, Peer::Tcp(address)) => ip_address(address.ip(), out),
        (None, Peer::Unix) => out.extend_from_slice(b"unix:"),
        (None, Peer::InProcess | Peer::Bridged(_)) => out.push(b'-'),
    }
}

fn ip_address(ip: IpAddr, out: &mut Vec<u8>) {
    match ip {
        IpAddr::V4(ip) => {
            for (index, octet) in ip.octets().into_iter().enumerate() {
                if index > 0 {
                    out.push(b'.');
                }
                number(octet.into(), out);
            }
        }
        IpAddr::V6(ip) => out.extend_from_slice(ip.to_string().as_bytes()),
    }
}

/// What is not visible ASCII, and quotation marks and backslashes, becomes `\xHH`, as nginx has it.
fn escape(text: &[u8], out: &mut Vec<u8>) {
    if text.iter().all(|&byte| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\') {
        out.extend_from_slice(text);
        return;
    }
    for &byte in text {
        if matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\' {
            out.push(byte);
        } else {
            out.extend_from_slice(b"\\x");
            out.extend_from_slice(&hex(byte));
        }
    }
}

/// The same within a JSON string, as `\uHHHH`.
fn escape_json(text: &str, out: &mut Vec<u8>) {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\') {
        out.extend_from_slice(text.as_bytes());
        return;
    }
    for unit in text.encode_utf16() {
        match u8::try_from(unit) {
            Ok(byte @ (b'"' | b'\\')) => out.extend_from_slice(&[b'\\', byte]),
            Ok(byte @ b' '..=b'~') => out.push(byte),
            _ => {
                out.extend_from_slice(b"\\u");
                unit.to_be_bytes().into_iter().for_each(|byte| out.extend_from_slice(&hex(byte)));
            }
        }
    }
}

fn hex(byte: u8) -> [u8; 2] {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]
}
