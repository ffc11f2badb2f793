//! Every request that the engine turns down, with its status and what the client is told.
use std::borrow::Cow;

use bytes::{BufMut, Bytes, BytesMut};

use crate::coding::ACCEPTED;
use crate::http1::reason;
use crate::reply::{HeaderBlock, Reply, ReplyHead};

/// The shape of a refusal's body.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Format {
    /// `{"detail": "…"}` as `application/json`.
    #[default]
    Detail,
    /// Problem details (RFC 9457) as `application/problem+json`.
    Problem,
}

/// Why a request is not answered by its handler.
///
/// The texts are fixed or built from the server's own settings: nothing of the request is echoed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// The head or the body's framing breaks RFC 9110 or RFC 9112; the text names the rule.
    BadRequest(&'static str),
    /// The host is not one that this server answers for.
    BadHost,
    /// The route wants credentials, and there are none, or they are invalid. Where no scheme of the route has a challenge the
    /// reply has none, though RFC 9110 §15.5.2 wants one: a made-up one would have browsers ask for a password.
    Unauthorized {
        /// A fixed text: nothing of the credential.
        detail: &'static str,
        /// What `WWW-Authenticate` asks for (RFC 9110 §11.6.1).
        challenge: Option<String>,
    },
    /// The credentials are valid, and not enough.
    Denied {
        /// A fixed text.
        detail: &'static str,
        /// What would be enough (RFC 6750 §3.1).
        challenge: Option<String>,
    },
    /// The server may not read the file that the handler sends.
    Forbidden,
    /// No route matches the path, or the file that the handler sends is not there.
    NotFound,
    /// The path exists, the method does not.
    MethodNotAllowed {
        /// The methods that exist, as in an `Allow` field.
        allow: String,
    },
    /// The client sent its head or its body too slowly.
    RequestTimeout,
    /// A precondition of the request is false (RFC 9110 §13.1).
    PreconditionFailed,
    /// None of the ranges asked for lies within the content (RFC 9110 §14.4).
    RangeNotSatisfiable {
        /// The content's length in bytes.
        length: u64,
    },
    /// The body is longer than its route takes.
    BodyTooLarge {
        /// In bytes.
        limit: usize,
    },
    /// A form breaks one of its limits; the text names it.
    FormTooLarge(&'static str),
    /// The request line is longer than the configured limit.
    UriTooLong,
    /// The body's media type is not one that the route reads.
    UnsupportedMediaType,
    /// The client left, or ended its side of the connection, in the middle of the body.
    IncompleteBody,
    /// A file of the form is larger than its field takes.
    FileTooLarge {
        /// The field, which the route declares.
        field: String,
        /// In bytes.
        limit: u64,
    },
    /// A field of the form has more files than it takes.
    TooManyFiles {
        /// The field, which the route declares.
        field: String,
        /// In files.
        limit: usize,
    },
    /// A file of the form has a media type that its field does not take.
    FileType {
        /// The field, which the route declares.
        field: String,
    },
    /// A content coding that this server does not decode (RFC 9110 §8.4).
    UnsupportedContentCoding,
    /// An expectation other than `100-continue` (RFC 9110 §10.1.1).
    ExpectationFailed,
    /// Too many header fields, or too many bytes of them.
    HeadersTooLarge,
    /// The handler went away without an answer.
    HandlerLost,
    /// A transfer coding that this server does not know (RFC 9112 §6.1).
    UnknownTransferCoding,
    /// The server cannot take the request now.
    ServiceUnavailable {
        /// Seconds after which trying again makes sense.
        retry_after: Option<u32>,
    },
    /// A major version other than 1 in the request line.
    VersionNotSupported,
}

impl Refusal {
    /// The reply's status.
    pub fn status(&self) -> u16 {
        match self {
            Refusal::BadRequest(_) | Refusal::BadHost | Refusal::IncompleteBody => 400,
            Refusal::Unauthorized { .. } => 401,
            Refusal::Forbidden | Refusal::Denied { .. } => 403,
            Refusal::NotFound => 404,
            Refusal::MethodNotAllowed { .. } => 405,
            Refusal::RequestTimeout => 408,
            Refusal::PreconditionFailed => 412,
            Refusal::BodyTooLarge { .. }
            | Refusal::FormTooLarge(_)
            | Refusal::FileTooLarge { .. }
            | Refusal::TooManyFiles { .. } => 413,
            Refusal::UriTooLong => 414,
            Refusal::UnsupportedMediaType | Refusal::FileType { .. } | Refusal::UnsupportedContentCoding => 415,
            Refusal::RangeNotSatisfiable { .. } => 416,
            Refusal::ExpectationFailed => 417,
            Refusal::HeadersTooLarge => 431,
            Refusal::HandlerLost => 500,
            Refusal::UnknownTransferCoding => 501,
            Refusal::ServiceUnavailable { .. } => 503,
            Refusal::VersionNotSupported => 505,
        }
    }

    /// What the client is told.
    pub fn detail(&self) -> Cow<'_, str> {
        Cow::Owned(match self {
            Refusal::FileTooLarge { field, limit } => {
                format!("A file of the field '{}' is larger than {limit} bytes", printable(field))
            }
            Refusal::TooManyFiles { field, limit } => {
                format!("The field '{}' takes no more than {limit} file(s)", printable(field))
            }
            Refusal::FileType { field } => {
                format!("A file of the field '{}' has a media type that the field does not take", printable(field))
            }
            _ => return Cow::Borrowed(self.fixed_detail()),
        })
    }

    /// The text of a refusal that has the same one always.
    fn fixed_detail(&self) -> &str {
        match self {
            Refusal::BadRequest(detail) | Refusal::FormTooLarge(detail) => detail,
            Refusal::Unauthorized { detail, .. } | Refusal::Denied { detail, .. } => detail,
            Refusal::BadHost => "Invalid host header",
            Refusal::Forbidden => "Forbidden",
            Refusal::NotFound => "Not Found",
            Refusal::MethodNotAllowed { .. } => "Method Not Allowed",
            Refusal::RequestTimeout => "The request was not received in time",
            Refusal::PreconditionFailed => "Precondition Failed",
            Refusal::RangeNotSatisfiable { .. } => "Range Not Satisfiable",
            Refusal::BodyTooLarge { .. } | Refusal::FileTooLarge { .. } | Refusal::TooManyFiles { .. } => {
                "The request body is too large"
            }
            Refusal::UriTooLong => "The request line is too long",
            Refusal::UnsupportedMediaType | Refusal::FileType { .. } => "Unsupported Media Type",
            Refusal::IncompleteBody => "The request ended before its body was complete",
            Refusal::UnsupportedContentCoding => {
                "The request body has a content coding that this server does not decode"
            }
            Refusal::ExpectationFailed => "The only expectation supported is 100-continue",
            Refusal::HeadersTooLarge => "The request header fields are too large",
            Refusal::HandlerLost => "Internal Server Error",
            Refusal::UnknownTransferCoding => "The only transfer coding supported is chunked",
            Refusal::ServiceUnavailable { .. } => "Service Unavailable",
            Refusal::VersionNotSupported => "HTTP Version Not Supported",
        }
    }

    /// The refusal in the given shape, with the fields that the status calls for.
    pub fn reply(&self, format: Format) -> Reply {
        let content_type = match format {
            Format::Detail => "application/json",
            Format::Problem => "application/problem+json",
        };
        let mut headers = HeaderBlock::builder();
        // All values are the server's own text; one that is no field value is left out rather than sent.
        let _ = headers.push(b"content-type", content_type.as_bytes());
        for (name, value) in self.fields() {
            let _ = headers.push(name.as_bytes(), value.as_bytes());
        }
        Reply { head: ReplyHead { status: self.status(), headers: headers.finish() }, body: self.body(format) }
    }

    /// Header fields that the status calls for: `WWW-Authenticate` (RFC 9110 §15.5.2), `Allow` (RFC 9110 §15.5.6), `Retry-After` (§10.2.3),
    /// `Content-Range` (§14.4), `Accept-Encoding` (§15.5.16).
    pub fn fields(&self) -> Vec<(&'static str, String)> {
        match self {
            Refusal::Unauthorized { challenge: Some(challenge), .. }
            | Refusal::Denied { challenge: Some(challenge), .. } => vec![("www-authenticate", challenge.clone())],
            Refusal::MethodNotAllowed { allow } => vec![("allow", allow.clone())],
            Refusal::RangeNotSatisfiable { length } => vec![("content-range", format!("bytes */{length}"))],
            Refusal::ServiceUnavailable { retry_after: Some(seconds) } => vec![("retry-after", seconds.to_string())],
            Refusal::UnsupportedContentCoding => vec![("accept-encoding", ACCEPTED.to_owned())],
            _ => Vec::new(),
        }
    }

    /// Whether nothing more may be read from the connection as a request: where the next one begins is not sure.
    pub fn closes(&self) -> bool {
        !matches!(
            self,
            Refusal::BadHost
                | Refusal::Unauthorized { .. }
                | Refusal::Denied { .. }
                | Refusal::Forbidden
                | Refusal::NotFound
                | Refusal::MethodNotAllowed { .. }
                | Refusal::PreconditionFailed
                | Refusal::RangeNotSatisfiable { .. }
                | Refusal::FormTooLarge(_)
                | Refusal::UnsupportedMediaType
                | Refusal::FileTooLarge { .. }
                | Refusal::TooManyFiles { .. }
                | Refusal::FileType { .. }
                | Refusal::UnsupportedContentCoding
                | Refusal::HandlerLost
                | Refusal::ServiceUnavailable { .. }
        )
    }

    fn body(&self, format: Format) -> Bytes {
        let (status, detail) = (self.status(), self.detail());
        let mut body = BytesMut::with_capacity(detail.len() + 96);
        match format {
            Format::Detail => body.put_slice(b"{\"detail\":"),
            Format::Problem => {
                body.put_slice(b"{\"type\":\"about:blank\",\"title\":");
                put_string(&mut body, reason(status));
                body.put_slice(format!(",\"status\":{status},\"detail\":").as_bytes());
            }
        }
        put_string(&mut body, &detail);
        body.put_slice(b"}");
        body.freeze()
    }
}

/// A declared name as a text may show it.
fn printable(name: &str) -> String {
    name.replace(char::is_control, "\u{fffd}")
}

/// A JSON string of text without control characters.
fn put_string(body: &mut BytesMut, text: &str) {
    body.put_u8(b'"');
    for byte in text.bytes() {
        if matches!(byte, b'"' | b'\\') {
            body.put_u8(b'\\');
        }
        body.put_u8(byte);
    }
    body.put_u8(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<Refusal> {
        vec![
            Refusal::BadRequest("a \"quoted\" \\ text"),
            Refusal::BadHost,
            Refusal::Unauthorized { detail: "who?", challenge: None },
            Refusal::Denied { detail: "not you", challenge: None },
            Refusal::Forbidden,
            Refusal::NotFound,
            Refusal::MethodNotAllowed { allow: "GET, HEAD".to_owned() },
            Refusal::RequestTimeout,
            Refusal::PreconditionFailed,
            Refusal::RangeNotSatisfiable { length: 7 },
            Refusal::BodyTooLarge { limit: 5 },
            Refusal::FormTooLarge("too many"),
            Refusal::UriTooLong,
            Refusal::UnsupportedMediaType,
            Refusal::FileTooLarge { field: "a".to_owned(), limit: 5 },
            Refusal::TooManyFiles { field: "a\nb".to_owned(), limit: 5 },
            Refusal::FileType { field: "a".to_owned() },
            Refusal::UnsupportedContentCoding,
            Refusal::ExpectationFailed,
            Refusal::HeadersTooLarge,
            Refusal::HandlerLost,
            Refusal::UnknownTransferCoding,
            Refusal::ServiceUnavailable { retry_after: None },
            Refusal::VersionNotSupported,
        ]
    }

    /// Every refusal is an error status with a JSON object of one member, its quotes escaped.
    #[test]
    fn one_shape() {
        for refusal in all() {
            let Reply { head, body } = refusal.reply(Format::Detail);
            assert_eq!(head.status, refusal.status());
            assert!((400..600).contains(&head.status));
            assert!(head.headers.as_bytes().starts_with(b"content-type: application/json\r\n"));
            let escaped = refusal.detail().replace('\\', "\\\\").replace('"', "\\\"");
            assert_eq!(body, format!("{{\"detail\":\"{escaped}\"}}"));
        }
    }

    /// RFC 9457: the same text with its status and title, about no particular problem type, and no path echoed.
    #[test]
    fn problem_details() {
        let Reply { head, body } = Refusal::BadRequest("a \"quoted\" text").reply(Format::Problem);
        assert_eq!((head.status, head.headers.as_bytes()), (400, &b"content-type: application/problem+json\r\n"[..]));
        let expected = r#"{"type":"about:blank","title":"Bad Request","status":400,"detail":"a \"quoted\" text"}"#;
        assert_eq!(body, expected);
        for refusal in all() {
            assert!(!refusal.reply(Format::Problem).body.starts_with(br#"{"type":"about:blank","title":"""#));
        }
    }

    /// RFC 9110 §15.5.6 and §10.2.3: 405 says what is allowed, 503 when to come again; §15.5.17: 416 says how much there is.
    #[test]
    fn fields_of_their_own() {
        let fields = |refusal: Refusal| {
            String::from_utf8_lossy(refusal.reply(Format::Detail).head.headers.as_bytes()).into_owned()
        };
        assert!(
            fields(Refusal::MethodNotAllowed { allow: "GET, HEAD".to_owned() }).ends_with("\r\nallow: GET, HEAD\r\n")
        );
        assert!(fields(Refusal::ServiceUnavailable { retry_after: Some(3) }).ends_with("\r\nretry-after: 3\r\n"));
        let unauthorized = Refusal::Unauthorized { detail: "who?", challenge: Some("ApiKey realm=\"x\"".to_owned()) };
        assert!(fields(unauthorized).ends_with("\r\nwww-authenticate: ApiKey realm=\"x\"\r\n"));
        let denied = Refusal::Denied { detail: "not you", challenge: Some("Bearer".to_owned()) };
        assert!(fields(denied).ends_with("\r\nwww-authenticate: Bearer\r\n"));
        assert!(fields(Refusal::RangeNotSatisfiable { length: 7 }).ends_with("\r\ncontent-range: bytes */7\r\n"));
    }

    /// After a refusal that leaves the framing unsure nothing more is read as a request; after the others it is.
    #[test]
    fn closing() {
        let closing: Vec<u16> = all().iter().filter(|refusal| refusal.closes()).map(Refusal::status).collect();
        assert_eq!(closing, [400, 408, 413, 414, 417, 431, 501, 505]);
    }
}
