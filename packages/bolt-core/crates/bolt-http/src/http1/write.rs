//! Reply heads and chunks as bytes (RFC 9112 §4 to §7).
use bytes::BytesMut;

use crate::date;
use crate::reply::ReplyHead;

/// How the end of a reply's body is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Length {
    /// By `Content-Length`.
    Known(u64),
    /// By the chunked coding.
    Chunked,
    /// By the status or the method, which allow no body, or by the connection's end.
    Absent,
}

/// What the reply says about the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Persistence {
    /// Nothing: HTTP/1.1 stays open.
    Implied,
    /// An HTTP/1.0 client asked for it and gets it.
    KeepAlive,
    /// This is the last reply.
    Close,
    /// The connection leaves HTTP.
    Upgrade,
}

/// The interim reply that lets a client send its body.
pub(super) const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";
/// What ends a chunked body; no trailers are sent.
pub(super) const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

/// Room for what the engine itself puts into a head.
pub(super) const OWN_FIELDS: usize = 160;

/// Appends a reply's head with its empty line.
pub(super) fn head(out: &mut BytesMut, head: &ReplyHead, length: Length, persistence: Persistence) {
    let fields = head.headers.as_bytes();
    out.reserve(fields.len() + OWN_FIELDS);
    status_line(out, head.status);
    out.extend_from_slice(fields);
    match length {
        Length::Known(length) => {
            out.extend_from_slice(b"content-length: ");
            out.extend_from_slice(itoa::Buffer::new().format(length).as_bytes());
            out.extend_from_slice(b"\r\n");
        }
        Length::Chunked => out.extend_from_slice(b"transfer-encoding: chunked\r\n"),
        Length::Absent => {}
    }
    if !head.headers.has_date() {
        date::append(out);
    }
    out.extend_from_slice(match persistence {
        Persistence::Implied => b"\r\n",
        Persistence::KeepAlive => b"connection: keep-alive\r\n\r\n",
        Persistence::Close => b"connection: close\r\n\r\n",
        Persistence::Upgrade => b"connection: upgrade\r\n\r\n",
    });
}

/// Appends a chunk's size line; the caller appends the content and a CRLF.
pub(super) fn chunk_size(out: &mut BytesMut, length: usize) {
    let mut digits = [0; 16];
    let mut start = digits.len();
    let mut left = length;
    loop {
        start -= 1;
        digits[start] = b"0123456789abcdef"[left % 16];
        left /= 16;
        if left == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[start..]);
    out.extend_from_slice(b"\r\n");
}

/// Whether a reply with this status never has a body (RFC 9110 §15.2, §15.3.5, §15.3.6, §15.4.5).
pub(super) fn is_bodiless(status: u16) -> bool {
    status < 200 || matches!(status, 204 | 205 | 304)
}

/// What a status says of a reply's length, whatever its content; `None` where it leaves that to the content.
///
/// 205 is an explicit nothing (RFC 9110 §15.3.6), 304 may have the length `declared` for what 200 would bring, no other
/// status without content has a length (§8.6).
pub(super) fn length_of_status(status: u16, declared: Option<u64>) -> Option<Length> {
    match status {
        205 => Some(Length::Known(0)),
        304 => Some(declared.map_or(Length::Absent, Length::Known)),
        status => is_bodiless(status).then_some(Length::Absent),
    }
}

fn status_line(out: &mut BytesMut, status: u16) {
    if status == 200 {
        out.extend_from_slice(b"HTTP/1.1 200 OK\r\n");
        return;
    }
    out.extend_from_slice(b"HTTP/1.1 ");
    out.extend_from_slice(itoa::Buffer::new().format(status).as_bytes());
    out.extend_from_slice(b" ");
    out.extend_from_slice(reason(status).as_bytes());
    out.extend_from_slice(b"\r\n");
}

/// The phrases of the IANA status code registry; empty for a code that is not in it, which RFC 9112 §4 allows.
pub(crate) fn reason(status: u16) -> &'static str {
    match status {
        101 => "Switching Protocols",
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        203 => "Non-Authoritative Information",
        204 => "No Content",
        205 => "Reset Content",
        206 => "Partial Content",
        207 => "Multi-Status",
        208 => "Already Reported",
        226 => "IM Used",
        300 => "Multiple Choices",
        301 => "Moved Permanently",
        302 => "Found",
        303 => "See Other",
        304 => "Not Modified",
        305 => "Use Proxy",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        _ => error_reason(status),
    }
}

fn error_reason(status: u16) -> &'static str {
    match status {
        400 => "Bad Request",
        401 => "Unauthorized",
        402 => "Payment Required",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        407 => "Proxy Authentication Required",
        408 => "Request Timeout",
        409 => "Conflict",
        410 => "Gone",
        411 => "Length Required",
        412 => "Precondition Failed",
        413 => "Content Too Large",
        414 => "URI Too Long",
        415 => "Unsupported Media Type",
        416 => "Range Not Satisfiable",
        417 => "Expectation Failed",
        421 => "Misdirected Request",
        422 => "Unprocessable Content",
        423 => "Locked",
        424 => "Failed Dependency",
        425 => "Too Early",
        426 => "Upgrade Required",
        428 => "Precondition Required",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        451 => "Unavailable For Legal Reasons",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        505 => "HTTP Version Not Supported",
        507 => "Insufficient Storage",
        508 => "Loop Detected",
        511 => "Network Authentication Required",
        _ => "",
    }
}
