//! A submitted form: its text fields and its files, whatever encoding they came in.
mod part;
mod reader;
mod spool;
mod urlencoded;

pub mod multipart;

use std::path::PathBuf;

use bytes::Bytes;

use crate::refusal::Refusal;

pub use reader::{Encoded, FormReader, parse};
pub(crate) use spool::Spooler;

const TOO_MANY_FIELDS: Refusal = Refusal::FormTooLarge("The form has too many fields");

/// Limits of every form; what breaks one is 413.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormLimits {
    /// Bytes of everything but files. Default 2.5 MiB.
    pub max_data: usize,
    /// Text fields. Default 1000.
    pub max_fields: usize,
    /// Files. Default 100.
    pub max_files: usize,
    /// Bytes of a form's files that are kept in memory; what is more goes to temporary files. Default 2.5 MiB.
    pub memory: usize,
    /// Where those lie; `None` for the system's folder.
    pub folder: Option<PathBuf>,
}

impl Default for FormLimits {
    fn default() -> Self {
        FormLimits { max_data: 2_621_440, max_fields: 1000, max_files: 100, memory: 2_621_440, folder: None }
    }
}

/// What a route takes of a form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FormSpec {
    /// The fields that are files, by name.
    pub files: Vec<(String, FileSpec)>,
    /// Keep files of other fields, too; else they are dropped as they arrive.
    pub keep_others: bool,
}

impl FormSpec {
    pub(crate) fn file(&self, field: &str) -> Option<&FileSpec> {
        self.files.iter().find(|(name, _)| name == field).map(|(_, spec)| spec)
    }
}

/// What a route takes as a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileSpec {
    /// Bytes of one file; 413.
    pub max_size: Option<u64>,
    /// Media types, `image/*` for all of a kind; empty for any; 415.
    pub types: Vec<String>,
    /// Files in the field; 413.
    pub max_files: Option<usize>,
}

impl FileSpec {
    /// Whether a file of the media type that a client claims is taken.
    fn takes(&self, media_type: &str) -> bool {
        let matches = |pattern: &String| match pattern.strip_suffix('*') {
            Some("*/") => true,
            Some(kind) if kind.ends_with('/') => {
                media_type.get(..kind.len()).is_some_and(|start| start.eq_ignore_ascii_case(kind))
            }
            _ => pattern.eq_ignore_ascii_case(media_type),
        };
        self.types.is_empty() || self.types.iter().any(matches)
    }
}

/// What a form holds, in the order sent.
#[derive(Debug, Default)]
pub struct Form {
    /// Names and values of the text fields, repeated names included.
    pub fields: Vec<(String, String)>,
    /// Uploaded files.
    pub files: Vec<FilePart>,
}

/// One uploaded file.
#[derive(Debug)]
pub struct FilePart {
    /// The name of its field.
    pub field: String,
    /// The name that the client gave it, reduced to its last component.
    pub name: String,
    /// The media type that the client claims, without parameters; empty where it claims none.
    pub media_type: String,
    /// The `charset` parameter of that type.
    pub charset: Option<String>,
    /// In bytes.
    pub size: u64,
    /// What is in it.
    pub content: Content,
}

/// Where an uploaded file's content is.
#[derive(Debug)]
pub enum Content {
    /// In memory.
    Memory(Bytes),
    /// In a temporary file, which is removed when this is dropped.
    Disk(Spooled),
}

/// A temporary file; dropping it removes the file unless it was moved away.
#[derive(Debug)]
pub struct Spooled {
    /// Where it lies.
    pub path: PathBuf,
    /// In bytes.
    size: u64,
}
