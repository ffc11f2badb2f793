//! From a head's bytes to a [`RequestHead`] and what its fields say about framing and the connection.
use std::mem::MaybeUninit;

use bytes::Bytes;

use super::body::Framing;
use super::target::{self, Path};
use crate::head::{Fields, Peer, RequestHead, Span, Told, Version};
use crate::refusal::Refusal;

/// Field lines for which no heap memory is taken while parsing.
const STACK_FIELDS: usize = 48;

/// A head and what the connection has to know of it.
#[derive(Debug)]
pub struct Parsed {
    /// The request.
    pub head: RequestHead,
    /// How its body is delimited.
    pub framing: Framing,
    /// Whether the client lets the connection stay open.
    pub keep_alive: bool,
    /// The client waits for `100 Continue` before it sends the body.
    pub expects_continue: bool,
}

/// Parses a complete head, as [`HeadScanner`](super::scan::HeadScanner) delimits it; `fields` is its count of field lines.
pub fn parse_head(head: Bytes, fields: usize, peer: Peer) -> Result<Parsed, Refusal> {
    if fields <= STACK_FIELDS {
        let mut lines = [const { MaybeUninit::uninit() }; STACK_FIELDS];
        parse_into(&head, &mut lines)?
    } else {
        let mut lines = vec![MaybeUninit::uninit(); fields];
        parse_into(&head, &mut lines)?
    }
    .finish(head, peer)
}

/// Everything of a head but its buffer.
struct Draft {
    method: Span,
    target: Span,
    version: Version,
    fields: Fields,
}

fn parse_into<'b>(head: &'b [u8], lines: &mut [MaybeUninit<httparse::Header<'b>>]) -> Result<Draft, Refusal> {
    let mut request = httparse::Request::new(&mut []);
    match request.parse_with_uninit_headers(head, lines) {
        Ok(httparse::Status::Complete(length)) if length == head.len() => {}
        Ok(_) => return Err(Refusal::BadRequest("The request head is malformed")),
        Err(error) => return Err(refusal(error, head)),
    }
    let (Some(method), Some(target), Some(minor)) = (request.method, request.path, request.version) else {
        return Err(Refusal::BadRequest("The request line is malformed"));
    };
    let locate = |part: &[u8]| locate(head, part);
    Ok(Draft {
        method: locate(method.as_bytes()),
        target: locate(target.as_bytes()),
        version: if minor == 0 { Version::Http10 } else { Version::Http11 },
        fields: request.headers.iter().map(|field| (locate(field.name.as_bytes()), locate(field.value))).collect(),
    })
}

/// Where `part`, a subslice of `whole`, lies in it.
fn locate(whole: &[u8], part: &[u8]) -> Span {
    if part.is_empty() {
        return Span::default();
    }
    let start = part.as_ptr() as usize - whole.as_ptr() as usize;
    Span { start: start as u32, end: (start + part.len()) as u32 }
}

fn refusal(error: httparse::Error, head: &[u8]) -> Refusal {
    match error {
        httparse::Error::HeaderName => Refusal::BadRequest("A header field's name is malformed"),
        httparse::Error::HeaderValue => Refusal::BadRequest("A header field's value is malformed"),
        httparse::Error::TooManyHeaders => Refusal::HeadersTooLarge,
        httparse::Error::Version if is_other_version(head) => Refusal::VersionNotSupported,
        _ => Refusal::BadRequest("The request line is malformed"),
    }
}

/// Whether the request line ends in a well-formed version, so the trouble is only that it is not ours (RFC 9110 §15.6.6).
fn is_other_version(head: &[u8]) -> bool {
    let line = head.split(|&byte| byte == b'\r').next().unwrap_or_default();
    let mut parts = line.split(|&byte| byte == b' ').skip(2);
    let version = parts.next().unwrap_or_default();
    parts.next().is_none()
        && matches!(version, [b'H', b'T', b'T', b'P', b'/', major, b'.', minor] if major.is_ascii_digit() && minor.is_ascii_digit())
}

impl Draft {
    fn finish(self, mut buffer: Bytes, peer: Peer) -> Result<Parsed, Refusal> {
        let said = Said::read(&buffer, &self.fields)?;
        let framing = said.framing(self.version)?;
        if said.expects_other {
            return Err(Refusal::ExpectationFailed);
        }
        if &buffer[self.method.range()] == b"CONNECT" {
            return Err(Refusal::MethodNotAllowed { allow: String::new() });
        }
        let target = self.target;
        let split = target::split(&buffer[self.method.range()], &buffer[target.range()])?;
        if self.version == Version::Http11 && said.host.is_none() {
            return Err(Refusal::BadRequest("An HTTP/1.1 request needs a Host header field"));
        }
        let inside = |range: std::ops::Range<usize>| Span {
            start: target.start + range.start as u32,
            end: target.start + range.end as u32,
        };
        let path = match split.path {
            Path::Range(range) => inside(range),
            Path::Asterisk => append_asterisk(&mut buffer),
        };
        // The target's host wins over the field (RFC 9112 §3.2.2).
        let host = split.authority.map(inside).or(said.host);
        Ok(Parsed {
            framing,
            keep_alive: said.keeps_alive(self.version),
            // A 1.0 client knows no 100 (RFC 9110 §10.1.1).
            expects_continue: said.expects_continue && self.version == Version::Http11,
            head: RequestHead {
                method: self.method,
                path,
                query: split.query.map(inside),
                host,
                version: self.version,
                fields: self.fields,
                peer,
                script: 0,
                told: Told::default(),
                buffer,
            },
        })
    }
}

fn append_asterisk(buffer: &mut Bytes) -> Span {
    let start = buffer.len() as u32;
    let mut longer = Vec::with_capacity(buffer.len() + 1);
    longer.extend_from_slice(buffer);
    longer.push(b'*');
    *buffer = longer.into();
    Span { start, end: start + 1 }
}

/// What the fields say that concerns the engine.
#[derive(Default)]
struct Said {
    host: Option<Span>,
    length: Option<u64>,
    chunked: bool,
    close: bool,
    keep_alive: bool,
    expects_continue: bool,
    expects_other: bool,
}

impl Said {
    fn read(buffer: &[u8], fields: &Fields) -> Result<Said, Refusal> {
        let mut said = Said::default();
        for &(name, value) in fields {
            said.take(&buffer[name.range()], value, &buffer[value.range()])?;
        }
        Ok(said)
    }

    fn take(&mut self, name: &[u8], span: Span, value: &[u8]) -> Result<(), Refusal> {
        // The length decides almost always, so most fields cost one comparison.
        match name.len() {
            4 if name.eq_ignore_ascii_case(b"host") => self.take_host(span, value),
            6 if name.eq_ignore_ascii_case(b"expect") => {
                let known = value.eq_ignore_ascii_case(b"100-continue");
                self.expects_continue |= known;
                self.expects_other |= !known;
                Ok(())
            }
            10 if name.eq_ignore_ascii_case(b"connection") => {
                for option in value.split(|&byte| byte == b',').map(<[u8]>::trim_ascii) {
                    self.close |= option.eq_ignore_ascii_case(b"close");
                    self.keep_alive |= option.eq_ignore_ascii_case(b"keep-alive");
                }
                Ok(())
            }
            14 if name.eq_ignore_ascii_case(b"content-length") => self.take_length(value),
            17 if name.eq_ignore_ascii_case(b"transfer-encoding") => self.take_coding(value),
            _ => Ok(()),
        }
    }

    fn take_host(&mut self, span: Span, value: &[u8]) -> Result<(), Refusal> {
        if self.host.replace(span).is_some() {
            return Err(Refusal::BadRequest("More than one Host header field"));
        }
        if target::is_host(value) { Ok(()) } else { Err(Refusal::BadRequest("The Host header field is malformed")) }
    }

    /// Repeated lengths are refused even when equal: RFC 9110 §8.6 allows it, and no honest client sends them.
    fn take_length(&mut self, value: &[u8]) -> Result<(), Refusal> {
        const MALFORMED: Refusal = Refusal::BadRequest("The Content-Length header field is malformed or repeated");
        if self.length.is_some() || value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
            return Err(MALFORMED);
        }
        let length = std::str::from_utf8(value).ok().and_then(|digits| digits.parse().ok());
        self.length = Some(length.ok_or(MALFORMED)?);
        Ok(())
    }

    fn take_coding(&mut self, value: &[u8]) -> Result<(), Refusal> {
        if self.chunked {
            return Err(Refusal::BadRequest("The coding chunked must be applied once, as the last"));
        }
        if value.eq_ignore_ascii_case(b"chunked") {
            self.chunked = true;
            return Ok(());
        }
        let mut codings = value.split(|&byte| byte == b',').map(<[u8]>::trim_ascii);
        let known = codings.all(|coding| coding.eq_ignore_ascii_case(b"chunked") || coding.is_empty());
        if known {
            return Err(Refusal::BadRequest("The coding chunked must be applied once, as the last"));
        }
        Err(Refusal::UnknownTransferCoding)
    }

    fn framing(&self, version: Version) -> Result<Framing, Refusal> {
        match (self.chunked, self.length) {
            // RFC 9112 §6.1: faulty framing, a sign of request smuggling.
            (true, _) if version == Version::Http10 => {
                Err(Refusal::BadRequest("Transfer-Encoding does not exist in HTTP/1.0"))
            }
            (true, Some(_)) => Err(Refusal::BadRequest("Both Transfer-Encoding and Content-Length")),
            (true, None) => Ok(Framing::Chunked),
            (false, Some(0)) | (false, None) => Ok(Framing::None),
            (false, Some(length)) => Ok(Framing::Length(length)),
        }
    }

    fn keeps_alive(&self, version: Version) -> bool {
        !self.close && (version == Version::Http11 || self.keep_alive)
    }
}
