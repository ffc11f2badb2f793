//! The identifier that a request is found by in logs, of this server and of those around it: the field `X-Request-ID`.
use bytes::{BufMut, BytesMut};
use smallvec::SmallVec;
use uuid::Uuid;

use crate::head::{RequestHead, Span};
use crate::pipeline::Stage;
use crate::reply::ReplyHead;

/// The field's name.
pub const REQUEST_ID: &str = "x-request-id";

/// Bytes of an identifier that is taken over; every log line of the request carries it.
const MOST: usize = 128;

/// Where identifiers come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestIds {
    /// The client's, where it sent one that can be taken over; else a new one.
    Take,
    /// A new one for each request, whatever the client sent.
    Make,
}

impl RequestIds {
    /// Leaves exactly one identifier in the head, so that whatever reads the field has it.
    pub(crate) fn settle(self, head: &mut RequestHead) {
        if self == RequestIds::Take && head.header_once(REQUEST_ID).is_some_and(is_usable) {
            return;
        }
        let RequestHead { buffer, fields, .. } = head;
        fields.retain(|(name, _)| !buffer[name.range()].eq_ignore_ascii_case(REQUEST_ID.as_bytes()));
        let made = Uuid::new_v4().simple();
        let mut text = [0; uuid::fmt::Simple::LENGTH];
        let text = made.encode_lower(&mut text).as_bytes();
        let mut longer = BytesMut::with_capacity(buffer.len() + REQUEST_ID.len() + text.len());
        longer.put_slice(buffer);
        let name = appended(&mut longer, REQUEST_ID.as_bytes());
        let value = appended(&mut longer, text);
        *buffer = longer.freeze();
        fields.push((name, value));
    }
}

fn appended(buffer: &mut BytesMut, bytes: &[u8]) -> Span {
    let start = buffer.len();
    buffer.put_slice(bytes);
    // A head is limited to far less than 4 GiB, as spans are throughout.
    Span { start: start as u32, end: buffer.len() as u32 }
}

/// What may stand in logs, URLs and headers as it is: the unreserved characters of RFC 3986, those of base64, and `: @ =`.
fn is_usable(value: &[u8]) -> bool {
    (1..=MOST).contains(&value.len())
        && value.iter().all(|byte| byte.is_ascii_alphanumeric() || b"._~-+/=:@".contains(byte))
}

/// Returns the identifier with every reply, refusals included, that brings none of its own.
///
/// Also where the reply's maker wants no default headers: this one tells of the request.
#[derive(Debug, Clone, Copy)]
pub struct ReturnRequestId;

impl Stage for ReturnRequestId {
    fn after(&self, head: Option<&RequestHead>, reply: &mut ReplyHead, _bare: bool) {
        let Some(value) = head.and_then(|head| head.header(REQUEST_ID)) else { return };
        let mut line: SmallVec<[u8; 192]> = SmallVec::new();
        line.extend_from_slice(b"x-request-id: ");
        line.extend_from_slice(value);
        line.extend_from_slice(b"\r\n");
        reply.headers.add_missing(std::iter::once((REQUEST_ID, line.as_slice())));
    }
}

#[cfg(test)]
mod tests;
