//! Arguments of a handler, from the request, by its plan.
//!
//! Every problem is collected; the Python hook words them. What `convert` and `decode` raise as `ValueError` is the client's
//! mistake, anything else the handler's.
use std::borrow::Cow;
use std::sync::Arc;

use bolt_http::coerce::{self, CoerceError, Int, QueryPairs};
use bolt_http::json;
use pyo3::exceptions::{PyRecursionError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyInt, PyList, PyString};
use smallvec::SmallVec;

use crate::call::{CallInput, request_of};
use crate::hooks::Hooks;
use crate::request::Request;
use crate::route_plan::{Kind, Param, Plan, Source};

/// One thing wrong with the request.
pub(crate) struct Problem {
    pub(crate) source: &'static str,
    pub(crate) wire_name: String,
    pub(crate) code: &'static str,
    pub(crate) cause: Option<PyErr>,
}

impl Problem {
    fn new(source: &'static str, param: &Param, code: &'static str) -> Box<Self> {
        Box::new(Problem { source, wire_name: param.wire_name.clone(), code, cause: None })
    }

    fn because(source: &'static str, param: &Param, code: &'static str, cause: PyErr) -> Box<Self> {
        Box::new(Problem { source, wire_name: param.wire_name.clone(), code, cause: Some(cause) })
    }
}

pub(crate) type Args<'py> = SmallVec<[Bound<'py, PyAny>; 8]>;

/// A value, or what the client did wrong, or an error of the application's.
type Bindable<'py> = Result<Bound<'py, PyAny>, Wrong>;

enum Wrong {
    Client(Box<Problem>),
    Application(PyErr),
}

type Pairs<'a> = SmallVec<[(Cow<'a, str>, Cow<'a, str>); 8]>;

/// All arguments in call order, or every problem found.
pub(crate) fn bind<'py>(
    py: Python<'py>,
    plan: &Arc<Plan>,
    input: &CallInput,
    hooks: &Hooks,
    request: &mut Option<Bound<'py, Request>>,
) -> PyResult<Result<Args<'py>, Vec<Problem>>> {
    let mut args = Args::new();
    let mut problems = Vec::new();
    let query = if plan.reads_query { Query::read(input) } else { Query::default() };
    if query.too_many {
        let (wire_name, code) = (String::new(), "too_many_fields");
        return Ok(Err(vec![Problem { source: "query", wire_name, code, cause: None }]));
    }
    for param in &plan.params {
        let bound = match &param.source {
            Source::Request => request_of(py, plan, input, request).map(Bound::into_any).map_err(Wrong::Application),
            Source::Path(index) => path_value(py, param, input, *index),
            Source::Query => query_value(py, param, &query),
            Source::Body { .. } => body_value(py, param, input, hooks),
        };
        match bound {
            Ok(value) => args.push(value),
            Err(Wrong::Client(problem)) => problems.push(*problem),
            Err(Wrong::Application(error)) => return Err(error),
        }
    }
    Ok(if problems.is_empty() { Ok(args) } else { Err(problems) })
}

/// What a query string holds.
#[derive(Default)]
struct Query<'a> {
    pairs: Pairs<'a>,
    /// Names whose values are no UTF-8.
    broken: SmallVec<[Cow<'a, str>; 2]>,
    too_many: bool,
}

impl<'a> Query<'a> {
    fn read(input: &'a CallInput) -> Self {
        let raw = input.head.query().unwrap_or("");
        let mut query = Query::default();
        for pair in QueryPairs::new(raw) {
            match pair {
                Ok(pair) => query.pairs.push(pair),
                Err(CoerceError::TooManyFields) => query.too_many = true,
                Err(_) if query.broken.is_empty() => query.broken = broken_names(raw),
                Err(_) => {}
            }
        }
        query
    }
}

fn broken_names(query: &str) -> SmallVec<[Cow<'_, str>; 2]> {
    let pieces = query.split('&').map(|piece| piece.split_once('=').unwrap_or((piece, "")));
    let broken = pieces.filter(|(_, value)| coerce::percent_decode(value).is_err());
    broken.map(|(name, _)| coerce::percent_decode_lossy(name)).collect()
}

fn path_value<'py>(py: Python<'py>, param: &Param, input: &CallInput, index: usize) -> Bindable<'py> {
    let raw = input.params.get(index).map_or("", |span| input.head.slice(*span));
    match coerce::percent_decode(raw) {
        Ok(text) => scalar(py, "path", param, &text),
        Err(_) => Err(Wrong::Client(Problem::new("path", param, "str"))),
    }
}

fn query_value<'py>(py: Python<'py>, param: &Param, query: &Query<'_>) -> Bindable<'py> {
    if query.broken.iter().any(|name| *name == param.wire_name.as_str()) {
        return Err(Wrong::Client(Problem::new("query", param, "str")));
    }
    let mut sent = query.pairs.iter().filter(|(name, _)| *name == param.wire_name.as_str()).map(|(_, value)| value);
    if param.many {
        let values: SmallVec<[&str; 8]> = sent.map(AsRef::as_ref).collect();
        if values.is_empty() {
            return absent(py, "query", param);
        }
        let values = PyList::new(py, values).map_err(Wrong::Application)?.into_any();
        return converted(py, "query", param, values);
    }
    // A scalar sent more than once takes the last value.
    match sent.next_back() {
        Some(value) => scalar(py, "query", param, value),
        None => absent(py, "query", param),
    }
}

fn absent<'py>(py: Python<'py>, source: &'static str, param: &Param) -> Bindable<'py> {
    match &param.default {
        Some(default) => Ok(default.bind(py).clone()),
        None => Err(Wrong::Client(Problem::new(source, param, "missing"))),
    }
}

fn scalar<'py>(py: Python<'py>, source: &'static str, param: &Param, text: &str) -> Bindable<'py> {
    let code = match param.kind {
        Kind::Int => "int",
        Kind::Float => "float",
        Kind::Bool => "bool",
        Kind::Str => "str",
    };
    let refused = || Wrong::Client(Problem::new(source, param, code));
    let value = match param.kind {
        Kind::Str => PyString::new(py, text).into_any(),
        Kind::Bool => pyo3::types::PyBool::new(py, coerce::boolean(text).map_err(|_| refused())?).to_owned().into_any(),
        Kind::Float => pyo3::types::PyFloat::new(py, coerce::float(text).map_err(|_| refused())?).into_any(),
        Kind::Int => match coerce::int(text).map_err(|_| refused())? {
            Int::Small(small) => PyInt::new(py, small).into_any(),
            Int::Big(digits) => py.get_type::<PyInt>().call1((digits,)).map_err(|_| refused())?,
        },
    };
    converted(py, source, param, value)
}

fn converted<'py>(py: Python<'py>, source: &'static str, param: &Param, value: Bound<'py, PyAny>) -> Bindable<'py> {
    let Some(convert) = &param.convert else { return Ok(value) };
    convert.bind(py).call1((value,)).map_err(|error| {
        if error.is_instance_of::<PyValueError>(py) {
            Wrong::Client(Problem::because(source, param, "convert", error))
        } else {
            Wrong::Application(error)
        }
    })
}

fn body_value<'py>(py: Python<'py>, param: &Param, input: &CallInput, hooks: &Hooks) -> Bindable<'py> {
    let Source::Body { decode_json, decode_msgpack } = &param.source else {
        return absent(py, "body", param);
    };
    if input.body.is_empty() {
        return match &param.default {
            Some(default) => Ok(default.bind(py).clone()),
            None => Err(Wrong::Client(Problem::new("body", param, "body_missing"))),
        };
    }
    let refused = |code| Wrong::Client(Problem::new("body", param, code));
    let decode = match media_type(input) {
        Some(Media::Json) => {
            json::check(&input.body).map_err(|_| refused("json_depth"))?;
            decode_json
        }
        Some(Media::Msgpack) => decode_msgpack.as_ref().ok_or_else(|| refused("media_type"))?,
        None => return Err(refused("media_type")),
    };
    decode.bind(py).call1((PyBytes::new(py, &input.body),)).map_err(|error| {
        let code = if error.is_instance(py, hooks.validation_error.bind(py)) {
            "validation"
        } else if error.is_instance_of::<PyValueError>(py) {
            "json"
        } else if error.is_instance_of::<PyRecursionError>(py) {
            "json_depth"
        } else {
            return Wrong::Application(error);
        };
        Wrong::Client(Problem::because("body", param, code, error))
    })
}

enum Media {
    Json,
    Msgpack,
}

/// The body's media type, parameters aside (RFC 9110 §8.3.1); `None` for any that models are not read from.
fn media_type(input: &CallInput) -> Option<Media> {
    let value = std::str::from_utf8(input.head.header("content-type")?).ok()?;
    let essence = value.split(';').next().unwrap_or("").trim();
    let is = |name: &str| essence.eq_ignore_ascii_case(name);
    let suffix = essence.len().checked_sub(5).and_then(|start| essence.get(start..));
    if is("application/json") || suffix.is_some_and(|suffix| suffix.eq_ignore_ascii_case("+json")) {
        Some(Media::Json)
    } else if is("application/msgpack") || is("application/vnd.msgpack") {
        Some(Media::Msgpack)
    } else {
        None
    }
}
