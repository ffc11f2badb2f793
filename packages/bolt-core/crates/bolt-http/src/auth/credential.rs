//! Where in a head a credential is looked for.
use std::borrow::Cow;

use crate::coerce::{Cookies, latin1, percent_decode_bytes};
use crate::head::RequestHead;

/// Where a credential may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In a header field.
    Header {
        /// The field's name; its case makes no difference.
        name: String,
        /// What stands before the credential, as `Bearer` does; a value that begins otherwise holds none for this place.
        /// `None`: the whole value is the credential.
        scheme: Option<String>,
    },
    /// In the cookie of that name.
    Cookie(String),
    /// In the query's parameter of that name, as forms are encoded. URLs are written to logs: the place of last resort.
    Query(String),
}

/// A credential as it was sent.
#[derive(Debug)]
pub(super) struct Presented<'a> {
    pub(super) text: Cow<'a, [u8]>,
    /// A browser adds cookies by itself, whoever wrote the page.
    pub(super) from_cookie: bool,
}

const EMPTY: &str = "The credential is empty";
const SEVERAL: &str = "More than one credential was sent";
const SPACED: &str = "The credential contains whitespace";

/// The one credential in these places, or nothing; an error where it is empty, in pieces, or there are two.
pub(super) fn find<'a>(places: &[Place], head: &'a RequestHead) -> Result<Option<Presented<'a>>, &'static str> {
    let mut found = None;
    for place in places {
        let text = match place {
            Place::Header { name, scheme } => in_header(name, scheme.as_deref(), head)?.map(Cow::Borrowed),
            Place::Cookie(name) => in_cookie(name, head)?,
            Place::Query(name) => in_query(name, head)?,
        };
        let Some(text) = text else { continue };
        if found.is_some() {
            return Err(SEVERAL);
        }
        found = Some(Presented { text, from_cookie: matches!(place, Place::Cookie(_)) });
    }
    match &found {
        Some(presented) if presented.text.is_empty() => Err(EMPTY),
        Some(presented) if presented.text.iter().any(u8::is_ascii_whitespace) => Err(SPACED),
        _ => Ok(found),
    }
}

/// A field sent twice is an error if one of the two is meant here: another reader may take the other one.
fn in_header<'a>(name: &str, scheme: Option<&str>, head: &'a RequestHead) -> Result<Option<&'a [u8]>, &'static str> {
    let (mut sent, mut credential) = (0, None);
    for value in head.fields_named(name).map(|span| &head.buffer[span.range()]) {
        sent += 1;
        let text = match scheme {
            Some(scheme) => after_scheme(value, scheme),
            None => Some(value),
        };
        credential = credential.or(text);
    }
    if credential.is_some() && sent > 1 { Err(SEVERAL) } else { Ok(credential) }
}

/// What follows the scheme and its spaces (RFC 9110 §11.4). Values come trimmed: a scheme alone is one without a credential.
fn after_scheme<'a>(value: &'a [u8], scheme: &str) -> Option<&'a [u8]> {
    let (word, rest) = value.split_at_checked(scheme.len())?;
    if !word.eq_ignore_ascii_case(scheme.as_bytes()) || !rest.first().is_none_or(|byte| matches!(byte, b' ' | b'\t')) {
        return None;
    }
    let spaces = rest.iter().take_while(|&&byte| byte == b' ').count();
    Some(&rest[spaces..])
}

/// Two cookies of one name come from two paths or domains, and which one comes first is the browser's choice.
fn in_cookie<'a>(name: &str, head: &'a RequestHead) -> Result<Option<Cow<'a, [u8]>>, &'static str> {
    let mut found = None;
    for field in head.fields_named("cookie").map(|span| &head.buffer[span.range()]) {
        let text = latin1(field);
        for value in Cookies::new(&text).filter(|cookie| cookie.0 == name).map(|cookie| cookie.1) {
            if found.is_some() {
                return Err(SEVERAL);
            }
            found = Some(Cow::Owned(value.into_owned().into_bytes()));
        }
    }
    Ok(found)
}

fn in_query<'a>(name: &str, head: &'a RequestHead) -> Result<Option<Cow<'a, [u8]>>, &'static str> {
    let mut found = None;
    for piece in head.query().unwrap_or_default().split('&') {
        let (key, value) = piece.split_once('=').unwrap_or((piece, ""));
        if *percent_decode_bytes(key) != *name.as_bytes() {
            continue;
        }
        if found.is_some() {
            return Err(SEVERAL);
        }
        // In a form a plus sign is a space, and no credential has one.
        found = Some(if value.contains('+') { Cow::Borrowed(&b" "[..]) } else { percent_decode_bytes(value) });
    }
    Ok(found)
}
