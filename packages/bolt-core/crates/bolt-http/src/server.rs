//! Listeners, the accept loop and the stop signal.
use std::cell::{Cell, RefCell};
use std::io;
use std::rc::Rc;
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use socket2::SockRef;
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};

use crate::files::sendfile;
use crate::head::Peer;
use crate::http1;
use crate::service::{Service, Transport};

/// How long accepting rests when it failed (out of descriptors, above all) and no connection closes meanwhile.
const EXHAUSTED_PAUSE: Duration = Duration::from_millis(100);

/// A socket that accepts connections; made and configured (backlog, `SO_REUSEPORT`, permissions) by the caller.
pub enum Listener {
    /// TCP over IPv4 or IPv6.
    Tcp(TcpListener),
    /// A Unix-domain stream socket.
    Unix(UnixListener),
}

enum Accepted {
    Tcp(TcpStream, Peer),
    Unix(UnixStream),
}

impl Listener {
    fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<Accepted>> {
        match self {
            Listener::Tcp(listener) => {
                listener.poll_accept(cx).map_ok(|(stream, address)| Accepted::Tcp(stream, Peer::Tcp(address)))
            }
            Listener::Unix(listener) => listener.poll_accept(cx).map_ok(|(stream, _)| Accepted::Unix(stream)),
        }
    }
}

/// Accepts until `stop`; every connection is a task of the current `LocalSet`.
///
/// At `max_connections`, and when the process is out of descriptors, accepting pauses; the kernel's queue holds who comes
/// meanwhile. It resumes when a connection closes. Who had connected when `stop` came is still accepted, as far as there is
/// room: the end of the listener would reset them.
pub async fn accept_loop(listener: Listener, service: Rc<Service>, stop: Stop) {
    accept_from(|cx| listener.poll_accept(cx), service, stop).await;
}

async fn accept_from(
    mut accept: impl FnMut(&mut Context<'_>) -> Poll<io::Result<Accepted>>,
    service: Rc<Service>,
    stop: Stop,
) {
    let watch = stop.watch();
    let mut paused = false;
    loop {
        let next = std::future::poll_fn(|cx| {
            if watch.poll_stopped(cx).is_ready() {
                return Poll::Ready(None);
            }
            ready!(service.poll_room(cx));
            accept(cx).map(Some)
        });
        match next.await {
            None => return accept_waiting(&mut accept, &service, &stop).await,
            Some(Ok(accepted)) => {
                paused = false;
                spawn(accepted, &service, &stop);
            }
            // The client gave up while it waited in the queue; the listener itself is well.
            Some(Err(error)) if is_of_the_client(&error) => tokio::task::yield_now().await,
            Some(Err(error)) => {
                if !std::mem::replace(&mut paused, true) {
                    service.report(&format!("accepting connections pauses until one closes: {error}"));
                }
                pause(&service, &watch).await;
            }
        }
    }
}

/// Accepts what the kernel's queue holds, and does not wait for more.
async fn accept_waiting(
    accept: &mut impl FnMut(&mut Context<'_>) -> Poll<io::Result<Accepted>>,
    service: &Rc<Service>,
    stop: &Stop,
) {
    // The reactor may not have told yet of those who came since its last turn.
    tokio::task::yield_now().await;
    std::future::poll_fn(|cx| {
        while service.poll_room(cx).is_ready()
            && let Poll::Ready(next) = accept(cx)
        {
            match next {
                Ok(accepted) => spawn(accepted, service, stop),
                Err(error) if is_of_the_client(&error) => {}
                Err(_) => break,
            }
        }
        Poll::Ready(())
    })
    .await;
}

fn spawn(accepted: Accepted, service: &Rc<Service>, stop: &Stop) {
    let (service, stop) = (service.clone(), stop.clone());
    match accepted {
        Accepted::Tcp(stream, peer) => {
            // Replies are written whole, so delaying the last segment for an ACK gains nothing. It fails only on a dead socket.
            let _ = stream.set_nodelay(true);
            let transport = Transport { reset, ..sendfile::TCP };
            tokio::task::spawn_local(http1::serve(stream, peer, service, stop, transport));
        }
        Accepted::Unix(stream) => {
            tokio::task::spawn_local(http1::serve(stream, Peer::Unix, service, stop, sendfile::UNIX));
        }
    }
}

/// Makes the close that follows a reset, so that a cut reply whose end is the connection's end does not look complete.
fn reset(stream: &TcpStream) {
    let _ = SockRef::from(stream).set_linger(Some(Duration::ZERO));
}

async fn pause(service: &Service, watch: &StopWatch) {
    let mut rest = std::pin::pin!(tokio::time::sleep(EXHAUSTED_PAUSE));
    let open = service.open_connections();
    std::future::poll_fn(|cx| {
        if service.poll_closed_since(open, cx).is_ready() || watch.poll_stopped(cx).is_ready() {
            return Poll::Ready(());
        }
        rest.as_mut().poll(cx)
    })
    .await;
}

/// Any other error (out of descriptors or of kernel memory, above all) would come back at once if accepting went on.
fn is_of_the_client(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::Interrupted
    )
}

/// Tells every connection and listener of a thread to come to an end: idle connections close, requests in flight are
/// answered with `Connection: close`, nothing more is accepted.
#[derive(Clone, Default)]
pub struct Stop {
    state: Rc<StopState>,
}

#[derive(Default)]
struct StopState {
    triggered: Cell<bool>,
    /// One place per watcher; `None` where a watcher waits for something else, or left.
    watchers: RefCell<Vec<Option<Waker>>>,
    free: RefCell<Vec<usize>>,
}

impl Stop {
    /// A signal not yet given.
    pub fn new() -> Self {
        Stop::default()
    }

    /// Gives the signal; further calls change nothing.
    pub fn trigger(&self) {
        if self.state.triggered.replace(true) {
            return;
        }
        let wakers: Vec<Waker> = self.state.watchers.borrow_mut().iter_mut().filter_map(Option::take).collect();
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Whether the signal was given.
    pub fn is_triggered(&self) -> bool {
        self.state.triggered.get()
    }

    pub(crate) fn watch(&self) -> StopWatch {
        let place = self.state.free.borrow_mut().pop().unwrap_or_else(|| {
            let mut watchers = self.state.watchers.borrow_mut();
            watchers.push(None);
            watchers.len() - 1
        });
        StopWatch { stop: self.clone(), place }
    }
}

/// One task's subscription to a [`Stop`].
pub(crate) struct StopWatch {
    stop: Stop,
    place: usize,
}

impl StopWatch {
    pub(crate) fn is_triggered(&self) -> bool {
        self.stop.is_triggered()
    }

    pub(crate) fn poll_stopped(&self, cx: &mut Context<'_>) -> Poll<()> {
        if self.stop.is_triggered() {
            return Poll::Ready(());
        }
        let mut watchers = self.stop.state.watchers.borrow_mut();
        let stored = &mut watchers[self.place];
        if !stored.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
            *stored = Some(cx.waker().clone());
        }
        Poll::Pending
    }
}

impl Drop for StopWatch {
    fn drop(&mut self) {
        self.stop.state.watchers.borrow_mut()[self.place] = None;
        self.stop.state.free.borrow_mut().push(self.place);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::exchange::Exchange;
    use crate::router::{RouteSpec, RouteTable};

    fn service(report: impl Fn(&str) + 'static) -> Rc<Service> {
        let (method, path, name) = ("GET".to_owned(), "/".to_owned(), "test".to_owned());
        let routes = RouteTable::single(RouteSpec { method, path, name, ..RouteSpec::default() });
        let handler = Rc::new(|exchange: Exchange| drop(exchange));
        Rc::new(Service::new(Config::default(), routes, Default::default(), handler).with_report(report))
    }

    /// Out of descriptors, accepting rests between attempts and says so once; it does not spin.
    #[tokio::test(start_paused = true)]
    async fn exhausted_descriptors() {
        let (said, tried) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
        let (say, count) = (said.clone(), tried.clone());
        let stop = Stop::new();
        let accept = move |_: &mut Context<'_>| {
            count.set(count.get() + 1);
            Poll::Ready(Err(io::Error::from_raw_os_error(24)))
        };
        let accepting = accept_from(accept, service(move |_| say.set(say.get() + 1)), stop.clone());
        let stopping = async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            stop.trigger();
        };
        tokio::join!(accepting, stopping);
        assert!((5..=12).contains(&tried.get()), "{} attempts in a second", tried.get());
        assert_eq!(said.get(), 1);
    }

    /// A connection that closes while accepting rests makes it try again at once.
    #[tokio::test(start_paused = true)]
    async fn closing_ends_the_pause() {
        let service = service(|_| {});
        let stop = Stop::new();
        let watch = stop.watch();
        let connected = crate::service::Connected::new(service.clone());
        let began = tokio::time::Instant::now();
        let closing = async {
            tokio::task::yield_now().await;
            drop(connected);
        };
        tokio::join!(pause(&service, &watch), closing);
        assert_eq!(began.elapsed(), Duration::ZERO);
    }

    /// A watcher that left leaves its place to the next one.
    #[test]
    fn watchers_reuse_places() {
        let stop = Stop::new();
        for _ in 0..3 {
            drop((stop.watch(), stop.watch()));
        }
        assert_eq!(stop.state.watchers.borrow().len(), 2);
    }
}
