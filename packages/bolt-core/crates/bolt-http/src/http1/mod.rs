//! HTTP/1.0 and HTTP/1.1 (RFC 9112) over any byte stream.
//!
//! `scan` finds a head's end, `parse` and `target` read it, `body` takes bodies apart, `write` serialises; none of them does
//! I/O. `wire` owns the bytes in and out, `connection` the order of events.
use std::rc::Rc;

use crate::head::Peer;
use crate::server::Stop;
use crate::service::{Io, Service, Transport};

pub mod body;
mod connection;
mod incoming;
pub mod parse;
mod receive;
mod respond;
pub mod scan;
mod send_file;
mod target;
mod wire;
mod write;

pub(crate) use connection::serve;
pub(crate) use target::is_host;
pub(crate) use write::reason;

/// Serves one connection until it ends.
///
/// Must run on the thread that owns `service`, inside a tokio runtime with timers. Dropping the future closes the
/// connection and tells the handler of a request in flight that its client is gone.
pub fn serve_connection<T: Io + 'static>(
    io: T,
    peer: Peer,
    service: Rc<Service>,
    stop: Stop,
) -> impl Future<Output = ()> {
    serve(io, peer, service, stop, Transport::PLAIN)
}
