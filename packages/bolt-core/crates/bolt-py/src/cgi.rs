//! A request's head as CGI meta-variables (RFC 3875 §4.1), as WSGI has them (PEP 3333): bytes beyond ASCII stand as Latin-1.
use bolt_http::coerce::{latin1, percent_decode_bytes};
use bolt_http::head::{RequestHead, Version};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// What the head alone does not tell.
pub(crate) struct Surroundings<'a> {
    /// SERVER_NAME and SERVER_PORT.
    pub(crate) server: (&'a str, &'a str),
    /// Address and port; the port is 0 where a proxy told the address, and there is no address on a Unix-domain socket.
    pub(crate) client: Option<(&'a str, u32)>,
    /// Of this connection: a proxy in front may have been spoken to otherwise.
    pub(crate) scheme: &'a str,
}

pub(crate) fn variables<'py>(
    py: Python<'py>,
    head: &RequestHead,
    around: &Surroundings<'_>,
) -> PyResult<Bound<'py, PyDict>> {
    let found = PyDict::new(py);
    let protocol = match head.version() {
        Version::Http10 => intern!(py, "HTTP/1.0"),
        Version::Http11 => intern!(py, "HTTP/1.1"),
    };
    found.set_item(intern!(py, "REQUEST_METHOD"), head.method())?;
    found.set_item(intern!(py, "SCRIPT_NAME"), latin1(&percent_decode_bytes(head.script_name())))?;
    found.set_item(intern!(py, "PATH_INFO"), latin1(&percent_decode_bytes(head.path_info())))?;
    found.set_item(intern!(py, "QUERY_STRING"), latin1(head.query().unwrap_or("").as_bytes()))?;
    found.set_item(intern!(py, "SERVER_PROTOCOL"), protocol)?;
    found.set_item(intern!(py, "SERVER_NAME"), around.server.0)?;
    found.set_item(intern!(py, "SERVER_PORT"), around.server.1)?;
    found.set_item(intern!(py, "REMOTE_ADDR"), around.client.map_or("", |client| client.0))?;
    found.set_item(intern!(py, "wsgi.url_scheme"), around.scheme)?;
    if let Some((_, port)) = around.client.filter(|client| client.1 != 0) {
        found.set_item(intern!(py, "REMOTE_PORT"), port.to_string())?;
    }
    add_fields(&found, head)?;
    if let Some(host) = head.host().filter(|host| !host.is_empty()) {
        // The host of an absolute target counts, whatever the field says (RFC 9112 §3.2.2).
        found.set_item(intern!(py, "HTTP_HOST"), host)?;
    }
    Ok(found)
}

/// Repeated fields are joined by a comma, cookies by `; `.
fn add_fields(found: &Bound<'_, PyDict>, head: &RequestHead) -> PyResult<()> {
    let mut key = String::with_capacity(64);
    for (name, value) in head.headers() {
        // A name with an underscore would pass for the one with a hyphen, which a proxy in front may have checked or set:
        // dropped, as nginx and Django's own servers do.
        if name.contains('_') {
            continue;
        }
        let bare = name.eq_ignore_ascii_case("content-type") || name.eq_ignore_ascii_case("content-length");
        key.clear();
        key.push_str(if bare { "" } else { "HTTP_" });
        key.extend(name.chars().map(|one| if one == '-' { '_' } else { one.to_ascii_uppercase() }));
        let value = latin1(value);
        let Some(before) = found.get_item(&key)? else {
            found.set_item(&key, value)?;
            continue;
        };
        let before: String = before.extract()?;
        match key.as_str() {
            "CONTENT_LENGTH" => {}
            "HTTP_COOKIE" => found.set_item(&key, format!("{}; {value}", before.trim_end_matches([';', ' '])))?,
            _ => found.set_item(&key, format!("{before},{value}"))?,
        }
    }
    Ok(())
}
