//! Limits for untrusted JSON, checked before anything decodes it.

/// Objects and arrays inside one another, unless told otherwise.
///
/// Decoders recurse once a level, and so does most of what is done with the result. Python's own limit is 1000 frames for
/// everything on the stack, and threads with small stacks end sooner, by a crash. No hand-made document comes near 128,
/// where serde's default limit is, too.
pub const MAX_DEPTH: usize = 128;

/// The document is nested more deeply than allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooDeep;

impl std::fmt::Display for TooDeep {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("the JSON document is nested too deeply")
    }
}

impl std::error::Error for TooDeep {}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Other,
    Open,
    Close,
    Quote,
}

const CLASSES: [Class; 256] = {
    let mut table = [Class::Other; 256];
    table[b'[' as usize] = Class::Open;
    table[b'{' as usize] = Class::Open;
    table[b']' as usize] = Class::Close;
    table[b'}' as usize] = Class::Close;
    table[b'"' as usize] = Class::Quote;
    table
};

/// Whether `document` is nested at most [`MAX_DEPTH`] levels deep.
pub fn check(document: &[u8]) -> Result<(), TooDeep> {
    check_depth(document, MAX_DEPTH)
}

/// Whether `document` is nested at most `limit` levels deep.
///
/// It need not be JSON: up to the first byte that a decoder refuses, both count the same levels and see the same strings, so
/// what passes here never takes a decoder beyond the limit.
pub fn check_depth(document: &[u8], limit: usize) -> Result<(), TooDeep> {
    // No level is open without an opening bracket of its own. Those in strings count, too, which errs on the safe side.
    let Some(mut excess) = openers(document).checked_sub(limit).filter(|&excess| excess > 0) else { return Ok(()) };
    let mut depth = 0usize;
    let mut place = 0;
    while let Some(&byte) = document.get(place) {
        place += 1;
        // A chain, the most frequent first: where a jump goes that is taken from a table, no processor guesses.
        let class = CLASSES[byte as usize];
        if class == Class::Other {
            continue;
        }
        if class == Class::Quote {
            place = string_end(document, place);
        } else if class == Class::Open {
            depth += 1;
            if depth > limit {
                return Err(TooDeep);
            }
        } else if depth > 0 {
            depth -= 1;
            excess -= 1;
            // What has been closed is not open again: too few are left to go too deep.
            if excess == 0 {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// How many opening brackets there are, in strings or not.
fn openers(document: &[u8]) -> usize {
    // They differ in one bit; no other byte becomes `{` by setting it. Eight-bit sums let the compiler take 16 bytes at once.
    let count = |bytes: &[u8]| bytes.iter().map(|&byte| u8::from(byte | 0x20 == b'{')).sum::<u8>();
    document.chunks(u8::MAX as usize - 15).map(|bytes| usize::from(count(bytes))).sum()
}

/// The place behind the string that begins before `place`; the document's end, or beyond, if it does not end.
///
/// Most strings are short: eight bytes at a time beats both single bytes and the start-up of a vectorised search.
fn string_end(document: &[u8], mut place: usize) -> usize {
    while let Some(word) = document.get(place..).and_then(<[u8]>::first_chunk) {
        let Some(found) = find_special(u64::from_le_bytes(*word)) else {
            place += 8;
            continue;
        };
        if word[found] == b'"' {
            return place + found + 1;
        }
        // Whatever is escaped does not end the string.
        place += found + 2;
    }
    while let Some(&byte) = document.get(place) {
        place += 1;
        match byte {
            b'"' => return place,
            b'\\' => place += 1,
            _ => {}
        }
    }
    place
}

/// The place of the first quotation mark or backslash among eight bytes, the first of which is the lowest.
fn find_special(word: u64) -> Option<usize> {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    const HIGH: u64 = u64::from_le_bytes([0x80; 8]);
    // Marks every byte that is zero; a borrow can mark more, but only above one that is.
    let zeros = |word: u64| word.wrapping_sub(ONES) & !word & HIGH;
    let marked = zeros(word ^ (ONES * b'"' as u64)) | zeros(word ^ (ONES * b'\\' as u64));
    if marked == 0 { None } else { Some(marked.trailing_zeros() as usize / 8) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Byte by byte, with the states spelled out.
    fn reference(document: &[u8]) -> usize {
        let (mut depth, mut deepest, mut in_string, mut escaped) = (0usize, 0, false, false);
        for &byte in document {
            match (in_string, byte) {
                (true, _) if escaped => escaped = false,
                (true, b'\\') => escaped = true,
                (true, b'"') => in_string = false,
                (true, _) => {}
                (false, b'"') => in_string = true,
                (false, b'[' | b'{') => depth += 1,
                (false, b']' | b'}') => depth = depth.saturating_sub(1),
                _ => {}
            }
            deepest = deepest.max(depth);
        }
        deepest
    }

    /// As many levels as allowed pass, one more does not.
    #[test]
    fn the_limit_is_exact() {
        let nested = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
        assert_eq!(check(nested(MAX_DEPTH).as_bytes()), Ok(()));
        assert_eq!(check(nested(MAX_DEPTH + 1).as_bytes()), Err(TooDeep));
        assert_eq!(check_depth(br#"{"a":[{"b":1}]}"#, 3), Ok(()));
        assert_eq!(check_depth(br#"{"a":[{"b":1}]}"#, 2), Err(TooDeep));
    }

    /// A document that never closes anything is refused at the limit.
    #[test]
    fn a_flood_of_brackets_is_refused() {
        assert_eq!(check(&b"[".repeat(100_000)), Err(TooDeep));
        assert_eq!(check(&br#"{"a":"#.repeat(100_000)), Err(TooDeep));
    }

    /// Length alone is no depth.
    #[test]
    fn brackets_side_by_side_are_not_nested() {
        assert_eq!(check(&b"[],".repeat(100_000)), Ok(()));
    }

    /// Escaped quotation marks do not end a string, escaped backslashes do not escape.
    #[test]
    fn brackets_in_strings_do_not_count() {
        assert_eq!(check_depth(br#"["[[[[\"[[[[","\\"]"#, 1), Ok(()));
        assert_eq!(check_depth(br#"["\\",[]]"#, 1), Err(TooDeep));
        assert_eq!(check_depth(br#"["unterminated [[[["#, 1), Ok(()));
        assert_eq!(check_depth(br#"["ends in a backslash\"#, 1), Ok(()));
    }

    proptest! {
        /// For any bytes, the limit is exceeded exactly where the deepest level exceeds it.
        #[test]
        fn the_depth_is_the_reference_s(document in r#"([\[\]{}"\\a,:é!#\[]|aaaaaaa){0,60}"#, limit in 0..8usize) {
            prop_assert_eq!(check_depth(document.as_bytes(), limit).is_err(), reference(document.as_bytes()) > limit);
        }

        /// Nor do many brackets side by side, or in strings, before and behind the deepest place hide or make a level.
        #[test]
        fn many_shallow_brackets_change_nothing(
            before in r#"(\[\],|\{"a":1\},|"\[\{\{\[",|"\]\}","|\]|aaaaaaa){0,60}"#,
            levels in 0..12usize,
            after in r#"(,\[\]|\},\{|,"\[\\"\{","|\]){0,60}"#,
            limit in 0..12usize,
        ) {
            let document = before + &"[".repeat(levels) + &after;
            prop_assert_eq!(check_depth(document.as_bytes(), limit).is_err(), reference(document.as_bytes()) > limit);
        }

        /// Every opening bracket is counted, and nothing else.
        #[test]
        fn opening_brackets_are_counted(document in prop::collection::vec(any::<u8>(), 0..2000)) {
            let count = document.iter().filter(|&&byte| matches!(byte, b'[' | b'{')).count();
            prop_assert_eq!(openers(&document), count);
        }
    }
}
