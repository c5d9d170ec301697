//! What stands behind the load balancer: servers that cost as little as a server can.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use socket2::SockRef;
use vrrp_lab::{Host, LabError, Result};

/// Where they listen.
pub(super) const PORT: u16 = 7000;
/// The first byte of a connection says what the client wants: one answer and the end,
pub(super) const ANSWER: u8 = b'a';
/// each request sent back,
pub(super) const ECHO: u8 = b'e';
/// or bytes without end.
pub(super) const STREAM: u8 = b's';
/// Bytes of a request and of an answer.
pub(super) const MESSAGE: usize = 64;
/// Bytes that are written at a time to a stream.
pub(super) const CHUNK: usize = 256 * 1024;
/// Threads that wait for connections; short ones are served by them.
const ACCEPTORS: usize = 4;

/// A server. Ends when dropped.
pub(super) struct Server {
    listener: Arc<TcpListener>,
    acceptors: Vec<JoinHandle<()>>,
}

impl Server {
    pub(super) fn start(host: &Host) -> Result<Self> {
        let failed = |error| LabError::Other(format!("a server on {}: {error}", host.name()));
        let any = SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), PORT);
        let listener = host.enter(move || listen(any))?.map_err(failed)?;
        let listener = Arc::new(listener);
        let acceptors = (0..ACCEPTORS)
            .map(|_| {
                let listener = Arc::clone(&listener);
                thread::spawn(move || {
                    // Fails when the listener is shut down.
                    while let Ok((stream, _)) = listener.accept() {
                        serve(stream);
                    }
                })
            })
            .collect();
        Ok(Self {
            listener,
            acceptors,
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = SockRef::from(&*self.listener).shutdown(std::net::Shutdown::Both);
        for acceptor in self.acceptors.drain(..) {
            let _ = acceptor.join();
        }
    }
}

fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None)?;
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(4096)?;
    Ok(socket.into())
}

/// A client that goes away ends it, whatever it wanted.
fn serve(mut stream: TcpStream) {
    let mut wish = [0];
    if stream.read_exact(&mut wish).is_err() {
        return;
    }
    match wish[0] {
        ANSWER => {
            let _ = stream.write_all(&[b'.'; MESSAGE]);
        }
        ECHO => drop(thread::spawn(move || echo(stream))),
        STREAM => drop(thread::spawn(move || {
            let chunk = vec![0; CHUNK];
            while stream.write_all(&chunk).is_ok() {}
        })),
        _ => {}
    }
}

fn echo(mut stream: TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut message = [0; MESSAGE];
    loop {
        stream.read_exact(&mut message)?;
        stream.write_all(&message)?;
    }
}
