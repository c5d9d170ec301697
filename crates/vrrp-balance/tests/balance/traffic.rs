//! Servers that say who they are, and clients of theirs with as many addresses as one likes.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};
use vrrp_lab::{Command, Host, VIP, VIP_V6};

pub(crate) type Result<T = (), E = Box<dyn std::error::Error>> = std::result::Result<T, E>;

pub(crate) const BOUND: Duration = Duration::from_secs(20);
pub(crate) const PORT: u16 = 6443;
/// Networks whose every address is the client's.
const CLIENTS_V4: &str = "10.1.0.0/16";
const CLIENTS_V6: &str = "fd00:1::/64";

/// Which addresses a test uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    V4,
    V6,
}

impl Family {
    pub(crate) fn vip(self) -> IpAddr {
        match self {
            Self::V4 => VIP.into(),
            Self::V6 => VIP_V6.into(),
        }
    }

    /// One of the client's addresses.
    pub(crate) fn client(self, number: u16) -> IpAddr {
        let [high, low] = number.to_be_bytes();
        match self {
            Self::V4 => Ipv4Addr::new(10, 1, high, low).into(),
            Self::V6 => Ipv6Addr::new(0xfd00, 1, 0, 0, 0, 0, 0, number).into(),
        }
    }
}

/// The client has all addresses of its networks.
pub(crate) fn prepare_client(client: &Host) -> Result {
    sysctl(client, "net.ipv6.ip_nonlocal_bind", "1")?;
    for (flag, network) in [("-4", CLIENTS_V4), ("-6", CLIENTS_V6)] {
        run(
            client,
            &["ip", flag, "route", "add", "local", network, "dev", "lo"],
        )?;
    }
    Ok(())
}

/// A host forwards, and knows the way back to the client's addresses.
pub(crate) fn prepare_host(host: &Host) -> Result {
    for setting in ["net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding"] {
        sysctl(host, setting, "1")?;
    }
    run(
        host,
        &["ip", "route", "add", CLIENTS_V4, "via", "10.0.50.100"],
    )?;
    run(
        host,
        &[
            "ip",
            "-6",
            "route",
            "add",
            CLIENTS_V6,
            "via",
            "fd00:50::100",
        ],
    )
}

pub(crate) fn sysctl(host: &Host, setting: &str, value: &str) -> Result {
    let path = format!("/proc/sys/{}", setting.replace('.', "/"));
    let value = value.to_owned();
    Ok(host.enter(move || std::fs::write(path, value))??)
}

/// Runs a program in a host; it has to succeed.
pub(crate) fn run(host: &Host, words: &[&str]) -> Result {
    output(host, words).map(drop)
}

/// Runs a program in a host and gives what it printed; it has to succeed.
pub(crate) fn output(host: &Host, words: &[&str]) -> Result<String> {
    let command = Command::new(words[0]).args(&words[1..]);
    let output = host.output(&command, BOUND)?;
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(format!("{}: {words:?}: {}", host.name(), output.stderr).into())
    }
}

/// What the host's nftables hold, without what changes by itself.
pub(crate) fn ruleset(host: &Host) -> Result<String> {
    output(host, &["nft", "-s", "-t", "list", "ruleset"])
}

/// Serves connections at [`PORT`] of all addresses: the host's name and the client's address as
/// a line, then all that comes back to where it came from.
pub(crate) fn serve(host: &Host) -> Result {
    let listener = host.enter(|| TcpListener::bind((Ipv6Addr::UNSPECIFIED, PORT)))??;
    let name = host.name().to_owned();
    // Ends with the test program.
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let name = name.clone();
            thread::spawn(move || answer(stream, &name));
        }
    });
    Ok(())
}

fn answer(mut stream: TcpStream, name: &str) -> io::Result<()> {
    let client = stream.peer_addr()?.ip().to_canonical();
    stream.write_all(format!("{name} {client}\n").as_bytes())?;
    let mut buffer = [0; 4096];
    loop {
        match stream.read(&mut buffer)? {
            0 => return Ok(()),
            length => stream.write_all(&buffer[..length])?,
        }
    }
}

/// A client's connection.
pub(crate) struct Connection {
    stream: BufReader<TcpStream>,
    /// The host that serves it.
    pub(crate) host: String,
    /// The client as that host sees it.
    pub(crate) seen_as: IpAddr,
}

impl Connection {
    /// Connects from a host, with an address of its kernel's choice unless one is given.
    pub(crate) fn open(
        host: &Host,
        source: Option<IpAddr>,
        target: SocketAddr,
    ) -> io::Result<Self> {
        let socket = host
            .enter(move || open(target, source))
            .map_err(io::Error::other)??;
        socket.connect_timeout(&target.into(), BOUND)?;
        Self::new(socket.into())
    }

    fn new(stream: TcpStream) -> io::Result<Self> {
        stream.set_read_timeout(Some(BOUND))?;
        stream.set_nodelay(true)?;
        let mut stream = BufReader::new(stream);
        let mut line = String::new();
        stream.read_line(&mut line)?;
        let (host, client) = line
            .trim()
            .split_once(' ')
            .ok_or(io::ErrorKind::UnexpectedEof)?;
        Ok(Self {
            host: host.to_owned(),
            seen_as: client.parse().map_err(io::Error::other)?,
            stream,
        })
    }

    /// Sends something and reads it back.
    pub(crate) fn echo(&mut self) -> io::Result<()> {
        self.stream.get_mut().write_all(b"hello")?;
        let mut back = [0; 5];
        self.stream.read_exact(&mut back)?;
        assert_eq!(&back, b"hello");
        Ok(())
    }

    /// Reads without having sent anything.
    pub(crate) fn listen(&mut self) -> io::Result<usize> {
        self.stream.read(&mut [0; 16])
    }
}

fn open(target: SocketAddr, source: Option<IpAddr>) -> io::Result<Socket> {
    let socket = Socket::new(
        Domain::for_address(target),
        Type::STREAM,
        Some(Protocol::TCP),
    )?;
    if let Some(source) = source {
        socket.bind(&SocketAddr::new(source, 0).into())?;
    }
    Ok(socket)
}
