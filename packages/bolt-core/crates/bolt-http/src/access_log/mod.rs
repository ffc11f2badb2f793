//! The access log: a line per request, formatted on the loop's thread, written by a thread of its own.
mod format;
mod writer;

use std::io::{self, Write};
use std::time::{Duration, Instant};

pub use format::Format;

use crate::head::{Peer, RequestHead};
use writer::Writer;

/// Bytes that may wait for the writer unless told otherwise; as many may be on their way out.
pub const CAPACITY: usize = 1024 * 1024;

/// How long dropping the log waits for what is still to be written.
const LAST_FLUSH: Duration = Duration::from_secs(2);

/// One request that has ended.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    /// Who sent it.
    pub peer: &'a Peer,
    /// Its head; `None` where that could not be parsed.
    pub head: Option<&'a RequestHead>,
    /// The reply's status.
    pub status: u16,
    /// Bytes of the reply's content that were sent, framing not included.
    pub bytes: u64,
    /// When the head was complete.
    pub started: Instant,
}

/// Takes the entries of one thread.
///
/// Memory is bounded: where the writer cannot keep up, entries are dropped and counted, and the count is logged as soon as
/// there is room. Dropping the log writes what is left, for two seconds at most.
#[derive(Debug)]
pub struct AccessLog {
    format: Format,
    writer: Writer,
}

impl AccessLog {
    /// Starts the writer's thread, so it is called after a fork, not before. `out` gets whole lines and need not be buffered;
    /// `capacity` is in bytes, usually [`CAPACITY`]. Errors: no thread can be started.
    pub fn start(format: Format, out: impl Write + Send + 'static, capacity: usize) -> io::Result<Self> {
        let notice = move |dropped, line: &mut Vec<u8>| format::dropped(format, dropped, line);
        Ok(AccessLog { format, writer: Writer::start(Box::new(out), capacity, Box::new(notice))? })
    }

    /// Notes one request; never waits for the output.
    pub fn record(&self, entry: &Entry<'_>) {
        self.writer.append(|out| format::line(self.format, entry, out));
    }

    /// Waits until what was recorded before has been written; `false` if that takes longer than `timeout`.
    pub fn flush(&self, timeout: Duration) -> bool {
        self.writer.flush(timeout)
    }
}

impl Drop for AccessLog {
    fn drop(&mut self) {
        self.writer.stop(LAST_FLUSH);
    }
}

#[cfg(test)]
mod tests;
