//! A request's line and header fields: one buffer and byte ranges into it.
use std::net::{IpAddr, SocketAddr};

use bytes::Bytes;
use smallvec::SmallVec;

/// A byte range in a head's buffer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    pub(crate) fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// The request's HTTP version; no other reaches a handler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// HTTP/1.0: no chunked replies, closed after the reply unless the client asked otherwise.
    Http10,
    /// HTTP/1.1.
    Http11,
}

/// Who is at the other end of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Peer {
    /// A TCP client, IPv4 or IPv6.
    Tcp(SocketAddr),
    /// A client of a Unix-domain socket, which has no address worth showing.
    Unix,
    /// A test client in this process.
    InProcess,
    /// A client of another server in this process, which knows the request by this number.
    Bridged(u64),
}

/// What a proxy that is trusted says of the request; see [`Proxies`](crate::proxies::Proxies).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) client: Option<IpAddr>,
    pub(crate) secure: bool,
    /// Empty where what was sent is no host.
    pub(crate) host: Option<Span>,
}

pub(crate) type Fields = SmallVec<[(Span, Span); 12]>;

/// The request line and header fields as the client sent them.
///
/// `Send + Sync`, and self-contained: it owns the one buffer that all its spans point into.
#[derive(Debug)]
pub struct RequestHead {
    pub(crate) buffer: Bytes,
    pub(crate) method: Span,
    pub(crate) path: Span,
    pub(crate) query: Option<Span>,
    pub(crate) host: Option<Span>,
    pub(crate) version: Version,
    pub(crate) fields: Fields,
    pub(crate) peer: Peer,
    /// Bytes of the path that are the script name, below which the routes stand.
    pub(crate) script: u32,
    pub(crate) told: Told,
}

impl RequestHead {
    /// The method token as sent: methods are case-sensitive (RFC 9110 §9.1).
    pub fn method(&self) -> &str {
        self.slice(self.method)
    }

    /// The path, raw: still percent-encoded, without the query.
    ///
    /// An absolute-form target is reduced to its path; `*` for the asterisk-form (RFC 9112 §3.2).
    pub fn path(&self) -> &str {
        self.slice(self.path)
    }

    /// The path below the script name (RFC 3875 §4.1.5), which routes are matched against; `/` where nothing is left.
    pub fn path_info(&self) -> &str {
        let span = self.path_info_span();
        if span.start == span.end { "/" } else { self.slice(span) }
    }

    /// Where [`path_info`](Self::path_info) lies, for spans of path parameters.
    pub fn path_info_span(&self) -> Span {
        Span { start: self.path.start + self.script, ..self.path }
    }

    /// What the path begins with and no route knows of (RFC 3875 §4.1.13); empty where there is none.
    pub fn script_name(&self) -> &str {
        self.slice(Span { end: self.path.start + self.script, ..self.path })
    }

    /// What follows the first `?` of the target, raw; `None` when there is no `?`.
    pub fn query(&self) -> Option<&str> {
        self.query.map(|span| self.slice(span))
    }

    /// The text of a span; empty for a span that is not of this head's target, method or host.
    pub fn slice(&self, span: Span) -> &str {
        self.buffer.get(span.range()).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default()
    }

    /// The version in the request line.
    pub fn version(&self) -> Version {
        self.version
    }

    /// All fields in the order sent; names as sent, values without surrounding whitespace.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.fields.iter().map(|&(name, value)| (self.slice(name), &self.buffer[value.range()]))
    }

    /// The first field of that name, compared without regard to ASCII case.
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        self.fields.iter().find(|field| self.is_named(field.0, name)).map(|&(_, value)| &self.buffer[value.range()])
    }

    /// Every field of that name in the order sent.
    pub fn header_all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.fields_named(name).map(|value| &self.buffer[value.range()])
    }

    /// The value of a field that may be sent once; `None` where it was sent more often, or not at all.
    pub fn header_once(&self, name: &str) -> Option<&[u8]> {
        let mut sent = self.fields_named(name);
        sent.next().filter(|_| sent.next().is_none()).map(|value| &self.buffer[value.range()])
    }

    pub(crate) fn fields_named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = Span> {
        self.fields.iter().filter(move |field| self.is_named(field.0, name)).map(|&(_, value)| value)
    }

    /// The host and port asked for: of an absolute-form target, else of the `Host` field; its syntax has been checked.
    pub fn host(&self) -> Option<&str> {
        self.host.map(|span| self.slice(span))
    }

    /// The host that is answered for: a trusted proxy's word where it counts, else [`host`](Self::host).
    pub fn site(&self) -> Option<&str> {
        self.told.host.or(self.host).map(|span| self.slice(span)).filter(|host| !host.is_empty())
    }

    /// The client's address as trusted proxies tell it; `None` where there are none, so that the peer is the client.
    pub fn forwarded_client(&self) -> Option<IpAddr> {
        self.told.client
    }

    /// Whether the client used https, as far as a proxy in front may say so.
    pub fn is_secure(&self) -> bool {
        self.told.secure
    }

    /// Who is at the other end of the connection.
    pub fn peer(&self) -> &Peer {
        &self.peer
    }

    /// Whether the reply must come without content (RFC 9110 §9.3.2).
    pub(crate) fn is_head(&self) -> bool {
        &self.buffer[self.method.range()] == b"HEAD"
    }

    fn is_named(&self, span: Span, name: &str) -> bool {
        self.buffer[span.range()].eq_ignore_ascii_case(name.as_bytes())
    }
}
