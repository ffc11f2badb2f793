//! The request that handlers see: a view on the parsed head, whose strings become Python objects when asked for.
//!
//! `bolt_core.request` adds to the class what is no matter of speed: its members there are plain functions and properties.
use std::sync::Arc;
use std::sync::atomic::Ordering;

use bolt_http::coerce;
use bolt_http::head::{Peer, Version};
use bolt_http::json;
use pyo3::exceptions::{PyAttributeError, PyKeyError, PyRuntimeError, PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyDict, PyList, PyString, PyTuple};
use pyo3::{PyTraverseError, PyVisit};

use crate::bind::{bind, scalar};
use crate::call::CallInput;
use crate::cgi::{self, Surroundings};
use crate::driver::Driver;
use crate::file_part::form_of;
use crate::hooks::problems_list;
use crate::refusals::{OwnTold, own_told};
use crate::route_plan::{Param, Plan, Source};

/// `bolt_core.Request`
#[pyclass(frozen, name = "Request", module = "bolt_core", weakref)]
pub(crate) struct Request {
    plan: Arc<Plan>,
    input: CallInput,
    stream: Option<(Py<Driver>, u64)>,
    headers: PyOnceLock<Py<PyAny>>,
    cookies: PyOnceLock<Py<PyAny>>,
    query: PyOnceLock<Py<PyAny>>,
    path_params: PyOnceLock<Py<PyDict>>,
    body: PyOnceLock<Py<PyBytes>>,
    state: PyOnceLock<Py<PyDict>>,
    /// What `bolt_core.request` computed once.
    lazy: PyOnceLock<Py<PyDict>>,
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
            path_params: PyOnceLock::new(),
            body: PyOnceLock::new(),
            state: PyOnceLock::new(),
            lazy: PyOnceLock::new(),
        }
    }

    pub(crate) fn head(&self) -> &bolt_http::head::RequestHead {
        &self.input.head
    }

    /// Calls `bolt_core.request.<function>` with the argument.
    fn python<'py>(py: Python<'py>, function: &str, argument: Bound<'py, PyAny>) -> PyResult<Py<PyAny>> {
        Ok(py.import("bolt_core.request")?.getattr(function)?.call1((argument,))?.unbind())
    }

    /// The value under a key of `state`, without making one that is not there.
    fn kept<'py>(&self, py: Python<'py>, key: &Bound<'py, PyString>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.state.get(py).map_or(Ok(None), |state| state.bind(py).get_item(key))
    }

    /// A path parameter as the handler takes it; as text where it takes none of that name, or refuses this one.
    fn path_value<'py>(&self, py: Python<'py>, index: usize, text: &str) -> PyResult<Bound<'py, PyAny>> {
        let plain = || PyString::new(py, text).into_any();
        let takes = |param: &&Param| matches!(param.source, Source::Path(at) if at == index) && !param.many;
        let Some(param) = self.plan.params.iter().find(takes) else { return Ok(plain()) };
        let Some(value) = scalar::read(py, param.kind, text) else { return Ok(plain()) };
        match &param.convert {
            None => Ok(value),
            Some(convert) => match convert.bind(py).call1((value,)) {
                Err(error) if error.is_instance_of::<PyValueError>(py) => Ok(plain()),
                converted => converted,
            },
        }
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
    fn host(&self) -> &str {
        self.input.head.host().unwrap_or("")
    }

    /// Below the script name.
    #[getter]
    fn path_info(&self) -> String {
        coerce::percent_decode_lossy(self.input.head.path_info()).into_owned()
    }

    /// The path's beginning that no route knows of, percent-encoded.
    #[getter]
    fn _script_name(&self) -> &str {
        self.input.head.script_name()
    }

    #[getter]
    fn _secure(&self) -> bool {
        self.input.head.is_secure()
    }

    /// The client, whose port no proxy tells.
    #[getter]
    fn _client(&self) -> Option<(String, u16)> {
        match (self.input.head.forwarded_client(), self.input.head.peer()) {
            (Some(ip), _) => Some((ip.to_string(), 0)),
            (None, Peer::Tcp(address)) => Some((address.ip().to_string(), address.port())),
            _ => None,
        }
    }

    /// What a server in front of this one, in the same process, knows the request by.
    #[getter]
    fn _number(&self) -> Option<u64> {
        match self.input.head.peer() {
            Peer::Bridged(number) => Some(*number),
            _ => None,
        }
    }

    /// The CGI variables; `server` is SERVER_NAME and SERVER_PORT, and the rest what is known of the client.
    fn _cgi<'py>(
        &self,
        py: Python<'py>,
        server: (&str, &str),
        client: Option<(&str, u32)>,
        scheme: &str,
    ) -> PyResult<Bound<'py, PyDict>> {
        cgi::variables(py, &self.input.head, &Surroundings { server, client, scheme })
    }

    #[getter]
    fn raw_headers<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let fields = PyList::empty(py);
        for (name, value) in self.input.head.headers() {
            fields.append((name, coerce::latin1(value)))?;
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
                sent.append(coerce::latin1(value))?;
            }
            Self::python(py, "parse_cookies", sent.into_any())
        })?;
        Ok(made.clone_ref(py))
    }

    #[getter(COOKIES)]
    fn django_cookies(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.cookies(py)
    }

    #[getter(GET)]
    fn django_get(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.query_params(py)
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
    fn path_params(&self, py: Python<'_>) -> PyResult<Py<PyDict>> {
        let made = self.path_params.get_or_try_init(py, || {
            let params = PyDict::new(py);
            for (index, (name, span)) in self.plan.path_names.iter().zip(&self.input.params).enumerate() {
                let text = coerce::percent_decode_lossy(self.input.head.slice(*span));
                params.set_item(name, self.path_value(py, index, &text)?)?;
            }
            Ok::<_, PyErr>(params.unbind())
        })?;
        Ok(made.clone_ref(py))
    }

    #[getter]
    fn body(&self, py: Python<'_>) -> PyResult<Py<PyBytes>> {
        if self.stream.is_some() {
            return Err(PyRuntimeError::new_err(
                "this route reads its body as a stream: use `async for chunk in request.stream()`, or register it without \
                 stream_body=True",
            ));
        }
        if self._body_is_form() {
            return Err(PyRuntimeError::new_err(
                "this route's body was parsed as a form while it arrived: use request.form(), or its parameters",
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

    /// Status, text and header fields that the engine itself would answer; `None` where that is the handler's to do.
    #[getter]
    fn _own_answer(&self) -> Option<OwnTold> {
        self.input.own.as_deref().map(own_told)
    }

    /// The handler's arguments, positional and by keyword; or a list of the problems that stand in the way.
    fn _bind<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        let (py, this) = (slf.py(), slf.get());
        let bound = bind(py, &this.plan, &this.input, &mut Some(slf.clone()))?;
        let args = match bound {
            Ok(args) => args,
            Err(problems) => return Ok(problems_list(py, &problems)?.into_any()),
        };
        let keywords = PyDict::new(py);
        let names = this.plan.keywords.as_ref().map_or(0, |names| names.bind(py).len());
        let (positional, named) = args.split_at(args.len() - names);
        for (index, value) in named.iter().enumerate() {
            let names = this.plan.keywords.as_ref().map(|names| names.bind(py).get_item(index));
            if let Some(name) = names {
                keywords.set_item(name?, value)?;
            }
        }
        Ok((PyTuple::new(py, positional)?, keywords).into_pyobject(py)?.into_any())
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

    #[getter]
    fn _lazy(&self, py: Python<'_>) -> Py<PyDict> {
        self.lazy.get_or_init(py, || PyDict::new(py).unbind()).clone_ref(py)
    }

    /// Whether the client has left.
    #[getter]
    fn _gone(&self) -> bool {
        self.input.gone.load(Ordering::Relaxed)
    }

    /// Whether the body was parsed as a form while it arrived, so that its bytes are not there.
    #[getter]
    fn _body_is_form(&self) -> bool {
        self.input.form.is_some()
    }

    /// Whether the body, read as JSON, is nested more deeply than is safe to decode.
    #[getter]
    fn _too_deep(&self) -> bool {
        json::check(&self.input.body).is_err()
    }

    /// What the engine found out about who calls, made once; an empty dict for nobody.
    fn _auth<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let kept = self._lazy(py).into_bound(py);
        if let Some(made) = kept.get_item(intern!(py, "auth"))? {
            return Ok(made);
        }
        let made = match (&self.input.auth, &self.plan.auth) {
            (Some(findings), Some(auth)) => auth.identity(py, findings)?,
            _ => PyDict::new(py).into_any(),
        };
        kept.call_method1("setdefault", (intern!(py, "auth"), made))
    }

    /// Lets the token of this request pass for so many seconds, by the word of the route's scheme at that place.
    fn _vouch(&self, index: usize, seconds: f64) {
        if let Some(auth) = self.plan.auth.as_ref().filter(|_| seconds > 0.0) {
            auth.vouch(index, self, seconds);
        }
    }

    #[pyo3(signature = (key, default=None))]
    fn get<'py>(
        &self,
        py: Python<'py>,
        key: &Bound<'py, PyString>,
        default: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        match self.kept(py, key)? {
            Some(value) => Ok(value),
            None if key == "auth" && (default.is_none() || self.input.auth.is_some()) => self._auth(py),
            None => Ok(default.unwrap_or_else(|| py.None().into_bound(py))),
        }
    }

    fn __getitem__<'py>(&self, py: Python<'py>, key: &Bound<'py, PyString>) -> PyResult<Bound<'py, PyAny>> {
        match self.kept(py, key)? {
            Some(value) => Ok(value),
            None if key == "auth" => self._auth(py),
            None => Err(PyKeyError::new_err(key.clone().unbind())),
        }
    }

    fn __contains__(&self, py: Python<'_>, key: &Bound<'_, PyAny>) -> PyResult<bool> {
        let Ok(key) = key.cast::<PyString>() else { return Ok(false) };
        Ok(key == "auth" || self.kept(py, key)?.is_some())
    }

    /// What the class does not have: a value of `state`, else what is registered for the name.
    fn __getattr__(slf: &Bound<'_, Self>, name: &Bound<'_, PyString>) -> PyResult<Py<PyAny>> {
        let py = slf.py();
        match slf.get().kept(py, name)? {
            Some(value) => Ok(value.unbind()),
            None => Ok(py.import("bolt_core.request")?.getattr("absent_attribute")?.call1((slf, name))?.unbind()),
        }
    }

    fn __setattr__(slf: &Bound<'_, Self>, name: &Bound<'_, PyString>, value: Bound<'_, PyAny>) -> PyResult<()> {
        if slf.get_type().hasattr(name)? {
            return Err(PyAttributeError::new_err(format!("request.{name} is read-only: it is what the client sent")));
        }
        slf.get().state(slf.py()).bind(slf.py()).set_item(name, value)
    }

    fn __delattr__(slf: &Bound<'_, Self>, name: &Bound<'_, PyString>) -> PyResult<()> {
        if slf.get().kept(slf.py(), name)?.is_none() || slf.get_type().hasattr(name)? {
            return Err(PyAttributeError::new_err(format!("request.{name} has not been set")));
        }
        slf.get().state(slf.py()).bind(slf.py()).del_item(name)
    }

    fn __reduce__(&self) -> PyResult<()> {
        Err(PyTypeError::new_err(
            "a Request belongs to its connection and cannot be copied or pickled; hand on the values that are needed",
        ))
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        // SAFETY: the collector runs with the GIL held, and nothing here runs Python code.
        let py = unsafe { Python::assume_attached() };
        // What handlers put there may refer to the request. The dicts themselves are cleared by the collector.
        visit.call(self.state.get(py))?;
        visit.call(self.lazy.get(py))
    }

    fn __repr__(&self) -> String {
        format!("<Request {} {:?}>", self.method(), self.raw_path())
    }
}
