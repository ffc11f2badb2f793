//! `ServerConfig.to_wire()` as the engine's own types. Times are seconds, sizes bytes.
use std::fs::File;
use std::io::IsTerminal;
use std::os::fd::BorrowedFd;
use std::path::PathBuf;
use std::time::Duration;

use bolt_http::access_log::{AccessLog, CAPACITY, Format};
use bolt_http::config::Config;
use bolt_http::form::FormLimits;
use bolt_http::pipeline::{BodyLimit, DefaultHeaders, HostCheck, HttpsRedirect, Pipeline};
use bolt_http::proxies::Proxies;
use bolt_http::request_id::{RequestIds, ReturnRequestId};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::tracing::Traced;

/// The wire dict of `bolt_core.config.ServerConfig`.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct ServerSettings {
    max_request_line: usize,
    max_header_bytes: usize,
    max_header_count: usize,
    max_body_size: usize,
    max_streamed_body_size: usize,
    max_form_size: usize,
    max_form_data_size: usize,
    max_form_fields: usize,
    max_form_files: usize,
    max_upload_memory: usize,
    upload_dir: Option<PathBuf>,
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
    proxies: ProxySettings,
    security: SecuritySettings,
    tracing: TracingSettings,
}

/// The wire dict of `bolt_core.front.ProxySettings`.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct ProxySettings {
    trusted: Vec<String>,
    https_header: Option<(String, String)>,
    forwarded_host: bool,
    script_name: String,
}

/// The wire dict of `bolt_core.front.SecuritySettings`.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct SecuritySettings {
    headers: Vec<(String, String)>,
    https_headers: Vec<(String, String)>,
    https_redirect: bool,
    https_host: Option<String>,
    redirect_exempt: Vec<String>,
}

/// The wire dict of `bolt_core.tracing.TracingSettings`.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct TracingSettings {
    request_id: Option<String>,
    trace_context: bool,
}

/// Raises `ValueError` for what the engine could not be told.
#[pyfunction]
pub(crate) fn check_front(proxies: ProxySettings, security: SecuritySettings) -> PyResult<()> {
    proxies.engine()?;
    security.default_headers()?;
    security.redirect().map(drop)
}

fn value_error(error: impl std::error::Error) -> PyErr {
    PyValueError::new_err(error.to_string())
}

impl ProxySettings {
    pub(crate) fn engine(&self) -> PyResult<Proxies> {
        let proxies = Proxies::new(&self.trusted).map_err(value_error)?;
        let proxies = proxies.with_https(self.https_header.clone()).with_forwarded_host(self.forwarded_host);
        Ok(proxies.with_script_name(&self.script_name))
    }
}

impl SecuritySettings {
    fn default_headers(&self) -> PyResult<DefaultHeaders> {
        DefaultHeaders::new(&self.headers, &self.https_headers).map_err(value_error)
    }

    fn redirect(&self) -> PyResult<HttpsRedirect> {
        HttpsRedirect::new(self.https_host.clone(), &self.redirect_exempt).map_err(value_error)
    }
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
            max_form: self.max_form_size,
            form: self.form_limits(),
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

    pub(crate) fn form_limits(&self) -> FormLimits {
        FormLimits {
            max_data: self.max_form_data_size,
            max_fields: self.max_form_fields,
            max_files: self.max_form_files,
            memory: self.max_upload_memory,
            folder: self.upload_dir.clone(),
        }
    }

    pub(crate) fn proxies(&self) -> PyResult<Proxies> {
        self.proxies.engine()
    }

    /// Where requests get their identifiers from, if they have any.
    pub(crate) fn request_ids(&self) -> PyResult<Option<RequestIds>> {
        match self.tracing.request_id.as_deref() {
            None => Ok(None),
            Some("take") => Ok(Some(RequestIds::Take)),
            Some("make") => Ok(Some(RequestIds::Make)),
            Some(other) => Err(PyValueError::new_err(format!("{other:?} is no source of request ids"))),
        }
    }

    /// What the context of each request is told.
    pub(crate) fn traced(&self) -> Traced {
        Traced { request_id: self.tracing.request_id.is_some(), trace_context: self.tracing.trace_context }
    }

    /// The stages around every handler, in order.
    pub(crate) fn stages(&self) -> PyResult<Pipeline> {
        let hosts = HostCheck::new(&self.allowed_hosts).map_err(value_error)?;
        let mut stages = Pipeline::default();
        let headers = self.security.default_headers()?;
        if !headers.is_empty() {
            // First here is last after a handler: whatever another stage sets goes before a default.
            stages = stages.with(headers);
        }
        if self.request_ids()?.is_some() {
            stages = stages.with(ReturnRequestId);
        }
        if !self.allowed_hosts.is_empty() {
            stages = stages.with(hosts);
        }
        if self.security.https_redirect {
            stages = stages.with(self.security.redirect()?);
        }
        stages = stages.with(BodyLimit {
            whole: self.max_body_size,
            streamed: self.max_streamed_body_size,
            form: self.max_form_size,
        });
        match self.access_log()? {
            Some(log) => Ok(stages.with(log)),
            None => Ok(stages),
        }
    }

    /// Starts the log's writer, which is a thread: never before a fork.
    fn access_log(&self) -> PyResult<Option<AccessLog>> {
        let Some(name) = &self.access_log else { return Ok(None) };
        // SAFETY: a borrowed view of a descriptor that Python names; it is duplicated at once.
        let out = unsafe { BorrowedFd::borrow_raw(self.access_log_fd) }.try_clone_to_owned()?;
        let out = File::from(out);
        let format = match name.as_str() {
            "combined" => Format::Combined,
            "json" => Format::Json,
            "short" => Format::Short { colour: out.is_terminal() },
            other => return Err(PyValueError::new_err(format!("{other:?} is no access log format"))),
        };
        Ok(Some(AccessLog::start(format, out, CAPACITY)?))
    }
}
