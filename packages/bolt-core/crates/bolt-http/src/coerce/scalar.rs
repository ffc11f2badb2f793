//! Integers, floats and booleans.
use super::CoerceError;

/// Digits of an integer, leading zeros included; Python's own default, since turning digits into a big integer takes
/// quadratic time.
pub const MAX_INT_DIGITS: usize = 4300;

/// An integer of any size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Int {
    /// One that fits.
    Small(i64),
    /// Optional sign and decimal digits of one that does not.
    Big(String),
}

/// Optional sign, then ASCII digits; no spaces, no underscores, no other digits. Errors: `Int`, `IntTooLong`.
pub fn int(text: &str) -> Result<Int, CoerceError> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(CoerceError::Int);
    }
    if digits.len() > MAX_INT_DIGITS {
        return Err(CoerceError::IntTooLong);
    }
    Ok(text.parse().map_or_else(|_| Int::Big(text.to_owned()), Int::Small))
}

/// A finite decimal number such as `-1.5e3`, `.5` or `5.`; the words for infinity and not-a-number are no numbers. Errors:
/// `Float`, and `FloatRange` for one that rounds to infinity.
pub fn float(text: &str) -> Result<f64, CoerceError> {
    if !text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.' | b'e' | b'E')) {
        return Err(CoerceError::Float);
    }
    let value: f64 = text.parse().map_err(|_| CoerceError::Float)?;
    if value.is_finite() { Ok(value) } else { Err(CoerceError::FloatRange) }
}

/// `true`, `1`, `on`, `yes`, or `false`, `0`, `off`, `no`; case makes no difference. Errors: `Bool`.
pub fn boolean(text: &str) -> Result<bool, CoerceError> {
    let is_one_of = |words: [&str; 4]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    if is_one_of(["true", "1", "on", "yes"]) {
        Ok(true)
    } else if is_one_of(["false", "0", "off", "no"]) {
        Ok(false)
    } else {
        Err(CoerceError::Bool)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Whatever fits into 64 bits is a number at once.
    #[test]
    fn integers_of_64_bits_need_no_text() {
        for (text, value) in [("0", 0), ("-0", 0), ("+7", 7), ("007", 7), ("-9223372036854775808", i64::MIN)] {
            assert_eq!(int(text), Ok(Int::Small(value)), "{text}");
        }
    }

    /// One more than 64 bits hold is kept as text.
    #[test]
    fn larger_integers_keep_their_digits() {
        assert_eq!(int("9223372036854775808"), Ok(Int::Big("9223372036854775808".to_owned())));
        assert_eq!(int("-9223372036854775809"), Ok(Int::Big("-9223372036854775809".to_owned())));
    }

    /// Python's other spellings of integers are not taken from clients.
    #[test]
    fn what_is_no_integer_is_refused() {
        for text in ["", "+", "-", "1_0", " 1", "1 ", "1.0", "1e3", "0x1", "٣", "--1", "+-1", "\u{2212}1", "1\n"] {
            assert_eq!(int(text), Err(CoerceError::Int), "{text:?}");
        }
    }

    /// The longest integer is read, one digit more is refused, even if it is a zero in front.
    #[test]
    fn an_integer_has_a_bounded_number_of_digits() {
        assert!(int(&format!("-{}", "9".repeat(MAX_INT_DIGITS))).is_ok());
        assert_eq!(int(&"9".repeat(MAX_INT_DIGITS + 1)), Err(CoerceError::IntTooLong));
        assert_eq!(int(&"0".repeat(MAX_INT_DIGITS + 1)), Err(CoerceError::IntTooLong));
    }

    /// The usual spellings of decimal numbers are read.
    #[test]
    fn floats_are_decimal() {
        for (text, value) in [("1", 1.0), ("-1.5e3", -1500.0), (".5", 0.5), ("5.", 5.0), ("+0.1", 0.1), ("1E-2", 0.01)]
        {
            assert_eq!(float(text), Ok(value), "{text}");
        }
    }

    /// Neither words nor numbers beyond a double become infinity or not-a-number.
    #[test]
    fn what_is_no_finite_float_is_refused() {
        for text in ["", ".", "e5", "inf", "-inf", "Infinity", "nan", "NaN", "0x1p3", "1_0", " 1", "1e", "1.2.3", "1,5"]
        {
            assert_eq!(float(text), Err(CoerceError::Float), "{text:?}");
        }
        assert_eq!(float("1e999"), Err(CoerceError::FloatRange));
        assert_eq!(float("-1e999"), Err(CoerceError::FloatRange));
    }

    /// Every documented word is read in any case, no other.
    #[test]
    fn booleans_are_four_words_each() {
        for text in ["true", "TRUE", "True", "1", "on", "On", "yes", "YES"] {
            assert_eq!(boolean(text), Ok(true), "{text}");
        }
        for text in ["false", "FALSE", "0", "off", "no", "No"] {
            assert_eq!(boolean(text), Ok(false), "{text}");
        }
        for text in ["", "t", "y", "2", "null", " true", "truee"] {
            assert_eq!(boolean(text), Err(CoerceError::Bool), "{text:?}");
        }
    }

    proptest! {
        /// The number read is the number written, whatever its size.
        #[test]
        fn any_integer_survives(value: i128) {
            let read = match int(&value.to_string()) {
                Ok(Int::Small(small)) => i128::from(small),
                Ok(Int::Big(text)) => text.parse().expect("digits"),
                Err(error) => panic!("{error}"),
            };
            prop_assert_eq!(read, value);
            prop_assert_eq!(i64::try_from(value).is_ok(), matches!(int(&value.to_string()), Ok(Int::Small(_))));
        }

        /// The shortest spelling of a double is read as that double.
        #[test]
        fn any_finite_float_survives(value in proptest::num::f64::NORMAL | proptest::num::f64::SUBNORMAL | proptest::num::f64::ZERO) {
            prop_assert_eq!(float(&format!("{value:e}")).map(f64::to_bits), Ok(value.to_bits()));
        }

        /// Exactly an optional sign and ASCII digits are accepted.
        #[test]
        fn an_integer_is_what_the_grammar_says(text in "[+-]?[0-9_ .a-f]{0,5}|\\PC{0,4}") {
            let digits = text.strip_prefix('+').or(text.strip_prefix('-')).unwrap_or(&text);
            let expected = !digits.is_empty() && digits.chars().all(|digit| "0123456789".contains(digit));
            prop_assert_eq!(int(&text).is_ok(), expected);
        }
    }
}
