//! What goes back to the client: a status, validated header fields, a body.
use bytes::{BufMut, Bytes, BytesMut};

/// A header field that would break the reply's framing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InvalidHeader {
    /// The name is not a token (RFC 9110 §5.6.2).
    Name,
    /// The value holds CR, LF, NUL or another control character (RFC 9110 §5.5).
    Value,
    /// The field is the engine's own business: `Transfer-Encoding`, `Connection` other than `close`, `Keep-Alive`.
    Reserved,
}

/// Serialised header fields, each `name: value\r\n`, checked when built.
///
/// The engine adds `Date`, `Content-Length` or `Transfer-Encoding`, and `Connection`.
#[derive(Debug, Clone, Default)]
pub struct HeaderBlock {
    bytes: Bytes,
    has_date: bool,
    close: bool,
    /// An `ETag` or a `Last-Modified` is among the fields.
    has_validator: bool,
    length: Option<u64>,
}

impl HeaderBlock {
    /// Fields known good at compile time, such as `content-type: text/plain\r\n`; must hold no `Date`, `Connection`, `Content-Length` or validator.
    pub const fn from_static(fields: &'static [u8]) -> Self {
        HeaderBlock {
            bytes: Bytes::from_static(fields),
            has_date: false,
            close: false,
            has_validator: false,
            length: None,
        }
    }

    /// Starts an empty block.
    pub fn builder() -> HeaderBlockBuilder {
        HeaderBlockBuilder { block: HeaderBlock::default(), bytes: BytesMut::with_capacity(128) }
    }

    /// The same block, to add fields to.
    pub fn into_builder(mut self) -> HeaderBlockBuilder {
        let bytes = BytesMut::from(std::mem::take(&mut self.bytes));
        HeaderBlockBuilder { block: self, bytes }
    }

    /// The block without the fields whose names (as they are spelt) `dropped` says yes to; a declared length goes too.
    pub(crate) fn without(self, dropped: impl Fn(&[u8]) -> bool) -> HeaderBlock {
        let mut bytes = BytesMut::with_capacity(self.bytes.len());
        for (name, _, line) in self.fields() {
            if !dropped(name) {
                bytes.put_slice(line);
            }
        }
        HeaderBlock { bytes: bytes.freeze(), length: None, ..self }
    }

    /// Adds those of `lines` whose names no field has; each is a name and its whole line, both known good.
    pub(crate) fn add_missing<'a>(&mut self, lines: impl Iterator<Item = (&'a str, &'a [u8])>) {
        let mut bytes = BytesMut::with_capacity(self.bytes.len() + 256);
        bytes.put_slice(&self.bytes);
        for (name, line) in lines {
            if self.get(name).is_none() {
                bytes.put_slice(line);
            }
        }
        self.bytes = bytes.freeze();
    }

    /// Whether a field means something to the engine itself: `Date`, validators, the length, `Connection`.
    pub(crate) fn is_special(&self) -> bool {
        self.has_date || self.close || self.has_validator || self.length.is_some()
    }

    /// The value of the first field of that name, compared without regard to ASCII case.
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.fields().find(|(own, ..)| own.eq_ignore_ascii_case(name.as_bytes())).map(|(_, value, _)| value)
    }

    /// Whether an `ETag` or a `Last-Modified` is among the fields.
    pub fn has_validator(&self) -> bool {
        self.has_validator
    }

    /// Name, value and whole line of each field.
    fn fields(&self) -> impl Iterator<Item = (&[u8], &[u8], &[u8])> {
        // No value holds a line feed: `push` refuses it.
        self.bytes.split_inclusive(|&byte| byte == b'\n').filter_map(|line| {
            let colon = memchr::memchr(b':', line)?;
            Some((&line[..colon], line[colon + 1..].trim_ascii(), line))
        })
    }

    /// The serialised fields.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether a `Date` is among the fields.
    pub fn has_date(&self) -> bool {
        self.has_date
    }

    /// Whether the handler asked to close the connection after this reply.
    pub fn close(&self) -> bool {
        self.close
    }

    /// The `Content-Length` the handler declared; it is not among the serialised fields.
    pub fn content_length(&self) -> Option<u64> {
        self.length
    }
}

/// Builds a [`HeaderBlock`] field by field.
pub struct HeaderBlockBuilder {
    /// All but the bytes.
    block: HeaderBlock,
    bytes: BytesMut,
}

impl HeaderBlockBuilder {
    /// Adds one field; a repeated name is sent twice.
    pub fn push(&mut self, name: &[u8], value: &[u8]) -> Result<(), InvalidHeader> {
        if name.is_empty() || !name.iter().all(|&byte| is_token(byte)) {
            return Err(InvalidHeader::Name);
        }
        if !value.iter().all(|&byte| byte == b'\t' || (byte >= b' ' && byte != 0x7f)) {
            return Err(InvalidHeader::Value);
        }
        let value = value.trim_ascii();
        if name.eq_ignore_ascii_case(b"content-length") {
            let digits = std::str::from_utf8(value).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
            self.block.length = Some(digits.and_then(|text| text.parse().ok()).ok_or(InvalidHeader::Value)?);
            return Ok(());
        }
        if name.eq_ignore_ascii_case(b"connection") && value.eq_ignore_ascii_case(b"close") {
            self.block.close = true;
            return Ok(());
        }
        if [&b"transfer-encoding"[..], b"connection", b"keep-alive"].iter().any(|own| name.eq_ignore_ascii_case(own)) {
            return Err(InvalidHeader::Reserved);
        }
        match name.len() {
            4 if name.eq_ignore_ascii_case(b"date") => self.block.has_date = true,
            4 if name.eq_ignore_ascii_case(b"etag") => self.block.has_validator = true,
            13 if name.eq_ignore_ascii_case(b"last-modified") => self.block.has_validator = true,
            _ => {}
        }
        self.bytes.reserve(name.len() + value.len() + 4);
        self.bytes.put_slice(name);
        self.bytes.put_slice(b": ");
        self.bytes.put_slice(value);
        self.bytes.put_slice(b"\r\n");
        Ok(())
    }

    /// The finished block.
    pub fn finish(self) -> HeaderBlock {
        HeaderBlock { bytes: self.bytes.freeze(), ..self.block }
    }
}

/// `tchar` of RFC 9110 §5.6.2.
pub(crate) fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// A reply's status and header fields.
#[derive(Debug, Clone)]
pub struct ReplyHead {
    /// 200 to 599.
    pub status: u16,
    /// Everything the engine does not add itself.
    pub headers: HeaderBlock,
}

/// A complete reply.
#[derive(Debug, Clone)]
pub struct Reply {
    /// Status and fields.
    pub head: ReplyHead,
    /// The content; not sent to a HEAD request nor with 204 or 304, its length still counts for HEAD.
    pub body: Bytes,
}
