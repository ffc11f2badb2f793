//! Arguments of a handler, from the request, by its plan.
//!
//! Every problem is collected; the Python hook words them. What `convert`, `build` and `decode` raise as `ValueError` is the
//! client's mistake, anything else the handler's.
mod body;
pub(crate) mod scalar;
mod values;

use std::borrow::Cow;
use std::sync::Arc;

use bolt_http::coerce;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use smallvec::SmallVec;

use crate::call::{CallInput, request_of};
use crate::file_part::FilePart;
use crate::hooks::Hooks;
use crate::request::Request;
use crate::route_plan::{Fields, Origin, Param, Plan, Source};

use self::body::Shared;
use self::values::Sent;

/// One thing wrong with the request.
pub(crate) struct Problem {
    pub(crate) source: &'static str,
    pub(crate) wire_name: String,
    pub(crate) code: &'static str,
    pub(crate) cause: Option<PyErr>,
    /// Which of the values of a repeated name.
    pub(crate) index: Option<usize>,
}

pub(crate) type Args<'py> = SmallVec<[Bound<'py, PyAny>; 8]>;

/// A value, or `None` where a problem was noted instead; an error is the application's.
type Bindable<'py> = PyResult<Option<Bound<'py, PyAny>>>;

/// What was sent for a parameter.
enum Found<'py> {
    Nothing,
    Value(Option<Bound<'py, PyAny>>),
}

/// Makes the arguments of one call.
struct Binder<'a, 'r, 'py> {
    py: Python<'py>,
    plan: &'a Plan,
    input: &'a CallInput,
    hooks: &'a Hooks,
    sent: &'a Sent<'r>,
    shared: Shared<'py>,
    problems: Vec<Problem>,
}

/// All arguments in call order, or every problem found.
pub(crate) fn bind<'py>(
    py: Python<'py>,
    plan: &Arc<Plan>,
    input: &CallInput,
    request: &mut Option<Bound<'py, Request>>,
) -> PyResult<Result<Args<'py>, Vec<Problem>>> {
    let sent = Sent::read(input, plan.reads);
    let mut binder =
        Binder { py, plan, input, hooks: &input.hooks, sent: &sent, shared: Shared::Unread, problems: Vec::new() };
    if sent.too_many {
        binder.refuse("query", "", "too_many_fields");
        return Ok(Err(binder.problems));
    }
    let mut args = Args::new();
    for param in &plan.params {
        let value = match &param.source {
            Source::Request => Some(request_of(py, plan, input, request)?.into_any()),
            Source::Injected(provide) => {
                let request = request_of(py, plan, input, request)?;
                Some(provide.bind(py).call1((request,))?)
            }
            Source::Fields(fields) => binder.model(param, fields)?,
            source => binder.value(param, source)?,
        };
        args.extend(value);
    }
    Ok(if binder.problems.is_empty() { Ok(args) } else { Err(binder.problems) })
}

impl<'py> Binder<'_, '_, 'py> {
    fn value(&mut self, param: &Param, source: &Source) -> Bindable<'py> {
        match source {
            Source::Body(decoders) => self.whole_body(param, decoders),
            Source::Member(name) => self.body_member(param, name),
            Source::Raw => self.raw_body(param),
            _ => match self.find(param, source)? {
                Found::Value(value) => Ok(value),
                Found::Nothing => Ok(self.absent(source.name(), param)),
            },
        }
    }

    /// A parameter that is read by its name, where something was sent for it.
    fn find(&mut self, param: &Param, source: &Source) -> PyResult<Found<'py>> {
        match source {
            Source::Path(index) => self.path_value(param, *index).map(Found::Value),
            Source::Named(origin) => self.named_value(param, *origin),
            Source::File => self.file_value(param),
            _ => Ok(Found::Nothing),
        }
    }

    fn path_value(&mut self, param: &Param, index: usize) -> Bindable<'py> {
        let raw = self.input.params.get(index).map_or("", |span| self.input.head.slice(*span));
        match coerce::percent_decode(raw) {
            Ok(text) if param.many => self.many("path", param, &[text]),
            Ok(text) => self.scalar("path", param, &text),
            Err(_) => Ok(self.refuse("path", &param.wire_name, "str")),
        }
    }

    fn named_value(&mut self, param: &Param, origin: Origin) -> PyResult<Found<'py>> {
        let (name, sent) = (&param.wire_name, self.sent);
        if sent.is_broken(origin, name, param.many) {
            return Ok(Found::Value(self.refuse(origin.name(), name, "str")));
        }
        let bound = if param.many {
            let texts = sent.all(origin, name);
            if texts.is_empty() {
                return Ok(Found::Nothing);
            }
            self.many(origin.name(), param, &texts)
        } else {
            let Some(text) = sent.one(origin, name) else { return Ok(Found::Nothing) };
            self.scalar(origin.name(), param, &text)
        };
        bound.map(Found::Value)
    }

    /// Every value of a repeated name, as a list.
    fn many(&mut self, source: &'static str, param: &Param, texts: &[Cow<'_, str>]) -> Bindable<'py> {
        let list = PyList::empty(self.py);
        let before = self.problems.len();
        let mut index = 0;
        for text in texts {
            for piece in scalar::pieces(text, param.split.as_deref()) {
                match scalar::read(self.py, param.kind, piece) {
                    Some(value) => list.append(value)?,
                    None => self.note(source, &param.wire_name, param.kind.code(), Some(index)),
                }
                index += 1;
            }
        }
        if self.problems.len() > before {
            return Ok(None);
        }
        self.converted(source, param, list.into_any())
    }

    fn scalar(&mut self, source: &'static str, param: &Param, text: &str) -> Bindable<'py> {
        match scalar::read(self.py, param.kind, text) {
            Some(value) => self.converted(source, param, value),
            None => Ok(self.refuse(source, &param.wire_name, param.kind.code())),
        }
    }

    fn file_value(&mut self, param: &Param) -> PyResult<Found<'py>> {
        let Some(form) = &self.input.form else { return Ok(Found::Nothing) };
        let of_field = form.files.iter().enumerate().filter(|(_, file)| file.field == param.wire_name);
        let mut parts = Vec::new();
        for (index, _) in of_field {
            parts.push(Bound::new(self.py, FilePart::of(form.clone(), index))?);
        }
        let value = if param.many {
            PyList::new(self.py, &parts)?.into_any()
        } else {
            // Of a field sent more than once the last counts, as everywhere.
            match parts.pop() {
                Some(part) => part.into_any(),
                None => return Ok(Found::Nothing),
            }
        };
        if param.many && parts.is_empty() {
            return Ok(Found::Nothing);
        }
        self.converted("file", param, value).map(Found::Value)
    }

    /// A model from values by name; what was not sent is left to the model's own defaults.
    fn model(&mut self, param: &Param, fields: &Fields) -> Bindable<'py> {
        let before = self.problems.len();
        let values = PyDict::new(self.py);
        let mut sent = false;
        for (key, field) in &fields.fields {
            match self.find(field, &field.source)? {
                Found::Value(value) => {
                    sent = true;
                    if let Some(value) = value {
                        values.set_item(key, value)?;
                    }
                }
                Found::Nothing if field.required => self.note(field.source.name(), &field.wire_name, "missing", None),
                Found::Nothing => {}
            }
        }
        if let Some(default) = param.default.as_ref().filter(|_| !sent) {
            self.problems.truncate(before);
            return Ok(Some(default.bind(self.py).clone()));
        }
        if let Some(known) = &fields.known {
            for name in self.sent.unknown(fields.origin, known) {
                self.note(fields.origin.name(), &name, "unexpected", None);
            }
        }
        if self.problems.len() > before {
            return Ok(None);
        }
        let made = fields.build.bind(self.py).call1((values,));
        self.client_error(fields.origin.name(), "", made)
    }

    fn absent(&mut self, source: &'static str, param: &Param) -> Option<Bound<'py, PyAny>> {
        match &param.default {
            Some(default) => Some(default.bind(self.py).clone()),
            None => self.refuse(source, &param.wire_name, "missing"),
        }
    }

    fn converted(&mut self, source: &'static str, param: &Param, value: Bound<'py, PyAny>) -> Bindable<'py> {
        let Some(convert) = &param.convert else { return Ok(Some(value)) };
        let made = convert.bind(self.py).call1((value,));
        self.client_error(source, &param.wire_name, made)
    }

    /// Notes a `ValueError` as the client's mistake.
    fn client_error(
        &mut self,
        source: &'static str,
        wire_name: &str,
        made: PyResult<Bound<'py, PyAny>>,
    ) -> Bindable<'py> {
        match made {
            Ok(value) => Ok(Some(value)),
            Err(error) if error.is_instance_of::<pyo3::exceptions::PyValueError>(self.py) => {
                Ok(self.because(source, wire_name, "convert", error))
            }
            Err(error) => Err(error),
        }
    }

    fn refuse(&mut self, source: &'static str, wire_name: &str, code: &'static str) -> Option<Bound<'py, PyAny>> {
        self.note(source, wire_name, code, None);
        None
    }

    fn because(
        &mut self,
        source: &'static str,
        wire_name: &str,
        code: &'static str,
        cause: PyErr,
    ) -> Option<Bound<'py, PyAny>> {
        self.problems.push(Problem { source, wire_name: wire_name.to_owned(), code, cause: Some(cause), index: None });
        None
    }

    fn note(&mut self, source: &'static str, wire_name: &str, code: &'static str, index: Option<usize>) {
        self.problems.push(Problem { source, wire_name: wire_name.to_owned(), code, cause: None, index });
    }
}
