//! Header fields that every reply has unless it brings its own.
use super::Stage;
use crate::head::RequestHead;
use crate::reply::{HeaderBlock, ReplyHead};

/// Adds fields to replies, refusals included, that have none of that name.
#[derive(Debug, Clone, Default)]
pub struct DefaultHeaders {
    always: Vec<Field>,
    secure: Vec<Field>,
}

#[derive(Debug, Clone)]
struct Field {
    name: String,
    line: Vec<u8>,
}

/// A field that cannot be a default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidDefault(String);

impl std::fmt::Display for InvalidDefault {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            formatter,
            "the header {:?} cannot be added to every reply: it is malformed, or decided for each reply",
            self.0
        )
    }
}

impl std::error::Error for InvalidDefault {}

impl DefaultHeaders {
    /// `always` go with every reply, `secure` with those to requests that came by https. Errors: a malformed field, and one
    /// that the engine reads itself (`Date`, `Content-Length`, `Connection`, validators).
    pub fn new<T: AsRef<str>>(always: &[(T, T)], secure: &[(T, T)]) -> Result<Self, InvalidDefault> {
        let fields = |pairs: &[(T, T)]| {
            pairs.iter().map(|(name, value)| field(name.as_ref(), value.as_ref())).collect::<Result<Vec<_>, _>>()
        };
        Ok(DefaultHeaders { always: fields(always)?, secure: fields(secure)? })
    }

    /// Whether there is nothing to add.
    pub fn is_empty(&self) -> bool {
        self.always.is_empty() && self.secure.is_empty()
    }
}

fn field(name: &str, value: &str) -> Result<Field, InvalidDefault> {
    let mut block = HeaderBlock::builder();
    let pushed = block.push(name.as_bytes(), value.as_bytes());
    let block = block.finish();
    if pushed.is_err() || block.is_special() {
        return Err(InvalidDefault(name.to_owned()));
    }
    Ok(Field { name: name.to_owned(), line: block.as_bytes().to_vec() })
}

impl Stage for DefaultHeaders {
    fn after(&self, head: Option<&RequestHead>, reply: &mut ReplyHead, bare: bool) {
        if bare {
            return;
        }
        let secure: &[Field] = if head.is_some_and(RequestHead::is_secure) { &self.secure } else { &[] };
        let fields = self.always.iter().chain(secure);
        reply.headers.add_missing(fields.map(|field| (field.name.as_str(), field.line.as_slice())));
    }
}
