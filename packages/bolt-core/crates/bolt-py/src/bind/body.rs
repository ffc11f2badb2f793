//! Bodies: one value, the members of one object, or the bytes as they came.
use bolt_http::json;
use pyo3::exceptions::{PyRecursionError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};

use super::{Bindable, Binder};
use crate::call::CallInput;
use crate::route_plan::{Decoders, Param};

/// A body that several parameters take a member of each.
pub(super) enum Shared<'py> {
    /// No parameter has asked yet.
    Unread,
    Absent,
    Object(Bound<'py, PyAny>),
    /// Its problem has been noted.
    Refused,
}

impl<'py> Binder<'_, '_, 'py> {
    pub(super) fn whole_body(&mut self, param: &Param, decoders: &Decoders) -> Bindable<'py> {
        if self.input.body.is_empty() {
            return self.absent_body(param);
        }
        self.decoded(&param.wire_name, decoders)
    }

    fn absent_body(&mut self, param: &Param) -> Bindable<'py> {
        match &param.default {
            Some(default) => Ok(Some(default.bind(self.py).clone())),
            None => Ok(self.refuse("body", &param.wire_name, "body_missing")),
        }
    }

    /// The body as it came, for `bytes`; other types are made of it and its Content-Type by `convert`.
    pub(super) fn raw_body(&mut self, param: &Param) -> Bindable<'py> {
        if self.input.body.is_empty() {
            return self.absent_body(param);
        }
        let bytes = PyBytes::new(self.py, &self.input.body);
        let Some(convert) = &param.convert else { return Ok(Some(bytes.into_any())) };
        let content_type = self.input.head.header("content-type").and_then(|value| std::str::from_utf8(value).ok());
        let made = convert.bind(self.py).call1((bytes, content_type));
        // The whole body is meant, not a member of it.
        self.client_error("body", "", made)
    }

    /// One member of the body; the object is decoded once for all of them.
    pub(super) fn body_member(&mut self, param: &Param, name: &Py<PyString>) -> Bindable<'py> {
        if matches!(self.shared, Shared::Unread) {
            self.shared = self.read_shared()?;
        }
        let value = match &self.shared {
            Shared::Object(object) => object.getattr(name.bind(self.py))?,
            Shared::Absent => return self.absent_body(param),
            Shared::Unread | Shared::Refused => return Ok(None),
        };
        if value.is(&self.hooks.unset) {
            return Ok(self.absent("body", param));
        }
        self.converted("body", param, value)
    }

    fn read_shared(&mut self) -> PyResult<Shared<'py>> {
        let Some(decoders) = &self.plan.embedded else { return Ok(Shared::Absent) };
        if self.input.body.is_empty() {
            return Ok(Shared::Absent);
        }
        Ok(self.decoded("", decoders)?.map_or(Shared::Refused, Shared::Object))
    }

    fn decoded(&mut self, wire_name: &str, decoders: &Decoders) -> Bindable<'py> {
        let (decode, refused) = match media_type(self.input) {
            Some(Media::Json) => {
                if json::check(&self.input.body).is_err() {
                    return Ok(self.refuse("body", wire_name, "json_depth"));
                }
                (&decoders.json, "validation")
            }
            Some(Media::Msgpack) => match &decoders.msgpack {
                Some(decode) => (decode, "validation_msgpack"),
                None => return Ok(self.refuse("body", wire_name, "media_type")),
            },
            None => return Ok(self.refuse("body", wire_name, "media_type")),
        };
        let error = match decode.bind(self.py).call1((PyBytes::new(self.py, &self.input.body),)) {
            Ok(value) => return Ok(Some(value)),
            Err(error) => error,
        };
        let code = if error.is_instance(self.py, self.hooks.validation_error.bind(self.py)) {
            refused
        } else if error.is_instance_of::<PyValueError>(self.py) {
            "json"
        } else if error.is_instance_of::<PyRecursionError>(self.py) {
            "json_depth"
        } else {
            return Err(error);
        };
        Ok(self.because("body", wire_name, code, error))
    }
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
