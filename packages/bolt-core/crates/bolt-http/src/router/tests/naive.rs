//! A router that tries every pattern, one character at a time.
use proptest::prelude::*;

#[derive(Debug, Clone)]
enum Segment {
    Literal(&'static str),
    Mixed(&'static str, &'static str),
    Param,
    CatchAll,
}

#[derive(Debug, Clone)]
pub(super) struct Pattern(Vec<Segment>);

impl Pattern {
    pub(super) fn text(&self) -> String {
        let segment = |(index, segment): (usize, &Segment)| match segment {
            Segment::Literal(text) => format!("/{text}"),
            Segment::Mixed(prefix, suffix) => format!("/{prefix}{{p{index}}}{suffix}"),
            Segment::Param => format!("/{{p{index}}}"),
            Segment::CatchAll => format!("/{{p{index}:path}}"),
        };
        self.0.iter().enumerate().map(segment).collect()
    }

    /// Compared from the left, the lower is the better.
    fn key(&self) -> Vec<(u8, isize, isize)> {
        let key = |segment: &Segment| match segment {
            Segment::Literal(_) => (0, 0, 0),
            Segment::Mixed(prefix, suffix) => {
                let (before, after) = (characters(prefix).len() as isize, characters(suffix).len() as isize);
                (1, -before - after, -before)
            }
            Segment::Param => (2, 0, 0),
            Segment::CatchAll => (3, 0, 0),
        };
        self.0.iter().map(key).collect()
    }

    fn matches<'p>(&self, path: &'p str) -> Option<Vec<&'p str>> {
        let mut rest = path.strip_prefix('/');
        let mut params = Vec::new();
        for segment in &self.0 {
            let text = rest?;
            let (current, after) = text.split_once('/').map_or((text, None), |(current, after)| (current, Some(after)));
            rest = after;
            match segment {
                Segment::Literal(literal) if characters(current) == characters(literal) => {}
                Segment::Literal(_) => return None,
                Segment::Mixed(prefix, suffix) => params.push(between(current, prefix, suffix)?),
                Segment::Param => params.push(between(current, "", "")?),
                Segment::CatchAll => {
                    rest = None;
                    params.push(between(text, "", "")?);
                }
            }
        }
        if rest.is_none() { Some(params) } else { None }
    }
}

/// Octets, whether each was encoded though it need not be told apart, and how it was sent.
fn characters(text: &str) -> Vec<(u8, bool)> {
    spelled(text).into_iter().map(|(octet, encoded, _)| (octet, encoded)).collect()
}

fn spelled(text: &str) -> Vec<(u8, bool, usize)> {
    let bytes = text.as_bytes();
    let mut all = Vec::new();
    let mut place = 0;
    while place < bytes.len() {
        let triplet = text.get(place + 1..place + 3).filter(|_| bytes[place] == b'%');
        let octet = triplet.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        let length = if octet.is_some() { 3 } else { 1 };
        let octet_or_byte = octet.unwrap_or(bytes[place]);
        let unreserved = octet_or_byte.is_ascii_alphanumeric() || b"-._~".contains(&octet_or_byte);
        let needs_encoding = b" \"<>\\^`{|}%".contains(&octet_or_byte) || octet_or_byte >= 0x80;
        all.push((octet_or_byte, !unreserved && (octet.is_some() || needs_encoding), length));
        place += length;
    }
    all
}

/// What is between prefix and suffix, as sent; at least one character.
fn between<'p>(text: &'p str, prefix: &str, suffix: &str) -> Option<&'p str> {
    let (sent, prefix, suffix) = (spelled(text), characters(prefix), characters(suffix));
    let middle = sent.len().checked_sub(prefix.len() + suffix.len()).filter(|&length| length > 0)?;
    let plain = characters(text);
    if !plain.starts_with(&prefix) || !plain.ends_with(&suffix) {
        return None;
    }
    let bytes = |characters: &[(u8, bool, usize)]| characters.iter().map(|character| character.2).sum::<usize>();
    let start = bytes(&sent[..prefix.len()]);
    Some(&text[start..start + bytes(&sent[prefix.len()..prefix.len() + middle])])
}

/// The best pattern's text, and the parameters as sent.
pub(super) fn find<'p>(patterns: &[Pattern], path: &'p str) -> Option<(String, Vec<&'p str>)> {
    let hits = patterns.iter().filter_map(|pattern| Some((pattern, pattern.matches(path)?)));
    hits.min_by_key(|(pattern, _)| pattern.key()).map(|(pattern, params)| (pattern.text(), params))
}

fn pattern() -> impl Strategy<Value = Pattern> {
    let literal = prop::sample::select(vec!["", "a", "b", "ab", "a1", "é", "a b", "a:b", "..", "%41", "2F"]);
    let side = prop::sample::select(vec!["", "a", "ab", "b", "1", "é", ".", "2F"]);
    let segment = prop_oneof![
        4 => literal.prop_map(Segment::Literal),
        2 => (side.clone(), side).prop_map(|sides| match sides {
            ("", "") => Segment::Param,
            (prefix, suffix) => Segment::Mixed(prefix, suffix),
        }),
        2 => Just(Segment::Param),
    ];
    let end = prop_oneof![3 => Just(None), 1 => Just(Some(Segment::CatchAll))];
    (prop::collection::vec(segment, 0..4), end).prop_map(|(mut segments, end)| {
        segments.extend(end);
        if segments.is_empty() {
            segments.push(Segment::Literal(""));
        }
        Pattern(segments)
    })
}

pub(super) fn patterns() -> impl Strategy<Value = Vec<Pattern>> {
    prop::collection::vec(pattern(), 1..10)
}

pub(super) fn path() -> impl Strategy<Value = String> {
    let segment = prop::sample::select(vec![
        "", "a", "b", "ab", "a1", "a1b", "aab", "abb", "é", "%c3%a9", "%C3%A9", "a%20b", "a b", "a:b", "a%3Ab", "..",
        "%2E.", "A", "%41", "%61", "%2F", "x%2F", "%2F2F", "1", "a%", "é1é", "a.a", "%61%62",
    ]);
    prop::collection::vec(segment, 1..5).prop_map(|segments| format!("/{}", segments.join("/")))
}
