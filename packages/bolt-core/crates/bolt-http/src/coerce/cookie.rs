//! The `Cookie` field.
use std::borrow::Cow;

/// The cookies of one field value in order, repeated names included.
///
/// RFC 6265 §4.2 is what servers may expect, browsers send more; so, as Django does, any text between `;` counts, names
/// and values are trimmed, one without `=` is a value without a name, and a quoted value is unquoted with its backslash
/// escapes. Nothing is percent-decoded.
#[derive(Debug, Clone)]
pub struct Cookies<'a> {
    rest: Option<&'a str>,
}

impl<'a> Cookies<'a> {
    /// Reads a field's value.
    pub fn new(value: &'a str) -> Self {
        Cookies { rest: Some(value) }
    }
}

impl<'a> Iterator for Cookies<'a> {
    type Item = (&'a str, Cow<'a, str>);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let rest = self.rest?;
            let (piece, rest) = rest.split_once(';').map_or((rest, None), |(piece, rest)| (piece, Some(rest)));
            self.rest = rest;
            let (name, value) = piece.split_once('=').unwrap_or(("", piece));
            let (name, value) = (name.trim(), value.trim());
            if !name.is_empty() || !value.is_empty() {
                return Some((name, unquote(value)));
            }
        }
    }
}

/// The inside of a quoted value, where `\ooo` is a character by its octal number and `\c` is `c`.
fn unquote(value: &str) -> Cow<'_, str> {
    let Some(inside) = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else {
        return Cow::Borrowed(value);
    };
    if !inside.contains('\\') {
        return Cow::Borrowed(inside);
    }
    let mut text = String::with_capacity(inside.len());
    let mut rest = inside;
    while let Some((before, after)) = rest.split_once('\\') {
        text.push_str(before);
        if let Some(character) = octal(after) {
            text.push(character);
            rest = &after[3..];
        } else if let Some(character) = after.chars().next() {
            text.push(character);
            rest = &after[character.len_utf8()..];
        } else {
            text.push('\\');
            rest = after;
        }
    }
    text.push_str(rest);
    Cow::Owned(text)
}

/// The character that three octal digits, 000 to 377, at the beginning of `text` stand for.
fn octal(text: &str) -> Option<char> {
    let digits = text.as_bytes().get(..3).filter(|digits| digits.iter().all(|digit| (b'0'..=b'7').contains(digit)))?;
    let value = digits.iter().fold(0u32, |value, digit| value * 8 + u32::from(digit - b'0'));
    u8::try_from(value).ok().map(char::from)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cookies(value: &str) -> Vec<(String, String)> {
        Cookies::new(value).map(|(name, value)| (name.to_owned(), value.into_owned())).collect()
    }

    fn pair(name: &str, value: &str) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    /// Names and values are trimmed; only the first equals sign separates.
    #[test]
    fn cookies_come_in_order() {
        assert_eq!(cookies("a=1; b = 2 ;c=d=e"), [pair("a", "1"), pair("b", "2"), pair("c", "d=e")]);
    }

    /// Browsers send a cookie that was set without a name like this; empty pieces are no cookies.
    #[test]
    fn a_lone_text_is_a_value_without_a_name() {
        assert_eq!(cookies("a; ;=; b=;=c"), [pair("", "a"), pair("b", ""), pair("", "c")]);
        assert!(cookies("").is_empty());
    }

    /// Python's own cookies write separators as octal escapes inside quotes.
    #[test]
    fn a_quoted_value_is_unquoted() {
        assert_eq!(cookies(r#"a="x\073y\"z\\"; b="plain""#), [pair("a", r#"x;y"z\"#), pair("b", "plain")]);
    }

    /// A single quotation mark is part of the value; an octal number beyond a byte is no character.
    #[test]
    fn odd_quotes_are_left_as_they_are() {
        assert_eq!(cookies(r#"a="x; b="; c="\777""#), [pair("a", "\"x"), pair("b", "\""), pair("c", "777")]);
    }

    /// What an application encoded, it decodes itself.
    #[test]
    fn nothing_is_percent_decoded() {
        assert_eq!(cookies("a=%20+"), [pair("a", "%20+")]);
    }

    proptest! {
        /// There are never more cookies than pieces.
        #[test]
        fn any_text_is_read_without_panic(value in "\\PC{0,40}|[ab=;\" \\\\0-9é]{0,40}") {
            prop_assert!(Cookies::new(&value).count() <= value.split(';').count());
        }

        /// What a browser sends is what is read.
        #[test]
        fn plain_cookies_survive(sent in prop::collection::vec(("[a-zA-Z_]{1,8}", "[a-zA-Z0-9%=+/.-]{1,8}"), 0..6)) {
            let value: Vec<String> = sent.iter().map(|(name, value)| format!("{name}={value}")).collect();
            prop_assert_eq!(cookies(&value.join("; ")), sent);
        }
    }
}
