//! Files as bodies, and the preconditions that are known before a handler runs.
use std::fs::File;
use std::os::fd::{BorrowedFd, IntoRawFd, OwnedFd};
use std::path::PathBuf;
use std::sync::Arc;

use bolt_http::conditional::{Validators, Verdict, evaluate};
use bolt_http::files::{Offload, Source};
use pyo3::exceptions::{PyOSError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::request::Request;
use crate::route_plan::item;

/// Which file is the body; the engine opens and sends it.
#[pyclass(frozen, name = "FileBody", module = "bolt_core._native")]
pub(crate) struct FileBody(pub(crate) Source);

#[pymethods]
impl FileBody {
    /// `path`, or, where a `root` is given, `path` below it and nowhere else.
    #[new]
    #[pyo3(signature = (path, root=None))]
    fn new(path: PathBuf, root: Option<PathBuf>) -> Self {
        FileBody(match root {
            Some(root) => Source::Below { root, path },
            None => Source::Path(path),
        })
    }

    /// An open file, whose descriptor is duplicated; it is sent from its beginning.
    #[staticmethod]
    fn from_fd(fd: i32) -> PyResult<Self> {
        if fd < 0 {
            return Err(PyValueError::new_err(format!("{fd} is no file descriptor")));
        }
        // SAFETY: a borrowed view of a descriptor that the caller's file object holds open during this call; it is duplicated.
        let owned = unsafe { BorrowedFd::borrow_raw(fd) }.try_clone_to_owned()?;
        Ok(FileBody(Source::Open(Arc::new(File::from(owned)))))
    }

    /// A descriptor of the file's own, for reading with `os.pread`; its position belongs to whoever opened it. May block.
    fn open(&self, py: Python<'_>) -> PyResult<i32> {
        let file = py.detach(|| self.0.open()).map_err(|reason| PyOSError::new_err(format!("{}: {reason}", self.0)))?;
        Ok(OwnedFd::from(file.try_clone()?).into_raw_fd())
    }

    fn __repr__(&self) -> String {
        format!("<FileBody {}>", self.0)
    }
}

/// What a request's preconditions come to: 0 to go on, 304 or 412.
#[pyfunction]
#[pyo3(signature = (request, etag, last_modified))]
pub(crate) fn check_conditions(request: &Bound<'_, Request>, etag: Option<&[u8]>, last_modified: Option<u64>) -> u16 {
    let validators = Validators { etag, last_modified, exists: etag.is_some() || last_modified.is_some() };
    match evaluate(request.get().head(), &validators) {
        Verdict::Proceed => 0,
        Verdict::NotModified => 304,
        Verdict::Failed => 412,
    }
}

/// The application's `offload`: which files the proxy sends.
pub(crate) fn offload(app: &Bound<'_, PyDict>) -> PyResult<Option<Offload>> {
    let Some((header, roots)) = item(app, "offload")?.extract::<Option<(String, Vec<(PathBuf, String)>)>>()? else {
        return Ok(None);
    };
    match header.as_str() {
        "X-Accel-Redirect" => Ok(Some(Offload::x_accel_redirect(roots))),
        "X-Sendfile" => Ok(Some(Offload::x_sendfile(roots.into_iter().map(|(root, _)| root)))),
        other => Err(PyValueError::new_err(format!("no proxy is known to take {other:?}"))),
    }
}
