//! How Python words the engine's refusals, from `FrozenApp`'s wire dict: beforehand, or as calls of a plan of its own.
use std::sync::Arc;

use bolt_http::exchange::OwnAnswer;
use bolt_http::refusal::{Format, Refusal};
use bolt_http::refusals::{Refusals, without_request};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use crate::outcome::Outcome;
use crate::route_plan::{Plan, item};

/// Status, text and header fields of a refusal.
type Told = (u16, String, Vec<(&'static str, String)>);

/// The same of any answer of the engine's own; no text where it has no content.
pub(crate) type OwnTold = (u16, Option<String>, Vec<(&'static str, String)>);

pub(crate) fn own_told(own: &OwnAnswer) -> OwnTold {
    match own {
        OwnAnswer::Refusal(refusal) => (refusal.status(), Some(refusal.detail().into_owned()), refusal.fields()),
        OwnAnswer::Bare { status, name, value } => (*status, None, vec![(name, value.clone())]),
    }
}

fn told(refusal: &Refusal) -> Told {
    (refusal.status(), refusal.detail().into_owned(), refusal.fields())
}

/// Every refusal that comes without a request, in the order in which `prepared` answers them.
#[pyfunction]
pub(crate) fn refusals_without_request() -> Vec<Told> {
    without_request().iter().map(told).collect()
}

/// The engine's way to refuse, and the plan that words what has a request, if there is one.
pub(crate) fn parse(wire: &Bound<'_, PyDict>) -> PyResult<(Refusals, Option<Arc<Plan>>)> {
    let format = if item(wire, "problem_details")?.extract()? { Format::Problem } else { Format::Detail };
    let refusals = Refusals::new(format);
    let plan = item(wire, "plan")?;
    if plan.is_none() {
        return Ok((refusals, None));
    }
    let outcomes = item(wire, "prepared")?.cast_into::<PyList>()?;
    let known = without_request();
    if outcomes.len() != known.len() {
        return Err(PyValueError::new_err("every refusal without a request needs a prepared reply"));
    }
    let mut prepared = Vec::with_capacity(known.len());
    for (refusal, outcome) in known.into_iter().zip(outcomes.iter()) {
        match Outcome::parse(&outcome)? {
            Outcome::Whole(reply, _) => prepared.push((refusal, reply)),
            _ => return Err(PyValueError::new_err("a prepared reply must be whole")),
        }
    }
    Ok((refusals.worded_above(prepared), Some(Arc::new(Plan::parse(plan.cast::<PyDict>()?)?))))
}
