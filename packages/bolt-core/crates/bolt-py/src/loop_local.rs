//! What belongs to one thread, inside a Python object that may be dropped on any.
use std::cell::{Ref, RefCell};
use std::thread::{self, ThreadId};

use pyo3::PyResult;
use pyo3::exceptions::PyRuntimeError;

/// A value that only its own thread reaches, until it is taken out there.
pub(crate) struct LoopLocal<T> {
    owner: ThreadId,
    value: RefCell<Option<T>>,
}

// SAFETY: every access checks that it runs on the owner's thread; on another one a value that is left is forgotten, not dropped.
unsafe impl<T> Send for LoopLocal<T> {}
// SAFETY: as above; the `RefCell` itself is touched on the owner's thread only.
unsafe impl<T> Sync for LoopLocal<T> {}

impl<T> LoopLocal<T> {
    pub(crate) fn new(value: T) -> Self {
        LoopLocal { owner: thread::current().id(), value: RefCell::new(Some(value)) }
    }

    fn is_here(&self) -> bool {
        thread::current().id() == self.owner
    }

    /// The value; an error on another thread or once it was taken.
    pub(crate) fn get(&self) -> PyResult<Ref<'_, T>> {
        if !self.is_here() {
            return Err(PyRuntimeError::new_err("the event loop's driver belongs to the loop's thread"));
        }
        Ref::filter_map(self.value.borrow(), Option::as_ref)
            .map_err(|_| PyRuntimeError::new_err("the event loop is closed"))
    }

    /// Takes the value out; nothing on another thread, or while it is in use.
    pub(crate) fn take(&self) -> Option<T> {
        if !self.is_here() {
            return None;
        }
        self.value.try_borrow_mut().ok()?.take()
    }
}

impl<T> Drop for LoopLocal<T> {
    fn drop(&mut self) {
        if !self.is_here() {
            // Its parts are not safe to drop here: a loop that was never closed leaks them.
            std::mem::forget(self.value.get_mut().take());
        }
    }
}
