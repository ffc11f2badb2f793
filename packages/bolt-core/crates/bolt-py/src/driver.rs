//! `bolt_core._native.Driver`: one turn of the event loop in Rust, and the callback that runs what a turn brought.
use std::cell::{Ref, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use bolt_http::form::FormLimits;
use bolt_http::head::Peer;
use bolt_http::refusal::Refusal;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use crate::auth::{RouteAuth, Schemes};
use crate::core::{Core, Event, Queue};
use crate::engine::Engine;
use crate::ffi::{OnThisThread, current_context};
use crate::files::offload;
use crate::hooks::Hooks;
use crate::loop_local::LoopLocal;
use crate::py_pool::PyPool;
use crate::refusals;
use crate::route_plan::{Plan, item};
use crate::service::build_service;
use crate::settings::ServerSettings;
use crate::tracing::Tracing;

/// What an application brings, parsed once.
pub(crate) struct App {
    pub(crate) plans: Vec<Arc<Plan>>,
    pub(crate) fallback: Option<Arc<Plan>>,
    /// Words the engine's refusals, where Python does.
    pub(crate) refused: Option<Arc<Plan>>,
    /// Sees the requests that no route matches.
    pub(crate) unrouted: Option<Arc<Plan>>,
    pub(crate) hooks: Arc<Hooks>,
    /// Copied for every request.
    pub(crate) base_context: Arc<Py<PyAny>>,
    pub(crate) event_loop: Py<PyAny>,
    pub(crate) task_class: Py<PyAny>,
    /// The keyword arguments of every handler's task; `context` is set for each.
    pub(crate) task_keywords: Py<PyDict>,
    /// Called as the driver is closed: end what the application's schemes tell it.
    ends: Vec<Py<PyAny>>,
}

/// The engine's side of one event loop. Belongs to the loop's thread.
#[pyclass(frozen, name = "Driver", module = "bolt_core._native", weakref)]
pub(crate) struct Driver {
    local: LoopLocal<Local>,
    pub(crate) pool: Py<PyPool>,
}

/// A plan with what the server says of forms, and who may call it.
fn parse(wire: &Bound<'_, PyAny>, limits: &Arc<FormLimits>, schemes: &mut Schemes) -> PyResult<Arc<Plan>> {
    let wire = wire.cast::<PyDict>()?;
    let auth = RouteAuth::parse(wire, schemes, |wire, schemes| parse(wire, limits, schemes))?;
    Ok(Arc::new(Plan { form_limits: limits.clone(), auth, ..Plan::parse(wire)? }))
}

/// What lives on the loop's thread alone, until the driver is closed.
pub(crate) struct Local {
    pub(crate) core: Rc<Core>,
    pub(crate) app: RefCell<Option<Rc<App>>>,
    engine: Engine,
}

impl Driver {
    /// The loop's own state; an error once closed, or on another thread.
    pub(crate) fn local(&self) -> PyResult<Ref<'_, Local>> {
        self.local.get()
    }
}

#[pymethods]
impl Driver {
    /// `selector_fd`: the descriptor of the event loop's own selector, watched as one readable thing.
    #[new]
    fn new(py: Python<'_>, selector_fd: i32, pool: Py<PyPool>) -> PyResult<Self> {
        let core = Core::new(pool.bind(py).get().pool.clone());
        let engine = Engine::new(selector_fd)?;
        Ok(Driver { local: LoopLocal::new(Local { core, app: RefCell::new(None), engine }), pool })
    }

    /// The pool knows its owner, which may know this driver's loop.
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.pool)
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
        let (py, local) = (app.py(), self.local()?);
        let routes = item(app, "routes")?.cast_into::<PyList>()?;
        let (limits, traced) = (Arc::new(settings.form_limits()), settings.traced());
        let mut schemes = Schemes::default();
        let plans = routes.iter().map(|wire| parse(&wire, &limits, &mut schemes));
        let plans = plans.collect::<PyResult<Vec<_>>>()?;
        let mut optional = |key: &str| match item(app, key)? {
            none if none.is_none() => PyResult::Ok(None),
            wire => Ok(Some(parse(&wire, &limits, &mut schemes)?)),
        };
        let (fallback, unrouted) = (optional("fallback")?, optional("unrouted")?);
        let strict = item(app, "trailing_slash")?.extract::<String>()? == "strict";
        let (refusals, refused) = refusals::parse(&item(app, "errors")?.cast_into::<PyDict>()?)?;
        let lost = refusals.reply(&Refusal::HandlerLost);
        let service = build_service(&plans, fallback.as_deref(), strict, settings, Rc::new(Queue(local.core.clone())))?;
        let core = Rc::downgrade(&local.core);
        let service = service.with_refusals(refusals).observing_unrouted(unrouted.is_some());
        let service = service.with_offload(offload(app)?).with_report(move |message| {
            if let Some(core) = core.upgrade() {
                core.push_event(Event::Report(message.to_owned()));
            }
        });
        local.engine.install(service)?;
        let base_context = match base_context {
            Some(context) => context,
            None => current_context(py)?.unbind(),
        };
        let task_keywords = PyDict::new(py);
        task_keywords.set_item("loop", &event_loop)?;
        task_keywords.set_item("eager_start", true)?;
        *local.app.borrow_mut() = Some(Rc::new(App {
            plans,
            fallback,
            refused,
            unrouted,
            hooks: Arc::new(Hooks::new(&item(app, "hooks")?, lost, Tracing::new(py, traced)?)?),
            base_context: Arc::new(base_context),
            event_loop,
            task_class: py.import("asyncio")?.getattr("Task")?.unbind(),
            task_keywords: task_keywords.unbind(),
            ends: schemes.ends,
        }));
        Ok(())
    }

    /// Accepts connections from a listening socket; takes over the descriptor.
    fn listen(&self, fd: i32, unix: bool) -> PyResult<()> {
        Ok(self.local()?.engine.listen(fd, unix)?)
    }

    /// Serves one connected stream socket; takes over the descriptor. `number`: what a server in front knows its
    /// requests by.
    #[pyo3(signature = (fd, number=None))]
    fn serve_socket(&self, fd: i32, number: Option<u64>) -> PyResult<()> {
        Ok(self.local()?.engine.serve_socket(fd, number.map_or(Peer::InProcess, Peer::Bridged))?)
    }

    /// Stops accepting, closes idle connections, finishes what runs; then calls `drained`.
    fn stop(&self, drained: Py<PyAny>) -> PyResult<()> {
        let local = self.local()?;
        *local.core.drained.borrow_mut() = Some(drained);
        Ok(local.engine.stop(&local.core)?)
    }

    /// Connections that are open.
    fn connections(&self) -> PyResult<usize> {
        Ok(self.local()?.engine.connections())
    }

    /// One turn without the GIL: answer, poll sockets, and come back as soon as Python has something to do.
    ///
    /// Returns a sum of 1 (call `dispatch`) and 2 (the selector has events).
    fn turn(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<u8> {
        let local = self.local()?;
        if local.engine.was_just_here(&local.core, timeout) {
            return Ok(0);
        }
        let here = OnThisThread::new(&*local);
        Ok(py.detach(move || {
            let local = here.into_inner();
            local.engine.turn(&local.core, timeout)
        }))
    }

    /// The selector's last poll had events: there may be more that raise no new edge.
    fn selector_was_ready(&self) -> PyResult<()> {
        self.local()?.engine.selector_was_ready();
        Ok(())
    }

    /// Runs what the last turn brought. A plain callback of the loop.
    fn dispatch(slf: &Bound<'_, Self>) -> PyResult<()> {
        Driver::run_queued(slf)
    }

    /// Ends every connection and frees the sockets. The driver is of no use afterwards.
    fn close(&self, py: Python<'_>) {
        let Some(Local { core, app, engine }) = self.local.take() else { return };
        if let Some(app) = app.take() {
            for end in &app.ends {
                if let Err(error) = end.bind(py).call0() {
                    error.write_unraisable(py, Some(end.bind(py)));
                }
            }
        }
        core.clear();
        let here = OnThisThread::new((core, engine));
        py.detach(move || {
            let (core, engine) = here.into_inner();
            drop(engine);
            core.clear();
        });
    }
}
