//! Text to Python's plain scalars.
use bolt_http::coerce::{self, Int};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyFloat, PyInt, PyString};

use crate::route_plan::Kind;

/// The value that `text` stands for; `None` where it is no such value.
pub(super) fn read<'py>(py: Python<'py>, kind: Kind, text: &str) -> Option<Bound<'py, PyAny>> {
    Some(match kind {
        Kind::Str => PyString::new(py, text).into_any(),
        Kind::Bool => PyBool::new(py, coerce::boolean(text).ok()?).to_owned().into_any(),
        Kind::Float => PyFloat::new(py, coerce::float(text).ok()?).into_any(),
        Kind::Int => match coerce::int(text).ok()? {
            Int::Small(small) => PyInt::new(py, small).into_any(),
            Int::Big(digits) => py.get_type::<PyInt>().call1((digits,)).ok()?,
        },
    })
}

/// The values in `text`: itself, or what stands between separators, without the spaces around it; none in an empty text.
pub(super) fn pieces<'a>(text: &'a str, separator: Option<&'a str>) -> impl Iterator<Item = &'a str> {
    let whole = separator.is_none().then_some(text);
    let split = separator.filter(|_| !text.is_empty()).map(|separator| text.split(separator).map(str::trim));
    whole.into_iter().chain(split.into_iter().flatten())
}
