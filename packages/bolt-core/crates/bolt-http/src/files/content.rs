//! What of a file is sent, and with which head.
use std::ops::Range;

use bytes::Bytes;
use smallvec::{SmallVec, smallvec};

use super::open::Opened;
use super::ranges::{Selected, Spans, select};
use crate::conditional::{self, Validators, Verdict};
use crate::head::RequestHead;
use crate::refusal::Refusal;
use crate::reply::{HeaderBlock, Reply, ReplyHead};

/// A part of what is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece {
    /// What stands between the parts of a `multipart/byteranges`.
    Text(Bytes),
    /// Bytes of the file; not empty.
    Span(Range<u64>),
}

/// A head and what follows it.
#[derive(Debug)]
pub(crate) struct Content {
    pub(crate) head: ReplyHead,
    /// Bytes of all pieces.
    pub(crate) length: u64,
    pub(crate) pieces: SmallVec<[Piece; 1]>,
}

/// What a request for a file comes to.
#[derive(Debug)]
pub(crate) enum Decided {
    /// The file, or parts of it.
    Content(Content),
    /// No content: 304.
    Reply(Reply),
}

/// Decides by the request's preconditions and ranges (RFC 9110 §13.2.2, §14.2); errors: 412 and 416.
pub(crate) fn decide(request: &RequestHead, reply: ReplyHead, opened: &Opened) -> Result<Decided, Refusal> {
    let is_get = request.method() == "GET";
    // Any other status is about something else than the file: an error page, say.
    let selects = reply.status == 200 && (is_get || request.method() == "HEAD");
    if !selects {
        return Ok(Decided::Content(whole(reply, opened.size)));
    }
    let head = ReplyHead { status: 200, headers: with_validators(reply.headers, opened) };
    let validators = conditional::validators(&head.headers);
    match conditional::evaluate(request, &validators) {
        Verdict::Proceed => {}
        Verdict::NotModified => return Ok(Decided::Reply(conditional::not_modified(head))),
        Verdict::Failed => return Err(Refusal::PreconditionFailed),
    }
    let range = request.header("range").filter(|_| is_get && takes_ranges(request, &head.headers, &validators));
    match range.map_or(Selected::Whole, |range| select(range, opened.size)) {
        Selected::Whole => Ok(Decided::Content(whole(head, opened.size))),
        Selected::Unsatisfiable => Err(Refusal::RangeNotSatisfiable { length: opened.size }),
        Selected::Parts(spans) => Ok(Decided::Content(partial(head, spans, opened.size))),
    }
}

fn takes_ranges(request: &RequestHead, headers: &HeaderBlock, validators: &Validators<'_>) -> bool {
    // Two `Range` fields are no list that means anything (RFC 9110 §5.3).
    headers.get("accept-ranges") == Some(b"bytes")
        && request.header_all("range").count() == 1
        && conditional::if_range_holds(request, validators)
}

/// The handler's fields and, where it did not set them itself, the file's validators.
fn with_validators(headers: HeaderBlock, opened: &Opened) -> HeaderBlock {
    let own = |name| headers.get(name).is_some();
    // RFC 9110 §8.8.2.1: never later than the reply's own date.
    let modified = opened.modified.map(|modified| modified.min(conditional::now()));
    let fields = [
        ("etag", Some(opened.etag.clone())),
        ("last-modified", modified.and_then(conditional::format_date)),
        ("accept-ranges", Some("bytes".to_owned())),
    ];
    let missing = fields.map(|(name, value)| (name, value.filter(|_| !own(name))));
    let mut block = headers.into_builder();
    for (name, value) in missing {
        if let Some(value) = value {
            push(&mut block, name, &value);
        }
    }
    block.finish()
}

/// Adds a field of our own making, which is always a valid one.
fn push(block: &mut crate::reply::HeaderBlockBuilder, name: &str, value: &str) {
    let pushed = block.push(name.as_bytes(), value.as_bytes());
    debug_assert!(pushed.is_ok(), "{name}: {value}");
}

fn whole(head: ReplyHead, size: u64) -> Content {
    let pieces = if size == 0 { smallvec![] } else { smallvec![Piece::Span(0..size)] };
    Content { head, length: size, pieces }
}

fn partial(head: ReplyHead, spans: Spans, size: u64) -> Content {
    match spans.as_slice() {
        [span] => {
            let mut block = head.headers.into_builder();
            push(&mut block, "content-range", &content_range(span, size));
            let length = span.end - span.start;
            let pieces = smallvec![Piece::Span(span.clone())];
            Content { head: ReplyHead { status: 206, headers: block.finish() }, length, pieces }
        }
        _ => multipart(head, &spans, size),
    }
}

fn content_range(span: &Range<u64>, size: u64) -> String {
    format!("bytes {}-{}/{size}", span.start, span.end - 1)
}

/// RFC 9110 §14.6: each part says what it is and where it lies.
fn multipart(head: ReplyHead, spans: &Spans, size: u64) -> Content {
    let boundary = boundary();
    let media_type = head.headers.get("content-type").map(<[u8]>::to_vec);
    let mut pieces = SmallVec::with_capacity(2 * spans.len() + 1);
    for span in spans {
        let mut text = Vec::with_capacity(160);
        text.extend_from_slice(format!("\r\n--{boundary}\r\n").as_bytes());
        if let Some(media_type) = &media_type {
            text.extend_from_slice(b"content-type: ");
            text.extend_from_slice(media_type);
            text.extend_from_slice(b"\r\n");
        }
        text.extend_from_slice(format!("content-range: {}\r\n\r\n", content_range(span, size)).as_bytes());
        pieces.push(Piece::Text(text.into()));
        pieces.push(Piece::Span(span.clone()));
    }
    pieces.push(Piece::Text(format!("\r\n--{boundary}--\r\n").into()));
    let length = pieces.iter().map(|piece| match piece {
        Piece::Text(text) => text.len() as u64,
        Piece::Span(span) => span.end - span.start,
    });
    let length = length.sum();
    let mut block = head.headers.without(|name| name.eq_ignore_ascii_case(b"content-type")).into_builder();
    push(&mut block, "content-type", &format!("multipart/byteranges; boundary={boundary}"));
    Content { head: ReplyHead { status: 206, headers: block.finish() }, length, pieces }
}

/// 128 bits that no file can have been made to hold: keyed anew by the system for each use.
fn boundary() -> String {
    use std::hash::{BuildHasher, Hasher, RandomState};
    let random = || RandomState::new().build_hasher().finish();
    format!("{:016x}{:016x}", random(), random())
}

#[cfg(test)]
mod tests;
