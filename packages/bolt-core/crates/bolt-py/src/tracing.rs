//! The context that each request runs in, and what it is found by in logs.
use bolt_http::head::RequestHead;
use bolt_http::request_id::REQUEST_ID;
use pyo3::prelude::*;

use crate::ffi::{Entered, copy_context};

/// What the context of each request is told.
#[derive(Clone, Copy)]
pub(crate) struct Traced {
    pub(crate) request_id: bool,
    pub(crate) trace_context: bool,
}

/// Tells it.
pub(crate) struct Tracing {
    traced: Traced,
    /// `bolt_core.tracing.enter`, which does not raise; `None` where there is nothing to tell.
    enter: Option<Py<PyAny>>,
}

impl Tracing {
    pub(crate) fn new(py: Python<'_>, traced: Traced) -> PyResult<Self> {
        let wanted = traced.request_id || traced.trace_context;
        let enter = if wanted { Some(py.import("bolt_core.tracing")?.getattr("enter")?.unbind()) } else { None };
        Ok(Tracing { traced, enter })
    }

    /// A new context for a request, from what all have in common.
    pub(crate) fn context<'py>(&self, base: &Bound<'py, PyAny>, head: &RequestHead) -> PyResult<Bound<'py, PyAny>> {
        let context = copy_context(base)?;
        if let Some(enter) = &self.enter {
            let _entered = Entered::new(&context)?;
            let Traced { request_id, trace_context } = self.traced;
            let id = if request_id { text(head.header_once(REQUEST_ID)) } else { None };
            let parent = if trace_context { text(head.header_once("traceparent")) } else { None };
            // The state says nothing without a parent.
            let state = parent.and_then(|_| list_text(head, "tracestate"));
            enter.bind(base.py()).call1((id, parent, state))?;
        }
        Ok(context)
    }
}

fn text(value: Option<&[u8]>) -> Option<&str> {
    value.and_then(|value| std::str::from_utf8(value).ok())
}

/// The value of a field whose lines are one list (RFC 9110 §5.3).
fn list_text(head: &RequestHead, name: &str) -> Option<String> {
    let values: Result<Vec<_>, _> = head.header_all(name).map(std::str::from_utf8).collect();
    values.ok().filter(|values| !values.is_empty()).map(|values| values.join(","))
}
