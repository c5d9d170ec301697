//! Waiting for a file descriptor to become readable, without unsafe code.
//!
//! tokio's `AsyncFd` can be made through unsafe functions only. Its pipe receiver takes any
//! owned descriptor, is watched for reading alone (no wake-up for each bit of send space),
//! and runs a closure when the descriptor is ready.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use tokio::net::unix::pipe;

/// An owned, non-blocking descriptor that can be awaited.
#[derive(Debug)]
pub(crate) struct Readable {
    inner: pipe::Receiver,
}

impl Readable {
    /// Registers `fd`, which must be non-blocking, with the current runtime.
    pub(crate) fn new(fd: OwnedFd) -> io::Result<Self> {
        pipe::Receiver::from_owned_fd_unchecked(fd).map(|inner| Self { inner })
    }

    /// Runs `read` each time the descriptor may be readable until it gives something else
    /// than `WouldBlock`. Cancel safe: nothing is awaited after `read` has succeeded.
    ///
    /// Where `read` left nothing behind, the next wait begins at once instead of with a call in
    /// vain. What arrives after the call that emptied the descriptor wakes that wait.
    pub(crate) async fn read<R>(
        &self,
        mut read: impl FnMut() -> io::Result<(R, Left)>,
    ) -> io::Result<R> {
        loop {
            self.inner.readable().await?;
            let mut all = None;
            let some = self.inner.try_io(|| match read()? {
                (got, Left::Perhaps) => Ok(got),
                (got, Left::Nothing) => {
                    all = Some(got);
                    Err(io::ErrorKind::WouldBlock.into())
                }
            });
            match (all, some) {
                (Some(got), _) => return Ok(got),
                (None, Err(error)) if error.kind() == io::ErrorKind::WouldBlock => {}
                (None, result) => return result,
            }
        }
    }
}

/// What a call left to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Left {
    /// It took all there was.
    Nothing,
    /// There may be more.
    Perhaps,
}

impl AsFd for Readable {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.inner.as_fd()
    }
}
