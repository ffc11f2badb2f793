//! The few calls into CPython that PyO3 does not wrap, each behind a safe function.
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyTuple, PyType};

/// Lets a value that is not `Send` pass through [`Python::detach`], which runs its closure on the calling thread.
pub(crate) struct OnThisThread<T>(T);

// SAFETY: only ever handed to `Python::detach`, whose closure runs on the same thread before `detach` returns.
unsafe impl<T> Send for OnThisThread<T> {}

impl<T> OnThisThread<T> {
    pub(crate) fn new(value: T) -> Self {
        OnThisThread(value)
    }

    /// By method, so that a closure captures the wrapper and not its field.
    pub(crate) fn into_inner(self) -> T {
        self.0
    }
}

/// A shallow, constant-time copy of a `contextvars.Context`.
pub(crate) fn copy_context<'py>(context: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    // SAFETY: the GIL is held; a non-context argument makes PyContext_Copy return NULL with an exception set.
    unsafe { Bound::from_owned_ptr_or_err(context.py(), ffi::PyContext_Copy(context.as_ptr())) }
}

/// A copy of the running thread's current context.
pub(crate) fn current_context(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    // SAFETY: the GIL is held.
    unsafe { Bound::from_owned_ptr_or_err(py, ffi::PyContext_CopyCurrent()) }
}

/// Makes `context` current until dropped, on the thread that created it.
pub(crate) struct Entered<'a, 'py>(&'a Bound<'py, PyAny>);

impl<'a, 'py> Entered<'a, 'py> {
    pub(crate) fn new(context: &'a Bound<'py, PyAny>) -> PyResult<Self> {
        // SAFETY: the GIL is held; the context outlives the guard, which borrows it.
        if unsafe { ffi::PyContext_Enter(context.as_ptr()) } != 0 {
            return Err(PyErr::fetch(context.py()));
        }
        Ok(Entered(context))
    }
}

impl Drop for Entered<'_, '_> {
    fn drop(&mut self) {
        // SAFETY: entered in `new` on this thread; guards nest, so it is the current one. It cannot fail then.
        unsafe { ffi::PyContext_Exit(self.0.as_ptr()) };
    }
}

/// Calls with positional arguments followed by the values of `names`, by vectorcall.
pub(crate) fn vectorcall<'py>(
    callable: &Bound<'py, PyAny>,
    args: &[Bound<'py, PyAny>],
    names: Option<&Bound<'py, PyTuple>>,
) -> PyResult<Bound<'py, PyAny>> {
    let named = names.map_or(0, |names| names.len());
    debug_assert!(named <= args.len());
    let names = names.map_or(std::ptr::null_mut(), |names| names.as_ptr());
    // SAFETY: `Bound` is a transparent pointer, so the slice is an array of valid `PyObject*`; the last `named` of them
    // belong to the names. The result is a new reference or NULL with an exception set.
    unsafe {
        let result = ffi::PyObject_Vectorcall(callable.as_ptr(), args.as_ptr().cast(), args.len() - named, names);
        Bound::from_owned_ptr_or_err(callable.py(), result)
    }
}

/// Whether the object is an instance of the class or of a subclass, without asking metaclasses.
pub(crate) fn is_kind_of(object: &Bound<'_, PyAny>, class: &Bound<'_, PyType>) -> bool {
    // SAFETY: both pointers are valid type objects while the GIL is held.
    unsafe { ffi::PyType_IsSubtype(ffi::Py_TYPE(object.as_ptr()), class.as_type_ptr()) != 0 }
}

/// Whether the object is a coroutine made by an `async def` function.
pub(crate) fn is_coroutine(object: &Bound<'_, PyAny>) -> bool {
    // SAFETY: reads the object's type only.
    unsafe { ffi::PyCoro_CheckExact(object.as_ptr()) != 0 }
}
