//! Preconditions (RFC 9110 §13): whether a request is still to be answered, given what validates the current content.
//!
//! One evaluation for files, for dynamic replies that carry a validator, and for conditions that are known before the handler.
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::head::RequestHead;
use crate::refusal::Refusal;
use crate::reply::{HeaderBlock, Reply, ReplyHead};

/// What is known of the current representation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Validators<'a> {
    /// Its entity tag, quotes and `W/` included.
    pub etag: Option<&'a [u8]>,
    /// When it last changed, in seconds since 1970.
    pub last_modified: Option<u64>,
    /// Whether there is one, which `*` asks.
    pub exists: bool,
}

/// What the preconditions of a request come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// They hold, or there are none: the method is performed.
    Proceed,
    /// The client has the current content: 304.
    NotModified,
    /// 412.
    Failed,
}

/// Evaluates the preconditions in the order of RFC 9110 §13.2.2, `If-Range` apart.
pub fn evaluate(head: &RequestHead, current: &Validators<'_>) -> Verdict {
    let safe = is_read(head);
    if head.header("if-match").is_some() {
        if !any_matches(head, "if-match", current, strongly) {
            return Verdict::Failed;
        }
    } else if let (Some(since), Some(modified)) = (date_of(head, "if-unmodified-since"), current.last_modified)
        && modified > since
    {
        return Verdict::Failed;
    }
    if head.header("if-none-match").is_some() {
        return match (any_matches(head, "if-none-match", current, weakly), safe) {
            (false, _) => Verdict::Proceed,
            (true, true) => Verdict::NotModified,
            (true, false) => Verdict::Failed,
        };
    }
    match (date_of(head, "if-modified-since"), current.last_modified) {
        (Some(since), Some(modified)) if safe && modified <= since => Verdict::NotModified,
        _ => Verdict::Proceed,
    }
}

/// Whether a `Range` may be answered with a part (RFC 9110 §13.1.5): without `If-Range`, or where it names the current content,
/// by a strong entity tag or the exact date of the last change.
pub fn if_range_holds(head: &RequestHead, current: &Validators<'_>) -> bool {
    let Some(value) = head.header("if-range") else { return true };
    if value.ends_with(b"\"") {
        return current.etag.is_some_and(|etag| strongly(etag, value));
    }
    current.last_modified.is_some() && parse_date(value) == current.last_modified
}

/// The validators among a reply's header fields.
pub fn validators(headers: &HeaderBlock) -> Validators<'_> {
    let last_modified = headers.get("last-modified").and_then(parse_date);
    Validators { etag: headers.get("etag"), last_modified, exists: true }
}

/// What a reply to a GET or HEAD request that carries a validator comes to; for any other reply, `Proceed`: what has been done
/// cannot be refused any more (RFC 9110 §13.2.1).
pub(crate) fn of_reply(head: &RequestHead, reply: &ReplyHead) -> Verdict {
    if !reply.headers.has_validator() || !(200..300).contains(&reply.status) || !is_read(head) {
        return Verdict::Proceed;
    }
    evaluate(head, &validators(&reply.headers))
}

/// A whole reply, or what its preconditions make of it.
pub(crate) fn settle(head: &RequestHead, reply: Reply) -> Result<Reply, Refusal> {
    match of_reply(head, &reply.head) {
        Verdict::Proceed => Ok(reply),
        Verdict::NotModified => Ok(not_modified(reply.head)),
        Verdict::Failed => Err(Refusal::PreconditionFailed),
    }
}

/// 304 with the fields of RFC 9110 §15.4.5 and all others that do not describe the content which is not sent.
pub(crate) fn not_modified(reply: ReplyHead) -> Reply {
    const OF_CONTENT: [&[u8]; 6] = [
        b"content-type",
        b"content-encoding",
        b"content-language",
        b"content-range",
        b"content-disposition",
        b"accept-ranges",
    ];
    let headers = reply.headers.without(|name| OF_CONTENT.iter().any(|own| name.eq_ignore_ascii_case(own)));
    Reply { head: ReplyHead { status: 304, headers }, body: bytes::Bytes::new() }
}

/// GET and HEAD, which a condition answers with 304 where others get 412.
fn is_read(head: &RequestHead) -> bool {
    matches!(head.method(), "GET" | "HEAD")
}

/// RFC 9110 §8.8.3.2: neither is weak, and they are the same.
fn strongly(one: &[u8], other: &[u8]) -> bool {
    one == other && one.starts_with(b"\"")
}

/// RFC 9110 §8.8.3.2: the same but for weakness.
fn weakly(one: &[u8], other: &[u8]) -> bool {
    opaque(one) == opaque(other)
}

fn opaque(tag: &[u8]) -> &[u8] {
    tag.strip_prefix(b"W/").unwrap_or(tag)
}

fn any_matches(head: &RequestHead, name: &str, current: &Validators<'_>, same: impl Fn(&[u8], &[u8]) -> bool) -> bool {
    head.header_all(name).any(|value| {
        if value == b"*" {
            return current.exists;
        }
        current.etag.is_some_and(|etag| Tags(value).any(|tag| same(etag, tag)))
    })
}

/// The entity tags of a list; what is none is passed over to the next comma.
struct Tags<'a>(&'a [u8]);

impl<'a> Iterator for Tags<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        loop {
            let rest = self.0.trim_ascii_start();
            if rest.is_empty() {
                return None;
            }
            let length = tag_length(rest);
            let (tag, rest) = rest.split_at(length.unwrap_or(0));
            let comma = memchr::memchr(b',', rest);
            let between = &rest[..comma.unwrap_or(rest.len())];
            self.0 = comma.map_or(&[], |comma| &rest[comma + 1..]);
            if length.is_some() && between.trim_ascii().is_empty() {
                return Some(tag);
            }
        }
    }
}

/// How long the entity tag is that `text` begins with (RFC 9110 §8.8.3).
fn tag_length(text: &[u8]) -> Option<usize> {
    let quoted = opaque(text);
    let inside = quoted.strip_prefix(b"\"")?;
    let end = memchr::memchr(b'"', inside)?;
    let valid = inside[..end].iter().all(|&byte| byte > b' ' && byte != 0x7f);
    valid.then_some(text.len() - quoted.len() + end + 2)
}

fn date_of(head: &RequestHead, name: &str) -> Option<u64> {
    head.header(name).and_then(parse_date)
}

/// Any of the three forms of RFC 9110 §5.6.7, in seconds since 1970; what is no date counts as absent.
fn parse_date(value: &[u8]) -> Option<u64> {
    let date = httpdate::parse_http_date(std::str::from_utf8(value).ok()?).ok()?;
    date.duration_since(UNIX_EPOCH).ok().map(|since| since.as_secs())
}

/// An IMF-fixdate (RFC 9110 §5.6.7); `None` where four digits do not hold the year.
pub fn format_date(seconds: u64) -> Option<String> {
    const LAST: u64 = 253_402_300_799;
    (seconds <= LAST).then(|| httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(seconds)))
}

/// Seconds since 1970.
pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

#[cfg(test)]
mod tests;
