//! An uploaded file as Python sees it.
use std::sync::Arc;

use bolt_http::form::Form;
use pyo3::prelude::*;

/// `_native.FilePart`
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
}

#[pymethods]
impl FilePart {
    #[getter]
    fn field(&self) -> &str {
        self.form.files.get(self.index).map_or("", |file| &file.field)
    }

    #[getter]
    fn name(&self) -> &str {
        self.form.files.get(self.index).map_or("", |file| &file.name)
    }
}
