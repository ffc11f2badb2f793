//! One request on its way through a handler: what it brings, the arguments it makes, the job it is on a pool thread.
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use bolt_http::auth::Findings;
use bolt_http::exchange::OwnAnswer;
use bolt_http::form::Form;
use bolt_http::head::{RequestHead, Span};
use bytes::Bytes;
use pyo3::prelude::*;
use smallvec::SmallVec;

use crate::bind::bind;
use crate::ffi::{Entered, vectorcall};
use crate::hooks::Hooks;
use crate::outcome::{Outcome, is_async_iterable};
use crate::pool::Pool;
use crate::reports::{Done, Unfinished};
use crate::request::Request;
use crate::route_plan::Plan;
use crate::streams::start_sync_stream;

/// Everything of a request that handlers see; `Send`, cheap to clone.
#[derive(Clone)]
pub(crate) struct CallInput {
    pub(crate) head: Arc<RequestHead>,
    pub(crate) params: SmallVec<[Span; 4]>,
    pub(crate) body: Bytes,
    /// The parsed form, of a route that reads one.
    pub(crate) form: Option<Arc<Form>>,
    pub(crate) slash_redirect: bool,
    /// Whether the client has left.
    pub(crate) gone: Arc<AtomicBool>,
    /// What the engine would answer by itself, of a call that takes its place.
    pub(crate) own: Option<Arc<OwnAnswer>>,
    /// What the engine found out about who calls.
    pub(crate) auth: Option<Arc<Findings>>,
    pub(crate) hooks: Arc<Hooks>,
}

/// A handler's call: on its way to a pool thread, or while it waits on the loop.
pub(crate) struct CallJob {
    /// Where the loop keeps the responder.
    pub(crate) call: usize,
    pub(crate) plan: Arc<Plan>,
    pub(crate) input: CallInput,
    pub(crate) base_context: Arc<Py<PyAny>>,
    /// The request object, once something has needed it: handler, hooks and background tasks see the same one.
    pub(crate) request: Option<Py<Request>>,
}

impl CallJob {
    pub(crate) fn clone_ref(&self, py: Python<'_>) -> Box<CallJob> {
        Box::new(CallJob {
            call: self.call,
            plan: self.plan.clone(),
            input: self.input.clone(),
            base_context: self.base_context.clone(),
            request: self.request.as_ref().map(|request| request.clone_ref(py)),
        })
    }

    /// A context of its own for the call.
    pub(crate) fn context<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.input.hooks.tracing.context(self.base_context.bind(py), &self.input.head)
    }

    pub(crate) fn request<'py>(&self, py: Python<'py>) -> Option<Bound<'py, Request>> {
        self.request.as_ref().map(|request| request.bind(py).clone())
    }
}

/// Binds the arguments and calls the handler; `request` is filled if the plan needs one.
pub(crate) fn invoke<'py>(
    py: Python<'py>,
    plan: &Arc<Plan>,
    input: &CallInput,
    request: &mut Option<Bound<'py, Request>>,
) -> Result<Bound<'py, PyAny>, Failed> {
    if let Some(check) = &plan.check {
        check.bind(py).call1((request_of(py, plan, input, request)?,))?;
    }
    let args = match bind(py, plan, input, request)? {
        Ok(args) => args,
        Err(problems) => {
            let request = request_of(py, plan, input, request)?;
            return Err(Failed::Answered(input.hooks.invalid(py, plan, &problems, &request)?));
        }
    };
    let names = plan.keywords.as_ref().map(|names| names.bind(py));
    Ok(vectorcall(plan.handler.bind(py), &args, names)?)
}

/// Why a call has no result.
pub(crate) enum Failed {
    Raised(PyErr),
    /// The arguments were refused; this is the answer.
    Answered(Outcome),
}

impl From<PyErr> for Failed {
    fn from(error: PyErr) -> Self {
        Failed::Raised(error)
    }
}

/// The request object, made when first needed.
pub(crate) fn request_of<'py>(
    py: Python<'py>,
    plan: &Arc<Plan>,
    input: &CallInput,
    request: &mut Option<Bound<'py, Request>>,
) -> PyResult<Bound<'py, Request>> {
    if let Some(request) = request {
        return Ok(request.clone());
    }
    let made = Bound::new(py, Request::new(plan.clone(), input.clone(), None))?;
    *request = Some(made.clone());
    Ok(made)
}

/// Runs a `def` handler on a pool thread and reports what came of it.
pub(crate) fn run_call(py: Python<'_>, pool: &Arc<Pool>, mut job: Box<CallJob>, thread: usize) {
    let context = match job.context(py) {
        Ok(context) => context,
        Err(error) => return report_error(py, pool, &job, error),
    };
    let outcome = match Entered::new(&context) {
        Ok(_entered) => run_in_context(py, &mut job),
        Err(error) => job.input.hooks.last_resort(py, &job.plan, error),
    };
    report(py, pool, job, (outcome, context), thread);
}

/// What a pool thread does with an outcome: a whole reply, a file and a synchronous stream are its own to answer, the rest is the loop's.
pub(crate) fn report(
    py: Python<'_>,
    pool: &Arc<Pool>,
    job: Box<CallJob>,
    (outcome, context): (Outcome, Bound<'_, PyAny>),
    thread: usize,
) {
    match outcome {
        Outcome::Whole(reply, after) => pool.reports.push(Done::Reply { call: job.call, reply, after }),
        Outcome::File(file, after) => pool.reports.push(Done::File { call: job.call, file, after }),
        Outcome::Stream(stream) if !is_async_iterable(stream.chunks.bind(py)) => {
            start_sync_stream(py, pool, job, (stream, context), thread);
        }
        outcome => {
            let (call, context) = (job.call, context.unbind());
            pool.reports.push(Done::Unfinished { call, rest: Box::new(Unfinished { outcome, context, job }) });
        }
    }
}

/// Nothing can be run: a plain 500.
pub(crate) fn report_error(py: Python<'_>, pool: &Arc<Pool>, job: &CallJob, error: PyErr) {
    if let Outcome::Whole(reply, after) = job.input.hooks.last_resort(py, &job.plan, error) {
        pool.reports.push(Done::Reply { call: job.call, reply, after });
    }
}

fn run_in_context(py: Python<'_>, job: &mut CallJob) -> Outcome {
    if let Some(around) = job.plan.around.as_ref().map(|around| around.clone_ref(py)) {
        let mut request = job.request(py);
        let called =
            request_of(py, &job.plan, &job.input, &mut request).and_then(|made| around.bind(py).call1((made,)));
        job.request = request.map(Bound::unbind);
        let outcome = called.and_then(|outcome| Outcome::parse(&outcome));
        return outcome.unwrap_or_else(|error| job.input.hooks.last_resort(py, &job.plan, error));
    }
    let mut request = None;
    let called = invoke(py, &job.plan, &job.input, &mut request);
    job.request = request.as_ref().map(|request| request.clone().unbind());
    match called {
        Ok(value) => finish(py, &job.plan, &job.input, (value, request)),
        Err(Failed::Answered(outcome)) => outcome,
        Err(Failed::Raised(error)) => fail(py, &job.plan, &job.input, (error, request)),
    }
}

/// Turns a handler's result into an answer; what cannot be answered becomes an error reply.
pub(crate) fn finish<'py>(
    py: Python<'py>,
    plan: &Arc<Plan>,
    input: &CallInput,
    (value, mut request): (Bound<'py, PyAny>, Option<Bound<'py, Request>>),
) -> Outcome {
    let hooks = &*input.hooks;
    let outcome = match Outcome::fast(py, plan, hooks, &value) {
        Some(Ok(outcome)) => Ok(outcome),
        // Not a second time: an iterator in it may have been used up.
        Some(Err(error)) if !hooks.must_leave_loop(py, &error) => Err(error),
        // Some results must be written elsewhere than on the loop.
        _ => request_of(py, plan, input, &mut request).and_then(|request| hooks.finish(py, plan, &value, &request)),
    };
    outcome.unwrap_or_else(|error| fail(py, plan, input, (error, request)))
}

/// Turns an exception into an answer.
pub(crate) fn fail<'py>(
    py: Python<'py>,
    plan: &Arc<Plan>,
    input: &CallInput,
    (error, mut request): (PyErr, Option<Bound<'py, Request>>),
) -> Outcome {
    let answered =
        request_of(py, plan, input, &mut request).and_then(|request| input.hooks.error(py, plan, &error, &request));
    answered.unwrap_or_else(|error| input.hooks.last_resort(py, plan, error))
}
