//! The slow paths, written in Python: results, errors and refusals that Rust does not answer itself.
use bolt_http::reply::Reply;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyType};

use crate::bind::Problem;
use crate::ffi::is_coroutine;
use crate::outcome::Outcome;
use crate::request::Request;
use crate::route_plan::Plan;
use crate::tracing::Tracing;

/// `FrozenApp.hooks`, taken apart once, and the classes that results are told apart by.
pub(crate) struct Hooks {
    finish: Py<PyAny>,
    error: Py<PyAny>,
    invalid: Py<PyAny>,
    pub(crate) tracing: Tracing,
    lost: Reply,
    /// `msgspec.Struct`
    pub(crate) struct_class: Py<PyType>,
    /// `msgspec.ValidationError`
    pub(crate) validation_error: Py<PyType>,
    /// `msgspec.UNSET`, a member that a body lacks
    pub(crate) unset: Py<PyAny>,
    /// Response classes that are nothing but their attributes; subclasses go to `finish`.
    plain_responses: Vec<Py<PyAny>>,
    /// `bolt_core.streaming.EncodedItems`
    pub(crate) encoded_items: Py<PyType>,
    /// `bolt_core.streaming`
    pub(crate) streaming: Py<PyModule>,
}

/// What `dispatch.invalid` takes.
pub(crate) fn problems_list<'py>(py: Python<'py>, problems: &[Problem]) -> PyResult<Bound<'py, PyList>> {
    let listed = PyList::empty(py);
    for problem in problems {
        let cause = problem.cause.as_ref().map(|error| error.value(py));
        listed.append((problem.source, &problem.wire_name, problem.code, cause, problem.index))?;
    }
    Ok(listed)
}

impl Hooks {
    /// `lost`: what the client gets where the error path itself fails.
    pub(crate) fn new(hooks: &Bound<'_, PyAny>, lost: Reply, tracing: Tracing) -> PyResult<Self> {
        let msgspec = hooks.py().import("msgspec")?;
        let streaming = hooks.py().import("bolt_core.streaming")?;
        Ok(Hooks {
            finish: hooks.getattr("finish")?.unbind(),
            error: hooks.getattr("error")?.unbind(),
            invalid: hooks.getattr("invalid")?.unbind(),
            tracing,
            lost,
            struct_class: msgspec.getattr("Struct")?.cast_into()?.unbind(),
            validation_error: msgspec.getattr("ValidationError")?.cast_into()?.unbind(),
            unset: msgspec.getattr("UNSET")?.unbind(),
            plain_responses: hooks.py().import("bolt_core.responses")?.getattr("PLAIN_RESPONSES")?.extract()?,
            encoded_items: streaming.getattr("EncodedItems")?.cast_into()?.unbind(),
            streaming: streaming.unbind(),
        })
    }

    pub(crate) fn is_plain_response(&self, value: &Bound<'_, PyAny>) -> bool {
        let class = value.get_type();
        self.plain_responses.iter().any(|plain| plain.is(&class))
    }

    pub(crate) fn finish(
        &self,
        py: Python<'_>,
        plan: &Plan,
        value: &Bound<'_, PyAny>,
        request: &Bound<'_, Request>,
    ) -> PyResult<Outcome> {
        Outcome::parse(&self.finish.bind(py).call1((&plan.object, value, request))?)
    }

    pub(crate) fn error(
        &self,
        py: Python<'_>,
        plan: &Plan,
        error: &PyErr,
        request: &Bound<'_, Request>,
    ) -> PyResult<Outcome> {
        Outcome::parse(&self.error.bind(py).call1((&plan.object, error.value(py), request))?)
    }

    pub(crate) fn invalid(
        &self,
        py: Python<'_>,
        plan: &Plan,
        problems: &[Problem],
        request: &Bound<'_, Request>,
    ) -> PyResult<Outcome> {
        let listed = problems_list(py, problems)?;
        Outcome::parse(&self.invalid.bind(py).call1((&plan.object, listed, request))?)
    }

    /// What a hook promised, as something a task can run.
    pub(crate) fn coroutine<'py>(&self, awaitable: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        if is_coroutine(awaitable) {
            return Ok(awaitable.clone());
        }
        self.streaming.bind(awaitable.py()).getattr("awaited")?.call1((awaitable,))
    }

    /// Whether a result that raised `error` can only be written elsewhere than on the loop.
    pub(crate) fn must_leave_loop(&self, py: Python<'_>, error: &PyErr) -> bool {
        let asked = self.streaming.bind(py).getattr("must_leave_loop").and_then(|ask| ask.call1((error.value(py),)));
        asked.and_then(|answer| answer.is_truthy()).unwrap_or(false)
    }

    /// A stream failed after its head went out: nothing to answer any more, but to be seen in the log.
    pub(crate) fn log_stream_failure(&self, py: Python<'_>, error: &PyErr) {
        let logged = self.streaming.bind(py).getattr("log_failure").and_then(|log| log.call1((error.value(py),)));
        if let Err(error) = logged {
            error.write_unraisable(py, None);
        }
    }

    /// Something went wrong inside the engine, or a file could not be sent.
    pub(crate) fn log_report(&self, py: Python<'_>, message: &str) -> PyResult<()> {
        self.streaming.bind(py).getattr("logger")?.call_method1("warning", ("%s", message)).map(drop)
    }

    /// The error path itself failed: Python is told, the client gets a plain 500.
    pub(crate) fn last_resort(&self, py: Python<'_>, plan: &Plan, error: PyErr) -> Outcome {
        error.write_unraisable(py, Some(plan.handler.bind(py)));
        Outcome::Whole(self.lost.clone(), None)
    }
}
