//! What all connections of one thread share.
use std::cell::{Cell, RefCell};
use std::fs::File;
use std::io;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use tokio::io::{AsyncRead, AsyncWrite};

use crate::config::Config;
use crate::exchange::Handler;
use crate::files::Offload;
use crate::pipeline::Pipeline;
use crate::proxies::Proxies;
use crate::refusals::Refusals;
use crate::request_id::RequestIds;
use crate::router::RouteTable;

pub use crate::http1::serve_connection;

/// A connection's byte stream.
pub trait Io: AsyncRead + AsyncWrite + Unpin {}

impl<T: AsyncRead + AsyncWrite + Unpin + ?Sized> Io for T {}

/// What a kind of connection can do beyond reading and writing.
pub(crate) struct Transport<T> {
    /// Prepares the connection so that dropping it does not look like an orderly end.
    pub(crate) reset: fn(&T),
    /// Sends so many bytes of a file from an offset on, without a way through this process; 0 at the file's end.
    pub(crate) send_file: Option<SendFile<T>>,
}

pub(crate) type SendFile<T> = fn(&T, &mut Context<'_>, &File, u64, usize) -> Poll<io::Result<usize>>;

impl<T> Clone for Transport<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Transport<T> {}

impl<T> Transport<T> {
    /// Reads and writes, nothing else.
    pub(crate) const PLAIN: Transport<T> = Transport { reset: |_| {}, send_file: None };
}

/// Limits, routes, stages and the handler, and the count of who is being served.
pub struct Service {
    /// Limits and timeouts.
    pub config: Config,
    /// Which request goes where.
    pub routes: RouteTable,
    /// What runs before and after the handler.
    pub stages: Pipeline,
    /// Whose word about clients is taken.
    pub(crate) proxies: Proxies,
    /// Whether requests get an identifier.
    pub(crate) request_ids: Option<RequestIds>,
    /// Answers the requests.
    pub handler: Rc<dyn Handler>,
    /// The files that the proxy sends in place of the server.
    pub(crate) offload: Option<Offload>,
    /// How the engine's own refusals are worded.
    pub refusals: Refusals,
    pub(crate) observes_unrouted: bool,
    report: Box<dyn Fn(&str)>,
    open: Cell<usize>,
    in_flight: Cell<usize>,
    /// Who waits for a connection to close.
    waiting: RefCell<Vec<Waker>>,
}

impl Service {
    /// A service that nobody uses yet; what goes wrong inside the engine is reported on standard error.
    pub fn new(config: Config, routes: RouteTable, stages: Pipeline, handler: Rc<dyn Handler>) -> Self {
        Service {
            config,
            routes,
            stages,
            proxies: Proxies::default(),
            request_ids: None,
            handler,
            offload: None,
            refusals: Refusals::default(),
            observes_unrouted: false,
            report: Box::new(|message| eprintln!("bolt-http: {message}")),
            open: Cell::new(0),
            in_flight: Cell::new(0),
            waiting: RefCell::default(),
        }
    }

    /// Reports through `report` what goes wrong inside the engine: a panic in a connection's task, exhausted descriptors.
    #[must_use]
    pub fn with_report(mut self, report: impl Fn(&str) + 'static) -> Self {
        self.report = Box::new(report);
        self
    }

    /// Believes what these proxies say of their clients; by default none is believed.
    #[must_use]
    pub fn with_proxies(mut self, proxies: Proxies) -> Self {
        self.proxies = proxies;
        self
    }

    /// Gives every request an identifier; by default none gets one.
    #[must_use]
    pub fn with_request_ids(mut self, ids: Option<RequestIds>) -> Self {
        self.request_ids = ids;
        self
    }

    /// Leaves the sending of some files to the proxy in front.
    #[must_use]
    pub fn with_offload(mut self, offload: Option<Offload>) -> Self {
        self.offload = offload;
        self
    }

    /// Words the engine's refusals this way; by default as `{"detail": "…"}`.
    #[must_use]
    pub fn with_refusals(mut self, refusals: Refusals) -> Self {
        self.refusals = refusals;
        self
    }

    /// Lets the handler see what is refused because no route matches, as [`crate::router::Target::Nowhere`].
    #[must_use]
    pub fn observing_unrouted(mut self, observes: bool) -> Self {
        self.observes_unrouted = observes;
        self
    }

    /// How many connections are open.
    pub fn open_connections(&self) -> usize {
        self.open.get()
    }

    /// How many requests have been read and not yet answered whole.
    pub fn requests_in_flight(&self) -> usize {
        self.in_flight.get()
    }

    /// Returns once no connection is open.
    pub async fn drained(&self) {
        std::future::poll_fn(|cx| self.poll_below(1, cx)).await;
    }

    pub(crate) fn report(&self, message: &str) {
        (self.report)(message);
    }

    /// Ready while one more connection may be accepted.
    pub(crate) fn poll_room(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.poll_below(self.config.max_connections, cx)
    }

    /// Ready once fewer than `open` connections are open.
    pub(crate) fn poll_closed_since(&self, open: usize, cx: &mut Context<'_>) -> Poll<()> {
        self.poll_below(open, cx)
    }

    fn poll_below(&self, limit: usize, cx: &mut Context<'_>) -> Poll<()> {
        if self.open.get() < limit {
            return Poll::Ready(());
        }
        let mut waiting = self.waiting.borrow_mut();
        if !waiting.iter().any(|waker| waker.will_wake(cx.waker())) {
            waiting.push(cx.waker().clone());
        }
        Poll::Pending
    }
}

/// Counts one open connection for as long as it lives.
pub(crate) struct Connected {
    service: Rc<Service>,
    answering: Cell<bool>,
}

impl Connected {
    pub(crate) fn new(service: Rc<Service>) -> Self {
        service.open.set(service.open.get() + 1);
        Connected { service, answering: Cell::new(false) }
    }

    /// Whether a request of this connection is being answered.
    pub(crate) fn set_answering(&self, answering: bool) {
        let before = self.answering.replace(answering);
        let count = self.service.in_flight.get() + usize::from(answering) - usize::from(before);
        self.service.in_flight.set(count);
    }
}

impl Drop for Connected {
    fn drop(&mut self) {
        self.set_answering(false);
        self.service.open.set(self.service.open.get() - 1);
        let waiting = std::mem::take(&mut *self.service.waiting.borrow_mut());
        waiting.into_iter().for_each(Waker::wake);
    }
}
