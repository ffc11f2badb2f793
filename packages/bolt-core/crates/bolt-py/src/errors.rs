//! The one place where the engine's refusals become Python exceptions.
use bolt_http::refusal::Refusal;
use pyo3::prelude::*;

/// The exception of `bolt_core.exceptions` for the refusal's status, with its text; `ClientDisconnect` where the client left.
pub(crate) fn refusal_error(py: Python<'_>, refusal: &Refusal) -> PyErr {
    let class = |module, name| py.import(module).and_then(|module| module.getattr(name));
    let made = match refusal {
        Refusal::IncompleteBody => {
            class("bolt_core.exceptions", "ClientDisconnect").and_then(|made| made.call1((refusal.detail(),)))
        }
        _ => class("bolt_core.refusals", "status_exception")
            .and_then(|make| make.call1((refusal.status(), refusal.detail()))),
    };
    match made {
        Ok(error) => PyErr::from_value(error),
        Err(error) => error,
    }
}
