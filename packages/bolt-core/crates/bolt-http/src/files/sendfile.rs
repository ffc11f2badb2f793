//! Bytes from files to sockets, and out of files.
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use bytes::Bytes;
use tokio::net::{TcpStream, UnixStream};

use crate::service::SendFile;

#[cfg(target_os = "linux")]
mod linux {
    use std::fs::File;
    use std::io::{self, IoSliceMut};
    use std::os::fd::AsFd;
    use std::task::{Context, Poll, ready};

    use rustix::io::{Errno, ReadWriteFlags};
    use tokio::io::Interest;
    use tokio::net::{TcpStream, UnixStream};

    pub(super) fn tcp(
        stream: &TcpStream,
        cx: &mut Context<'_>,
        file: &File,
        at: u64,
        length: usize,
    ) -> Poll<io::Result<usize>> {
        loop {
            ready!(stream.poll_write_ready(cx))?;
            match stream.try_io(Interest::WRITABLE, || send(stream, file, at, length)) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                sent => return Poll::Ready(sent),
            }
        }
    }

    pub(super) fn unix(
        stream: &UnixStream,
        cx: &mut Context<'_>,
        file: &File,
        at: u64,
        length: usize,
    ) -> Poll<io::Result<usize>> {
        loop {
            ready!(stream.poll_write_ready(cx))?;
            match stream.try_io(Interest::WRITABLE, || send(stream, file, at, length)) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                sent => return Poll::Ready(sent),
            }
        }
    }

    fn send(socket: impl AsFd, file: &File, mut at: u64, length: usize) -> io::Result<usize> {
        loop {
            match rustix::fs::sendfile(&socket, file, Some(&mut at), length) {
                Err(Errno::INTR) => {}
                sent => return Ok(sent?),
            }
        }
    }

    /// Reads what is in memory already; `None` where some of it may have to come from a disk, or nobody can say.
    pub(crate) fn read_cached(file: &File, at: u64, buffer: &mut [u8]) -> Option<usize> {
        rustix::io::preadv2(file, &mut [IoSliceMut::new(buffer)], at, ReadWriteFlags::NOWAIT).ok()
    }
}

#[cfg(target_os = "linux")]
pub(crate) use linux::read_cached;

#[cfg(target_os = "linux")]
pub(crate) const TCP: Option<SendFile<TcpStream>> = Some(linux::tcp);
#[cfg(target_os = "linux")]
pub(crate) const UNIX: Option<SendFile<UnixStream>> = Some(linux::unix);

#[cfg(not(target_os = "linux"))]
pub(crate) const TCP: Option<SendFile<TcpStream>> = None;
#[cfg(not(target_os = "linux"))]
pub(crate) const UNIX: Option<SendFile<UnixStream>> = None;

#[cfg(not(target_os = "linux"))]
pub(crate) fn read_cached(_file: &File, _at: u64, _buffer: &mut [u8]) -> Option<usize> {
    None
}

/// Whether these bytes can be sent without waiting for a disk, as far as the first and the last of them tell: what was read in
/// order is in memory in order.
pub(crate) fn is_cached(file: &File, at: u64, length: usize) -> bool {
    let last = at + (length as u64).saturating_sub(1);
    read_cached(file, at, &mut [0]).is_some() && read_cached(file, last, &mut [0]).is_some()
}

/// Brings these bytes into memory. Blocks.
pub(crate) fn warm(file: &File, at: u64, length: usize) -> io::Result<()> {
    let mut scratch = vec![0; length.min(64 * 1024)];
    let mut done = 0;
    while done < length {
        let wanted = scratch.len().min(length - done);
        match file.read_at(&mut scratch[..wanted], at + done as u64) {
            Ok(0) => break,
            Ok(read) => done += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Some bytes, as many as are in memory; `None` where reading them may block. Empty at the file's end.
pub(crate) fn block_cached(file: &File, at: u64, length: usize) -> Option<Bytes> {
    let mut block = vec![0; length];
    let read = read_cached(file, at, &mut block)?;
    block.truncate(read);
    Some(block.into())
}

/// Some bytes, empty at the file's end. Blocks.
pub(crate) fn block(file: &File, at: u64, length: usize) -> io::Result<Bytes> {
    let mut block = vec![0; length];
    loop {
        match file.read_at(&mut block, at) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            read => {
                block.truncate(read?);
                return Ok(block.into());
            }
        }
    }
}
