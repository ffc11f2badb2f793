//! Files that are too large for memory, written by threads that may wait for the disk.
use std::fs::File;
use std::io::{self, Write as _};
use std::path::PathBuf;

use tokio::task::JoinHandle;

use super::Spooled;

/// Files above this size are removed by a thread of their own: freeing their blocks takes the kernel a while.
const SLOW_TO_REMOVE: u64 = 16 * 1024 * 1024;

/// More of a file for the disk.
#[derive(Debug)]
pub(crate) struct Write {
    /// Its place among the form's files.
    pub(crate) file: usize,
    pub(crate) data: Vec<u8>,
    /// The file is complete.
    pub(crate) last: bool,
}

/// The files of one form that are on disk.
#[derive(Debug)]
pub(crate) struct Disk {
    folder: Option<PathBuf>,
    open: Option<(File, Spooled)>,
    done: Vec<(usize, Spooled)>,
}

impl Disk {
    fn write(&mut self, writes: Vec<Write>) -> io::Result<()> {
        for Write { file, data, last } in writes {
            let (out, mut spooled) = match self.open.take() {
                Some(open) => open,
                None => self.create()?,
            };
            (&out).write_all(&data)?;
            spooled.size += data.len() as u64;
            if last {
                self.done.push((file, spooled));
            } else {
                self.open = Some((out, spooled));
            }
        }
        Ok(())
    }

    fn create(&self) -> io::Result<(File, Spooled)> {
        let mut builder = tempfile::Builder::new();
        builder.prefix("upload-").suffix(".upload");
        let made = match &self.folder {
            Some(folder) => builder.tempfile_in(folder)?,
            None => builder.tempfile()?,
        };
        let (file, path) = made.into_parts();
        Ok((file, Spooled { path: path.keep()?, size: 0 }))
    }
}

/// Writes what it is given, one batch at a time, while the next is read.
pub(crate) enum Spooler {
    Idle(Disk),
    Busy(JoinHandle<(Disk, io::Result<()>)>),
}

impl Spooler {
    /// Temporary files go to `folder`, by default to the system's.
    pub(crate) fn new(folder: Option<PathBuf>) -> Self {
        Spooler::Idle(Disk { folder, open: None, done: Vec::new() })
    }

    /// Takes the next batch once the last one is written.
    pub(crate) async fn put(self, writes: Vec<Write>) -> io::Result<Self> {
        let mut disk = self.settle().await?;
        Ok(Spooler::Busy(tokio::task::spawn_blocking(move || {
            let written = disk.write(writes);
            (disk, written)
        })))
    }

    /// Waits until everything is written.
    async fn settle(self) -> io::Result<Disk> {
        match self {
            Spooler::Idle(disk) => Ok(disk),
            Spooler::Busy(writing) => {
                let (disk, written) = writing.await.map_err(io::Error::other)?;
                written.map(|()| disk)
            }
        }
    }

    /// Every file, by its place in the form.
    pub(crate) async fn finish(self) -> io::Result<Vec<(usize, Spooled)>> {
        Ok(self.settle().await?.done)
    }
}

impl Drop for Spooled {
    fn drop(&mut self) {
        let path = Removed(std::mem::take(&mut self.path));
        if self.size >= SLOW_TO_REMOVE {
            // Where no thread can be had, dropping the closure removes the file here.
            let _ = std::thread::Builder::new().name("bolt-remove".to_owned()).spawn(move || drop(path));
        }
    }
}

/// Removes a file when dropped, wherever that is.
struct Removed(PathBuf);

impl Drop for Removed {
    fn drop(&mut self) {
        // A file that was moved away is no longer there.
        let _ = std::fs::remove_file(&self.0);
    }
}
