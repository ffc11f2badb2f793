//! One connection's life: heads in, answers out, in order.
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Poll, ready};

use tokio::time::Instant;

use super::incoming::Incoming;
use super::wire::{Wire, after};
use crate::access_log::Entry;
use crate::auth::{Findings, Verdict as Admission};
use crate::conditional::{self, Verdict};
use crate::exchange::{Answer, Body, Exchange, OwnAnswer, Slot, Upgraded};
use crate::files::FileReply;
use crate::head::{Peer, RequestHead};
use crate::pipeline::Early;
use crate::refusal::Refusal;
use crate::reply::Reply;
use crate::router::{Found, RouteMatch, RouteSpec, Target};
use crate::server::{Stop, StopWatch};
use crate::service::{Connected, Io, Service, Transport};

/// Why a request is not answered by its handler, or the connection not continued.
pub(super) enum Halt {
    /// Answer with this instead.
    Refuse(Refusal),
    /// The same, as the observing route's handler has it. Boxed: few requests come to that.
    Show(Box<(OwnAnswer, RouteMatch)>),
    /// The client left, or takes nothing: there is nobody to write to.
    Gone,
    /// The reply must not look complete.
    Cut,
}

impl From<Refusal> for Halt {
    fn from(refusal: Refusal) -> Self {
        Halt::Refuse(refusal)
    }
}

impl From<io::Error> for Halt {
    fn from(_: io::Error) -> Self {
        Halt::Gone
    }
}

/// What a connection's last request left to do.
enum Outcome {
    Close,
    Upgrade(Box<dyn FnOnce(Upgraded)>),
}

/// One connection and the request it is at.
pub(super) struct Connection<T> {
    pub(super) wire: Wire<T>,
    pub(super) service: Rc<Service>,
    pub(super) peer: Peer,
    pub(super) stop: StopWatch,
    pub(super) guard: Guard,
    pub(super) body: Incoming,
    /// Whether the connection may serve another request after this one.
    pub(super) open: bool,
    pub(super) sent: Sent,
    /// The reply brings all its headers itself.
    pub(super) bare: bool,
    /// Requests so far; 0 only before the first.
    pub(super) served: u32,
    pub(super) transport: Transport<T>,
}

/// What has gone out for the request in flight.
#[derive(Clone, Copy)]
pub(super) struct Sent {
    pub(super) status: u16,
    /// Of the content, without framing.
    pub(super) bytes: u64,
}

impl Default for Sent {
    fn default() -> Self {
        Sent { status: CLIENT_GONE, bytes: 0 }
    }
}

/// Requests after which a connection lets others have their turn: pipelined ones that the engine answers itself never wait.
const FAIR_SHARE: u32 = 32;

/// What the log shows where the client left before a status was sent; nginx made it customary.
const CLIENT_GONE: u16 = 499;

/// Tells the handler and the log when the connection's task ends in the middle of a request: dropped, or by a panic.
pub(super) struct Guard {
    pub(super) slot: Rc<Slot>,
    counted: Connected,
    service: Rc<Service>,
}

impl Drop for Guard {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.service.report("a connection's task panicked; its connection was closed");
        }
        self.slot.client_gone();
    }
}

/// Serves one connection.
pub(crate) fn serve<T: Io + 'static>(
    io: T,
    peer: Peer,
    service: Rc<Service>,
    stop: Stop,
    transport: Transport<T>,
) -> impl Future<Output = ()> {
    let guard = Guard { slot: Rc::default(), counted: Connected::new(service.clone()), service: service.clone() };
    let connection = Connection {
        wire: Wire::new(io, service.config.write_timeout),
        stop: stop.watch(),
        body: Incoming::default(),
        open: true,
        sent: Sent::default(),
        bare: false,
        served: 0,
        service,
        peer,
        guard,
        transport,
    };
    // Not awaited here, which would keep the connection twice in the task's memory.
    connection.run()
}

impl<T: Io + 'static> Connection<T> {
    async fn run(mut self) {
        match self.serve_requests().await {
            Ok(Outcome::Close) => self.close().await,
            Ok(Outcome::Upgrade(take)) => {
                let read_ahead = std::mem::take(&mut self.wire.input).freeze();
                take(Upgraded { io: Box::new(self.wire.io), read_ahead });
            }
            Err(Halt::Cut) => (self.transport.reset)(&self.wire.io),
            Err(Halt::Gone | Halt::Refuse(_) | Halt::Show(_)) => {}
        }
    }

    async fn serve_requests(&mut self) -> Result<Outcome, Halt> {
        while self.open {
            self.bare = false;
            let head = match self.next_head().await {
                Ok(Some(head)) => head,
                Ok(None) => break,
                Err(Halt::Refuse(refusal)) => {
                    let started = std::time::Instant::now();
                    self.open = false;
                    self.body.unsure = true;
                    self.refuse(None, &refusal).await?;
                    self.note(None, started);
                    break;
                }
                Err(halt) => return Err(halt),
            };
            let started = std::time::Instant::now();
            self.guard.counted.set_answering(true);
            self.sent = Sent::default();
            let outcome = self.serve_request(&head).await;
            self.note(Some(&head), started);
            if self.guard.slot.is_awaited() {
                self.tell_replied(outcome.is_ok()).await?;
            }
            if let Some(outcome) = outcome? {
                return Ok(outcome);
            }
            drop(head);
            self.finish_body().await?;
            self.guard.counted.set_answering(false);
            self.served = self.served.wrapping_add(1).max(1);
            if self.served.is_multiple_of(FAIR_SHARE) {
                tokio::task::yield_now().await;
            }
        }
        Ok(Outcome::Close)
    }

    async fn serve_request(&mut self, head: &Arc<RequestHead>) -> Result<Option<Outcome>, Halt> {
        let answer = match self.answer(head).await {
            Err(Halt::Refuse(refusal)) if self.service.refusals.by_handler() => {
                Box::pin(self.observed(head, OwnAnswer::Refusal(refusal), RouteMatch::to(Target::Fallback))).await?
            }
            Err(Halt::Refuse(refusal)) => Answer::Refuse(refusal),
            Err(Halt::Show(shown)) => Box::pin(self.observed(head, shown.0, shown.1)).await?,
            answer => answer?,
        };
        // Asked in any case: it also takes back a `100 Continue` that is still owed.
        let can_finish = self.can_finish_body();
        self.open &= can_finish && !self.stop.is_triggered();
        match answer {
            // An interim or made-up status would be read as something else than the end of this request.
            Answer::Whole(Reply { head: reply, .. })
            | Answer::Stream(reply, _)
            | Answer::File(FileReply { head: reply, .. })
                if !(200..=599).contains(&reply.status) =>
            {
                self.service
                    .report(&format!("a handler answered with status {}, which is none of 200 to 599", reply.status));
                self.refuse(Some(head), &Refusal::HandlerLost).await?;
            }
            Answer::Whole(reply) => match conditional::settle(head, reply) {
                Ok(reply) => self.write_whole(Some(head), reply).await?,
                Err(refusal) => Box::pin(self.refuse_reply(head, refusal)).await?,
            },
            Answer::Refuse(refusal) => self.refuse(Some(head), &refusal).await?,
            Answer::Stream(reply, body) => match conditional::of_reply(head, &reply) {
                Verdict::Proceed => self.write_stream(head, reply, body).await?,
                Verdict::NotModified => self.write_whole(Some(head), conditional::not_modified(reply)).await?,
                Verdict::Failed => Box::pin(self.refuse_reply(head, Refusal::PreconditionFailed)).await?,
            },
            // Boxed: a connection that sends no file need not be as large as one that does.
            Answer::File(file) => Box::pin(self.write_file(head, file)).await?,
            Answer::Upgrade(reply, take) => {
                self.write_upgrade(head, reply).await?;
                return Ok(Some(Outcome::Upgrade(take)));
            }
        }
        Ok(None)
    }

    /// Tells the stages, of which the log is one, how the request ended.
    fn note(&self, head: Option<&RequestHead>, started: std::time::Instant) {
        let Sent { status, bytes } = self.sent;
        let entry = Entry { peer: &self.peer, head, status, bytes, started };
        self.service.stages.finished(&entry);
    }

    /// Tells who waits for the end of the reply; what is written so far must first have left this process.
    async fn tell_replied(&mut self, written: bool) -> Result<(), Halt> {
        let flushed = if written { self.flush().await } else { Ok(()) };
        self.guard.slot.replied();
        flushed
    }

    /// The reply of whoever the request goes to.
    async fn answer(&mut self, head: &Arc<RequestHead>) -> Result<Answer, Halt> {
        let service = self.service.clone();
        let (route, spec) = match destination(&service, head) {
            Ok(found) => found,
            Err(Unhandled::Reply(reply)) => return Ok(Answer::Whole(reply)),
            Err(Unhandled::Own(own, observer)) => return own_answer(own, observer),
        };
        self.bare = spec.bare;
        let (body, caller) = match admit(head, spec).and_then(|caller| {
            service.stages.before(head, spec)?;
            Ok(caller)
        }) {
            Ok(caller) => (self.receive(head, spec).await, caller),
            Err(refusal) => (Err(refusal.into()), Caller::default()),
        };
        let body = match body {
            Err(Halt::Refuse(refusal)) => {
                let observer = Some(route).filter(|_| spec.observes);
                return own_answer(OwnAnswer::Refusal(refusal), observer);
            }
            body => body?,
        };
        let fallback = route.target == Target::Fallback;
        let responder = self.guard.slot.responder();
        service.handler.handle(Exchange {
            head: head.clone(),
            route,
            body,
            own: None,
            auth: caller.proven,
            undecided: caller.undecided,
            responder,
        });
        let answer = self.handler_answer().await?;
        // The fallback is a whole application, and has decided about its headers; a refusal is still the engine's.
        self.bare |= fallback && !matches!(answer, Answer::Refuse(_));
        Ok(answer)
    }

    /// Refuses what a handler answered, in the words of all other refusals.
    pub(super) async fn refuse_reply(&mut self, head: &Arc<RequestHead>, refusal: Refusal) -> Result<(), Halt> {
        if self.service.refusals.by_handler()
            && let Answer::Whole(reply) =
                self.observed(head, OwnAnswer::Refusal(refusal.clone()), RouteMatch::to(Target::Fallback)).await?
        {
            return self.write_whole(Some(head), reply).await;
        }
        self.refuse(Some(head), &refusal).await
    }

    /// An answer of the engine's as the handler has it. The body stays where it is: what is left of it may not even be framed.
    async fn observed(&mut self, head: &Arc<RequestHead>, own: OwnAnswer, route: RouteMatch) -> Result<Answer, Halt> {
        let closes = matches!(&own, OwnAnswer::Refusal(refusal) if refusal.closes());
        self.open &= !closes;
        self.body.unsure |= closes;
        let (head, responder) = (head.clone(), self.guard.slot.responder());
        let plain = own.clone();
        self.service.handler.handle(Exchange {
            head,
            route,
            body: Body::Empty,
            own: Some(own),
            auth: None,
            undecided: false,
            responder,
        });
        let answer = std::future::poll_fn(|cx| match self.guard.slot.poll_answer(cx) {
            Poll::Pending if matches!(self.wire.poll_flush_soon(cx), Poll::Ready(Err(_))) => {
                self.guard.slot.client_gone();
                Poll::Ready(Err(Halt::Gone))
            }
            answer => answer.map(Ok),
        });
        Ok(match answer.await? {
            // The one who was asked is lost; the client is still told what there is to tell.
            Answer::Refuse(_) => plain.into_answer(),
            answer => answer,
        })
    }

    /// Waits for the handler; meanwhile feeds it the body it reads and notices when the client leaves.
    async fn handler_answer(&mut self) -> Result<Answer, Halt> {
        std::future::poll_fn(|cx| {
            if let Poll::Ready(answer) = self.guard.slot.poll_answer(cx) {
                return Poll::Ready(Ok(answer));
            }
            if self.poll_client(cx).is_ready() || matches!(self.wire.poll_flush_soon(cx), Poll::Ready(Err(_))) {
                self.guard.slot.client_gone();
                return Poll::Ready(Err(Halt::Gone));
            }
            Poll::Pending
        })
        .await
    }

    /// Ends the connection so that what was written reaches the client.
    async fn close(&mut self) {
        let written = std::future::poll_fn(|cx| {
            ready!(self.wire.poll_flush(cx))?;
            std::pin::Pin::new(&mut self.wire.io).poll_shutdown(cx)
        });
        if written.await.is_err() {
            return;
        }
        // Only what is here already counts; a client that saw the reply to its last request has no reason to send.
        let more = std::future::poll_fn(|cx| Poll::Ready(self.wire.poll_fill(cx).is_ready())).await;
        let unread = more || self.body.unsure || !self.body.is_complete() || !self.wire.input.is_empty();
        if unread && !self.wire.eof {
            self.linger().await;
        }
    }

    /// Reads and drops what the client still sends: closing with unread bytes makes the kernel send a reset, which can
    /// overtake the reply (RFC 9112 §9.6).
    async fn linger(&mut self) {
        let until = after(Instant::now(), self.service.config.drain_timeout);
        let mut left = self.service.config.max_drain;
        std::future::poll_fn(|cx| {
            loop {
                self.wire.input.clear();
                match self.wire.poll_fill(cx) {
                    Poll::Ready(Ok(read)) if read > 0 && read <= left => left -= read,
                    Poll::Ready(_) => return Poll::Ready(()),
                    Poll::Pending => return self.wire.timer.poll(until, cx),
                }
            }
        })
        .await;
    }
}

/// What the engine answers by itself.
fn own_answer(own: OwnAnswer, observer: Option<RouteMatch>) -> Result<Answer, Halt> {
    match (observer, own) {
        (Some(route), own) => Err(Halt::Show(Box::new((own, route)))),
        (None, OwnAnswer::Refusal(refusal)) => Err(refusal.into()),
        (None, own) => Ok(own.into_answer()),
    }
}

/// Who calls.
#[derive(Default)]
struct Caller {
    proven: Option<Arc<Findings>>,
    undecided: bool,
}

/// Lets in who may call the route, by the head alone: nobody else's body is worth reading.
fn admit(head: &RequestHead, spec: &RouteSpec) -> Result<Caller, Refusal> {
    match spec.auth.as_ref().map(|access| access.decide(head)) {
        None => Ok(Caller::default()),
        Some(Admission::Open(proven)) => Ok(Caller { proven, undecided: false }),
        Some(Admission::Undecided) => Ok(Caller { proven: None, undecided: true }),
        Some(Admission::Refused(refusal)) => Err(refusal),
    }
}

/// A request that goes to no handler, unless a route observes.
enum Unhandled {
    Reply(Reply),
    Own(OwnAnswer, Option<RouteMatch>),
}

/// Where a request goes, once the stages that need nothing but its head let it through.
fn destination<'a>(service: &'a Service, head: &RequestHead) -> Result<(RouteMatch, &'a RouteSpec), Unhandled> {
    let found = service.routes.find_for(head);
    let fallback = matches!(&found, Found::Match(RouteMatch { target: Target::Fallback, .. }, _));
    match service.stages.arrived(head, fallback) {
        Ok(()) => {}
        Err(Early::Refuse(refusal)) => return Err(Unhandled::Own(OwnAnswer::Refusal(refusal), found.observer())),
        Err(Early::Reply(reply)) => return Err(Unhandled::Reply(reply)),
    }
    Err(match found {
        Found::Match(route, spec) => return Ok((route, spec)),
        Found::Redirect { path, observer } => Unhandled::Own(redirect(head, path), observer),
        Found::Options { allow, observer } => {
            Unhandled::Own(OwnAnswer::Bare { status: 204, name: "allow", value: allow }, observer)
        }
        Found::MethodNotAllowed { allow, observer } => {
            Unhandled::Own(OwnAnswer::Refusal(Refusal::MethodNotAllowed { allow }), observer)
        }
        Found::NotFound => {
            let observer = service.observes_unrouted.then(|| RouteMatch::to(Target::Nowhere));
            Unhandled::Own(OwnAnswer::Refusal(Refusal::NotFound), observer)
        }
    })
}

/// Permanent for GET and HEAD; 308 keeps any other method and its body (RFC 9110 §15.4.9).
fn redirect(head: &RequestHead, path: String) -> OwnAnswer {
    let status = if matches!(head.method(), "GET" | "HEAD") { 301 } else { 308 };
    let value = match head.query() {
        Some(query) => format!("{path}?{query}"),
        None => path,
    };
    OwnAnswer::Bare { status, name: "location", value }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A waiting connection keeps little more than this; 10,000 of them may take 4 KiB each, buffers of the runtime included.
    #[test]
    fn size_of_a_connection() {
        fn size<F: Future>(
            _: impl FnOnce(tokio::net::TcpStream, Peer, Rc<Service>, Stop, Transport<tokio::net::TcpStream>) -> F,
        ) -> usize {
            size_of::<F>()
        }
        let size = size(serve::<tokio::net::TcpStream>);
        assert!(
            size <= 2048,
            "{size} bytes, {} of them the connection",
            size_of::<Connection<tokio::net::TcpStream>>()
        );
    }
}
