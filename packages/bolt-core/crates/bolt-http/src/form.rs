//! A submitted form: its text fields and its files, whatever encoding they came in.
use std::path::PathBuf;

use bytes::Bytes;

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
}

impl Drop for Spooled {
    fn drop(&mut self) {
        // One that was moved away is no longer there.
        let _ = std::fs::remove_file(&self.path);
    }
}
