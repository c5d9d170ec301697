//! How long new connections fail where something breaks: a backend, the table in the kernel, the
//! host that balances.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use socket2::SockRef;
use vrrp_lab::{Daemon, Host, Lab, LabError, Result, VIP};

use super::scene;
use super::servers::PORT;
use crate::bench::spread::{Spread, Unit};

/// Of the backends' checks.
const INTERVAL: Duration = Duration::from_millis(200);
const FALL: u32 = 2;
/// What a dead backend may cost beside `fall` × `interval`.
const MARGIN: Duration = Duration::from_millis(100);
/// How long a client waits for an answer before it tries anew.
const PATIENCE: Duration = Duration::from_millis(50);
/// Between two attempts.
const PAUSE: Duration = Duration::from_millis(1);
/// How long clients go on when all should be well again.
const CALM: Duration = Duration::from_secs(1);
const READY_WITHIN: Duration = Duration::from_secs(30);

/// What is measured: key, whose unit machines get, words, and what is wanted of it.
const FIGURES: [(&str, &str, Option<Duration>); 3] = [
    (
        "table_back_us",
        "`nft flush ruleset` to table back",
        Some(Duration::from_secs(1)),
    ),
    (
        "dead_backend_us",
        "backend's death to the last connection that failed",
        Some(INTERVAL.saturating_mul(FALL).saturating_add(MARGIN)),
    ),
    (
        "failover_us",
        "balancing host's crash to the first new connection served",
        None,
    ),
];

/// The times of each run, in the order of [`FIGURES`].
#[derive(Debug, Default)]
pub(super) struct Recovery {
    runs: Vec<[Duration; 3]>,
}

impl Recovery {
    /// Breaks everything once.
    pub(super) fn add(&mut self) -> Result<()> {
        self.runs.push(measure()?);
        Ok(())
    }

    /// Of a figure, in a unit of which a second has `per_second`.
    fn spread(&self, place: usize, per_second: f64) -> Option<Spread> {
        let times = self
            .runs
            .iter()
            .map(|run| run[place].as_secs_f64() * per_second);
        Spread::of(times.collect())
    }

    /// One table for people.
    pub(super) fn table(&self) -> comfy_table::Table {
        let mut table = crate::table::table(["vrrpd, median (minimum to maximum)", "", "wanted"]);
        for (place, (_, words, wanted)) in FIGURES.into_iter().enumerate() {
            let text = self
                .spread(place, 1e3)
                .map(|spread| spread.text(Unit::Milliseconds));
            let wanted = wanted.map(crate::table::time);
            table.add_row([
                words.to_owned(),
                text.unwrap_or_default(),
                wanted.unwrap_or_default(),
            ]);
        }
        table
    }

    /// For machines.
    pub(super) fn document(&self) -> Value {
        let entry = |(place, (key, _, wanted)): (usize, (&str, &str, Option<Duration>))| {
            let mut value = self.spread(place, 1e6).map_or(Value::Null, Spread::json);
            if let (Some(wanted), Value::Object(value)) = (wanted, &mut value) {
                value.insert("wanted".to_owned(), json!(wanted.as_micros()));
            }
            (key.to_owned(), value)
        };
        FIGURES.into_iter().enumerate().map(entry).collect()
    }
}

fn measure() -> Result<[Duration; 3]> {
    let lab = Lab::builder().hosts(3).build()?;
    let [first, second, third] = [lab.host("cp1")?, lab.host("cp2")?, lab.host("cp3")?];
    let _server = Server::start(second)?;
    let doomed = Server::start(third)?;
    let start = |host: &Host, priority: u8| {
        scene::run(host, &["sysctl", "-qw", "net.ipv4.ip_forward=1"])?;
        host.start_vrrpd(&config(priority, [second, third]))
    };
    let master = start(first, 200)?;
    wait_balancer(&master, "active")?;
    let backup = start(second, 100)?;
    wait_balancer(&backup, "standby")?;

    let begin = Instant::now();
    scene::run(first, &["nft", "flush", "ruleset"])?;
    lab.wait_until("the table is back", READY_WITHIN, || {
        scene::run(first, &["nft", "list", "table", "inet", "vrrpd"]).is_ok()
    })?;
    let table_back = begin.elapsed();

    let clients = Clients::start(lab.client())?;
    clients.wait_served()?;
    let death = Instant::now();
    doomed.die();
    thread::sleep(INTERVAL * FALL + MARGIN + CALM);
    let attempts = clients.end()?;
    let failed = attempts.iter().filter(|one| !one.served);
    let last = failed.map(|one| one.begin).max();
    let dead_backend = last.map_or(Duration::ZERO, |last| last.saturating_duration_since(death));

    let clients = Clients::start(lab.client())?;
    clients.wait_served()?;
    let crash = first.crash()?;
    drop(master);
    wait_balancer(&backup, "active")?;
    thread::sleep(CALM);
    let attempts = clients.end()?;
    // Those that began before may have been served by the host that is gone.
    let mut after = attempts
        .iter()
        .filter(|one| one.begin > crash && one.served);
    let served = after.next().map(|one| one.end);
    let served = served.ok_or_else(|| LabError::Other("nobody balances any more".to_owned()))?;
    Ok([table_back, dead_backend, served - crash])
}

fn config(priority: u8, backends: [&Host; 2]) -> String {
    let [one, other] = backends.map(|host| SocketAddr::new(host.address().into(), PORT));
    let interval = INTERVAL.as_millis();
    format!(
        "instances:\n  - {{name: api, addresses: [{VIP}], vrid: 51, priority: {priority}, \
         advert_interval: 100ms}}\n\
         load_balancers:\n  - name: api\n    address: {VIP}\n    port: {PORT}\n    \
         backends: [\"{one}\", \"{other}\"]\n    scheduler: round_robin\n    check: {{tcp: {{}}, \
         interval: {interval}ms, timeout: {interval}ms, fall: {FALL}, rise: 1}}\n"
    )
}

/// Waits for a state of the load balancer in which every backend's health is known.
fn wait_balancer(daemon: &Daemon, state: &str) -> Result<()> {
    daemon.wait_status(state, READY_WITHIN, |status| {
        let balancer = &status["load_balancers"][0];
        let mut backends = balancer["backends"].as_array().into_iter().flatten();
        balancer["state"] == state && backends.all(|one| one["state"] != "unknown")
    })?;
    Ok(())
}

/// A server that greets, and keeps the connections of checks until it dies.
struct Server {
    listener: TcpListener,
    open: Arc<Mutex<Vec<Weak<TcpStream>>>>,
}

impl Server {
    fn start(host: &Host) -> Result<Self> {
        let failed = |error| LabError::Other(format!("a server on {}: {error}", host.name()));
        let listener = host.enter(|| TcpListener::bind((Ipv4Addr::UNSPECIFIED, PORT)))?;
        let listener = listener.map_err(failed)?;
        let accepting = listener.try_clone().map_err(failed)?;
        let open = Arc::new(Mutex::new(Vec::<Weak<TcpStream>>::new()));
        let kept = Arc::clone(&open);
        thread::spawn(move || {
            // Fails when the listener is shut down.
            while let Ok((stream, _)) = accepting.accept() {
                let stream = Arc::new(stream);
                let mut open = kept.lock().unwrap_or_else(PoisonError::into_inner);
                open.retain(|one| one.strong_count() > 0);
                open.push(Arc::downgrade(&stream));
                drop(open);
                thread::spawn(move || {
                    let greeted = (&*stream).write_all(b".");
                    greeted.and_then(|()| (&*stream).read_to_end(&mut Vec::new()))
                });
            }
        });
        Ok(Self { listener, open })
    }

    /// As its process would: nothing listens any more, and every connection ends.
    fn die(self) {
        let _ = SockRef::from(&self.listener).shutdown(Shutdown::Both);
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        for stream in open.iter().filter_map(Weak::upgrade) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = SockRef::from(&self.listener).shutdown(Shutdown::Both);
    }
}

/// One new connection.
#[derive(Clone, Copy, Debug)]
struct Attempt {
    begin: Instant,
    end: Instant,
    served: bool,
}

/// A client that connects anew all the time.
struct Clients {
    stop: Arc<AtomicBool>,
    served: Arc<AtomicBool>,
    thread: JoinHandle<Vec<Attempt>>,
}

impl Clients {
    fn start(host: &Host) -> Result<Self> {
        let (stop, served) = (Arc::new(AtomicBool::new(false)), Arc::default());
        let flags = (Arc::clone(&stop), Arc::clone(&served));
        let thread = host.enter(move || thread::spawn(move || attempts(&flags.0, &flags.1)))?;
        Ok(Self {
            stop,
            served,
            thread,
        })
    }

    /// Waits for the first that is served.
    fn wait_served(&self) -> Result<()> {
        let deadline = Instant::now() + READY_WITHIN;
        while !self.served.load(Ordering::Relaxed) {
            if Instant::now() > deadline {
                return Err(LabError::Other("no connection is served".to_owned()));
            }
            thread::sleep(PAUSE);
        }
        Ok(())
    }

    fn end(self) -> Result<Vec<Attempt>> {
        self.stop.store(true, Ordering::Relaxed);
        let ended = self.thread.join();
        ended.map_err(|_| LabError::Other("a client: a panic".to_owned()))
    }
}

fn attempts(stop: &AtomicBool, served: &AtomicBool) -> Vec<Attempt> {
    let mut attempts = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let begin = Instant::now();
        let answered = ask().is_ok();
        attempts.push(Attempt {
            begin,
            end: Instant::now(),
            served: answered,
        });
        served.fetch_or(answered, Ordering::Relaxed);
        thread::sleep(PAUSE);
    }
    attempts
}

fn ask() -> std::io::Result<()> {
    let mut stream = TcpStream::connect_timeout(&SocketAddr::new(VIP.into(), PORT), PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.read_exact(&mut [0])
}
