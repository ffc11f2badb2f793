//! From a [`Source`] to a regular file that is open.
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Component, Path};
use std::sync::Arc;

use rustix::fs::{CWD, Mode, OFlags};
use rustix::io::Errno;

use super::Source;
use crate::refusal::Refusal;

/// A FIFO or a device must not make the open wait; neither is sent in the end.
const FLAGS: OFlags = OFlags::RDONLY.union(OFlags::CLOEXEC).union(OFlags::NOCTTY).union(OFlags::NONBLOCK);

/// An open regular file, and what identifies its content.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) file: Arc<File>,
    /// In bytes.
    pub(crate) size: u64,
    /// Seconds since 1970; `None` for an earlier time.
    pub(crate) modified: Option<u64>,
    /// A strong validator (RFC 9110 §8.8.3): inode, size and time of change in nanoseconds.
    pub(crate) etag: String,
}

/// Why a file is not sent.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Opening it may have to wait for a disk or a network: do it elsewhere.
    WouldBlock,
    /// There is no such file, none that is regular, or none below the root.
    Missing(&'static str),
    /// The server's user may not read it.
    Forbidden,
    /// Out of descriptors.
    Exhausted(io::Error),
    /// Anything else.
    Other(io::Error),
}

impl Failure {
    /// What the client is told. Not to be allowed is 403, as nginx has it: the handler meant the file to be seen, so there is
    /// nothing to hide, and a wrong mode is found sooner.
    pub(crate) fn refusal(&self) -> Refusal {
        match self {
            Failure::Missing(_) => Refusal::NotFound,
            Failure::Forbidden => Refusal::Forbidden,
            Failure::Exhausted(_) => Refusal::ServiceUnavailable { retry_after: None },
            Failure::WouldBlock | Failure::Other(_) => Refusal::HandlerLost,
        }
    }

    /// What the log is told.
    pub(crate) fn reason(&self) -> String {
        match self {
            Failure::Missing(reason) => (*reason).to_owned(),
            Failure::Forbidden => "the server's user may not read it".to_owned(),
            Failure::Exhausted(error) | Failure::Other(error) => error.to_string(),
            Failure::WouldBlock => "it would have to wait".to_owned(),
        }
    }
}

impl From<Errno> for Failure {
    fn from(error: Errno) -> Self {
        match error {
            Errno::NOENT | Errno::NOTDIR | Errno::NAMETOOLONG | Errno::INVAL | Errno::NXIO => {
                Failure::Missing("there is no such file")
            }
            Errno::LOOP | Errno::XDEV => Failure::Missing("it leads out of its root, or in a circle"),
            Errno::ACCESS | Errno::PERM => Failure::Forbidden,
            Errno::AGAIN => Failure::WouldBlock,
            Errno::MFILE | Errno::NFILE => Failure::Exhausted(error.into()),
            _ => Failure::Other(error.into()),
        }
    }
}

impl Opened {
    /// Opens and examines a file. With `wait` off, fails with [`Failure::WouldBlock`] where that is not sure to come at once;
    /// otherwise it belongs on a thread that may block.
    pub(crate) fn open(source: &Source, wait: bool) -> Result<Opened, Failure> {
        match source {
            Source::Open(file) => Opened::examine(file.clone()),
            Source::Path(path) => Opened::examine(Arc::new(at(CWD, checked(path)?, wait)?.into())),
            Source::Below { root, path } => {
                let inner = inner(path)?;
                Opened::examine(Arc::new(below(checked(root)?, inner, wait)?.into()))
            }
        }
    }

    fn examine(file: Arc<File>) -> Result<Opened, Failure> {
        use std::os::unix::fs::MetadataExt;
        // Needs no path and no disk: the inode of an open file is in memory.
        let data = file.metadata().map_err(Failure::Other)?;
        if !data.is_file() {
            return Err(Failure::Missing("it is no regular file"));
        }
        let (seconds, nanoseconds) = (data.mtime(), data.mtime_nsec());
        let etag = format!("\"{:x}-{:x}-{seconds:x}.{nanoseconds:x}\"", data.ino(), data.size());
        Ok(Opened { file, size: data.size(), modified: u64::try_from(seconds).ok(), etag })
    }
}

/// NUL ends a path for the kernel: what follows would be cut off.
fn checked(path: &Path) -> Result<&Path, Failure> {
    use std::os::unix::ffi::OsStrExt;
    if path.as_os_str().as_bytes().contains(&0) {
        return Err(Failure::Missing("its name holds a NUL byte"));
    }
    Ok(path)
}

/// A path that is made of names alone, so that it stays where it begins but for links.
pub(super) fn inner(path: &Path) -> Result<&Path, Failure> {
    let names = |part| matches!(part, Component::Normal(_) | Component::CurDir);
    if path.components().all(names) { checked(path) } else { Err(Failure::Missing("its name leads out of its root")) }
}

#[cfg(target_os = "linux")]
fn at(folder: impl AsFd, path: &Path, wait: bool) -> Result<OwnedFd, Failure> {
    use rustix::fs::ResolveFlags;
    // Linux 5.12: fails rather than wait for a directory that is not cached. What io_uring tries first, too.
    if !wait {
        return opened2(folder, path, FLAGS, ResolveFlags::CACHED);
    }
    Ok(rustix::fs::openat(folder, path, FLAGS, Mode::empty())?)
}

#[cfg(target_os = "linux")]
fn opened2(
    folder: impl AsFd,
    path: &Path,
    flags: OFlags,
    resolve: rustix::fs::ResolveFlags,
) -> Result<OwnedFd, Failure> {
    match rustix::fs::openat2(folder, path, flags, Mode::empty(), resolve) {
        // An older kernel, or a container that forbids what it does not know; nothing is known to be forbidden yet.
        Err(Errno::NOSYS | Errno::PERM | Errno::INVAL) if resolve.contains(rustix::fs::ResolveFlags::CACHED) => {
            Err(Failure::WouldBlock)
        }
        opened => Ok(opened?),
    }
}

#[cfg(target_os = "linux")]
fn below(root: &Path, path: &Path, wait: bool) -> Result<OwnedFd, Failure> {
    use rustix::fs::ResolveFlags;
    /// A folder that is renamed meanwhile makes the kernel ask to try again.
    const ATTEMPTS: usize = 16;
    let folder = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let cached = if wait { ResolveFlags::empty() } else { ResolveFlags::CACHED };
    let root =
        if wait { rustix::fs::openat(CWD, root, folder, Mode::empty())? } else { opened2(CWD, root, folder, cached)? };
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS | cached;
    for _ in 0..ATTEMPTS {
        return match rustix::fs::openat2(&root, path, FLAGS, Mode::empty(), resolve) {
            Err(Errno::AGAIN) if wait => continue,
            Err(Errno::NOSYS | Errno::PERM | Errno::INVAL) if wait => stepwise(root, path),
            Err(Errno::NOSYS | Errno::PERM | Errno::INVAL) => Err(Failure::WouldBlock),
            opened => Ok(opened?),
        };
    }
    Err(Failure::Other(Errno::AGAIN.into()))
}

#[cfg(not(target_os = "linux"))]
fn at(folder: impl AsFd, path: &Path, wait: bool) -> Result<OwnedFd, Failure> {
    if !wait {
        return Err(Failure::WouldBlock);
    }
    Ok(rustix::fs::openat(folder, path, FLAGS, Mode::empty())?)
}

#[cfg(not(target_os = "linux"))]
fn below(root: &Path, path: &Path, wait: bool) -> Result<OwnedFd, Failure> {
    if !wait {
        return Err(Failure::WouldBlock);
    }
    let folder = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    stepwise(rustix::fs::openat(CWD, root, folder, Mode::empty())?, path)
}

/// Without the kernel's help: name by name, following no link at all.
fn stepwise(root: OwnedFd, path: &Path) -> Result<OwnedFd, Failure> {
    let mut folder = root;
    let mut names = path.components().filter(|part| matches!(part, Component::Normal(_))).peekable();
    while let Some(name) = names.next() {
        if names.peek().is_none() {
            return Ok(rustix::fs::openat(&folder, name.as_os_str(), FLAGS | OFlags::NOFOLLOW, Mode::empty())?);
        }
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        folder = rustix::fs::openat(&folder, name.as_os_str(), flags, Mode::empty())?;
    }
    Err(Failure::Missing("it names the root itself"))
}

#[cfg(test)]
mod tests;
