//! One spelling for paths that RFC 3986 §6.2.2 says are the same, and the way back to the bytes that were sent.
use super::Params;
use crate::head::Span;

/// What stands for itself in a path: `pchar` of RFC 3986 §3.3 without the percent sign, and the slash.
const PLAIN: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        table[byte] = (byte as u8).is_ascii_alphanumeric();
        byte += 1;
    }
    let others = b"-._~!$&'()*+,;=:@/";
    let mut index = 0;
    while index < others.len() {
        table[others[index] as usize] = true;
        index += 1;
    }
    table
};

/// Whether `path` is its own normal form.
pub(super) fn is_plain(path: &str) -> bool {
    path.bytes().all(|byte| PLAIN[byte as usize])
}

/// One character of a path as it counts for matching.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    /// Stands for itself.
    Plain(u8),
    /// An octet that is, or should have been, percent-encoded.
    Encoded(u8),
}

impl Unit {
    /// An encoded octet becomes one character that no plain path can hold, so that no literal text matches a part of it.
    pub(super) fn key(self) -> char {
        match self {
            Unit::Plain(byte) => byte as char,
            Unit::Encoded(byte) => char::from_u32(0x100 + u32::from(byte)).unwrap_or(char::REPLACEMENT_CHARACTER),
        }
    }
}

/// A path's units, each with the number of bytes it was sent as.
pub(super) struct Units<'a>(&'a [u8]);

impl<'a> Units<'a> {
    pub(super) fn new(path: &'a str) -> Self {
        Units(path.as_bytes())
    }
}

impl Iterator for Units<'_> {
    type Item = (Unit, usize);

    fn next(&mut self) -> Option<Self::Item> {
        let (unit, length) = match *self.0 {
            [] => return None,
            [b'%', high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                let octet = (hex(high) << 4) | hex(low);
                (if is_unreserved(octet) { Unit::Plain(octet) } else { Unit::Encoded(octet) }, 3)
            }
            [byte, ..] if PLAIN[byte as usize] => (Unit::Plain(byte), 1),
            // Lenient clients send these raw; a lone percent sign means itself.
            [byte, ..] => (Unit::Encoded(byte), 1),
        };
        self.0 = &self.0[length..];
        Some((unit, length))
    }
}

/// The value of a hexadecimal digit.
fn hex(digit: u8) -> u8 {
    (digit as char).to_digit(16).unwrap_or(0) as u8
}

/// RFC 3986 §2.3.
fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// A path that is not plain, in the form that patterns are kept in.
pub(super) struct Normalised<'a> {
    path: &'a str,
    text: String,
}

impl<'a> Normalised<'a> {
    pub(super) fn new(path: &'a str) -> Self {
        Normalised { path, text: Units::new(path).map(|(unit, _)| unit.key()).collect() }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Turns spans of the text, which ascend and do not overlap, into spans of the path as sent.
    pub(super) fn map_back(&self, params: &mut Params) {
        let mut units = Units::new(self.path);
        let (mut sent, mut normal) = (0, 0);
        let mut sent_at = |place: u32| {
            while normal < place {
                let Some((unit, length)) = units.next() else { break };
                sent += length as u32;
                normal += unit.key().len_utf8() as u32;
            }
            sent
        };
        for span in params {
            *span = Span { start: sent_at(span.start), end: sent_at(span.end) };
        }
    }
}

/// `path` as the path of a `Location`: only what may stand in a URI, and no second slash or backslash at its beginning, which
/// would make what follows a host to send the client to.
pub(super) fn location(path: &str) -> String {
    let mut location = String::with_capacity(path.len() + 8);
    for (index, byte) in path.bytes().enumerate() {
        if (byte == b'%' || PLAIN[byte as usize]) && !(index == 1 && byte == b'/') {
            location.push(byte as char);
        } else {
            location.push_str(&format!("%{byte:02X}"));
        }
    }
    location
}
