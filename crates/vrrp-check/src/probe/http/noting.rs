//! A stream that notes the TLS error that ended it: on their way up, HTTP libraries lose all but its text.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::probe::tls;

/// Where the error is left.
#[derive(Clone, Debug, Default)]
pub(crate) struct Note(Arc<Mutex<Option<rustls::Error>>>);

impl Note {
    pub(crate) fn take(&self) -> Option<rustls::Error> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn leave(&self, error: &io::Error) -> bool {
        let Some(error) = tls::error::of(error) else {
            return false;
        };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.clone());
        true
    }
}

/// The stream under an HTTP connection.
pub(crate) struct Noting<S> {
    stream: S,
    note: Note,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Noting<S> {
    pub(crate) fn new(stream: S) -> (Self, Note) {
        let note = Note::default();
        (
            Self {
                stream,
                note: note.clone(),
            },
            note,
        )
    }

    /// A server that refuses our certificate says so and closes; our next write then fails before anybody
    /// has read what it said.
    fn failed(&mut self, context: &mut Context<'_>, error: &io::Error) {
        let mut scratch = [0; 64];
        if !self.note.leave(error)
            && let Poll::Ready(Err(said)) =
                Pin::new(&mut self.stream).poll_read(context, &mut ReadBuf::new(&mut scratch))
        {
            self.note.leave(&said);
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Noting<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_read(context, buffer);
        if let Poll::Ready(Err(error)) = &polled {
            self.note.leave(error);
        }
        polled
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Noting<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(context, data);
        if let Poll::Ready(Err(error)) = &polled {
            self.failed(context, error);
        }
        polled
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_flush(context);
        if let Poll::Ready(Err(error)) = &polled {
            self.failed(context, error);
        }
        polled
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
