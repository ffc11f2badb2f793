//! From a queued exchange to an answer: tasks for `async def` handlers, jobs for `def` handlers.
use std::rc::Rc;
use std::sync::Arc;

use bolt_http::exchange::{Answer, Body, Exchange};
use bolt_http::router::Target;
use bytes::Bytes;
use pyo3::exceptions::asyncio::CancelledError;
use pyo3::intern;
use pyo3::prelude::*;
use smallvec::SmallVec;

use crate::call::{CallInput, CallJob, Failed, fail, finish, invoke, request_of};
use crate::core::{Call, Core, Event, Op};
use crate::driver::{App, Driver, Local};
use crate::ffi::{Entered, current_context, is_coroutine};
use crate::outcome::{Outcome, Streamed, is_async_iterable};
use crate::pool::Job;
use crate::reports::Unfinished;
use crate::request::Request;
use crate::streams::{AsyncSink, Producer, close_unread, next_stream};

/// What a task comes to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Yields {
    /// A handler's result, still to be turned into an outcome.
    Result,
    /// The outcome that a hook promised.
    Outcome,
}

/// Called by a call's task when it is done.
#[pyclass(frozen, module = "bolt_core._native")]
struct Completion {
    driver: Py<Driver>,
    call: usize,
    yields: Yields,
}

#[pymethods]
impl Completion {
    fn __call__(&self, task: &Bound<'_, PyAny>) {
        Driver::task_done(self.driver.bind(task.py()), (self.call, self.yields), task);
    }
}

/// A started coroutine: its task, or what it came to in its first step.
enum Stepped<'py> {
    Done(PyResult<Bound<'py, PyAny>>),
    Running(Bound<'py, PyAny>),
}

impl Driver {
    /// Everything that the last turn brought.
    pub(crate) fn run_queued(this: &Bound<'_, Self>) -> PyResult<()> {
        let (py, driver) = (this.py(), this.get().local()?);
        this.get().pool.bind(py).get().spawn_if(py, driver.core.wants_thread.take())?;
        let Some(app) = driver.app.borrow().clone() else { return Ok(()) };
        let mut stopped = Ok(());
        for event in driver.core.take_events() {
            // What is raised here must stop the loop (KeyboardInterrupt, SystemExit), once the rest is told.
            stopped = Driver::handle_event(this, &app, event).and(stopped);
        }
        stopped?;
        let mut jobs: SmallVec<[Job; 64]> = SmallVec::new();
        loop {
            let next = driver.core.incoming.borrow_mut().pop_front();
            let Some(exchange) = next else { break };
            let plan = match exchange.route.target {
                Target::Route(id) => app.plans.get(id.0 as usize),
                Target::Fallback if exchange.own.is_some() => app.refused.as_ref(),
                Target::Fallback => app.fallback.as_ref(),
                Target::Nowhere => app.unrouted.as_ref(),
            };
            let undecided = plan.and_then(|plan| plan.auth.as_ref()?.undecided.as_ref()).filter(|_| exchange.undecided);
            let Some(plan) = undecided.or(plan).cloned() else { continue };
            let (call, job, stream) = driver.admit(&app, plan, exchange);
            if job.plan.is_async {
                Driver::start_task(this, &app, call, job, stream)?;
            } else {
                jobs.push(Job::Call(job));
            }
        }
        if jobs.is_empty() {
            return Ok(());
        }
        let wanted = driver.core.pool.submit(jobs);
        this.get().pool.bind(py).get().spawn_if(py, wanted)
    }

    /// Runs an `async def` handler up to its first wait.
    fn start_task(
        this: &Bound<'_, Self>,
        app: &Rc<App>,
        call: usize,
        mut job: Box<CallJob>,
        stream: Option<u64>,
    ) -> PyResult<()> {
        let py = this.py();
        let context = job.context(py)?;
        let mut request = match stream {
            Some(id) => {
                let stream = Some((this.clone().unbind(), id));
                Some(Bound::new(py, Request::new(job.plan.clone(), job.input.clone(), stream))?)
            }
            None => None,
        };
        if let Some(around) = job.plan.around.as_ref().map(|around| around.clone_ref(py)) {
            let request = request_of(py, &job.plan, &job.input, &mut request)?;
            job.request = Some(request.clone().unbind());
            let outcome = around.bind(py).call1((request,)).and_then(|outcome| Outcome::parse(&outcome));
            let outcome = outcome.unwrap_or_else(|error| job.input.hooks.last_resort(py, &job.plan, error));
            return Driver::answer(this, call, job, (outcome, context));
        }
        let called = {
            let _entered = Entered::new(&context)?;
            invoke(py, &job.plan, &job.input, &mut request)
        };
        job.request = request.as_ref().map(|request| request.clone().unbind());
        let result = match called {
            Ok(value) if is_coroutine(&value) => match step(app, value, &context)? {
                Stepped::Done(result) => result,
                Stepped::Running(task) => {
                    return Driver::keep_running(this, (call, Yields::Result), job, (task, context));
                }
            },
            Ok(value) => Ok(value),
            Err(Failed::Raised(error)) => Err(error),
            Err(Failed::Answered(outcome)) => return Driver::answer(this, call, job, (outcome, context)),
        };
        let outcome = outcome_of(py, &job, result, &context)?;
        Driver::answer(this, call, job, (outcome, context))
    }

    /// The call's task waits for something: remember it, and cancel it if its client leaves.
    fn keep_running<'py>(
        this: &Bound<'py, Self>,
        (call, yields): (usize, Yields),
        job: Box<CallJob>,
        (task, context): (Bound<'py, PyAny>, Bound<'py, PyAny>),
    ) -> PyResult<()> {
        let driver = this.get().local()?;
        let completion = Bound::new(this.py(), Completion { driver: this.clone().unbind(), call, yields })?;
        task.call_method1(intern!(this.py(), "add_done_callback"), (completion,))?;
        let mut calls = driver.core.calls.borrow_mut();
        let Some(kept) = calls.get_mut(call) else { return Ok(()) };
        if job.plan.cancel {
            tell_when_gone(&driver.core, kept, call);
        }
        let replaced =
            (kept.task.replace(task.unbind()), kept.context.replace(context.unbind()), kept.job.replace(job));
        // Not while the calls are borrowed: freeing an object may run its finaliser.
        drop(calls);
        drop(replaced);
        Ok(())
    }

    /// The task that runs a handler, or what a hook promised, has ended.
    fn task_done(this: &Bound<'_, Self>, (call, yields): (usize, Yields), task: &Bound<'_, PyAny>) {
        let py = this.py();
        // A task that ends after its loop was closed has nobody to answer.
        let Ok(driver) = this.get().local() else { return };
        let taken = {
            let mut calls = driver.core.calls.borrow_mut();
            calls.get_mut(call).and_then(|kept| Some((kept.job.take()?, kept.context.take()?)))
        };
        let Some((job, context)) = taken else { return };
        let context = context.into_bound(py);
        let result = task.call_method0(intern!(py, "result"));
        let cancelled = result.as_ref().is_err_and(|error| error.is_instance_of::<CancelledError>(py));
        if cancelled && driver.core.drop_if_gone(call) {
            return;
        }
        let plan = job.plan.clone();
        let outcome = match yields {
            Yields::Result => outcome_of(py, &job, result, &context),
            Yields::Outcome => Ok(promised(py, &job, result)),
        };
        let done = outcome.and_then(|outcome| Driver::answer(this, call, job, (outcome, context)));
        if let Err(error) = done {
            error.write_unraisable(py, Some(plan.handler.bind(py)));
        }
    }

    /// Sends an outcome, begins to stream it, or awaits it first.
    fn answer<'py>(
        this: &Bound<'py, Self>,
        call: usize,
        job: Box<CallJob>,
        (mut outcome, context): (Outcome, Bound<'py, PyAny>),
    ) -> PyResult<()> {
        let (py, driver) = (this.py(), this.get().local()?);
        let Some(app) = driver.app.borrow().clone() else { return Ok(()) };
        loop {
            outcome = match outcome {
                Outcome::Whole(reply, after) => {
                    driver.core.reply(call, Answer::Whole(reply), after);
                    return Ok(());
                }
                Outcome::File(file, after) => {
                    driver.core.reply(call, Answer::File(*file), after);
                    return Ok(());
                }
                Outcome::Stream(stream) => return Driver::start_stream(this, call, job, (stream, context)),
                Outcome::Later(awaitable) => {
                    match step(&app, job.input.hooks.coroutine(awaitable.bind(py))?, &context)? {
                        Stepped::Done(result) => promised(py, &job, result),
                        Stepped::Running(task) => {
                            return Driver::keep_running(this, (call, Yields::Outcome), job, (task, context));
                        }
                    }
                }
            };
        }
    }

    /// Streams a reply: an asynchronous iterable in a task of the loop, any other on the pool.
    fn start_stream(
        this: &Bound<'_, Self>,
        call: usize,
        job: Box<CallJob>,
        (stream, context): (Streamed, Bound<'_, PyAny>),
    ) -> PyResult<()> {
        let (py, driver) = (this.py(), this.get().local()?);
        let Some(app) = driver.app.borrow().clone() else { return Ok(()) };
        let streaming = job.input.hooks.streaming.bind(py).clone();
        if job.input.head.method() == "HEAD" {
            let chunks = stream.chunks.clone_ref(py);
            driver.answer_head(call, stream);
            if !is_async_iterable(chunks.bind(py)) {
                close_unread(py, chunks.bind(py));
                return Ok(());
            }
            // Logs what it raises; whatever it waits for keeps the task.
            let closing = streaming.getattr("close_unread")?.call1((chunks,))?;
            return step(&app, closing, &context).map(drop);
        }
        if !is_async_iterable(stream.chunks.bind(py)) {
            let begin = crate::streams::SyncStart::new(driver.core.pool.clone(), job, stream, context);
            let begin = Bound::new(py, begin)?.into_any().unbind();
            let wanted = driver.core.pool.submit([Job::Python(Arc::new(begin))]);
            return this.get().pool.bind(py).get().spawn_if(py, wanted);
        }
        let sink = AsyncSink { driver: this.clone().unbind(), call, stream: next_stream() };
        let id = sink.stream;
        let Streamed { head, chunks, after } = stream;
        let coroutine = streaming.getattr(intern!(py, "run_async"))?.call1((sink, chunks))?;
        if let Some(kept) = driver.core.calls.borrow_mut().get_mut(call) {
            kept.head = Some((head, after));
            kept.job = Some(job);
        }
        // The sink reports every outcome itself; what the task comes to is of no interest.
        if let Stepped::Running(task) = step(&app, coroutine, &context)? {
            driver.keep_producer(call, id, task);
        }
        Ok(())
    }

    /// An asynchronous producer raised.
    pub(crate) fn stream_fail(this: &Bound<'_, Self>, call: usize, stream: u64, error: PyErr) -> PyResult<()> {
        let (py, driver) = (this.py(), this.get().local()?);
        if driver.core.streams.borrow().contains_key(&stream) {
            driver.core.push_op(Op::Abort(stream));
            if let Some(app) = driver.app.borrow().clone() {
                app.hooks.log_stream_failure(py, &error);
            }
            return Ok(());
        }
        if error.is_instance_of::<CancelledError>(py) && driver.core.drop_if_gone(call) {
            return Ok(());
        }
        let (head, job) = match driver.core.calls.borrow_mut().get_mut(call) {
            Some(kept) => (kept.head.take(), kept.job.take()),
            None => return Ok(()),
        };
        drop(head);
        let Some(job) = job else { return Ok(()) };
        let outcome = fail(py, &job.plan, &job.input, (error, job.request(py)));
        // A copy: the producer's task, which called this, has entered its own.
        Driver::answer(this, call, job, (outcome, current_context(py)?))
    }

    fn handle_event(this: &Bound<'_, Self>, app: &Rc<App>, event: Event) -> PyResult<()> {
        let (py, core) = (this.py(), this.get().local()?.core.clone());
        match event {
            Event::Gone(call) => {
                let task =
                    core.calls.borrow().get(call).and_then(|kept| kept.task.as_ref().map(|task| task.clone_ref(py)));
                cancel(py, task)
            }
            Event::Body(body) => match core.take_body_callback(body) {
                Some(callback) => call_soon(py, app, callback),
                None => Ok(()),
            },
            Event::Room(stream) => {
                let (callback, task) = match core.streams.borrow_mut().get_mut(&stream) {
                    Some(out) => {
                        let closed = out.writer.is_closed();
                        let Producer::Async { callback, task, cancel } = &mut out.producer else { return Ok(()) };
                        let task = task.as_ref().filter(|_| closed && *cancel).map(|task| task.clone_ref(py));
                        (callback.take(), task)
                    }
                    None => return Ok(()),
                };
                if let Some(callback) = callback {
                    call_soon(py, app, callback)?;
                }
                cancel(py, task)
            }
            Event::Unfinished(call, rest) => {
                let Unfinished { outcome, context, job } = *rest;
                Driver::answer(this, call, job, (outcome, context.into_bound(py)))
            }
            Event::Replied(after) => {
                if let Err(error) = after.bind(py).call0() {
                    error.write_unraisable(py, Some(after.bind(py)));
                }
                Ok(())
            }
            Event::Report(message) => app.hooks.log_report(py, &message),
            Event::Drained => match core.drained.borrow_mut().take() {
                Some(callback) => call_soon(py, app, callback),
                None => Ok(()),
            },
        }
    }
}

impl Local {
    /// Registers a request that Python is to answer.
    fn admit(
        &self,
        app: &App,
        plan: Arc<crate::route_plan::Plan>,
        exchange: Exchange,
    ) -> (usize, Box<CallJob>, Option<u64>) {
        let mut form = None;
        let (body, stream) = match exchange.body {
            Body::Empty => (Bytes::new(), None),
            Body::Whole(body) => (body, None),
            Body::Form(parsed) => {
                form = Some(Arc::new(parsed));
                (Bytes::new(), None)
            }
            Body::Stream(reader) => (Bytes::new(), Some(self.core.keep_body(reader))),
        };
        let slash_redirect = exchange.route.slash_redirect;
        let (own, auth) = (exchange.own.map(Arc::new), exchange.auth);
        let params = exchange.route.params;
        let gone = exchange.responder.gone_flag();
        let hooks = app.hooks.clone();
        let input = CallInput { head: exchange.head, params, body, form, slash_redirect, gone, own, auth, hooks };
        let call =
            Call { responder: exchange.responder, task: None, head: None, body: stream, job: None, context: None };
        let call = self.core.calls.borrow_mut().insert(call);
        let base_context = app.base_context.clone();
        (call, Box::new(CallJob { call, plan, input, base_context, request: None }), stream)
    }

    /// The producer waits: it is cancelled when the client leaves, before its first chunk or after.
    fn keep_producer(&self, call: usize, stream: u64, task: Bound<'_, PyAny>) {
        if let Some(out) = self.core.streams.borrow_mut().get_mut(&stream) {
            if let Producer::Async { task: kept, .. } = &mut out.producer {
                *kept = Some(task.unbind());
            }
            return;
        }
        let mut calls = self.core.calls.borrow_mut();
        if let Some(kept) = calls.get_mut(call) {
            let replaced = kept.task.replace(task.unbind());
            if kept.job.as_ref().is_none_or(|job| job.plan.cancel) {
                tell_when_gone(&self.core, kept, call);
            }
            drop(calls);
            drop(replaced);
        }
    }

    /// A HEAD request gets the head that GET would; the stream is left unread.
    fn answer_head(&self, call: usize, unread: Streamed) {
        if let Some(call) = self.core.take_call(call) {
            let stream = next_stream();
            self.core.start_async(call, stream, (unread.head, unread.after), false);
            self.core.push_op(Op::Finish(stream));
        }
    }
}

/// Has the call's task cancelled if its client leaves.
fn tell_when_gone(core: &Rc<Core>, kept: &Call, call: usize) {
    let core = Rc::downgrade(core);
    kept.responder.on_gone(move || {
        if let Some(core) = core.upgrade() {
            core.push_event(Event::Gone(call));
        }
    });
}

/// Starts a coroutine as an eager task in its context; most are done when this returns.
fn step<'py>(app: &App, coroutine: Bound<'py, PyAny>, context: &Bound<'py, PyAny>) -> PyResult<Stepped<'py>> {
    let py = coroutine.py();
    let keywords = app.task_keywords.bind(py);
    // The one keyword that changes; `Task` reads the dict before it runs anything and does not keep it.
    keywords.set_item(intern!(py, "context"), context)?;
    let task = app.task_class.bind(py).call((coroutine,), Some(keywords))?;
    if task.call_method0(intern!(py, "done"))?.is_truthy()? {
        return Ok(Stepped::Done(task.call_method0(intern!(py, "result"))));
    }
    Ok(Stepped::Running(task))
}

/// What a handler came to, in its own context; the second error is one that must stop the loop.
fn outcome_of<'py>(
    py: Python<'py>,
    job: &CallJob,
    result: PyResult<Bound<'py, PyAny>>,
    context: &Bound<'py, PyAny>,
) -> PyResult<Outcome> {
    let _entered = Entered::new(context)?;
    let request = job.request(py);
    match result {
        Ok(value) => Ok(finish(py, &job.plan, &job.input, (value, request))),
        Err(error) => Ok(fail(py, &job.plan, &job.input, (error, request))),
    }
}

/// The outcome that a hook's awaitable came to. Hooks do not raise; one that does, or is cancelled, leaves a plain 500.
fn promised(py: Python<'_>, job: &CallJob, result: PyResult<Bound<'_, PyAny>>) -> Outcome {
    let outcome = result.and_then(|result| Outcome::parse(&result));
    outcome.unwrap_or_else(|error| job.input.hooks.last_resort(py, &job.plan, error))
}

fn cancel(py: Python<'_>, task: Option<Py<PyAny>>) -> PyResult<()> {
    if let Some(task) = task {
        task.bind(py).call_method0(intern!(py, "cancel"))?;
    }
    Ok(())
}

fn call_soon(py: Python<'_>, app: &App, callback: Py<PyAny>) -> PyResult<()> {
    app.event_loop.bind(py).call_method1(intern!(py, "call_soon"), (callback,))?;
    Ok(())
}
