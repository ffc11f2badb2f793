//! Every limit and timeout of the engine.
use std::time::Duration;

use crate::form::FormLimits;

/// Limits and timeouts; the defaults are safe for a server that faces the internet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Bytes of a request line, without its CRLF; a longer one is 414. Default 8 KiB.
    pub max_request_line: usize,
    /// Bytes of a header section; a longer one is 431. Default 32 KiB.
    pub max_header_bytes: usize,
    /// Fields of a header section; more are 431. Default 100.
    pub max_header_count: usize,
    /// Bytes of a body where its route sets no limit of its own; a longer one is 413. Default 2.5 MiB.
    pub max_body: usize,
    /// The same for routes that read their body as a stream, so never hold it whole. Default 1 GiB.
    pub max_streamed_body: usize,
    /// The same for routes that read their body as a form, whose large files are on disk. Default 1 GiB.
    pub max_form: usize,
    /// Limits of what such a body holds.
    pub form: FormLimits,
    /// Bytes of one chunk-size line with its extensions; a longer one is 400. Default 256.
    pub max_chunk_line: usize,
    /// Bytes of a trailer section; a longer one is 431. Default 8 KiB.
    pub max_trailer_bytes: usize,
    /// From the first byte of a head to its last; then 408. A new connection that sends nothing is closed after it. Default 10 s.
    pub head_timeout: Duration,
    /// How long a connection may stay without a further request; then it is closed. Default 75 s.
    pub keep_alive_timeout: Duration,
    /// Bytes per second that a body must arrive at, once `body_grace` is used up; slower is 408; 0 for no minimum. Default 240.
    pub body_min_rate: u32,
    /// How long the server waits for a body before the rate counts. Default 10 s.
    pub body_grace: Duration,
    /// How long a client may take less than 4 KiB of its reply; then the connection is cut. Default 30 s.
    pub write_timeout: Duration,
    /// Connections served at once; at this number accepting pauses. Default 16,384.
    pub max_connections: usize,
    /// Bytes of an unread body (or of anything after a refusal) that are read and dropped to let the reply arrive. Default 256 KiB.
    pub max_drain: usize,
    /// How long that may take. Default 2 s.
    pub drain_timeout: Duration,
    /// Serve clients that end their stream after the request; without it, that end means that the client left. Default off.
    pub allow_half_close: bool,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            max_request_line: 8 * 1024,
            max_header_bytes: 32 * 1024,
            max_header_count: 100,
            max_body: 2_621_440,
            max_streamed_body: 1 << 30,
            max_form: 1 << 30,
            form: FormLimits::default(),
            max_chunk_line: 256,
            max_trailer_bytes: 8 * 1024,
            head_timeout: Duration::from_secs(10),
            keep_alive_timeout: Duration::from_secs(75),
            body_min_rate: 240,
            body_grace: Duration::from_secs(10),
            write_timeout: Duration::from_secs(30),
            max_connections: 16 * 1024,
            max_drain: 256 * 1024,
            drain_timeout: Duration::from_secs(2),
            allow_half_close: false,
        }
    }
}
