//! The one place where the engine's refusals become Python exceptions.
use bolt_http::refusal::Refusal;
use pyo3::prelude::*;

/// The exception of `bolt_core.exceptions` for the refusal's status, with its text; `ClientDisconnect` where the client left.
pub(crate) fn refusal_error(py: Python<'_>, refusal: &Refusal) -> PyErr {
    let made = py.import("bolt_core.exceptions").and_then(|module| match refusal {
        Refusal::IncompleteBody => module.getattr("ClientDisconnect")?.call1((refusal.detail(),)),
        _ => module.getattr("status_exception")?.call1((refusal.status(), refusal.detail())),
    });
    match made {
        Ok(error) => PyErr::from_value(error),
        Err(error) => error,
    }
}
