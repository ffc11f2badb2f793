//! The `Date` field's value, formatted once a second.
use bytes::BytesMut;

/// Placeholder: appends `date: …\r\n`.
pub fn append(out: &mut BytesMut) {
    let value = httpdate::fmt_http_date(std::time::SystemTime::now());
    out.extend_from_slice(b"date: ");
    out.extend_from_slice(value.as_bytes());
    out.extend_from_slice(b"\r\n");
}
