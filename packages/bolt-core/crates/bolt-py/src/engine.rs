//! The runtime of one event loop: connections as local tasks, driven a turn at a time.
use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::io;
use std::os::fd::{BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bolt_http::head::Peer;
use bolt_http::server::{Listener, Stop, accept_loop};
use bolt_http::service::{Service, serve_connection};
use pyo3::PyResult;
use pyo3::exceptions::PyRuntimeError;
use rustix::event::{PollFd, PollFlags, Timespec};
use tokio::io::unix::AsyncFd;
use tokio::runtime::Runtime;
use tokio::task::{JoinHandle, LocalSet};

use crate::core::{Core, Event};
use crate::pool::LOOP_HAS_GIL;
use crate::timer::Timer;

/// Python has requests or events to handle.
const QUEUED: u8 = 1;
/// The wrapped selector has events.
const SELECTOR: u8 = 2;

/// A loop that is busy with callbacks looks at its sockets this often, not once for each round of callbacks.
const AGAIN_AFTER: Duration = Duration::from_micros(50);

/// Timers fire up to this much late, so that those due at nearly the same time share a turn. asyncio's own selectors round up
/// to the next millisecond.
const TIMER_SLACK: Duration = Duration::from_micros(200);

/// Longer waits are cut into pieces of this length: a turn that comes back early does no harm.
const LONGEST_TURN: f64 = 3600.0;

/// Threads that wait for disks in the loop's place, while files are sent that are not in memory. Started when needed.
const DISK_THREADS: usize = 8;

/// Tasks first, runtime last: tasks deregister from the runtime's driver when dropped.
pub(crate) struct Engine {
    service: RefCell<Option<Rc<Service>>>,
    tasks: LocalSet,
    /// A duplicate of Python's descriptor, so that it stays open while it is registered here.
    selector: AsyncFd<OwnedFd>,
    timer: Timer,
    recheck: Cell<bool>,
    /// When the last turn ended.
    polled: Cell<Instant>,
    stop: Stop,
    /// The accept loops.
    accepting: RefCell<Vec<JoinHandle<()>>>,
    runtime: Runtime,
}

impl Engine {
    pub(crate) fn new(selector_fd: RawFd) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .max_blocking_threads(DISK_THREADS)
            .thread_name("bolt-disk")
            .build()?;
        let entered = runtime.enter();
        // SAFETY: Python's selector is open while its owner makes this driver of it.
        let selector = unsafe { BorrowedFd::borrow_raw(selector_fd) }.try_clone_to_owned()?;
        // SAFETY: the duplicate is owned, so it stays open for as long as it is registered.
        let selector = unsafe { AsyncFd::register_with_interest(selector, tokio::io::Interest::READABLE) }?;
        let timer = Timer::new()?;
        drop(entered);
        LOOP_HAS_GIL.set(true);
        Ok(Engine {
            service: RefCell::new(None),
            tasks: LocalSet::new(),
            selector,
            timer,
            recheck: Cell::new(true),
            polled: Cell::new(Instant::now()),
            stop: Stop::new(),
            accepting: RefCell::default(),
            runtime,
        })
    }

    pub(crate) fn install(&self, service: Service) -> PyResult<()> {
        if self.service.borrow().is_some() {
            return Err(PyRuntimeError::new_err("an application is installed already"));
        }
        *self.service.borrow_mut() = Some(Rc::new(service));
        Ok(())
    }

    fn service(&self) -> io::Result<Rc<Service>> {
        self.service.borrow().clone().ok_or_else(|| io::Error::other("install an application before listening"))
    }

    pub(crate) fn listen(&self, fd: RawFd, unix: bool) -> io::Result<()> {
        let service = self.service()?;
        let fd = owned(fd);
        let _entered = self.runtime.enter();
        let listener = if unix {
            let socket = std::os::unix::net::UnixListener::from(fd);
            socket.set_nonblocking(true)?;
            Listener::Unix(tokio::net::UnixListener::from_std(socket)?)
        } else {
            let socket = std::net::TcpListener::from(fd);
            socket.set_nonblocking(true)?;
            Listener::Tcp(tokio::net::TcpListener::from_std(socket)?)
        };
        let accepting = self.tasks.spawn_local(accept_loop(listener, service, self.stop.clone()));
        self.accepting.borrow_mut().push(accepting);
        Ok(())
    }

    pub(crate) fn serve_socket(&self, fd: RawFd, peer: Peer) -> io::Result<()> {
        let service = self.service()?;
        let socket = std::os::unix::net::UnixStream::from(owned(fd));
        socket.set_nonblocking(true)?;
        let _entered = self.runtime.enter();
        let stream = tokio::net::UnixStream::from_std(socket)?;
        self.tasks.spawn_local(serve_connection(stream, peer, service, self.stop.clone()));
        Ok(())
    }

    /// Tells the loop once nothing is accepted any more and the last connection is closed.
    pub(crate) fn stop(&self, core: &Rc<Core>) -> io::Result<()> {
        let (service, stop, core) = (self.service()?, self.stop.clone(), core.clone());
        let accepting = self.accepting.take();
        self.tasks.spawn_local(async move {
            stop.trigger();
            for task in accepting {
                // One that panicked accepts nothing more either; the runtime has reported it.
                let _ = task.await;
            }
            service.drained().await;
            core.push_event(Event::Drained);
        });
        Ok(())
    }

    pub(crate) fn connections(&self) -> usize {
        self.service.borrow().as_ref().map_or(0, |service| service.open_connections())
    }

    pub(crate) fn selector_was_ready(&self) {
        self.recheck.set(true);
    }

    /// See `Driver.turn`.
    pub(crate) fn turn(&self, core: &Rc<Core>, timeout: Option<f64>) -> u8 {
        let deadline = match timeout {
            Some(seconds) if seconds <= 0.0 => None,
            Some(seconds) => Some(Instant::now() + Duration::from_secs_f64(seconds.min(LONGEST_TURN)) + TIMER_SLACK),
            None => Some(Instant::now() + Duration::from_secs_f64(LONGEST_TURN)),
        };
        core.pool.tell_threads();
        LOOP_HAS_GIL.set(false);
        core.pool.reports.polling(true);
        let flags = self.tasks.block_on(&self.runtime, async {
            let Some(deadline) = deadline else {
                poll_fn(|cx| {
                    let _: () = core.flush(cx.waker());
                    Poll::Ready(())
                })
                .await;
                // The first pause polls the sockets, the second runs the connections that they woke.
                tokio::task::yield_now().await;
                once_more().await;
                return poll_fn(|cx| Poll::Ready(self.look(core, cx))).await;
            };
            poll_fn(|cx| match self.look(core, cx) {
                0 => self.wait(core, cx, deadline),
                flags => Poll::Ready(flags),
            })
            .await
        });
        core.pool.reports.polling(false);
        LOOP_HAS_GIL.set(true);
        self.polled.set(Instant::now());
        flags
    }

    /// Whether a turn that must not wait would find the sockets as the last one left them.
    pub(crate) fn was_just_here(&self, core: &Core, timeout: Option<f64>) -> bool {
        timeout.is_some_and(|seconds| seconds <= 0.0) && !core.has_work() && self.polled.get().elapsed() < AGAIN_AFTER
    }

    /// Pending until the deadline, with a look before it at work that waits for a pool thread, and one at what pool threads
    /// have gathered.
    fn wait(&self, core: &Rc<Core>, cx: &mut Context<'_>, deadline: Instant) -> Poll<u8> {
        loop {
            let gathered = core.pool.next_collection();
            let next = [core.pool.next_look(), gathered].into_iter().flatten().min().filter(|at| *at < deadline);
            if self.timer.poll_until(cx, next.unwrap_or(deadline)).is_pending() {
                return Poll::Pending;
            }
            if next.is_none() {
                return Poll::Ready(0);
            }
            if core.pool.look() {
                core.wants_thread.set(true);
            }
            let flags = self.look(core, cx);
            if next == gathered {
                core.pool.reports.looked();
            }
            if flags != 0 {
                return Poll::Ready(flags);
            }
        }
    }

    /// Carries out what is decided and says what there is for Python.
    fn look(&self, core: &Rc<Core>, cx: &mut Context<'_>) -> u8 {
        core.set_turn(cx.waker());
        core.flush(cx.waker());
        let queued = if core.has_work() { QUEUED } else { 0 };
        queued | if self.selector_ready(cx) { SELECTOR } else { 0 }
    }

    fn selector_ready(&self, cx: &mut Context<'_>) -> bool {
        let mut ready = self.recheck.replace(false) && self.selector_polls_ready();
        if let Poll::Ready(Ok(mut guard)) = self.selector.poll_read_ready(cx) {
            guard.clear_ready();
            ready = true;
            // Registers the waker again: this poll consumed it.
            if let Poll::Ready(Ok(mut again)) = self.selector.poll_read_ready(cx) {
                again.clear_ready();
            }
        }
        ready
    }

    /// Asks the kernel: events left in the selector raise no new edge in the runtime's own.
    fn selector_polls_ready(&self) -> bool {
        let now = Timespec { tv_sec: 0, tv_nsec: 0 };
        let mut watched = [PollFd::new(self.selector.get_ref(), PollFlags::IN)];
        rustix::event::poll(&mut watched, Some(&now)).is_ok_and(|ready| ready > 0)
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        LOOP_HAS_GIL.set(false);
    }
}

/// Pending once, woken at once.
async fn once_more() {
    let mut polled = false;
    poll_fn(|cx| {
        if std::mem::replace(&mut polled, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

fn owned(fd: RawFd) -> OwnedFd {
    // SAFETY: Python hands over a descriptor it detached from its socket object.
    unsafe { OwnedFd::from_raw_fd(fd) }
}
