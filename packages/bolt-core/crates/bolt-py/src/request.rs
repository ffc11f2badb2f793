//! The request that handlers see: a view on the parsed head, whose strings become Python objects when asked for.
use std::sync::Arc;

use bolt_http::coerce;
use bolt_http::head::{Peer, Version};
use pyo3::exceptions::{PyKeyError, PyRuntimeError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyDict, PyList, PyString};

use crate::call::CallInput;
use crate::driver::Driver;
use crate::file_part::form_of;
use crate::refusals::{Told, told};
use crate::route_plan::Plan;

/// `bolt_core.Request`
#[pyclass(frozen, name = "Request", module = "bolt_core", weakref)]
pub(crate) struct Request {
    plan: Arc<Plan>,
    input: CallInput,
    stream: Option<(Py<Driver>, u64)>,
    headers: PyOnceLock<Py<PyAny>>,
    cookies: PyOnceLock<Py<PyAny>>,
    query: PyOnceLock<Py<PyAny>>,
    body: PyOnceLock<Py<PyBytes>>,
    state: PyOnceLock<Py<PyDict>>,
}

impl Request {
    pub(crate) fn new(plan: Arc<Plan>, input: CallInput, stream: Option<(Py<Driver>, u64)>) -> Self {
        Request {
            plan,
            input,
            stream,
            headers: PyOnceLock::new(),
            cookies: PyOnceLock::new(),
            query: PyOnceLock::new(),
            body: PyOnceLock::new(),
            state: PyOnceLock::new(),
        }
    }

    /// Calls `bolt_core.request.<function>` with the argument.
    fn python<'py>(py: Python<'py>, function: &str, argument: Bound<'py, PyAny>) -> PyResult<Py<PyAny>> {
        Ok(py.import("bolt_core.request")?.getattr(function)?.call1((argument,))?.unbind())
    }
}

/// Header bytes as text: ISO 8859-1, in which every byte is a character (RFC 9110 §5.5).
fn latin1<'py>(py: Python<'py>, bytes: &[u8]) -> Bound<'py, PyString> {
    match std::str::from_utf8(bytes) {
        Ok(text) if text.is_ascii() => PyString::new(py, text),
        _ => PyString::new(py, &bytes.iter().map(|&byte| char::from(byte)).collect::<String>()),
    }
}

#[pymethods]
impl Request {
    #[getter]
    fn method(&self) -> &str {
        self.input.head.method()
    }

    #[getter]
    fn raw_path(&self) -> &str {
        self.input.head.path()
    }

    #[getter]
    fn path(&self) -> String {
        let raw = self.input.head.path();
        coerce::percent_decode_lossy(raw).into_owned()
    }

    #[getter]
    fn query_string(&self) -> &str {
        self.input.head.query().unwrap_or("")
    }

    #[getter]
    fn http_version(&self) -> &'static str {
        match self.input.head.version() {
            Version::Http10 => "1.0",
            Version::Http11 => "1.1",
        }
    }

    #[getter]
    fn scheme(&self) -> &'static str {
        "http"
    }

    #[getter]
    fn host(&self) -> &str {
        self.input.head.host().unwrap_or("")
    }

    #[getter]
    fn client(&self) -> Option<(String, u16)> {
        match self.input.head.peer() {
            Peer::Tcp(address) => Some((address.ip().to_string(), address.port())),
            _ => None,
        }
    }

    #[getter]
    fn raw_headers<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let fields = PyList::empty(py);
        for (name, value) in self.input.head.headers() {
            fields.append((name, latin1(py, value)))?;
        }
        Ok(fields)
    }

    #[getter]
    fn headers(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let made =
            self.headers.get_or_try_init(py, || Self::python(py, "Headers", self.raw_headers(py)?.into_any()))?;
        Ok(made.clone_ref(py))
    }

    #[getter]
    fn cookies(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let made = self.cookies.get_or_try_init(py, || {
            let sent = PyList::empty(py);
            for value in self.input.head.header_all("cookie") {
                sent.append(latin1(py, value))?;
            }
            Self::python(py, "parse_cookies", sent.into_any())
        })?;
        Ok(made.clone_ref(py))
    }

    #[getter]
    fn query_params(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let made = self.query.get_or_try_init(py, || {
            let query = PyString::new(py, self.input.head.query().unwrap_or(""));
            Self::python(py, "parse_query", query.into_any())
        })?;
        Ok(made.clone_ref(py))
    }

    #[getter]
    fn path_params<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let params = PyDict::new(py);
        for (name, span) in self.plan.path_names.iter().zip(&self.input.params) {
            params.set_item(name, coerce::percent_decode_lossy(self.input.head.slice(*span)))?;
        }
        Ok(params)
    }

    #[getter]
    fn body(&self, py: Python<'_>) -> PyResult<Py<PyBytes>> {
        if self.stream.is_some() {
            return Err(PyRuntimeError::new_err(
                "this route reads its body as a stream: use `async for chunk in request.stream()`",
            ));
        }
        let made = self.body.get_or_init(py, || PyBytes::new(py, &self.input.body).unbind());
        Ok(made.clone_ref(py))
    }

    #[getter]
    fn state(&self, py: Python<'_>) -> Py<PyDict> {
        self.state.get_or_init(py, || PyDict::new(py).unbind()).clone_ref(py)
    }

    #[getter]
    fn plan(&self, py: Python<'_>) -> Py<PyAny> {
        self.plan.object.clone_ref(py)
    }

    /// Status, text and header fields that the engine refuses the request with; `None` for all that have a handler.
    #[getter]
    fn _refusal(&self) -> Option<Told> {
        self.input.refusal.as_deref().map(told)
    }

    #[getter]
    fn slash_redirect(&self) -> bool {
        self.input.slash_redirect
    }

    fn stream(slf: &Bound<'_, Self>) -> PyResult<Py<PyAny>> {
        Self::python(slf.py(), "stream_body", slf.clone().into_any())
    }

    /// The next bytes of a streamed body; empty at its end, `None` while there are none yet.
    fn _read_chunk<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyBytes>>> {
        match &self.stream {
            Some((driver, id)) => driver.get().local()?.core.read_chunk(py, *id),
            None => Ok(Some(PyBytes::new(py, &[]))),
        }
    }

    /// Calls back once when `_read_chunk` has something else than `None` to say.
    fn _on_chunk(&self, callback: Py<PyAny>) -> PyResult<()> {
        if let Some((driver, id)) = &self.stream {
            driver.get().local()?.core.on_chunk(*id, callback);
        }
        Ok(())
    }

    /// The form's text fields and files.
    fn _form<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyList>, Bound<'py, PyList>)> {
        form_of(py, &self.input, &self.plan.form_limits)
    }

    #[getter]
    fn _streams(&self) -> bool {
        self.stream.is_some()
    }

    #[pyo3(signature = (key, default=None))]
    fn get(&self, py: Python<'_>, key: &str, default: Option<Py<PyAny>>) -> PyResult<Py<PyAny>> {
        match self.state(py).bind(py).get_item(key)? {
            Some(value) => Ok(value.unbind()),
            None if key == "auth" && default.is_none() => Ok(PyDict::new(py).into_any().unbind()),
            None => Ok(default.unwrap_or_else(|| py.None())),
        }
    }

    fn __getitem__(&self, py: Python<'_>, key: &str) -> PyResult<Py<PyAny>> {
        match self.state(py).bind(py).get_item(key)? {
            Some(value) => Ok(value.unbind()),
            None if key == "auth" => Ok(PyDict::new(py).into_any().unbind()),
            None => Err(PyKeyError::new_err(key.to_owned())),
        }
    }

    fn __repr__(&self) -> String {
        format!("<Request {} {:?}>", self.method(), self.raw_path())
    }
}
