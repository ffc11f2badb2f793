//! `bolt_core._native.Pool`: the pool's face towards Python, which starts the threads.
use std::sync::Arc;

use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;

use crate::pool::{Job, Pool};

/// Owns the queues; `spawn` starts another thread.
#[pyclass(frozen, name = "Pool", module = "bolt_core._native")]
pub(crate) struct PyPool {
    pub(crate) pool: Arc<Pool>,
    spawn: Py<PyAny>,
}

impl PyPool {
    /// Starts another thread if the pool asked for one.
    pub(crate) fn spawn_if(&self, py: Python<'_>, wanted: bool) -> PyResult<()> {
        if wanted {
            self.spawn.bind(py).call0()?;
        }
        Ok(())
    }
}

#[pymethods]
impl PyPool {
    #[new]
    fn new(limit: usize, spawn: Py<PyAny>, external: bool) -> PyResult<Self> {
        Ok(PyPool { pool: Arc::new(Pool::new(limit, external)?), spawn })
    }

    /// `spawn` is a method of the object that holds this one: without the collector's help neither, nor its descriptors, would go.
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.spawn)
    }

    #[pyo3(signature = (job, thread=None))]
    fn submit(&self, py: Python<'_>, job: Py<PyAny>, thread: Option<usize>) -> PyResult<()> {
        let job = Job::Python(Arc::new(job));
        let wanted = match thread {
            Some(thread) => self.pool.submit_to(thread, job),
            None => self.pool.submit([job]),
        };
        self.spawn_if(py, wanted)
    }

    /// Lets threads begin what was queued for them, for a loop that is about to wait for one of them without a turn.
    fn tell_threads(&self, py: Python<'_>) {
        py.detach(|| self.pool.tell_threads());
    }

    fn join(&self, dedicated: bool) -> usize {
        self.pool.join(dedicated)
    }

    fn serve(&self, py: Python<'_>, thread: usize) {
        self.pool.serve(py, thread);
    }

    fn run_pending(&self, py: Python<'_>) {
        self.pool.run_pending(py);
    }

    fn set_hooks(&self, before: Option<Py<PyAny>>, after: Option<Py<PyAny>>) {
        self.pool.set_hooks(before, after);
    }

    /// The number of the calling thread; `None` off the pool.
    #[staticmethod]
    fn current_thread() -> Option<usize> {
        Some(Pool::current_thread()).filter(|&thread| thread != usize::MAX)
    }

    fn counts(&self) -> (usize, usize, usize) {
        self.pool.counts()
    }

    fn close(&self) {
        self.pool.close();
    }

    #[getter]
    fn jobs_fd(&self) -> Option<std::os::fd::RawFd> {
        self.pool.external_fd()
    }
}
