//! A route's path pattern, parsed.
use std::cmp::Reverse;

use super::build::RouteError;
use super::normal::{Unit, Units};

/// One segment of a pattern; literal text in normal form.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Segment {
    Literal(String),
    /// A parameter with literal text on at least one side.
    Mixed {
        prefix: String,
        suffix: String,
    },
    Param,
    CatchAll,
}

/// How good a match a segment is: the lowest is tried first. Of two that hold literal text around a parameter, the one with
/// more of it is better, then the one with more of it in front; two that match the same segment are never equal.
type Rank = (u8, Reverse<usize>, Reverse<usize>);

/// A pattern without its parameters' names, which do not tell paths apart.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Pattern {
    segments: Vec<Segment>,
}

impl Pattern {
    pub(super) fn parse(path: &str) -> Result<Self, RouteError> {
        let fail = |reason: &str| RouteError::new(format!("path {path:?}: {reason}"));
        let rest = path.strip_prefix('/').ok_or_else(|| fail("a path begins with '/'"))?;
        let mut names = Vec::new();
        let mut segments = Vec::new();
        let mut raw = rest.split('/').peekable();
        while let Some(text) = raw.next() {
            let segment = parse_segment(text, &mut names).map_err(|reason| fail(&reason))?;
            if segment == Segment::CatchAll && raw.peek().is_some() {
                return Err(fail("a {name:path} parameter takes the rest of the path, so nothing can follow it"));
            }
            segments.push(segment);
        }
        Ok(Pattern { segments })
    }

    /// The pattern in `matchit`'s language. Literal braces are no concern: they are encoded characters in normal form.
    pub(super) fn key(&self) -> String {
        let mut key = String::new();
        for segment in &self.segments {
            key.push('/');
            match segment {
                Segment::Literal(text) => key.push_str(text),
                Segment::Mixed { prefix, suffix } => {
                    key.push_str(prefix);
                    key.push_str("{p}");
                    key.push_str(suffix);
                }
                Segment::Param => key.push_str("{p}"),
                Segment::CatchAll => key.push_str("{*p}"),
            }
        }
        key
    }

    /// Orders patterns that match the same path: the better one first.
    pub(super) fn rank(&self) -> Vec<Rank> {
        let none = (Reverse(0), Reverse(0));
        let rank = |segment: &Segment| match segment {
            Segment::Literal(_) => (0, none.0, none.1),
            Segment::Mixed { prefix, suffix } => {
                let (before, after) = (prefix.chars().count(), suffix.chars().count());
                (1, Reverse(before + after), Reverse(before))
            }
            Segment::Param => (2, none.0, none.1),
            Segment::CatchAll => (3, none.0, none.1),
        };
        self.segments.iter().map(rank).collect()
    }
}

impl Pattern {
    /// Whether one tree may hold both. `matchit` does not always find its way back out of text behind a parameter, so where
    /// such a pattern and another may begin alike, they are kept apart.
    pub(super) fn fits_beside(&self, other: &Pattern) -> bool {
        let pairs = self.segments.iter().zip(&other.segments);
        let Some(fork) = pairs.clone().position(|(ours, theirs)| ours != theirs) else { return true };
        let tricky = |pattern: &Pattern| pattern.segments[fork..].iter().any(Segment::has_suffix);
        !(tricky(self) || tricky(other)) || self.segments[fork].excludes(&other.segments[fork])
    }
}

impl Segment {
    fn has_suffix(&self) -> bool {
        matches!(self, Segment::Mixed { suffix, .. } if !suffix.is_empty())
    }

    /// Literal text at both ends; `None` where there may be anything.
    fn ends(&self) -> Option<(&str, &str)> {
        match self {
            Segment::Literal(text) => Some((text, text)),
            Segment::Mixed { prefix, suffix } => Some((prefix, suffix)),
            Segment::Param | Segment::CatchAll => None,
        }
    }

    /// Whether surely no text matches both.
    fn excludes(&self, other: &Segment) -> bool {
        let (Some(ours), Some(theirs)) = (self.ends(), other.ends()) else { return false };
        let may_begin = ours.0.starts_with(theirs.0) || theirs.0.starts_with(ours.0);
        let may_end = ours.1.ends_with(theirs.1) || theirs.1.ends_with(ours.1);
        !(may_begin && may_end)
    }
}

fn parse_segment<'a>(text: &'a str, names: &mut Vec<&'a str>) -> Result<Segment, String> {
    let Some((prefix, rest)) = text.split_once('{') else {
        return literal(text).map(Segment::Literal);
    };
    let (inside, suffix) = rest.split_once('}').ok_or("a '{' has no '}' in its segment")?;
    if suffix.contains('{') {
        return Err("a segment holds one parameter at most".to_owned());
    }
    let (name, kind) = inside.split_once(':').map_or((inside, None), |(name, kind)| (name, Some(kind)));
    check_name(name, names)?;
    let (prefix, suffix) = (literal(prefix)?, literal(suffix)?);
    let alone = prefix.is_empty() && suffix.is_empty();
    match kind {
        None if alone => Ok(Segment::Param),
        None => Ok(Segment::Mixed { prefix, suffix }),
        Some("path") if alone => Ok(Segment::CatchAll),
        Some("path") => Err("a {name:path} parameter is a segment of its own".to_owned()),
        Some(kind) => Err(format!(
            "{{{name}:{kind}}}: the only kind that a path names is 'path'; other types are declared on the handler's parameter"
        )),
    }
}

fn check_name<'a>(name: &'a str, names: &mut Vec<&'a str>) -> Result<(), String> {
    let mut characters = name.chars();
    let starts = characters.next().is_some_and(|first| first.is_alphabetic() || first == '_');
    if !starts || !characters.all(|character| character.is_alphanumeric() || character == '_') {
        return Err(format!("{name:?} is no parameter name; it must be an identifier"));
    }
    if names.contains(&name) {
        return Err(format!("the parameter {name:?} occurs twice"));
    }
    names.push(name);
    Ok(())
}

/// Literal text in normal form: what may not stand in a path itself is matched in its encoded form.
fn literal(text: &str) -> Result<String, String> {
    if text.contains('}') {
        return Err("a '}' has no '{' before it; write %7D for the character itself".to_owned());
    }
    Units::new(text)
        .map(|(unit, length)| match unit {
            // Whether a lone percent sign is a character or a mistyped encoding cannot be told.
            Unit::Encoded(b'%') if length == 1 => {
                Err("a '%' needs two hexadecimal digits; write %25 for it".to_owned())
            }
            unit => Ok(unit.key()),
        })
        .collect()
}
