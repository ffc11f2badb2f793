//! `ServerConfig.to_wire()` as the engine's own types. Times are seconds, sizes bytes.
use std::time::Duration;

use bolt_http::config::Config;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// The wire dict of `bolt_core.config.ServerConfig`.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct ServerSettings {
    max_request_line: usize,
    max_header_bytes: usize,
    max_header_count: usize,
    max_body_size: usize,
    max_streamed_body_size: usize,
    max_chunk_line: usize,
    max_trailer_bytes: usize,
    head_timeout: f64,
    keep_alive_timeout: f64,
    body_min_rate: u32,
    body_grace: f64,
    write_timeout: f64,
    max_connections: usize,
    max_drain: usize,
    drain_timeout: f64,
    allow_half_close: bool,
    pub(crate) allowed_hosts: Vec<String>,
    pub(crate) access_log: Option<String>,
    pub(crate) access_log_fd: i32,
}

impl ServerSettings {
    pub(crate) fn engine_config(&self) -> PyResult<Config> {
        let seconds = |value: f64| {
            Duration::try_from_secs_f64(value)
                .map_err(|_| PyValueError::new_err(format!("{value} is no duration in seconds")))
        };
        Ok(Config {
            max_request_line: self.max_request_line,
            max_header_bytes: self.max_header_bytes,
            max_header_count: self.max_header_count,
            max_body: self.max_body_size,
            max_streamed_body: self.max_streamed_body_size,
            max_chunk_line: self.max_chunk_line,
            max_trailer_bytes: self.max_trailer_bytes,
            head_timeout: seconds(self.head_timeout)?,
            keep_alive_timeout: seconds(self.keep_alive_timeout)?,
            body_min_rate: self.body_min_rate,
            body_grace: seconds(self.body_grace)?,
            write_timeout: seconds(self.write_timeout)?,
            max_connections: self.max_connections,
            max_drain: self.max_drain,
            drain_timeout: seconds(self.drain_timeout)?,
            allow_half_close: self.allow_half_close,
        })
    }
}
impl ServerSettings { pub(crate) fn stages(&self) -> PyResult<bolt_http::pipeline::Pipeline> { Ok(Default::default()) } pub(crate) fn access_log(&self) -> PyResult<Option<bolt_http::access_log::AccessLog>> { Ok(None) } }
