//! An uploaded file as Python sees it, and a form as the request hands it out.
use std::path::Path;
use std::sync::Arc;

use bolt_http::form::{self, Content, Form, FormLimits, FormSpec};
use bolt_http::refusal::Refusal;
use bytes::Bytes;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};

use crate::call::CallInput;
use crate::errors::refusal_error;

/// `_native.FilePart`; its temporary file lives as long as any part of its form.
#[pyclass(frozen, module = "bolt_core._native")]
pub(crate) struct FilePart {
    form: Arc<Form>,
    index: usize,
}

impl FilePart {
    /// The `index`-th file of a form.
    pub(crate) fn of(form: Arc<Form>, index: usize) -> Self {
        FilePart { form, index }
    }

    fn part(&self) -> Option<&form::FilePart> {
        self.form.files.get(self.index)
    }
}

#[pymethods]
impl FilePart {
    #[getter]
    fn field(&self) -> &str {
        self.part().map_or("", |file| &file.field)
    }

    #[getter]
    fn name(&self) -> &str {
        self.part().map_or("", |file| &file.name)
    }

    #[getter]
    fn content_type(&self) -> &str {
        self.part().map_or("", |file| &file.media_type)
    }

    #[getter]
    fn charset(&self) -> Option<&str> {
        self.part()?.charset.as_deref()
    }

    #[getter]
    fn size(&self) -> u64 {
        self.part().map_or(0, |file| file.size)
    }

    #[getter]
    fn path(&self) -> Option<&str> {
        match &self.part()?.content {
            Content::Disk(spooled) => spooled.path.to_str(),
            Content::Memory(_) => None,
        }
    }

    fn read<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        match self.part().map(|file| &file.content) {
            Some(Content::Memory(content)) => Ok(PyBytes::new(py, content)),
            Some(Content::Disk(spooled)) => {
                let path: &Path = &spooled.path;
                let content = py.detach(|| std::fs::read(path))?;
                Ok(PyBytes::new(py, &content))
            }
            None => Ok(PyBytes::new(py, &[])),
        }
    }

    fn __repr__(&self) -> String {
        format!("<FilePart {:?}: {} bytes>", self.name(), self.size())
    }
}

/// The text fields and the files of a request: what the engine parsed, or what its body in memory is parsed to now. A body that
/// is no form has neither. Raises what the engine would have refused the request with.
pub(crate) fn form_of<'py>(
    py: Python<'py>,
    input: &CallInput,
    limits: &FormLimits,
) -> PyResult<(Bound<'py, PyList>, Bound<'py, PyList>)> {
    let form = match &input.form {
        Some(form) => form.clone(),
        None => Arc::new(
            parse(input.head.header("content-type"), &input.body, limits)
                .map_err(|refusal| refusal_error(py, &refusal))?,
        ),
    };
    let files = (0..form.files.len()).map(|index| Bound::new(py, FilePart::of(form.clone(), index)));
    let files = PyList::new(py, files.collect::<PyResult<Vec<_>>>()?)?;
    Ok((PyList::new(py, &form.fields)?, files))
}

fn parse(content_type: Option<&[u8]>, body: &Bytes, limits: &FormLimits) -> Result<Form, Refusal> {
    match content_type.filter(|content_type| form::Encoded::of(content_type).is_some()) {
        Some(content_type) if !body.is_empty() => {
            form::parse(content_type, body, limits, &FormSpec { keep_others: true, ..FormSpec::default() })
        }
        _ => Ok(Form::default()),
    }
}
