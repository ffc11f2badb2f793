//! The stages that every request passes, before its handler and after it.
//!
//! A [`Pipeline`] is put together once, in order: the checks that need nothing but the head first, the access log last. CORS,
//! rate limits and compression are further stages of the same kind. Who may call a route is the route's own affair
//! ([`crate::auth`]), and decided between `arrived` and `before`.
mod default_headers;
mod https_redirect;

use crate::access_log::{AccessLog, Entry};
use crate::head::RequestHead;
use crate::refusal::Refusal;
use crate::reply::{Reply, ReplyHead};
use crate::router::{BodyMode, RouteSpec};

pub use default_headers::{DefaultHeaders, InvalidDefault};
pub use https_redirect::{HttpsRedirect, InvalidExemption};

/// What a stage answers in place of everything behind it.
#[derive(Debug)]
pub enum Early {
    /// With a refusal.
    Refuse(Refusal),
    /// With a reply of its own.
    Reply(Reply),
}

/// One step; does at any of the four points what it is there for, by default nothing.
pub trait Stage {
    /// On every request whose head could be read, before it is known whether anything answers it: what is decided here holds
    /// for 404, 405 and OPTIONS as well. `fallback`: no route matches, and the fallback will be asked.
    fn arrived(&self, _head: &RequestHead, _fallback: bool) -> Result<(), Early> {
        Ok(())
    }

    /// Before the body is read and the handler called; a refusal is the reply, and later stages do not see the request.
    fn before(&self, _head: &RequestHead, _route: &RouteSpec) -> Result<(), Refusal> {
        Ok(())
    }

    /// On every reply's head before it is written, refusals included; there is no request head where it could not be parsed.
    /// `bare`: whoever made the reply wants none of the headers that the server adds by itself.
    fn after(&self, _head: Option<&RequestHead>, _reply: &mut ReplyHead, _bare: bool) {}

    /// Once the reply has been written, or the client left.
    fn finished(&self, _entry: &Entry<'_>) {}
}

/// Stages in order; the default has none.
#[derive(Default)]
pub struct Pipeline {
    stages: Vec<Box<dyn Stage>>,
}

impl Pipeline {
    /// Adds a stage behind the others: `before` runs first to last, `after` and `finished` last to first.
    #[must_use]
    pub fn with(mut self, stage: impl Stage + 'static) -> Self {
        self.stages.push(Box::new(stage));
        self
    }

    /// Shows every stage a request that has arrived, until one answers.
    pub fn arrived(&self, head: &RequestHead, fallback: bool) -> Result<(), Early> {
        self.stages.iter().try_for_each(|stage| stage.arrived(head, fallback))
    }

    /// Runs every stage until one refuses.
    pub fn before(&self, head: &RequestHead, route: &RouteSpec) -> Result<(), Refusal> {
        self.stages.iter().try_for_each(|stage| stage.before(head, route))
    }

    /// Lets every stage see and change a reply's head.
    pub fn after(&self, head: Option<&RequestHead>, reply: &mut ReplyHead, bare: bool) {
        self.stages.iter().rev().for_each(|stage| stage.after(head, reply, bare));
    }

    /// Tells every stage how a request ended.
    pub fn finished(&self, entry: &Entry<'_>) {
        self.stages.iter().rev().for_each(|stage| stage.finished(entry));
    }
}

/// A host pattern that can match nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidHostPattern(String);

impl std::fmt::Display for InvalidHostPattern {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            formatter,
            "{:?} is no allowed host: write a host without scheme, port or path ('example.com'), '.example.com' for it and \
             its subdomains, or '*'",
            self.0
        )
    }
}

impl std::error::Error for InvalidHostPattern {}

/// Refuses hosts that this server does not answer for (DNS rebinding, poisoned links), as Django's `ALLOWED_HOSTS` does.
#[derive(Debug, Clone, Default)]
pub struct HostCheck {
    patterns: Vec<String>,
}

impl HostCheck {
    /// Patterns are a host, `.example.com` for it and all its subdomains, or `*`; ASCII case makes no difference. Without any
    /// pattern nothing is checked. Errors: a pattern with a scheme, a port or a path.
    pub fn new<T: AsRef<str>>(patterns: &[T]) -> Result<Self, InvalidHostPattern> {
        let valid = |pattern: &T| {
            let pattern = pattern.as_ref();
            let name = pattern.strip_prefix('.').unwrap_or(pattern);
            if name.is_empty() || name.contains(['/', ' ', ',']) || without_port(name) != name {
                return Err(InvalidHostPattern(pattern.to_owned()));
            }
            Ok(pattern.to_owned())
        };
        Ok(HostCheck { patterns: patterns.iter().map(valid).collect::<Result<_, _>>()? })
    }

    /// Whether a request for `host`, with or without a port, is answered.
    pub fn allows(&self, host: &str) -> bool {
        let host = without_port(host);
        let host = host.strip_suffix('.').unwrap_or(host);
        !host.is_empty() && self.patterns.iter().any(|pattern| matches(pattern, host))
    }
}

impl Stage for HostCheck {
    fn arrived(&self, head: &RequestHead, _fallback: bool) -> Result<(), Early> {
        if self.patterns.is_empty() || self.patterns.iter().any(|pattern| pattern == "*") {
            return Ok(());
        }
        if head.site().is_some_and(|host| self.allows(host)) { Ok(()) } else { Err(Early::Refuse(Refusal::BadHost)) }
    }
}

/// `host` of `host[:port]`; the brackets of an IPv6 address stay.
fn without_port(host: &str) -> &str {
    if host.ends_with(']') {
        return host;
    }
    host.rsplit_once(':').map_or(host, |(host, _)| host)
}

fn matches(pattern: &str, host: &str) -> bool {
    let Some(domain) = pattern.strip_prefix('.') else {
        return pattern == "*" || pattern.eq_ignore_ascii_case(host);
    };
    if host.len() == domain.len() {
        return domain.eq_ignore_ascii_case(host);
    }
    // A host is ASCII; were it not, a cut inside a character is no subdomain.
    let cut = host.len().checked_sub(pattern.len()).filter(|&cut| cut > 0);
    cut.and_then(|cut| host.get(cut..)).is_some_and(|end| end.eq_ignore_ascii_case(pattern))
}

/// Refuses a body by its declared length, before a byte of it is read; what declares none is counted while it is read.
#[derive(Debug, Clone, Copy)]
pub struct BodyLimit {
    /// Bytes for routes that have no limit of their own.
    pub whole: usize,
    /// The same for routes that read their body as a stream.
    pub streamed: usize,
    /// The same for routes that read their body as a form.
    pub form: usize,
}

impl Stage for BodyLimit {
    fn before(&self, head: &RequestHead, route: &RouteSpec) -> Result<(), Refusal> {
        let Some(declared) = head.header("content-length") else { return Ok(()) };
        let default = match route.body {
            BodyMode::Stream => self.streamed,
            BodyMode::Form => self.form,
            BodyMode::Whole | BodyMode::None => self.whole,
        };
        let limit = route.max_body.unwrap_or(default);
        // What is no number never gets here; what is too large a number for 64 bits is too large a body.
        let length = std::str::from_utf8(declared).ok().and_then(|text| text.parse::<u64>().ok());
        match length {
            Some(length) if length <= limit as u64 => Ok(()),
            _ => Err(Refusal::BodyTooLarge { limit }),
        }
    }
}

impl Stage for AccessLog {
    fn finished(&self, entry: &Entry<'_>) {
        self.record(entry);
    }
}

#[cfg(test)]
mod tests;
