//! Name-value pairs in `application/x-www-form-urlencoded`, as queries and form bodies have them (WHATWG URL §5.1).
use std::borrow::Cow;

use memchr::memchr2;
use percent_encoding::percent_decode;

use super::CoerceError;

/// Pairs read of one query unless told otherwise; Django's `DATA_UPLOAD_MAX_NUMBER_FIELDS` has the same default.
pub const MAX_FIELDS: usize = 1000;

/// The pairs of a query in order, repeated names included; `&` separates, `;` does not. What needs no decoding is borrowed.
///
/// Each is decoded once: `+` is a space, then percent-decoding. Errors: `Encoding` for a pair that is not UTF-8, after which
/// the next one may be read; `TooManyFields`, after which nothing comes.
#[derive(Debug, Clone)]
pub struct QueryPairs<'a> {
    rest: Option<&'a str>,
    left: usize,
}

impl<'a> QueryPairs<'a> {
    /// At most [`MAX_FIELDS`] pairs of `query`, which has no `?` in front.
    pub fn new(query: &'a str) -> Self {
        QueryPairs::with_limit(query, MAX_FIELDS)
    }

    /// At most `limit` pairs.
    pub fn with_limit(query: &'a str, limit: usize) -> Self {
        QueryPairs { rest: Some(query), left: limit }
    }

    /// The next piece between `&` signs that is not empty.
    fn next_piece(&mut self) -> Option<&'a str> {
        loop {
            let rest = self.rest?;
            let (piece, rest) = match memchr::memchr(b'&', rest.as_bytes()) {
                Some(end) => (&rest[..end], Some(&rest[end + 1..])),
                None => (rest, None),
            };
            self.rest = rest;
            if !piece.is_empty() {
                return Some(piece);
            }
        }
    }
}

impl<'a> Iterator for QueryPairs<'a> {
    type Item = Result<(Cow<'a, str>, Cow<'a, str>), CoerceError>;

    fn next(&mut self) -> Option<Self::Item> {
        let piece = self.next_piece()?;
        let Some(left) = self.left.checked_sub(1) else {
            self.rest = None;
            return Some(Err(CoerceError::TooManyFields));
        };
        self.left = left;
        let (name, value) = piece.split_once('=').unwrap_or((piece, ""));
        Some(decode(name).and_then(|name| Ok((name, decode(value)?))))
    }
}

fn decode(raw: &str) -> Result<Cow<'_, str>, CoerceError> {
    let Some(first) = memchr2(b'+', b'%', raw.as_bytes()) else {
        return Ok(Cow::Borrowed(raw));
    };
    let mut octets = raw.as_bytes().to_vec();
    for octet in &mut octets[first..] {
        if *octet == b'+' {
            *octet = b' ';
        }
    }
    // Plus signs go first: one that comes out of an encoding is a plus sign.
    let octets = percent_decode(&octets).collect::<Vec<u8>>();
    String::from_utf8(octets).map(Cow::Owned).map_err(|_| CoerceError::Encoding)
}

#[cfg(test)]
mod tests {
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
    use proptest::prelude::*;

    use super::*;

    fn pairs(query: &str) -> Vec<(String, String)> {
        let owned = |pair: Result<(Cow<'_, str>, Cow<'_, str>), CoerceError>| {
            let (name, value) = pair.expect("a valid pair");
            (name.into_owned(), value.into_owned())
        };
        QueryPairs::new(query).map(owned).collect()
    }

    fn pair(name: &str, value: &str) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    /// A list is written by repeating its name.
    #[test]
    fn pairs_come_in_order_with_repetitions() {
        assert_eq!(pairs("a=1&b=2&a=3"), [pair("a", "1"), pair("b", "2"), pair("a", "3")]);
    }

    /// Only the first equals sign separates; empty pieces are no pairs.
    #[test]
    fn a_pair_may_lack_its_name_or_value() {
        let expected = [pair("a", ""), pair("b", ""), pair("", "c"), pair("d", "e=f")];
        assert_eq!(pairs("a&b=&=c&&d=e=f&"), expected);
        assert!(pairs("").is_empty());
    }

    /// Decoding happens once, in names and in values.
    #[test]
    fn a_plus_sign_is_a_space_unless_encoded() {
        assert_eq!(pairs("a+b=c+%2B%2520"), [pair("a b", "c +%20")]);
    }

    /// Proxies that know only `&` see the same pairs.
    #[test]
    fn a_semicolon_separates_nothing() {
        assert_eq!(pairs("a=1;b=2"), [pair("a", "1;b=2")]);
    }

    /// A plain pair is borrowed from the query.
    #[test]
    fn nothing_is_copied_where_nothing_is_encoded() {
        let pair = QueryPairs::new("name=value").next();
        assert!(matches!(pair, Some(Ok((Cow::Borrowed("name"), Cow::Borrowed("value"))))));
    }

    /// The pairs after it can still be read.
    #[test]
    fn a_pair_that_is_no_utf8_is_an_error_of_its_own() {
        let all: Vec<_> = QueryPairs::new("a=%FF&b=1").collect();
        assert_eq!(all, [Err(CoerceError::Encoding), Ok((Cow::Borrowed("b"), Cow::Borrowed("1")))]);
    }

    /// The pair beyond the limit is an error and the last item.
    #[test]
    fn the_number_of_pairs_is_bounded() {
        let all: Vec<_> = QueryPairs::with_limit("a&b&&c&d", 2).collect();
        assert_eq!(all.len(), 3);
        assert_eq!(all[2], Err(CoerceError::TooManyFields));
        assert_eq!(QueryPairs::with_limit("a&b&", 2).filter(Result::is_ok).count(), 2);
    }

    proptest! {
        /// Any names and values survive encoding and decoding.
        #[test]
        fn what_a_client_encodes_is_what_is_read(sent in prop::collection::vec((".{1,8}", ".{0,8}"), 0..8), plus: bool) {
            let encode = |text: &str| {
                let encoded = utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
                if plus { encoded.replace("%20", "+") } else { encoded }
            };
            let query: Vec<String> = sent.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
            prop_assert_eq!(pairs(&query.join("&")), sent);
        }

        /// There are never more pairs than pieces.
        #[test]
        fn any_text_is_read_without_panic(query in "\\PC{0,40}|[a&=+%0-9A-F;]{0,40}") {
            prop_assert!(QueryPairs::new(&query).count() <= query.split('&').count());
        }
    }
}
