//! Raw text of a request to typed scalars, name-value pairs and cookies.
mod cookie;
mod percent;
mod query;
mod scalar;

use std::borrow::Cow;

pub use cookie::Cookies;
pub use percent::{percent_decode, percent_decode_bytes, percent_decode_lossy};
pub use query::{MAX_FIELDS, QueryPairs};
pub use scalar::{Int, MAX_INT_DIGITS, boolean, float, int};

/// Why text is not the value asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CoerceError {
    /// Not an optional sign and decimal digits.
    Int,
    /// An integer of more digits than [`MAX_INT_DIGITS`].
    IntTooLong,
    /// Not a decimal number.
    Float,
    /// A number beyond what a double holds.
    FloatRange,
    /// None of the words for true and false.
    Bool,
    /// Percent-decoded, it is not UTF-8.
    Encoding,
    /// More name-value pairs than allowed.
    TooManyFields,
}

impl CoerceError {
    /// A stable, machine-readable name.
    pub fn code(self) -> &'static str {
        match self {
            CoerceError::Int => "int",
            CoerceError::IntTooLong => "int_too_long",
            CoerceError::Float => "float",
            CoerceError::FloatRange => "float_range",
            CoerceError::Bool => "bool",
            CoerceError::Encoding => "encoding",
            CoerceError::TooManyFields => "too_many_fields",
        }
    }
}

impl std::fmt::Display for CoerceError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.code())
    }
}

impl std::error::Error for CoerceError {}

/// Header bytes as text: ISO 8859-1, in which every byte is a character (RFC 9110 §5.5).
pub fn latin1(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) if text.is_ascii() => Cow::Borrowed(text),
        _ => Cow::Owned(bytes.iter().map(|&byte| char::from(byte)).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every byte is one character, those that would be UTF-8 together too; ASCII is not copied.
    #[test]
    fn header_bytes() {
        assert_eq!(latin1(b"\xc3\xa9\xff"), "\u{c3}\u{a9}\u{ff}");
        assert!(matches!(latin1(b"plain"), Cow::Borrowed("plain")));
    }
}
