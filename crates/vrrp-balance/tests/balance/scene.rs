//! Three hosts with a server each, a client with as many addresses as one likes, and a balancer
//! on the first host.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};
use vrrp_balance::{
    Applied, Backend, BackendUsage, BalanceError, Balancer, Scheduler, Service, Takes,
};
use vrrp_lab::{Command, Host, Lab, VIP, VIP_V6};

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

/// The lab with servers and the VIPs on `cp1`.
pub(crate) struct Scene {
    pub(crate) lab: Lab,
    pub(crate) balancer: Handle,
    pub(crate) family: Family,
}

impl Scene {
    pub(crate) fn new(family: Family) -> Result<Self> {
        let lab = Lab::builder().ipv6().build()?;
        for host in lab.hosts() {
            prepare(host)?;
            serve(host)?;
        }
        let client = lab.client();
        sysctl(client, "net.ipv6.ip_nonlocal_bind", "1")?;
        for (flag, network) in [("-4", CLIENTS_V4), ("-6", CLIENTS_V6)] {
            run(
                client,
                &["ip", flag, "route", "add", "local", network, "dev", "lo"],
            )?;
        }
        let first = lab.host("cp1")?;
        hold(first, family.vip())?;
        let balancer = Handle::new(first);
        Ok(Self {
            lab,
            balancer,
            family,
        })
    }

    /// A service on the VIP with a backend on each host, of `weights`.
    pub(crate) fn service(&self, scheduler: Scheduler, weights: &[u32]) -> Service {
        let backends = self.lab.hosts().iter().zip(weights);
        Service {
            name: "apiserver".to_owned(),
            address: self.family.vip(),
            port: PORT,
            scheduler,
            persistence: None,
            idle_timeout: None,
            allow: Vec::new(),
            backends: backends
                .map(|(host, weight)| Backend {
                    address: self.backend(host.name()),
                    weight: *weight,
                    takes: Takes::New,
                })
                .collect(),
        }
    }

    /// Where the server of a host is.
    pub(crate) fn backend(&self, host: &str) -> SocketAddr {
        let host = self.lab.host(host).expect("a host of the lab");
        let address = match self.family {
            Family::V4 => host.address().into(),
            Family::V6 => host.address_v6().expect("a lab with IPv6").into(),
        };
        SocketAddr::new(address, PORT)
    }

    /// Connects to the VIP from one of the client's addresses.
    pub(crate) fn connect(&self, client: u16) -> io::Result<Connection> {
        self.connect_from(self.lab.client(), Some(self.family.client(client)), PORT)
    }

    /// Connects to a port of the VIP from a host, with an address of its kernel's choice unless
    /// one is given.
    pub(crate) fn connect_from(
        &self,
        host: &Host,
        source: Option<IpAddr>,
        port: u16,
    ) -> io::Result<Connection> {
        let target = SocketAddr::new(self.family.vip(), port);
        let socket = host
            .enter(move || open(target, source))
            .map_err(io::Error::other)??;
        socket.connect_timeout(&target.into(), BOUND)?;
        Connection::new(socket.into())
    }

    /// The host that serves one of the client's addresses.
    pub(crate) fn served_by(&self, client: u16) -> io::Result<String> {
        self.connect(client).map(|connection| connection.host)
    }

    /// How many of so many clients, each with an address of its own, get to each host.
    pub(crate) fn spread(&self, clients: u16) -> io::Result<[u32; 3]> {
        let mut counts = [0; 3];
        for client in 0..clients {
            let host = self.served_by(client)?;
            let number = host.trim_start_matches("cp").parse::<usize>();
            counts[number.map_err(io::Error::other)? - 1] += 1;
        }
        Ok(counts)
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

/// Gives the VIP to a host as the daemon does: it is never chosen as a source.
pub(crate) fn hold(host: &Host, vip: IpAddr) -> Result {
    let (vip, interface) = (vip.to_string(), host.interface());
    run(
        host,
        &[
            "ip",
            "address",
            "add",
            &vip,
            "dev",
            interface,
            "preferred_lft",
            "0",
        ],
    )
}

/// Forwards, and knows the way back to the client's addresses.
fn prepare(host: &Host) -> Result {
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
fn serve(host: &Host) -> Result {
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

/// A balancer on a host, as a daemon would have it.
#[derive(Clone)]
pub(crate) struct Handle {
    host: Host,
    balancer: Arc<Mutex<Balancer>>,
}

impl Handle {
    pub(crate) fn new(host: &Host) -> Self {
        Self {
            host: host.clone(),
            balancer: Arc::new(Mutex::new(Balancer::new(PathBuf::from("nft")))),
        }
    }

    fn with<T: Send + 'static>(
        &self,
        work: impl AsyncFnOnce(&mut Balancer) -> Result<T, BalanceError> + Send + 'static,
    ) -> Result<T> {
        let balancer = Arc::clone(&self.balancer);
        let done = self.host.enter(move || {
            let mut balancer = balancer.lock().unwrap_or_else(PoisonError::into_inner);
            block_on(work(&mut balancer))
        })?;
        Ok(done?)
    }

    pub(crate) fn apply(&self, services: &[Service]) -> Result<Applied> {
        let services = services.to_vec();
        self.with(async move |balancer| balancer.apply(&services).await)
    }

    pub(crate) fn reset(&self, service: &Service, backend: SocketAddr) -> Result<u64> {
        let service = service.clone();
        self.with(async move |balancer| balancer.reset(&service, backend).await)
    }

    pub(crate) fn release(&self, service: &Service) -> Result<u64> {
        let service = service.clone();
        self.with(async move |balancer| balancer.release(&service).await)
    }

    pub(crate) fn usage(&self) -> Result<Vec<BackendUsage>> {
        self.with(async |balancer| balancer.usage().await)
    }

    pub(crate) fn present(&self) -> Result<bool> {
        self.with(async |balancer| balancer.present().await)
    }

    pub(crate) fn remove(&self) -> Result {
        self.with(async |balancer| balancer.remove().await)
    }
}

/// Runs something of the balancer's on this thread.
pub(crate) fn block_on<F: Future>(work: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(work)
}
