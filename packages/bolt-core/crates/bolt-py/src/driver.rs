//! `bolt_core._native.Driver`: one turn of the event loop in Rust, and the callback that runs what a turn brought.
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use crate::core::{Core, Queue};
use crate::engine::Engine;
use crate::ffi::{OnThisThread, current_context};
use crate::hooks::Hooks;
use crate::pool::PyPool;
use crate::route_plan::{Plan, item};
use crate::service::build_service;
use crate::settings::ServerSettings;

/// What an application brings, parsed once.
pub(crate) struct App {
    pub(crate) plans: Vec<Arc<Plan>>,
    pub(crate) fallback: Option<Arc<Plan>>,
    pub(crate) hooks: Arc<Hooks>,
    /// Copied for every request.
    pub(crate) base_context: Arc<Py<PyAny>>,
    pub(crate) event_loop: Py<PyAny>,
    pub(crate) task_class: Py<PyAny>,
    pub(crate) task_keywords: Py<pyo3::types::PyTuple>,
}

/// The engine's side of one event loop. Belongs to the loop's thread.
#[pyclass(unsendable, frozen, name = "Driver", module = "bolt_core._native", weakref)]
pub(crate) struct Driver {
    pub(crate) core: Rc<Core>,
    engine: RefCell<Option<Engine>>,
    pub(crate) app: RefCell<Option<Rc<App>>>,
    pub(crate) pool: Py<PyPool>,
}

fn closed() -> PyErr {
    PyRuntimeError::new_err("this driver is closed")
}

#[pymethods]
impl Driver {
    /// `selector_fd`: the descriptor of the event loop's own selector, watched as one readable thing.
    #[new]
    fn new(py: Python<'_>, selector_fd: i32, pool: Py<PyPool>) -> PyResult<Self> {
        let core = Core::new(pool.bind(py).get().pool.clone());
        let engine = Engine::new(selector_fd)?;
        Ok(Driver { core, engine: RefCell::new(Some(engine)), app: RefCell::new(None), pool })
    }

    /// Takes the application's routes and settings; requests are served from the first `listen` on.
    #[pyo3(signature = (app, settings, event_loop, base_context=None))]
    fn install(
        &self,
        app: &Bound<'_, PyDict>,
        settings: ServerSettings,
        event_loop: Py<PyAny>,
        base_context: Option<Py<PyAny>>,
    ) -> PyResult<()> {
        let py = app.py();
        let routes = item(app, "routes")?.cast_into::<PyList>()?;
        let plans = routes.iter().map(|wire| Ok(Arc::new(Plan::parse(wire.cast::<PyDict>()?)?)));
        let plans = plans.collect::<PyResult<Vec<_>>>()?;
        let fallback = match item(app, "fallback")? {
            none if none.is_none() => None,
            wire => Some(Arc::new(Plan::parse(wire.cast::<PyDict>()?)?)),
        };
        let strict = item(app, "trailing_slash")?.extract::<String>()? == "strict";
        let service = build_service(&plans, fallback.as_deref(), strict, settings, Rc::new(Queue(self.core.clone())))?;
        self.engine.borrow_mut().as_mut().ok_or_else(closed)?.install(service)?;
        let base_context = match base_context {
            Some(context) => context,
            None => current_context(py)?.unbind(),
        };
        *self.app.borrow_mut() = Some(Rc::new(App {
            plans,
            fallback,
            hooks: Arc::new(Hooks::new(&item(app, "hooks")?)?),
            base_context: Arc::new(base_context),
            event_loop,
            task_class: py.import("asyncio")?.getattr("Task")?.unbind(),
            task_keywords: pyo3::types::PyTuple::new(py, ["loop", "eager_start", "context"])?.unbind(),
        }));
        Ok(())
    }

    /// Accepts connections from a listening socket; takes over the descriptor.
    fn listen(&self, fd: i32, unix: bool) -> PyResult<()> {
        let engine = self.engine.borrow();
        Ok(engine.as_ref().ok_or_else(closed)?.listen(fd, unix)?)
    }

    /// Serves one connected stream socket; takes over the descriptor.
    fn serve_socket(&self, fd: i32) -> PyResult<()> {
        let engine = self.engine.borrow();
        Ok(engine.as_ref().ok_or_else(closed)?.serve_socket(fd)?)
    }

    /// Stops accepting, closes idle connections, finishes what runs; then calls `drained`.
    fn stop(&self, drained: Py<PyAny>) -> PyResult<()> {
        let engine = self.engine.borrow();
        engine.as_ref().ok_or_else(closed)?.stop(&self.core)?;
        *self.core.drained.borrow_mut() = Some(drained);
        Ok(())
    }

    /// Connections that are open.
    fn connections(&self) -> PyResult<usize> {
        let engine = self.engine.borrow();
        Ok(engine.as_ref().ok_or_else(closed)?.connections())
    }

    /// One turn without the GIL: answer, poll sockets, and come back as soon as Python has something to do.
    ///
    /// Returns a sum of 1 (call `dispatch`) and 2 (the selector has events).
    fn turn(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<u8> {
        let engine = self.engine.borrow();
        let engine = engine.as_ref().ok_or_else(closed)?;
        let parts = OnThisThread::new((engine, &self.core));
        Ok(py.detach(move || {
            let (engine, core) = parts.into_inner();
            engine.turn(core, timeout)
        }))
    }

    /// The selector's last poll had events: there may be more that raise no new edge.
    fn selector_was_ready(&self) -> PyResult<()> {
        self.engine.borrow().as_ref().ok_or_else(closed)?.selector_was_ready();
        Ok(())
    }

    /// Runs what the last turn brought. A plain callback of the loop.
    fn dispatch(slf: &Bound<'_, Self>) -> PyResult<()> {
        Driver::run_queued(slf)
    }

    /// Ends every connection and frees the sockets. The driver is of no use afterwards.
    fn close(&self, py: Python<'_>) {
        let engine = self.engine.borrow_mut().take();
        self.app.borrow_mut().take();
        let parts = OnThisThread::new((engine, &self.core));
        py.detach(move || {
            let (engine, core) = parts.into_inner();
            core.clear();
            drop(engine);
            core.clear();
        });
    }
}
