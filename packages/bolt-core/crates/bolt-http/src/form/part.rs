//! The header section of a part of a form (RFC 7578 §4), and the parameters of header fields.
use std::borrow::Cow;

use encoding_rs::Encoding;
use percent_encoding::percent_decode;

use crate::refusal::Refusal;
use crate::reply::is_token;

/// Bytes of a field's name.
const MAX_NAME: usize = 1024;

/// Characters of a file's name that are kept, as Django keeps them.
const MAX_FILE_NAME: usize = 255;

const MALFORMED: Refusal = Refusal::BadRequest("The header of a part of the multipart body is malformed");
const NO_NAME: Refusal = Refusal::BadRequest("A part of the multipart body has no Content-Disposition with a name");
const LONG_NAME: Refusal = Refusal::BadRequest("The name of a form field is too long");
const NO_TEXT: Refusal = Refusal::BadRequest("A name in the multipart body is not valid UTF-8");
const NESTED: Refusal =
    Refusal::BadRequest("A part of the multipart body is multipart itself, which forms no longer are");
const ENCODED: Refusal =
    Refusal::BadRequest("A part of the multipart body has a Content-Transfer-Encoding, which forms no longer have");

/// What a part says of itself.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct PartHead {
    pub(super) field: String,
    /// Of a file; empty where the name is none.
    pub(super) file_name: Option<String>,
    /// Without parameters, in lower case.
    pub(super) media_type: String,
    pub(super) charset: Option<String>,
}

impl PartHead {
    /// Reads a header section, without the empty line at its end.
    pub(super) fn parse(section: &[u8]) -> Result<Self, Refusal> {
        let mut head = PartHead::default();
        let mut named = false;
        let section = section.strip_suffix(b"\r\n").unwrap_or(section);
        for line in Lines(Some(section)) {
            let colon = memchr::memchr(b':', line).ok_or(MALFORMED)?;
            let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
            let printable = value.iter().all(|&byte| byte == b'\t' || (byte >= b' ' && byte != 0x7f));
            if name.is_empty() || !name.iter().copied().all(is_token) || !printable {
                return Err(MALFORMED);
            }
            if name.eq_ignore_ascii_case(b"content-disposition") {
                if std::mem::replace(&mut named, true) {
                    return Err(MALFORMED);
                }
                head.read_disposition(value)?;
            } else if name.eq_ignore_ascii_case(b"content-type") {
                head.read_type(value)?;
            } else if name.eq_ignore_ascii_case(b"content-transfer-encoding") {
                let identity = ["7bit", "8bit", "binary"];
                if !identity.iter().any(|coding| value.eq_ignore_ascii_case(coding.as_bytes())) {
                    return Err(ENCODED);
                }
            }
        }
        if named { Ok(head) } else { Err(NO_NAME) }
    }

    fn read_disposition(&mut self, value: &[u8]) -> Result<(), Refusal> {
        let (kind, params) = split_params(value);
        if !kind.eq_ignore_ascii_case(b"form-data") {
            return Err(NO_NAME);
        }
        let (mut name, mut plain, mut extended) = (None, None, None);
        for param in params {
            let (key, value) = param.ok_or(MALFORMED)?;
            let place = if key.eq_ignore_ascii_case(b"name") {
                &mut name
            } else if key.eq_ignore_ascii_case(b"filename") {
                &mut plain
            } else if key.eq_ignore_ascii_case(b"filename*") {
                &mut extended
            } else {
                continue;
            };
            if place.replace(value).is_some() {
                return Err(MALFORMED);
            }
        }
        let name = name.ok_or(NO_NAME)?;
        if name.len() > MAX_NAME {
            return Err(LONG_NAME);
        }
        self.field = text(&name)?.to_owned();
        self.file_name = match (extended, plain) {
            (Some(value), _) => Some(last_component(&extended_value(&value)?)),
            (None, Some(value)) => Some(last_component(text(&value)?)),
            (None, None) => None,
        };
        Ok(())
    }

    fn read_type(&mut self, value: &[u8]) -> Result<(), Refusal> {
        let (essence, params) = split_params(value);
        self.media_type = text(essence)?.to_ascii_lowercase();
        if self.media_type.starts_with("multipart/") {
            return Err(NESTED);
        }
        for param in params {
            // What else a client says of a type is of no consequence, even if it is malformed.
            let Some((key, value)) = param else { break };
            if key.eq_ignore_ascii_case(b"charset") {
                self.charset = Some(text(&value)?.to_owned());
            }
        }
        Ok(())
    }
}

/// Lines ended by CRLF; one after another, the last may lack its end.
struct Lines<'a>(Option<&'a [u8]>);

impl<'a> Iterator for Lines<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let rest = self.0.filter(|rest| !rest.is_empty())?;
        let end = memchr::memmem::find(rest, b"\r\n");
        self.0 = end.map(|end| &rest[end + 2..]);
        Some(&rest[..end.unwrap_or(rest.len())])
    }
}

fn text(bytes: &[u8]) -> Result<&str, Refusal> {
    std::str::from_utf8(bytes).map_err(|_| NO_TEXT)
}

/// A field value before its first semicolon, and its parameters.
pub(super) fn split_params(value: &[u8]) -> (&[u8], Params<'_>) {
    let end = memchr::memchr(b';', value).unwrap_or(value.len());
    (value[..end].trim_ascii(), Params { rest: &value[end..] })
}

/// `; name=value` and `; name="quoted value"` in order; `None` for what is neither, after which nothing comes.
pub(super) struct Params<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Params<'a> {
    type Item = Option<(&'a [u8], Cow<'a, [u8]>)>;

    fn next(&mut self) -> Option<Self::Item> {
        // Empty parameters are customary: a semicolon at the end, two in a row.
        while let Some(rest) = self.rest.trim_ascii_start().strip_prefix(b";") {
            self.rest = rest;
        }
        let rest = self.rest.trim_ascii_start();
        if rest.is_empty() {
            return None;
        }
        let param = read_param(rest);
        self.rest = param.as_ref().map_or(&[], |(_, _, rest)| rest);
        Some(param.map(|(key, value, _)| (key, value)))
    }
}

type Param<'a> = (&'a [u8], Cow<'a, [u8]>, &'a [u8]);

fn read_param(input: &[u8]) -> Option<Param<'_>> {
    let equals = memchr::memchr(b'=', input)?;
    let (key, value) = (input[..equals].trim_ascii_end(), input[equals + 1..].trim_ascii_start());
    if key.is_empty() || !key.iter().copied().all(is_token) {
        return None;
    }
    let (value, rest) = match value.strip_prefix(b"\"") {
        Some(quoted) => unquote(quoted)?,
        None => {
            let end = memchr::memchr(b';', value).unwrap_or(value.len());
            (Cow::Borrowed(value[..end].trim_ascii_end()), &value[end..])
        }
    };
    // A parameter ends where the next begins.
    let after = rest.trim_ascii_start();
    (after.is_empty() || after.starts_with(b";")).then_some((key, value, after))
}

/// The content of a quoted string, and what follows it. Only quotes and backslashes are escaped: a browser of old sent
/// `C:\path\name` as it is.
fn unquote(input: &[u8]) -> Option<(Cow<'_, [u8]>, &[u8])> {
    let mut unescaped: Option<Vec<u8>> = None;
    let (mut start, mut place) = (0, 0);
    loop {
        place += memchr::memchr2(b'"', b'\\', &input[place..])?;
        if input[place] == b'"' {
            break;
        }
        if matches!(input.get(place + 1), Some(b'"' | b'\\')) {
            unescaped.get_or_insert_default().extend_from_slice(&input[start..place]);
            start = place + 1;
            place += 1;
        }
        place += 1;
    }
    let rest = &input[place + 1..];
    Some(match unescaped {
        Some(mut value) => {
            value.extend_from_slice(&input[start..place]);
            (Cow::Owned(value), rest)
        }
        None => (Cow::Borrowed(&input[..place]), rest),
    })
}

/// `charset'language'percent-encoded` (RFC 8187 §3.2).
fn extended_value(value: &[u8]) -> Result<String, Refusal> {
    let mut pieces = value.splitn(3, |&byte| byte == b'\'');
    let (Some(charset), Some(_), Some(encoded)) = (pieces.next(), pieces.next(), pieces.next()) else {
        return Err(MALFORMED);
    };
    let encoding = Encoding::for_label(charset).ok_or(MALFORMED)?;
    let bytes: Cow<'_, [u8]> = percent_decode(encoded).into();
    encoding.decode_without_bom_handling_and_without_replacement(&bytes).map(Cow::into_owned).ok_or(NO_TEXT)
}

/// A file's name without any folders and control characters; empty where none is left. The end of a name that is too long is
/// kept, since its extension is there.
fn last_component(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let clean: String = last.chars().filter(|character| !character.is_control()).collect();
    let clean = clean.trim();
    if matches!(clean, "" | "." | "..") {
        return String::new();
    }
    let length = clean.chars().count();
    if length <= MAX_FILE_NAME {
        return clean.to_owned();
    }
    let (stem, extension) = match clean.rfind('.') {
        Some(dot) if clean.len() - dot < MAX_FILE_NAME => clean.split_at(dot),
        _ => (clean, ""),
    };
    let kept = MAX_FILE_NAME - extension.chars().count();
    stem.chars().take(kept).chain(extension.chars()).collect()
}

#[cfg(test)]
#[path = "part_tests.rs"]
mod tests;
