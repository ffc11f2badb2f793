//! The one place where configuration enters: a route's wire dict, parsed once into plain enums.
use bolt_http::router::BodyMode;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple};

/// How a raw string becomes a Python value before `convert` sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Int,
    Float,
    Bool,
    Str,
}

/// Where an argument comes from.
pub(crate) enum Source {
    /// The n-th `{name}` of the path.
    Path(usize),
    Query,
    Body {
        decode_json: Py<PyAny>,
        decode_msgpack: Option<Py<PyAny>>,
    },
    Request,
}

/// One argument of a handler.
pub(crate) struct Param {
    pub(crate) source: Source,
    pub(crate) wire_name: String,
    pub(crate) kind: Kind,
    pub(crate) many: bool,
    /// `None`: the parameter is required.
    pub(crate) default: Option<Py<PyAny>>,
    pub(crate) convert: Option<Py<PyAny>>,
}

/// A route as Rust runs it.
pub(crate) struct Plan {
    /// The `HandlerPlan` it was made from, handed to the slow paths.
    pub(crate) object: Py<PyAny>,
    pub(crate) handler: Py<PyAny>,
    pub(crate) is_async: bool,
    /// Whether the handler is cancelled when its client goes away.
    pub(crate) cancel: bool,
    pub(crate) status: u16,
    pub(crate) encode: Option<Py<PyAny>>,
    /// Whether common results may be written without asking the hooks.
    pub(crate) fast: bool,
    /// Called with the request before the handler; what it raises is the answer.
    pub(crate) check: Option<Py<PyAny>>,
    pub(crate) params: Vec<Param>,
    /// Names of the keyword-only arguments, which stand last in `params`.
    pub(crate) keywords: Option<Py<PyTuple>>,
    pub(crate) path_names: Vec<String>,
    pub(crate) reads_query: bool,
    pub(crate) spec: SpecParts,
}

/// What the engine's route table needs of a plan.
#[derive(Clone)]
pub(crate) struct SpecParts {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) body: BodyMode,
    pub(crate) max_body: Option<usize>,
    pub(crate) name: String,
}

pub(crate) fn item<'py>(wire: &Bound<'py, PyDict>, key: &str) -> PyResult<Bound<'py, PyAny>> {
    wire.get_item(key)?.ok_or_else(|| PyValueError::new_err(format!("the plan lacks {key:?}")))
}

fn optional(wire: &Bound<'_, PyDict>, key: &str) -> PyResult<Option<Py<PyAny>>> {
    Ok(wire.get_item(key)?.filter(|value| !value.is_none()).map(Bound::unbind))
}

impl Plan {
    pub(crate) fn parse(wire: &Bound<'_, PyDict>) -> PyResult<Self> {
        let py = wire.py();
        let path: String = item(wire, "path")?.extract()?;
        let path_names = placeholder_names(&path);
        let entries = item(wire, "params")?.cast_into::<PyList>()?;
        let mut params = Vec::with_capacity(entries.len());
        let mut keywords = Vec::new();
        for entry in entries.iter() {
            let entry = entry.cast_into::<PyDict>()?;
            if item(&entry, "keyword")?.is_truthy()? {
                keywords.push(item(&entry, "name")?);
            } else if !keywords.is_empty() {
                return Err(PyValueError::new_err("keyword-only parameters must stand last in a route plan"));
            }
            params.push(Param::parse(&entry, &path_names)?);
        }
        let keywords = if keywords.is_empty() { None } else { Some(PyTuple::new(py, keywords)?.unbind()) };
        let spec = SpecParts {
            method: item(wire, "method")?.extract()?,
            path,
            body: body_mode(&item(wire, "body")?.extract::<String>()?)?,
            max_body: item(wire, "max_body")?.extract()?,
            name: item(wire, "name")?.extract()?,
        };
        Ok(Plan {
            object: item(wire, "plan")?.unbind(),
            handler: item(wire, "handler")?.unbind(),
            is_async: item(wire, "is_async")?.extract()?,
            cancel: item(wire, "cancel")?.extract()?,
            status: item(wire, "status")?.extract()?,
            encode: optional(wire, "encode")?,
            fast: item(wire, "fast")?.extract()?,
            check: optional(wire, "check")?,
            reads_query: params.iter().any(|param| matches!(param.source, Source::Query)),
            params,
            keywords,
            path_names,
            spec,
        })
    }
}

impl Param {
    fn parse(entry: &Bound<'_, PyDict>, path_names: &[String]) -> PyResult<Self> {
        let wire_name: String = item(entry, "wire_name")?.extract()?;
        let source: String = item(entry, "source")?.extract()?;
        let source = match source.as_str() {
            "path" => Source::Path(path_names.iter().position(|name| *name == wire_name).ok_or_else(|| {
                PyValueError::new_err(format!("path parameter {wire_name:?} does not stand in the path"))
            })?),
            "query" => Source::Query,
            "body" => Source::Body {
                decode_json: item(entry, "decode")?.unbind(),
                decode_msgpack: optional(entry, "decode_msgpack")?,
            },
            "request" => Source::Request,
            other => return Err(PyValueError::new_err(format!("unknown parameter source {other:?}"))),
        };
        let kind: String = item(entry, "kind")?.extract()?;
        let required: bool = item(entry, "required")?.extract()?;
        Ok(Param {
            source,
            wire_name,
            kind: match kind.as_str() {
                "int" => Kind::Int,
                "float" => Kind::Float,
                "bool" => Kind::Bool,
                // Every other type is read by `convert` from the string as sent.
                _ => Kind::Str,
            },
            many: item(entry, "many")?.extract()?,
            default: if required { None } else { Some(item(entry, "default")?.unbind()) },
            convert: optional(entry, "convert")?,
        })
    }
}

fn body_mode(name: &str) -> PyResult<BodyMode> {
    match name {
        "none" => Ok(BodyMode::None),
        "whole" => Ok(BodyMode::Whole),
        "form" => Ok(BodyMode::Form),
        "stream" => Ok(BodyMode::Stream),
        other => Err(PyValueError::new_err(format!("unknown body mode {other:?}"))),
    }
}

/// The names of `{name}` and `{name:path}` in order.
fn placeholder_names(path: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut rest = path;
    while let Some((_, after)) = rest.split_once('{') {
        let Some((inside, left)) = after.split_once('}') else { break };
        names.push(inside.split(':').next().unwrap_or(inside).to_owned());
        rest = left;
    }
    names
}
