//! A bounded buffer between one thread that must not wait and one that may.
use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long lines are gathered before they are written together: a wake of the writer costs more than a line.
const GATHER: Duration = Duration::from_millis(50);

/// Words a number of dropped lines as a line.
type Notice = Box<dyn Fn(u64, &mut Vec<u8>) + Send>;

#[derive(Debug)]
pub(super) struct Writer {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    /// The writer waits here for lines, or for more of them.
    work: Condvar,
    /// Those who flush wait here.
    written: Condvar,
    capacity: usize,
}

#[derive(Debug, Default)]
struct State {
    pending: Vec<u8>,
    dropped: u64,
    /// The writer sleeps until somebody wakes it.
    idle: bool,
    /// Write now, without gathering.
    hurry: bool,
    stopping: bool,
    /// The writer is putting out what it took.
    busy: bool,
}

impl State {
    fn is_empty(&self) -> bool {
        self.pending.is_empty() && self.dropped == 0
    }
}

impl Shared {
    /// A panic while the lock is held leaves at worst half a line behind.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Writer {
    pub(super) fn start(out: Box<dyn Write + Send>, capacity: usize, notice: Notice) -> io::Result<Self> {
        let (state, work, written) = Default::default();
        let shared = Arc::new(Shared { state, work, written, capacity });
        let theirs = shared.clone();
        let run = move || write_lines(&theirs, out, &notice);
        std::thread::Builder::new().name("access-log".to_owned()).spawn(run)?;
        Ok(Writer { shared })
    }

    /// Adds what `format` appends, or counts it as dropped if there is no room.
    pub(super) fn append(&self, format: impl FnOnce(&mut Vec<u8>)) {
        let mut state = self.shared.lock();
        let before = state.pending.len();
        if before < self.shared.capacity {
            format(&mut state.pending);
        }
        if before >= self.shared.capacity || state.pending.len() > self.shared.capacity {
            state.pending.truncate(before);
            state.dropped += 1;
        }
        let urgent = !state.hurry && state.pending.len() > self.shared.capacity / 2;
        state.hurry |= urgent;
        if urgent || std::mem::take(&mut state.idle) {
            drop(state);
            self.shared.work.notify_one();
        }
    }

    pub(super) fn flush(&self, timeout: Duration) -> bool {
        let mut state = self.shared.lock();
        state.hurry = true;
        self.shared.work.notify_one();
        let until = Instant::now() + timeout;
        while state.busy || !state.is_empty() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            let waited = self.shared.written.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }

    pub(super) fn stop(&self, timeout: Duration) {
        self.shared.lock().stopping = true;
        self.flush(timeout);
    }
}

fn write_lines(shared: &Shared, mut out: Box<dyn Write + Send>, notice: &Notice) {
    let mut lines = Vec::new();
    let mut lost = 0;
    while let Some(dropped) = take(shared, &mut lines) {
        lost += dropped;
        if lost > 0 {
            notice(lost, &mut lines);
        }
        let result = out.write_all(&lines).and_then(|()| out.flush());
        // A full disk or a closed pipe loses what was to be written; it is told once writing works again.
        lost = if result.is_ok() { 0 } else { lost + count(&lines) - u64::from(lost > 0) };
        lines.clear();
        shared.lock().busy = false;
        shared.written.notify_all();
    }
    let _ = out.flush();
}

/// Swaps the pending lines for the empty `lines`; the number of those dropped. `None` when everything is written and no more
/// will come.
fn take(shared: &Shared, lines: &mut Vec<u8>) -> Option<u64> {
    let mut state = shared.lock();
    while state.is_empty() {
        if state.stopping {
            return None;
        }
        state.idle = true;
        state.hurry = false;
        state = shared.work.wait(state).unwrap_or_else(PoisonError::into_inner);
    }
    state.idle = false;
    if !state.hurry && !state.stopping {
        let gathered = shared.work.wait_timeout_while(state, GATHER, |state| !state.hurry && !state.stopping);
        state = gathered.unwrap_or_else(PoisonError::into_inner).0;
    }
    state.hurry = false;
    state.busy = true;
    std::mem::swap(&mut state.pending, lines);
    Some(std::mem::take(&mut state.dropped))
}

fn count(lines: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', lines).count() as u64
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(20);

    /// Output that hands every write to the test, after asking it whether to go on.
    struct Gate {
        written: mpsc::Sender<Vec<u8>>,
        allowed: mpsc::Receiver<io::Result<()>>,
    }

    impl Write for Gate {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _ = self.written.send(bytes.to_vec());
            self.allowed.recv().unwrap_or(Ok(()))?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    struct Gated {
        writer: Writer,
        written: mpsc::Receiver<Vec<u8>>,
        allow: mpsc::Sender<io::Result<()>>,
    }

    impl Gated {
        fn start(capacity: usize) -> Self {
            let ((sender, written), (allow, allowed)) = (mpsc::channel(), mpsc::channel());
            let notice = Box::new(|dropped, line: &mut Vec<u8>| {
                line.extend_from_slice(format!("{dropped} dropped\n").as_bytes());
            });
            let writer = Writer::start(Box::new(Gate { written: sender, allowed }), capacity, notice);
            Gated { writer: writer.expect("a thread"), written, allow }
        }

        fn append(&self, line: &str) {
            self.writer.append(|out| out.extend_from_slice(line.as_bytes()));
        }

        fn next(&self) -> String {
            String::from_utf8(self.written.recv_timeout(PATIENCE).expect("a write")).expect("UTF-8")
        }
    }

    /// Lines reach the output in order without anybody asking for it.
    #[test]
    fn lines_are_written_in_order() {
        let gated = Gated::start(1000);
        gated.append("one\n");
        gated.append("two\n");
        let mut all = gated.next();
        while all.len() < 8 {
            gated.allow.send(Ok(())).expect("the writer");
            all += &gated.next();
        }
        assert_eq!(all, "one\ntwo\n");
    }

    /// While the output is stuck, lines beyond the capacity are dropped, and their number is written afterwards.
    #[test]
    fn lines_that_do_not_fit_are_dropped_and_counted() {
        let gated = Gated::start(20);
        gated.append("first\n");
        assert_eq!(gated.next(), "first\n");
        for _ in 0..10 {
            gated.append("0123456\n");
        }
        gated.allow.send(Ok(())).expect("the writer");
        assert_eq!(gated.next(), "0123456\n0123456\n8 dropped\n");
        gated.allow.send(Ok(())).expect("the writer");
        assert!(gated.writer.flush(PATIENCE));
    }

    /// A line longer than the whole buffer is dropped and counted like any other.
    #[test]
    fn a_line_larger_than_the_buffer_is_dropped() {
        let gated = Gated::start(4);
        gated.append("too long\n");
        assert_eq!(gated.next(), "1 dropped\n");
    }

    /// Lines that could not be written count as dropped.
    #[test]
    fn a_failed_write_is_told_later() {
        let gated = Gated::start(1000);
        gated.append("one\ntwo\n");
        assert_eq!(gated.next(), "one\ntwo\n");
        gated.allow.send(Err(io::Error::other("disk full"))).expect("the writer");
        gated.append("three\n");
        assert_eq!(gated.next(), "three\n2 dropped\n");
        gated.allow.send(Err(io::Error::other("disk full"))).expect("the writer");
        gated.append("four\n");
        assert_eq!(gated.next(), "four\n3 dropped\n");
    }

    /// Flushing waits for the output, but not for ever.
    #[test]
    fn flushing_gives_up_on_a_stuck_output() {
        let gated = Gated::start(1000);
        gated.append("one\n");
        assert!(!gated.writer.flush(Duration::from_millis(20)));
        gated.allow.send(Ok(())).expect("the writer");
        assert!(gated.writer.flush(PATIENCE));
    }

    /// Stopping writes what is pending and ends the thread, which closes the output.
    #[test]
    fn stopping_writes_what_is_left() {
        let gated = Gated::start(1000);
        gated.append("last\n");
        gated.allow.send(Ok(())).expect("the writer");
        gated.writer.stop(PATIENCE);
        assert_eq!(gated.next(), "last\n");
        assert_eq!(gated.written.recv_timeout(PATIENCE), Err(mpsc::RecvTimeoutError::Disconnected));
    }
}
