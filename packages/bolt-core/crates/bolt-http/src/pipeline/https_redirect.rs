//! Requests that came in the clear are sent to the same address by https.
use bytes::Bytes;
use regex_lite::Regex;

use super::{Early, Stage};
use crate::coerce::percent_decode_lossy;
use crate::head::RequestHead;
use crate::refusal::Refusal;
use crate::reply::{HeaderBlock, Reply, ReplyHead};

/// Redirects what did not come by https, as Django's `SECURE_SSL_REDIRECT` does; the fallback decides for itself.
#[derive(Debug, Clone, Default)]
pub struct HttpsRedirect {
    host: Option<String>,
    exempt: Vec<Regex>,
}

/// A pattern that this engine cannot search for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidExemption {
    pattern: String,
    reason: String,
}

impl std::fmt::Display for InvalidExemption {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            formatter,
            "{:?} is no pattern of paths that the server can search for ({}); write it without look-around and \
             backreferences",
            self.pattern, self.reason
        )
    }
}

impl std::error::Error for InvalidExemption {}

impl HttpsRedirect {
    /// To `host`, or to the one that the request names; `exempt` are searched for in the path without its first slash.
    pub fn new<T: AsRef<str>>(host: Option<String>, exempt: &[T]) -> Result<Self, InvalidExemption> {
        let compiled = |pattern: &T| {
            let pattern = pattern.as_ref();
            Regex::new(pattern)
                .map_err(|error| InvalidExemption { pattern: pattern.to_owned(), reason: error.to_string() })
        };
        Ok(HttpsRedirect { host, exempt: exempt.iter().map(compiled).collect::<Result<_, _>>()? })
    }

    fn is_exempt(&self, head: &RequestHead) -> bool {
        if self.exempt.is_empty() {
            return false;
        }
        let path = percent_decode_lossy(head.path());
        let path = path.trim_start_matches('/');
        self.exempt.iter().any(|pattern| pattern.is_match(path))
    }
}

impl Stage for HttpsRedirect {
    fn arrived(&self, head: &RequestHead, fallback: bool) -> Result<(), Early> {
        if fallback || head.is_secure() || !head.path().starts_with('/') || self.is_exempt(head) {
            return Ok(());
        }
        let Some(host) = self.host.as_deref().or_else(|| head.site()) else {
            return Err(Early::Refuse(Refusal::BadHost));
        };
        // 308 keeps the method and the body of what 301 would let a client turn into a GET (RFC 9110 §15.4.2).
        let status = if matches!(head.method(), "GET" | "HEAD") { 301 } else { 308 };
        let mut location = format!("https://{host}{}", head.path());
        if let Some(query) = head.query() {
            location.push('?');
            location.push_str(query);
        }
        let mut headers = HeaderBlock::builder();
        if headers.push(b"location", location.as_bytes()).is_err() {
            return Err(Early::Refuse(Refusal::BadHost));
        }
        let head = ReplyHead { status, headers: headers.finish() };
        Err(Early::Reply(Reply { head, body: Bytes::new() }))
    }
}
