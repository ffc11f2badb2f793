//! The one place where the engine's refusals become Python exceptions.
use bolt_http::refusal::Refusal;
use pyo3::prelude::*;

/// `bolt_core.exceptions.HTTPException` with the refusal's status and text; `ClientDisconnect` where the client has left.
pub(crate) fn refusal_error(py: Python<'_>, refusal: &Refusal) -> PyErr {
    let made = py.import("bolt_core.exceptions").and_then(|module| match refusal {
        Refusal::IncompleteBody => module.getattr("ClientDisconnect")?.call1((refusal.detail(),)),
        _ => module.getattr("HTTPException")?.call1((refusal.status(), refusal.detail())),
    });
    match made {
        Ok(error) => PyErr::from_value(error),
        Err(error) => error,
    }
}
