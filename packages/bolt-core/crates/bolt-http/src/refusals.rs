//! How a server words its refusals: by itself in one of two shapes, or as whoever stands above it says.
use crate::refusal::{Format, Refusal};
use crate::reply::Reply;

/// Texts of the `BadRequest`s that a request meets before its head is known.
const UNREADABLE: &[&str] = &[
    "A header field's name is malformed",
    "A header field's value is malformed",
    "A line must end in CRLF",
    "An HTTP/1.1 request needs a Host header field",
    "Both Transfer-Encoding and Content-Length",
    "More than one Host header field",
    "The Content-Length header field is malformed or repeated",
    "The Host header field is malformed",
    "The coding chunked must be applied once, as the last",
    "The host of the request target is malformed",
    "The request ended before its head was complete",
    "The request head is malformed",
    "The request line is malformed",
    "The request target holds a character that must be percent-encoded",
    "The request target is neither a path nor an http URL",
    "The target * belongs to OPTIONS",
    "Too many empty lines before the request line",
    "Transfer-Encoding does not exist in HTTP/1.0",
];

/// Every refusal that comes without a request to show: of a head that cannot be read, and of a handler that was lost.
pub fn without_request() -> Vec<Refusal> {
    let mut found = vec![
        Refusal::MethodNotAllowed { allow: String::new() },
        Refusal::RequestTimeout,
        Refusal::UriTooLong,
        Refusal::ExpectationFailed,
        Refusal::HeadersTooLarge,
        Refusal::HandlerLost,
        Refusal::UnknownTransferCoding,
        Refusal::VersionNotSupported,
    ];
    found.extend(UNREADABLE.iter().map(|text| Refusal::BadRequest(text)));
    found
}

/// How refusals are worded.
#[derive(Debug, Default)]
pub struct Refusals {
    format: Format,
    prepared: Vec<(Refusal, Reply)>,
    by_handler: bool,
}

impl Refusals {
    /// By the engine itself, in one shape.
    pub fn new(format: Format) -> Self {
        Refusals { format, prepared: Vec::new(), by_handler: false }
    }

    /// By the handler, where there is a request to show it; otherwise as prepared, one reply for each of
    /// [`without_request`].
    #[must_use]
    pub fn worded_above(mut self, prepared: Vec<(Refusal, Reply)>) -> Self {
        self.prepared = prepared;
        self.by_handler = true;
        self
    }

    /// Whether refusals of a parsed request go to the handler.
    pub fn by_handler(&self) -> bool {
        self.by_handler
    }

    /// The reply where no handler is asked.
    pub fn reply(&self, refusal: &Refusal) -> Reply {
        let prepared = self.prepared.iter().find(|(known, _)| known == refusal);
        prepared.map_or_else(|| refusal.reply(self.format), |(_, reply)| reply.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The texts that a head's parsing refuses with, as its sources have them.
    fn texts_in(source: &str) -> Vec<&str> {
        let code = source.split("#[cfg(test)]").next().unwrap_or_default();
        code.split("BadRequest(\"").skip(1).filter_map(|after| after.split('"').next()).collect()
    }

    /// A new text for a head that cannot be read must be among those that can be prepared.
    #[test]
    fn no_text_is_forgotten() {
        let sources = [include_str!("http1/parse.rs"), include_str!("http1/scan.rs"), include_str!("http1/target.rs")];
        let mut found: Vec<&str> = sources.iter().flat_map(|source| texts_in(source)).collect();
        found.push("The request ended before its head was complete");
        found.sort_unstable();
        found.dedup();
        assert_eq!(found, UNREADABLE);
    }

    /// What was prepared is sent as it is, anything else in the server's shape.
    #[test]
    fn prepared_first() {
        let reply = Refusal::NotFound.reply(Format::Detail);
        let refusals = Refusals::new(Format::Problem).worded_above(vec![(Refusal::UriTooLong, reply)]);
        assert_eq!(refusals.reply(&Refusal::UriTooLong).body, r#"{"detail":"Not Found"}"#);
        assert!(refusals.reply(&Refusal::BadHost).body.starts_with(br#"{"type":"#));
    }
}
