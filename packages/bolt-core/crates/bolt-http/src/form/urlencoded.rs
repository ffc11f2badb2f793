//! `application/x-www-form-urlencoded` (WHATWG URL §5.1), from bytes in any charset.
use std::borrow::Cow;

use encoding_rs::Encoding;
use percent_encoding::percent_decode;

use super::TOO_MANY_FIELDS;
use super::reader::decode;
use crate::refusal::Refusal;

/// Names and values in order; `&` separates, `;` does not.
pub(super) fn parse(
    body: &[u8],
    max_fields: usize,
    charset: &'static Encoding,
) -> Result<Vec<(String, String)>, Refusal> {
    let mut fields = Vec::new();
    for piece in body.split(|&byte| byte == b'&').filter(|piece| !piece.is_empty()) {
        if fields.len() >= max_fields {
            return Err(TOO_MANY_FIELDS);
        }
        let (name, value) = match memchr::memchr(b'=', piece) {
            Some(equals) => (&piece[..equals], &piece[equals + 1..]),
            None => (piece, &[][..]),
        };
        fields.push((decode(plain(name), charset)?, decode(plain(value), charset)?));
    }
    Ok(fields)
}

/// `+` is a space, then percent-decoding, once.
fn plain(raw: &[u8]) -> Vec<u8> {
    let mut spaced = Cow::Borrowed(raw);
    if memchr::memchr(b'+', raw).is_some() {
        for byte in spaced.to_mut() {
            if *byte == b'+' {
                *byte = b' ';
            }
        }
    }
    match Cow::from(percent_decode(&spaced)) {
        Cow::Borrowed(_) => spaced.into_owned(),
        Cow::Owned(decoded) => decoded,
    }
}

#[cfg(test)]
mod tests {
    use encoding_rs::{UTF_8, WINDOWS_1252};

    use super::*;

    fn fields(body: &str) -> Vec<(String, String)> {
        parse(body.as_bytes(), 100, UTF_8).unwrap_or_else(|refusal| panic!("{body:?}: {refusal:?}"))
    }

    fn pair(name: &str, value: &str) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    /// A plus sign is a space, decoding happens once, a name without a value has an empty one.
    #[test]
    fn pairs() {
        assert_eq!(
            fields("a=1&&b=x+y%2Bz&c&%C3%A9=%2541&a="),
            [pair("a", "1"), pair("b", "x y+z"), pair("c", ""), pair("é", "%41"), pair("a", "")]
        );
        assert_eq!(fields("a=1;b=2"), [pair("a", "1;b=2")]);
        assert_eq!(fields(""), []);
    }

    /// More fields than allowed are refused, exactly as many are not.
    #[test]
    fn too_many_fields() {
        assert!(parse(b"a&b", 2, UTF_8).is_ok());
        assert_eq!(parse(b"a&b&c", 2, UTF_8), Err(TOO_MANY_FIELDS));
    }

    /// Text must be valid in the form's charset.
    #[test]
    fn charsets() {
        assert_eq!(parse(b"a=%E9", 2, WINDOWS_1252), Ok(vec![pair("a", "é")]));
        assert_eq!(parse(b"a=%E9", 2, UTF_8).map_err(|refusal| refusal.status()), Err(400));
    }
}
