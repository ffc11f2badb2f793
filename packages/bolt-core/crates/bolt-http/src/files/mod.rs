//! Files as replies: opened safely, sent by ranges, never read into memory whole.
//!
//! `open` turns a [`Source`] into a descriptor, `ranges` reads a `Range`, `content` decides status, fields and pieces, `sendfile`
//! moves bytes, `offload` leaves that to a proxy. None of them writes to a connection; that is `http1::send_file`.
mod content;
mod offload;
mod open;
pub mod ranges;
pub(crate) mod sendfile;

use std::path::PathBuf;
use std::sync::Arc;

use crate::reply::ReplyHead;

pub(crate) use content::{Content, Decided, Piece, decide};
pub use offload::Offload;
pub(crate) use open::{Failure, Opened};

/// A file that a handler answers with.
#[derive(Debug, Clone)]
pub struct FileReply {
    /// The status, 200 unless the file is an error page or the like, and the handler's own fields. Length, validators and ranges
    /// are the engine's; an `ETag` or `Last-Modified` of the handler's counts instead of the file's.
    pub head: ReplyHead,
    /// Which file.
    pub source: Source,
}

/// Where a file is.
#[derive(Debug, Clone)]
pub enum Source {
    /// Anywhere: the path is the application's own.
    Path(PathBuf),
    /// Below a folder, which neither `..`, an absolute path nor a symbolic link may leave.
    Below {
        /// The folder.
        root: PathBuf,
        /// Relative to it.
        path: PathBuf,
    },
    /// Open already; sent from its beginning, its own position neither used nor moved.
    Open(Arc<std::fs::File>),
}

impl Source {
    /// Opens the file for somebody else than the engine; may block. Errors: why the engine would not send it.
    pub fn open(&self) -> Result<Arc<std::fs::File>, String> {
        Opened::open(self, true).map(|opened| opened.file).map_err(|failure| failure.reason())
    }
}

impl std::fmt::Display for Source {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Source::Path(path) => write!(formatter, "{path:?}"),
            Source::Below { root, path } => write!(formatter, "{path:?} below {root:?}"),
            Source::Open(_) => formatter.write_str("an open file"),
        }
    }
}
