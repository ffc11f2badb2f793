//! The one place where the engine's refusals become Python exceptions.
use bolt_http::refusal::Refusal;
use pyo3::prelude::*;

/// The exception of `bolt_core.exceptions` for the refusal's status, with its text.
pub(crate) fn refusal_error(py: Python<'_>, refusal: &Refusal) -> PyErr {
    let made = py
        .import("bolt_core.exceptions")
        .and_then(|module| module.getattr("status_exception"))
        .and_then(|make| make.call1((refusal.status(), refusal.detail())));
    match made {
        Ok(error) => PyErr::from_value(error),
        Err(error) => error,
    }
}
