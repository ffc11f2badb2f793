//! Byte ranges (RFC 9110 §14).
use std::ops::Range;

use smallvec::{SmallVec, smallvec};

/// More ranges than this in one request are not worth serving as such: the whole content is sent, which RFC 9110 §14.2 allows and
/// which makes a request for a thousand overlapping pieces (CVE-2011-3192) no dearer than any other.
pub const MOST: usize = 32;

/// Ranges with a gap of fewer bytes between them become one: the fields of another part would take more (RFC 9110 §15.3.7.2).
const SMALL_GAP: u64 = 80;

/// Where the parts lie; each within the content, none empty, no two touching.
pub type Spans = SmallVec<[Range<u64>; 1]>;

/// What a `Range` asks for, given the content's length.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selected {
    /// All of it: the field is malformed, of another unit or not worth following, so it is ignored.
    Whole,
    /// These parts, in the order asked for.
    Parts(Spans),
    /// Nothing that exists: 416.
    Unsatisfiable,
}

/// Reads a `Range` field for a content of `length` bytes.
pub fn select(field: &[u8], length: u64) -> Selected {
    let Some(list) = bytes_unit(field) else { return Selected::Whole };
    let mut spans: Spans = smallvec![];
    let mut count = 0;
    for text in list.split(|&byte| byte == b',').map(<[u8]>::trim_ascii).filter(|text| !text.is_empty()) {
        count += 1;
        let Some(range) = Spec::parse(text).filter(|_| count <= MOST) else { return Selected::Whole };
        match range.within(length) {
            Some(span) => join(&mut spans, span),
            // RFC 9110 §14.1.2: the last bytes of nothing are all of it.
            None if length == 0 && matches!(range, Spec::Last(1..)) => return Selected::Whole,
            None => {}
        }
    }
    match (count, spans.is_empty()) {
        (0, _) => Selected::Whole,
        (_, true) => Selected::Unsatisfiable,
        (_, false) => Selected::Parts(spans),
    }
}

fn bytes_unit(field: &[u8]) -> Option<&[u8]> {
    let equals = memchr::memchr(b'=', field)?;
    field[..equals].trim_ascii().eq_ignore_ascii_case(b"bytes").then_some(&field[equals + 1..])
}

/// One range as asked for.
enum Spec {
    /// From a byte to a later one, or to the end.
    From(u64, Option<u64>),
    /// So many bytes at the end.
    Last(u64),
}

impl Spec {
    fn parse(text: &[u8]) -> Option<Spec> {
        let dash = memchr::memchr(b'-', text)?;
        let (first, last) = (text[..dash].trim_ascii_end(), text[dash + 1..].trim_ascii_start());
        match (first.is_empty(), last.is_empty()) {
            (true, _) => Some(Spec::Last(number(last)?)),
            (false, true) => Some(Spec::From(number(first)?, None)),
            (false, false) => {
                let (first, last) = (number(first)?, number(last)?);
                (first <= last).then_some(Spec::From(first, Some(last)))
            }
        }
    }

    fn within(&self, length: u64) -> Option<Range<u64>> {
        let span = match *self {
            Spec::From(first, last) => first..last.map_or(length, |last| last.saturating_add(1).min(length)),
            Spec::Last(count) => length - count.min(length)..length,
        };
        (span.start < span.end).then_some(span)
    }
}

/// Digits; a number beyond 64 bits is beyond any file too.
fn number(text: &[u8]) -> Option<u64> {
    if text.is_empty() || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(text.iter().fold(0u64, |sum, digit| sum.saturating_mul(10).saturating_add(u64::from(digit - b'0'))))
}

/// Adds a span; those that it overlaps or nearly touches become one with it, in the place of the first.
fn join(spans: &mut Spans, mut added: Range<u64>) {
    let near = |one: &Range<u64>, other: &Range<u64>| {
        one.start <= other.end.saturating_add(SMALL_GAP) && other.start <= one.end.saturating_add(SMALL_GAP)
    };
    let mut place = None;
    // A span that has grown may reach others that the original did not.
    while let Some(index) = spans.iter().position(|span| near(span, &added)) {
        let span = spans.remove(index);
        added = span.start.min(added.start)..span.end.max(added.end);
        place = Some(place.unwrap_or(index).min(index));
    }
    spans.insert(place.unwrap_or(spans.len()), added);
}

#[cfg(test)]
mod tests;
