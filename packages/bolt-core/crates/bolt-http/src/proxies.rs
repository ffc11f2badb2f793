//! What proxies in front say of a request, and whose word is taken.
use std::net::{IpAddr, SocketAddr};

use bytes::{BufMut, BytesMut};
use ipnet::IpNet;
use smallvec::SmallVec;

use crate::head::{Peer, RequestHead, Span};
use crate::http1::is_host;

/// The proxies that are trusted, and which of their header fields count. The default trusts none and reads none.
#[derive(Debug, Clone, Default)]
pub struct Proxies {
    networks: Vec<IpNet>,
    unix: bool,
    https: Option<(String, String)>,
    forwarded_host: bool,
    script_name: String,
}

/// What is neither an address nor a network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidProxy(String);

impl std::fmt::Display for InvalidProxy {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            formatter,
            "{:?} is no trusted proxy: write an address ('10.0.0.7'), a network ('10.0.0.0/8'), or 'unix' for whoever \
             connects to a Unix-domain socket",
            self.0
        )
    }
}

impl std::error::Error for InvalidProxy {}

impl Proxies {
    /// Trusts addresses, networks, and with `unix` the peers of Unix-domain sockets. Without any, nobody's `X-Forwarded-For`
    /// counts, while the fields switched on by the other methods are believed from everyone, as Django has it.
    pub fn new<T: AsRef<str>>(trusted: &[T]) -> Result<Self, InvalidProxy> {
        let mut proxies = Proxies::default();
        for text in trusted {
            let text = text.as_ref();
            match text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from)) {
                Ok(network) => proxies.networks.push(network),
                Err(_) if text == "unix" => proxies.unix = true,
                Err(_) => return Err(InvalidProxy(text.to_owned())),
            }
        }
        Ok(proxies)
    }

    /// The field by whose value, or the first of its list, a proxy says that the client used https.
    #[must_use]
    pub fn with_https(mut self, field: Option<(String, String)>) -> Self {
        self.https = field;
        self
    }

    /// Takes the host from `X-Forwarded-Host` where a request has it.
    #[must_use]
    pub fn with_forwarded_host(mut self, forwarded_host: bool) -> Self {
        self.forwarded_host = forwarded_host;
        self
    }

    /// The percent-encoded path below which the application stands; whether a proxy takes it off makes no difference.
    #[must_use]
    pub fn with_script_name(mut self, script_name: &str) -> Self {
        self.script_name = script_name.trim_end_matches('/').to_owned();
        self
    }

    /// Writes down in the head what is believed, and takes out of it what an untrusted peer has no right to say.
    pub(crate) fn settle(&self, head: &mut RequestHead) {
        if self.has_list() {
            if self.trusts(head.peer()) {
                head.told.client = self.client(head);
            } else {
                self.drop_claims(head);
            }
        }
        if let Some((name, value)) = &self.https {
            let first = head.header(name).and_then(|sent| sent.split(|&byte| byte == b',').next());
            head.told.secure = first.is_some_and(|sent| sent.trim_ascii() == value.as_bytes());
        }
        if self.forwarded_host {
            head.told.host = forwarded_host(head);
        }
        if !self.script_name.is_empty() && head.path().starts_with('/') {
            self.settle_path(head);
        }
    }

    fn has_list(&self) -> bool {
        self.unix || !self.networks.is_empty()
    }

    /// A test client speaks for a proxy where there is one.
    fn trusts(&self, peer: &Peer) -> bool {
        match peer {
            Peer::Tcp(address) => self.contains(address.ip().to_canonical()),
            Peer::Unix => self.unix,
            Peer::InProcess => true,
            // Its own server knows who spoke to it, and tells that another way.
            Peer::Bridged(_) => false,
        }
    }

    fn contains(&self, ip: IpAddr) -> bool {
        self.networks.iter().any(|network| network.contains(&ip))
    }

    /// From the right, past trusted proxies, to the first address that is none: everything left of it may be invented. What is
    /// no address ends the walk at the last one known.
    fn client(&self, head: &RequestHead) -> Option<IpAddr> {
        let fields: SmallVec<[&[u8]; 4]> = head.header_all("x-forwarded-for").collect();
        let mut client = None;
        for node in fields.iter().rev().flat_map(|value| value.rsplit(|&byte| byte == b',')) {
            let node = node.trim_ascii();
            // Empty elements of a list are nothing (RFC 9110 §5.6.1.2).
            if node.is_empty() {
                continue;
            }
            let Some(ip) = address(node) else { break };
            client = Some(ip);
            if !self.contains(ip) {
                break;
            }
        }
        client
    }

    fn drop_claims(&self, head: &mut RequestHead) {
        let RequestHead { buffer, fields, .. } = head;
        fields.retain(|(name, _)| !self.is_claim(&buffer[name.range()]));
    }

    /// Whether only a proxy sends a field of that name.
    fn is_claim(&self, name: &[u8]) -> bool {
        const PREFIX: &[u8] = b"x-forwarded-";
        let begins = name.len() >= PREFIX.len() && name[..PREFIX.len()].eq_ignore_ascii_case(PREFIX);
        let https = self.https.iter().map(|(https, _)| https.as_bytes());
        begins || [&b"forwarded"[..], b"x-real-ip"].into_iter().chain(https).any(|own| name.eq_ignore_ascii_case(own))
    }

    /// Marks the script name at the path's beginning; a path that came without gets it.
    fn settle_path(&self, head: &mut RequestHead) {
        let script = &self.script_name;
        let rest = head.path().strip_prefix(script.as_str());
        if !rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/')) {
            let path = head.path();
            let mut buffer = BytesMut::with_capacity(head.buffer.len() + script.len() + path.len());
            buffer.put_slice(&head.buffer);
            buffer.put_slice(script.as_bytes());
            buffer.put_slice(path.as_bytes());
            // A head is limited to far less than 4 GiB, as spans are throughout.
            head.path = Span { start: head.buffer.len() as u32, end: buffer.len() as u32 };
            head.buffer = buffer.freeze();
        }
        head.script = script.len() as u32;
    }
}

/// The one `X-Forwarded-Host`; an empty span where there are several, or what was sent is no host.
fn forwarded_host(head: &RequestHead) -> Option<Span> {
    let mut sent = head.fields_named("x-forwarded-host");
    let (first, more) = (sent.next()?, sent.next().is_some());
    let value = &head.buffer[first.range()];
    // A comma is allowed in a host by RFC 3986, but here it stands between hosts.
    Some(if more || value.contains(&b',') || !is_host(value) { Span::default() } else { first })
}

/// An address as `X-Forwarded-For` has it, with or without a port.
fn address(node: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(node).ok()?;
    let inside = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let ip = inside.parse::<IpAddr>().or_else(|_| text.parse::<SocketAddr>().map(|address| address.ip()));
    ip.ok().map(|ip| ip.to_canonical())
}

#[cfg(test)]
mod tests;
