//! What clients do to a load balancer, and what they see of it.

use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use socket2::{Domain, Socket, Type};
use vrrp_lab::{Host, LabError, Result};

use super::servers::{ANSWER, CHUNK, ECHO, MESSAGE, STREAM};

/// Clients that connect one after the other, each from an address of its own.
pub(super) const CLIENTS: u8 = 32;
/// Streams at the same time.
pub(super) const STREAMS: u8 = 64;
const PATIENCE: Duration = Duration::from_secs(5);

/// The address of a client, all of which are on one host.
fn client(number: u8) -> IpAddr {
    Ipv4Addr::new(10, 1, 0, number).into()
}

/// The network of all clients.
pub(super) const NETWORK: &str = "10.1.0.0/24";

/// Connections made at most in one measurement, so that those of one after the other stay below
/// the ports that a translating host has for each server, 64,512 in a minute.
const MOST: u32 = 50_000;
/// Connections whose time is taken at most.
const MOST_TIMES: usize = 10_000;

/// What came of connecting.
#[derive(Debug)]
pub(super) struct Connected {
    pub(super) done: u32,
    pub(super) failed: u32,
    pub(super) took: Duration,
}

/// Connects, asks, reads the answer to its end; [`CLIENTS`] at a time, for `duration` at most.
pub(super) fn connect(
    host: &Host,
    targets: &[SocketAddr],
    duration: Duration,
) -> Result<Connected> {
    let begin = Instant::now();
    let counts = on_host(host, CLIENTS, targets, move |number, targets| {
        let (mut done, mut failed) = (0, 0);
        for target in targets.iter().cycle() {
            if begin.elapsed() >= duration || done + failed >= MOST / u32::from(CLIENTS) {
                break;
            }
            match ask(number, *target) {
                Ok(()) => done += 1,
                Err(_) => failed += 1,
            }
        }
        Ok((done, failed))
    })?;
    let took = begin.elapsed();
    Ok(Connected {
        done: counts.iter().map(|(done, _)| done).sum(),
        failed: counts.iter().map(|(_, failed)| failed).sum(),
        took,
    })
}

/// The times of new connections, from nothing to the end of the answer, one after the other.
pub(super) fn time_connections(
    host: &Host,
    targets: &[SocketAddr],
    duration: Duration,
) -> Result<Vec<Duration>> {
    let deadline = Instant::now() + duration;
    one_on_host(host, targets, move |targets| {
        let mut times = Vec::new();
        for target in targets.iter().cycle() {
            let begin = Instant::now();
            if begin >= deadline || times.len() >= MOST_TIMES {
                break;
            }
            ask(0, *target)?;
            times.push(begin.elapsed());
        }
        Ok(times)
    })
}

/// The times of requests on an established connection, one after the other, half of `duration`
/// with each of two connections.
pub(super) fn time_requests(
    host: &Host,
    targets: &[SocketAddr],
    duration: Duration,
) -> Result<Vec<Duration>> {
    let share = duration / u32::try_from(targets.len().max(1)).unwrap_or(1);
    one_on_host(host, targets, move |targets| {
        let mut times = Vec::new();
        for target in targets {
            let mut stream = open(0, *target)?;
            stream.set_nodelay(true)?;
            stream.write_all(&[ECHO])?;
            let mut message = [b'.'; MESSAGE];
            let deadline = Instant::now() + share;
            loop {
                let begin = Instant::now();
                if begin >= deadline {
                    break;
                }
                stream.write_all(&message)?;
                stream.read_exact(&mut message)?;
                times.push(begin.elapsed());
            }
        }
        Ok(times)
    })
}

/// How many bytes `streams` connections read in `duration`.
pub(super) fn stream(
    host: &Host,
    targets: &[SocketAddr],
    streams: u8,
    duration: Duration,
) -> Result<u64> {
    let bytes = on_host(host, streams, targets, move |number, targets| {
        let target = targets[usize::from(number) % targets.len()];
        let mut stream = open(number, target)?;
        stream.write_all(&[STREAM])?;
        let mut buffer = vec![0; CHUNK];
        let (mut bytes, deadline) = (0, Instant::now() + duration);
        while Instant::now() < deadline {
            match stream.read(&mut buffer)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                length => bytes += u64::try_from(length).unwrap_or(0),
            }
        }
        // What is still on its way is not waited for.
        socket2::SockRef::from(&stream).set_linger(Some(Duration::ZERO))?;
        Ok(bytes)
    })?;
    Ok(bytes.iter().sum())
}

fn open(number: u8, target: SocketAddr) -> io::Result<TcpStream> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.bind(&SocketAddr::new(client(number), 0).into())?;
    socket.set_read_timeout(Some(PATIENCE))?;
    socket.connect_timeout(&target.into(), PATIENCE)?;
    Ok(socket.into())
}

fn ask(number: u8, target: SocketAddr) -> io::Result<()> {
    let mut stream = open(number, target)?;
    stream.write_all(&[ANSWER])?;
    let mut answer = [0; MESSAGE + 1];
    let mut length = 0;
    loop {
        match stream.read(&mut answer[length..])? {
            0 if length == MESSAGE => return Ok(()),
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            more => length += more,
        }
    }
}

/// Runs `work` on threads of `host`, all at the same time.
fn on_host<T: Send + 'static>(
    host: &Host,
    threads: u8,
    targets: &[SocketAddr],
    work: impl Fn(u8, &[SocketAddr]) -> io::Result<T> + Clone + Send + 'static,
) -> Result<Vec<T>> {
    let targets = targets.to_vec();
    let running = host.enter(move || {
        let start = |number| {
            let (work, targets) = (work.clone(), targets.clone());
            std::thread::spawn(move || work(number, &targets))
        };
        (0..threads).map(start).collect::<Vec<_>>()
    })?;
    running
        .into_iter()
        .map(|thread| {
            let done = thread
                .join()
                .unwrap_or_else(|_| Err(io::Error::other("a panic")));
            done.map_err(|error| LabError::Other(format!("a client: {error}")))
        })
        .collect()
}

fn one_on_host<T: Send + 'static>(
    host: &Host,
    targets: &[SocketAddr],
    work: impl Fn(&[SocketAddr]) -> io::Result<Vec<T>> + Clone + Send + 'static,
) -> Result<Vec<T>> {
    let all = on_host(host, 1, targets, move |_, targets| work(targets))?;
    Ok(all.into_iter().flatten().collect())
}
