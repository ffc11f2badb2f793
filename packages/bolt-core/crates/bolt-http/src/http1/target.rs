//! Request targets (RFC 9112 §3.2) and host syntax (RFC 3986 §3.2.2).
use crate::refusal::Refusal;

type Range = std::ops::Range<usize>;

/// A target's parts as ranges of its bytes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) path: Path,
    pub(crate) query: Option<Range>,
    /// Host and port of an absolute-form target.
    pub(crate) authority: Option<Range>,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Path {
    Range(Range),
    /// `OPTIONS http://host`: it asks about the server as a whole though no `*` was sent (RFC 9112 §3.2.4).
    Asterisk,
}

/// Splits a target; `CONNECT` has been refused before.
pub(crate) fn split(method: &[u8], target: &[u8]) -> Result<Target, Refusal> {
    if !target.iter().all(|byte| byte.is_ascii_graphic() && *byte != b'#') {
        return Err(Refusal::BadRequest("The request target holds a character that must be percent-encoded"));
    }
    match target {
        [b'/', ..] => Ok(origin_form(target, 0)),
        b"*" if method == b"OPTIONS" => Ok(Target { path: Path::Range(0..1), query: None, authority: None }),
        b"*" => Err(Refusal::BadRequest("The target * belongs to OPTIONS")),
        _ => absolute_form(method, target),
    }
}

fn origin_form(target: &[u8], start: usize) -> Target {
    match memchr::memchr(b'?', &target[start..]) {
        Some(mark) => {
            let (path, query) = (start..start + mark, start + mark + 1..target.len());
            Target { path: Path::Range(path), query: Some(query), authority: None }
        }
        None => Target { path: Path::Range(start..target.len()), query: None, authority: None },
    }
}

fn absolute_form(method: &[u8], target: &[u8]) -> Result<Target, Refusal> {
    let scheme = [&b"http://"[..], b"https://"]
        .into_iter()
        .find(|scheme| target.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)))
        .ok_or(Refusal::BadRequest("The request target is neither a path nor an http URL"))?;
    let start = scheme.len();
    let end = memchr::memchr2(b'/', b'?', &target[start..]).map_or(target.len(), |found| start + found);
    if !is_host(&target[start..end]) {
        return Err(Refusal::BadRequest("The host of the request target is malformed"));
    }
    let mut split = origin_form(target, end);
    split.authority = Some(start..end);
    if split.path == Path::Range(end..end) {
        let asterisk = method == b"OPTIONS" && split.query.is_none();
        // An empty path means "/" (RFC 9110 §4.2.3); the last slash of the scheme's "//" stands for it.
        split.path = if asterisk { Path::Asterisk } else { Path::Range(start - 1..start) };
    }
    Ok(split)
}

/// `uri-host [ ":" port ]`, the host not empty.
pub(crate) fn is_host(host: &[u8]) -> bool {
    let (name, port) = match host {
        [b'[', rest @ ..] => match memchr::memchr(b']', rest) {
            Some(end) if is_ip_literal(&rest[..end]) => (&rest[..end], &rest[end + 1..]),
            _ => return false,
        },
        _ => {
            let end = memchr::memchr(b':', host).unwrap_or(host.len());
            if !is_reg_name(&host[..end]) {
                return false;
            }
            (&host[..end], &host[end..])
        }
    };
    !name.is_empty() && is_port(port)
}

/// Empty, or a colon and a port that fits 16 bits; the digits may be missing (RFC 3986 §3.2.3).
fn is_port(port: &[u8]) -> bool {
    match port {
        [] | [b':'] => true,
        [b':', digits @ ..] => digits
            .iter()
            .try_fold(0, |port: u32, digit| {
                let port = port * 10 + char::from(*digit).to_digit(10)?;
                (port <= u32::from(u16::MAX)).then_some(port)
            })
            .is_some(),
        _ => false,
    }
}

fn is_ip_literal(literal: &[u8]) -> bool {
    std::str::from_utf8(literal).is_ok_and(|text| text.parse::<std::net::Ipv6Addr>().is_ok())
}

fn is_reg_name(name: &[u8]) -> bool {
    let mut rest = name;
    while let [byte, tail @ ..] = rest {
        rest = match (byte, tail) {
            _ if REG_NAME[usize::from(*byte)] => tail,
            (b'%', [high, low, after @ ..]) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => after,
            _ => return false,
        };
    }
    true
}

/// `unreserved` and `sub-delims` of RFC 3986 §2; a table, since every request's host is checked.
const REG_NAME: [bool; 256] = {
    let others = b"-._~!$&'()*+,;=";
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < table.len() {
        table[byte] = (byte as u8).is_ascii_alphanumeric();
        byte += 1;
    }
    let mut index = 0;
    while index < others.len() {
        table[others[index] as usize] = true;
        index += 1;
    }
    table
};
