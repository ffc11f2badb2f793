//! Percent-decoding (RFC 3986 §2.1), once and only once per piece of a target.
use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use super::CoerceError;

/// The octets that a raw part of a path stands for. A percent sign without two hexadecimal digits means itself.
pub fn percent_decode_bytes(raw: &str) -> Cow<'_, [u8]> {
    percent_decode_str(raw).into()
}

/// The text that a raw part of a path stands for. Errors: `Encoding` when that is not UTF-8.
pub fn percent_decode(raw: &str) -> Result<Cow<'_, str>, CoerceError> {
    percent_decode_str(raw).decode_utf8().map_err(|_| CoerceError::Encoding)
}

/// The same for showing: what is not UTF-8 becomes U+FFFD.
pub fn percent_decode_lossy(raw: &str) -> Cow<'_, str> {
    percent_decode_str(raw).decode_utf8_lossy()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An encoded percent sign is a percent sign, not the beginning of another encoding.
    #[test]
    fn decoding_happens_once() {
        assert_eq!(percent_decode("%252F").as_deref(), Ok("%2F"));
        assert_eq!(percent_decode("a%2Fb%20c%c3%a9").as_deref(), Ok("a/b cé"));
    }

    /// Only form data writes a space as a plus sign.
    #[test]
    fn a_plus_sign_in_a_path_is_itself() {
        assert_eq!(percent_decode("a+b").as_deref(), Ok("a+b"));
    }

    /// Plain text is borrowed.
    #[test]
    fn nothing_is_copied_where_nothing_is_encoded() {
        assert!(matches!(percent_decode("plain"), Ok(Cow::Borrowed("plain"))));
    }

    /// Overlong forms, surrogates and stray octets are refused as text and kept as octets.
    #[test]
    fn octets_that_are_no_utf8_are_an_error() {
        for raw in ["%FF", "%C0%AF", "%ED%A0%80", "%E2%82"] {
            assert_eq!(percent_decode(raw), Err(CoerceError::Encoding), "{raw}");
        }
        assert_eq!(&*percent_decode_bytes("%FFa"), b"\xffa");
        assert_eq!(percent_decode_lossy("%FFa"), "\u{fffd}a");
    }

    /// What is no encoding is left as it is.
    #[test]
    fn a_lone_percent_sign_means_itself() {
        for raw in ["%", "100%", "%z1", "%1"] {
            assert_eq!(percent_decode(raw).as_deref(), Ok(raw));
        }
    }
}
