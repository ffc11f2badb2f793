//! The one place where configuration enters: a route's wire dict, parsed once into plain enums.
use std::sync::Arc;

use bolt_http::form::{FileSpec, FormLimits, FormSpec};
use bolt_http::router::BodyMode;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString, PyTuple};

use crate::auth::RouteAuth;

/// How a raw string becomes a Python value before `convert` sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Int,
    Float,
    Bool,
    Str,
}

impl Kind {
    /// What a text that is no such value is reported as.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Kind::Int => "int",
            Kind::Float => "float",
            Kind::Bool => "bool",
            Kind::Str => "str",
        }
    }
}

/// Where values are found by their name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    Query,
    Header,
    Cookie,
    Form,
}

impl Origin {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Origin::Query => "query",
            Origin::Header => "header",
            Origin::Cookie => "cookie",
            Origin::Form => "form",
        }
    }

    fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "query" => Origin::Query,
            "header" => Origin::Header,
            "cookie" => Origin::Cookie,
            "form" => Origin::Form,
            _ => return None,
        })
    }
}

/// What a body is decoded with; the engine picks by its Content-Type.
pub(crate) struct Decoders {
    pub(crate) json: Py<PyAny>,
    pub(crate) msgpack: Option<Py<PyAny>>,
}

/// A model made of values by name.
pub(crate) struct Fields {
    pub(crate) origin: Origin,
    /// By the name that `build` knows them by.
    pub(crate) fields: Vec<(Py<PyString>, Param)>,
    pub(crate) build: Py<PyAny>,
    /// Every name that the route reads there, where others are refused.
    pub(crate) known: Option<Vec<String>>,
}

/// Where an argument comes from.
pub(crate) enum Source {
    /// The n-th `{name}` of the path.
    Path(usize),
    Named(Origin),
    Fields(Box<Fields>),
    File,
    /// The whole body.
    Body(Decoders),
    /// A member of the body, by its attribute's name.
    Member(Py<PyString>),
    /// The body as it came.
    Raw,
    Request,
    /// What a function makes of the request.
    Injected(Py<PyAny>),
}

impl Source {
    /// The first part of where a problem is said to be.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Source::Path(_) => "path",
            Source::Named(origin) => origin.name(),
            Source::Fields(fields) => fields.origin.name(),
            Source::File => "file",
            Source::Body(_) | Source::Member(_) | Source::Raw => "body",
            Source::Request | Source::Injected(_) => "request",
        }
    }
}

/// One argument of a handler, or one field of a model.
pub(crate) struct Param {
    pub(crate) source: Source,
    pub(crate) wire_name: String,
    pub(crate) kind: Kind,
    pub(crate) many: bool,
    /// What separates several values in one text.
    pub(crate) split: Option<String>,
    pub(crate) required: bool,
    /// Of a parameter that is not required; a model makes its own.
    pub(crate) default: Option<Py<PyAny>>,
    pub(crate) convert: Option<Py<PyAny>>,
}

/// What of a request has to be taken apart for a route.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Reads {
    pub(crate) query: bool,
    pub(crate) cookies: bool,
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
    /// Called with the request in place of the handler, whose call it encloses; it comes to an outcome.
    pub(crate) around: Option<Py<PyAny>>,
    /// Called with the request before the handler; what it raises is the answer.
    pub(crate) check: Option<Py<PyAny>>,
    pub(crate) params: Vec<Param>,
    /// Names of the keyword-only arguments, which stand last in `params`.
    pub(crate) keywords: Option<Py<PyTuple>>,
    pub(crate) path_names: Vec<String>,
    pub(crate) reads: Reads,
    /// Of the body that several parameters take a member of.
    pub(crate) embedded: Option<Decoders>,
    pub(crate) spec: SpecParts,
    /// What callers must be, as far as the engine decides it.
    pub(crate) auth: Option<RouteAuth>,
    /// The server's, for forms that are parsed when a handler asks for them.
    pub(crate) form_limits: Arc<FormLimits>,
}

/// What the engine's route table needs of a plan.
#[derive(Clone)]
pub(crate) struct SpecParts {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) body: BodyMode,
    pub(crate) max_body: Option<usize>,
    pub(crate) form: Option<Arc<FormSpec>>,
    pub(crate) bare: bool,
    pub(crate) name: String,
    pub(crate) observes: bool,
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
            form: match optional(wire, "form")? {
                Some(form) => Some(Arc::new(form_spec(form.bind(py).cast()?)?)),
                None => None,
            },
            bare: !item(wire, "default_headers")?.extract::<bool>()?,
            name: item(wire, "name")?.extract()?,
            observes: !item(wire, "around")?.is_none(),
        };
        Ok(Plan {
            object: item(wire, "plan")?.unbind(),
            handler: item(wire, "handler")?.unbind(),
            is_async: item(wire, "is_async")?.extract()?,
            cancel: item(wire, "cancel")?.extract()?,
            status: item(wire, "status")?.extract()?,
            encode: optional(wire, "encode")?,
            reads: Reads { query: reads(&params, Origin::Query), cookies: reads(&params, Origin::Cookie) },
            embedded: match optional(wire, "embedded")? {
                Some(decoders) => Some(Decoders::parse(decoders.bind(py).cast()?)?),
                None => None,
            },
            fast: item(wire, "fast")?.extract()?,
            around: optional(wire, "around")?,
            check: optional(wire, "check")?,
            params,
            keywords,
            path_names,
            spec,
            auth: None,
            form_limits: Arc::default(),
        })
    }
}

fn reads(params: &[Param], origin: Origin) -> bool {
    params.iter().any(|param| match &param.source {
        Source::Named(named) => *named == origin,
        Source::Fields(fields) => fields.origin == origin,
        _ => false,
    })
}

impl Decoders {
    fn parse(wire: &Bound<'_, PyDict>) -> PyResult<Self> {
        Ok(Decoders { json: item(wire, "decode")?.unbind(), msgpack: optional(wire, "decode_msgpack")? })
    }
}

impl Fields {
    fn parse(wire: &Bound<'_, PyDict>) -> PyResult<Self> {
        let from: String = item(wire, "from")?.extract()?;
        let mut fields = Vec::new();
        for field in item(wire, "fields")?.cast_into::<PyList>()?.iter() {
            let field = field.cast_into::<PyDict>()?;
            fields.push((item(&field, "name")?.cast_into()?.unbind(), Param::parse(&field, &[])?));
        }
        Ok(Fields {
            origin: Origin::parse(&from)
                .ok_or_else(|| PyValueError::new_err(format!("no model is read from {from:?}")))?,
            fields,
            build: item(wire, "build")?.unbind(),
            known: item(wire, "known")?.extract()?,
        })
    }
}

impl Param {
    fn parse(entry: &Bound<'_, PyDict>, path_names: &[String]) -> PyResult<Self> {
        let wire_name: String = item(entry, "wire_name")?.extract()?;
        let kind: String = item(entry, "kind")?.extract()?;
        let required: bool = item(entry, "required")?.extract()?;
        Ok(Param {
            source: Source::parse(entry, &wire_name, path_names)?,
            wire_name,
            kind: match kind.as_str() {
                "int" => Kind::Int,
                "float" => Kind::Float,
                "bool" => Kind::Bool,
                // Every other type is read by `convert` from the string as sent.
                _ => Kind::Str,
            },
            many: item(entry, "many")?.extract()?,
            split: item(entry, "split")?.extract()?,
            required,
            default: if required { None } else { Some(item(entry, "default")?.unbind()) },
            convert: optional(entry, "convert")?,
        })
    }
}

impl Source {
    fn parse(entry: &Bound<'_, PyDict>, wire_name: &str, path_names: &[String]) -> PyResult<Self> {
        let source: String = item(entry, "source")?.extract()?;
        if let Some(origin) = Origin::parse(&source) {
            return Ok(Source::Named(origin));
        }
        Ok(match source.as_str() {
            "path" => Source::Path(path_names.iter().position(|name| name == wire_name).ok_or_else(|| {
                PyValueError::new_err(format!("path parameter {wire_name:?} does not stand in the path"))
            })?),
            "fields" => Source::Fields(Box::new(Fields::parse(entry)?)),
            "file" => Source::File,
            "body" => Source::Body(Decoders::parse(entry)?),
            "member" => Source::Member(item(entry, "member")?.cast_into()?.unbind()),
            "raw" => Source::Raw,
            "request" => Source::Request,
            "injected" => Source::Injected(item(entry, "convert")?.unbind()),
            other => return Err(PyValueError::new_err(format!("unknown parameter source {other:?}"))),
        })
    }
}

fn form_spec(wire: &Bound<'_, PyDict>) -> PyResult<FormSpec> {
    let mut files = Vec::new();
    for (name, file) in item(wire, "files")?.cast_into::<PyDict>()?.iter() {
        let file = file.cast_into::<PyDict>()?;
        let spec = FileSpec {
            max_size: item(&file, "max_size")?.extract()?,
            types: item(&file, "allowed_types")?.extract()?,
            max_files: item(&file, "max_files")?.extract()?,
        };
        files.push((name.extract()?, spec));
    }
    Ok(FormSpec { files, keep_others: item(wire, "keep_others")?.extract()? })
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
