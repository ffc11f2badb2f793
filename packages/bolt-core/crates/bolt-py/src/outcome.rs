//! A handler's result as an answer for the engine.
use std::borrow::Cow;

use bolt_http::files::FileReply;
use bolt_http::reply::{HeaderBlock, InvalidHeader, Reply, ReplyHead};
use bytes::Bytes;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyBytes, PyDict, PyList, PyString, PyTuple};

use crate::ffi::is_kind_of;
use crate::files::FileBody;
use crate::hooks::Hooks;
use crate::route_plan::Plan;

/// Bodies from this size on are handed over without a copy; below it the copy is cheaper than the bookkeeping.
const SHARED_FROM: usize = 64 * 1024;

const JSON: HeaderBlock = HeaderBlock::from_static(b"content-type: application/json\r\n");

/// Called on the loop's thread once a reply has been sent or its client has left.
pub(crate) type After = Option<Py<PyAny>>;

/// What goes back: all of it, a file, or a head and an iterable of chunks; or something to await that resolves to one of these.
pub(crate) enum Outcome {
    Whole(Reply, After),
    File(Box<FileReply>, After),
    Stream(Streamed),
    Later(Py<PyAny>),
}

/// A reply whose body is still to be produced.
pub(crate) struct Streamed {
    pub(crate) head: ReplyHead,
    pub(crate) chunks: Py<PyAny>,
    pub(crate) after: After,
}

impl Outcome {
    /// The common cases without the Python hook: a dict, list or Struct as JSON, and plain response objects.
    pub(crate) fn fast(
        py: Python<'_>,
        plan: &Plan,
        hooks: &Hooks,
        value: &Bound<'_, PyAny>,
    ) -> Option<PyResult<Outcome>> {
        if !plan.fast {
            return None;
        }
        if hooks.is_plain_response(value) {
            // What cannot be sent the long way refuses in words.
            return Outcome::response(plan, hooks, value).ok().flatten().map(Ok);
        }
        let encode = plan.encode.as_ref()?;
        let json = value.is_exact_instance_of::<PyDict>()
            || value.is_exact_instance_of::<PyList>()
            || is_kind_of(value, hooks.struct_class.bind(py));
        if !json {
            return None;
        }
        let encoded = encode.bind(py).call1((value,)).and_then(|encoded| whole_body(&encoded));
        Some(
            encoded.map(|body| {
                Outcome::Whole(Reply { head: ReplyHead { status: plan.status, headers: JSON }, body }, None)
            }),
        )
    }

    /// A response object that is nothing but its status, header fields and content; nothing of one with background tasks, or
    /// with data in its stream.
    fn response(plan: &Plan, hooks: &Hooks, response: &Bound<'_, PyAny>) -> PyResult<Option<Outcome>> {
        let py = response.py();
        let content = response.getattr(intern!(py, "content"))?;
        let is_data = is_kind_of(&content, hooks.encoded_items.bind(py));
        if is_data || !response.getattr(intern!(py, "background"))?.is_none() {
            return Ok(None);
        }
        let status = match response.getattr(intern!(py, "status_code"))? {
            none if none.is_none() => plan.status,
            status => status.extract()?,
        };
        let fields = response.call_method0(intern!(py, "fields"))?.cast_into::<PyList>()?;
        Outcome::of(status, &fields, (content, None)).map(Some)
    }

    /// From what the Python hooks return: `(status, headers, body)`, the same with `after`, or an awaitable of such a tuple.
    pub(crate) fn parse(result: &Bound<'_, PyAny>) -> PyResult<Outcome> {
        let tuple = match result.cast::<PyTuple>() {
            Ok(tuple) => tuple,
            Err(_) if is_awaitable(result) => return Ok(Outcome::Later(result.clone().unbind())),
            Err(error) => return Err(error.into()),
        };
        let after = if tuple.len() == 4 { Some(tuple.get_item(3)?).filter(|after| !after.is_none()) } else { None };
        let (status, headers, body): (u16, Bound<'_, PyList>, Bound<'_, PyAny>) = tuple.get_slice(0, 3).extract()?;
        if !(200..600).contains(&status) {
            return Err(PyValueError::new_err(format!("status {status} is not a final HTTP status (200 to 599)")));
        }
        Outcome::of(status, &headers, (body, after.map(Bound::unbind)))
    }

    fn of(status: u16, headers: &Bound<'_, PyList>, (body, after): (Bound<'_, PyAny>, After)) -> PyResult<Outcome> {
        let head = ReplyHead { status, headers: header_block(headers)? };
        if body.is_instance_of::<PyBytes>() {
            return Ok(Outcome::Whole(Reply { head, body: whole_body(&body)? }, after));
        }
        if let Ok(file) = body.cast::<FileBody>() {
            return Ok(Outcome::File(Box::new(FileReply { head, source: file.get().0.clone() }), after));
        }
        Ok(Outcome::Stream(Streamed { head, chunks: body.unbind(), after }))
    }
}

fn whole_body(body: &Bound<'_, PyAny>) -> PyResult<Bytes> {
    let body = body.cast::<PyBytes>()?;
    let bytes = body.as_bytes();
    if bytes.len() < SHARED_FROM {
        return Ok(Bytes::copy_from_slice(bytes));
    }
    Ok(Bytes::from_owner(PyBackedBytes::from(body.clone())))
}

fn header_block(headers: &Bound<'_, PyList>) -> PyResult<HeaderBlock> {
    let mut block = HeaderBlock::builder();
    for field in headers.iter() {
        let (name, value): (Bound<'_, PyString>, Bound<'_, PyString>) = field.extract()?;
        let (name, value) = (name.to_str()?, value.to_str()?);
        let pushed = latin1(value).ok_or(InvalidHeader::Value).and_then(|value| block.push(name.as_bytes(), &value));
        pushed.map_err(|why| {
            let why = match why {
                InvalidHeader::Name => "its name is not a token",
                InvalidHeader::Value => "its value holds a control character, or one beyond ISO 8859-1; encode it",
                InvalidHeader::Reserved => "the server sets it itself",
            };
            PyValueError::new_err(format!("response header {name:?} cannot be sent: {why}"))
        })?;
    }
    Ok(block.finish())
}

/// The bytes of a field value, one for each character, as WSGI and Django have it (RFC 9110 §5.5).
fn latin1(value: &str) -> Option<Cow<'_, [u8]>> {
    if value.is_ascii() {
        return Some(Cow::Borrowed(value.as_bytes()));
    }
    value.chars().map(|char| u8::try_from(char).ok()).collect::<Option<Vec<u8>>>().map(Cow::Owned)
}

fn is_awaitable(result: &Bound<'_, PyAny>) -> bool {
    result.hasattr(intern!(result.py(), "__await__")).unwrap_or(false)
}

/// Whether an iterable of chunks is asynchronous.
pub(crate) fn is_async_iterable(chunks: &Bound<'_, PyAny>) -> bool {
    chunks.hasattr(intern!(chunks.py(), "__aiter__")).unwrap_or(false)
}

/// One chunk of a stream: `str` (sent as UTF-8) or any bytes-like object.
pub(crate) fn chunk_bytes(chunk: &Bound<'_, PyAny>) -> PyResult<Bytes> {
    if chunk.is_instance_of::<PyBytes>() {
        return whole_body(chunk);
    }
    if let Ok(text) = chunk.cast::<PyString>() {
        return Ok(Bytes::copy_from_slice(text.to_str()?.as_bytes()));
    }
    match chunk.py().get_type::<PyBytes>().call1((chunk,)) {
        Ok(copied) if chunk.hasattr(intern!(chunk.py(), "__buffer__"))? => whole_body(&copied),
        _ => Err(PyTypeError::new_err(format!(
            "a stream yields str or bytes, not {}; annotate the handler with what it yields (-> AsyncIterator[Item]) to send \
             JSON Lines",
            chunk.get_type().name()?
        ))),
    }
}
