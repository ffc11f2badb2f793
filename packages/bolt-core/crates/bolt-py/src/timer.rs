//! Waiting with the kernel's own precision: tokio's wheel ticks in whole milliseconds and rounds up.
use std::io;
use std::task::{Context, Poll};
use std::time::Instant;

#[cfg(target_os = "linux")]
mod imp {
    use std::cell::Cell;
    use std::os::fd::OwnedFd;
    use std::time::Duration;

    use rustix::time::{Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec};
    use tokio::io::unix::AsyncFd;

    use super::*;

    /// A timer that fires this much after the deadline is not armed again for it.
    const SLACK: Duration = Duration::from_micros(50);

    /// One timerfd, armed only when it would otherwise fire too late.
    pub(crate) struct Timer {
        fd: AsyncFd<OwnedFd>,
        armed: Cell<Option<Instant>>,
    }

    impl Timer {
        /// Must be called inside a runtime.
        pub(crate) fn new() -> io::Result<Self> {
            let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
            let fd = rustix::time::timerfd_create(TimerfdClockId::Monotonic, flags)?;
            // SAFETY: the descriptor is owned, so it stays open for as long as it is registered.
            let fd = unsafe { AsyncFd::register(fd) }?;
            Ok(Timer { fd, armed: Cell::new(None) })
        }

        /// Ready at `deadline`; may wake the task earlier, never much later.
        pub(crate) fn poll_until(&self, cx: &mut Context<'_>, deadline: Instant) -> Poll<()> {
            loop {
                let now = Instant::now();
                if now >= deadline {
                    return Poll::Ready(());
                }
                if self.armed.get().is_none_or(|at| at > deadline + SLACK) {
                    self.arm(deadline - now);
                    self.armed.set(Some(deadline));
                }
                match self.fd.poll_read_ready(cx) {
                    Poll::Ready(Ok(mut guard)) => {
                        guard.clear_ready();
                        self.armed.set(None);
                    }
                    _ => return Poll::Pending,
                }
            }
        }

        fn arm(&self, after: Duration) {
            let it_value = Timespec { tv_sec: after.as_secs() as i64, tv_nsec: i64::from(after.subsec_nanos().max(1)) };
            let it_interval = Timespec { tv_sec: 0, tv_nsec: 0 };
            let spec = Itimerspec { it_interval, it_value };
            // A valid descriptor and a valid time cannot be refused.
            let _ = rustix::time::timerfd_settime(&self.fd, TimerfdTimerFlags::empty(), &spec);
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod imp {
    use std::cell::RefCell;
    use std::future::Future;
    use std::pin::Pin;

    use super::*;

    /// Elsewhere tokio's own timer, to the millisecond.
    #[derive(Default)]
    pub(crate) struct Timer {
        sleep: RefCell<Option<Pin<Box<tokio::time::Sleep>>>>,
    }

    impl Timer {
        pub(crate) fn new() -> io::Result<Self> {
            Ok(Self::default())
        }

        pub(crate) fn poll_until(&self, cx: &mut Context<'_>, deadline: Instant) -> Poll<()> {
            let mut sleep = self.sleep.borrow_mut();
            let sleep = sleep.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(deadline.into())));
            if sleep.deadline() != tokio::time::Instant::from_std(deadline) {
                sleep.as_mut().reset(deadline.into());
            }
            sleep.as_mut().poll(cx)
        }
    }
}

pub(crate) use imp::Timer;
