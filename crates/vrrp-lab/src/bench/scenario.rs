//! One measurement: a fresh lab, three hosts, a settled master, one event.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use vrrp_lab::{API_PORT, ApiServer, HttpsProber, Lab, Prober, Result, VIP};

use super::repair;
use crate::subject::{Running, Setup, Software, priority};

/// The first election at an interval of one second takes three to four.
const SETTLES_WITHIN: Duration = Duration::from_secs(60);
const MOVES_WITHIN: Duration = Duration::from_secs(60);
/// How long after a handover further gaps still count as its own.
const AFTERMATH: Duration = Duration::from_millis(500);
/// Time between two HTTPS requests, each on a connection of its own.
const REQUEST_INTERVAL: Duration = Duration::from_millis(5);

/// What happens to the master.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scenario {
    /// Its host vanishes.
    Crash,
    /// Its daemon gets SIGTERM.
    Handover,
    /// Its daemon, which was stopped in good order, starts again and takes the VIP back.
    Return,
    /// Its API server gets SIGKILL.
    Health,
    /// Somebody deletes its VIP.
    Repair,
}

/// What came of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measurement {
    /// Crash and health: from the event to the first answer of the new master. Handover and
    /// return: the longest gap. Repair: from the deletion until a host has the address again.
    pub(super) outage: Duration,
    /// Crash: from the last advert of the old master to the first answer of the new one; this
    /// is what Master_Down_Interval speaks of.
    pub(super) since_last_advert: Option<Duration>,
    /// Repair: from the deletion to the first announcement of the address that is back.
    pub(super) announced: Option<Duration>,
    /// Probes due in the gap and not sent, because the machine was busy.
    pub(super) unsent: u64,
}

impl Scenario {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Crash => "crash",
            Self::Handover => "handover",
            Self::Return => "return",
            Self::Health => "health",
            Self::Repair => "repair",
        }
    }

    pub(super) const fn describe(self) -> &'static str {
        match self {
            Self::Crash => "host vanishes",
            Self::Handover => "SIGTERM",
            Self::Return => "the better host returns",
            Self::Health => "API server killed",
            Self::Repair => "VIP deleted",
        }
    }
}

/// Who asks through the VIP.
enum Client {
    Udp(Prober),
    /// Where the API server is what counts.
    Https(HttpsProber),
}

/// Three hosts with `cp1` as the settled master, and a client that is answered.
struct Scene {
    running: Vec<Running>,
    servers: Vec<ApiServer>,
    client: Client,
    lab: Lab,
}

/// Measures once. `run` chooses the moment of the event between two adverts, the same for every
/// program.
pub(super) fn measure(
    scenario: Scenario,
    software: Software,
    interval: Duration,
    run: u32,
) -> Result<Measurement> {
    let setup = Setup {
        advert_interval: interval,
        checked: scenario == Scenario::Health,
    };
    let scene = Scene::new(software, setup)?;
    scene.wait_for_phase(interval, run)?;
    match scenario {
        Scenario::Crash => scene.crash(),
        Scenario::Handover => scene.handover(),
        Scenario::Return => scene.comes_back(software, setup),
        Scenario::Health => scene.health(),
        Scenario::Repair => repair::measure(&scene.lab),
    }
}

impl Scene {
    fn new(software: Software, setup: Setup) -> Result<Self> {
        let lab = Lab::new(3)?;
        let servers = if setup.checked {
            lab.hosts()
                .iter()
                .map(ApiServer::start)
                .collect::<Result<Vec<_>>>()?
        } else {
            Vec::new()
        };
        let running = lab
            .hosts()
            .iter()
            .enumerate()
            .map(|(place, host)| software.start(host, priority(place), setup))
            .collect::<Result<Vec<_>>>()?;
        lab.wait_until("cp1 alone advertises", SETTLES_WITHIN, || {
            let recent = Instant::now().checked_sub(setup.advert_interval * 3);
            let adverts = recent.map(|recent| lab.capture().adverts_since(recent));
            adverts.is_some_and(|adverts| {
                adverts.len() >= 2 && adverts.iter().all(|advert| advert.host == "cp1")
            })
        })?;
        lab.wait_only_holder(VIP, "cp1", SETTLES_WITHIN)?;
        let client = if setup.checked {
            let target = SocketAddr::new(VIP.into(), API_PORT);
            Client::Https(lab.probe_https(target, REQUEST_INTERVAL)?)
        } else {
            Client::Udp(lab.probe(VIP)?)
        };
        client.wait_answer("cp1", Instant::now(), SETTLES_WITHIN)?;
        Ok(Self {
            running,
            servers,
            client,
            lab,
        })
    }

    /// Waits for an advert and then for a part of the interval that differs from run to run.
    fn wait_for_phase(&self, interval: Duration, run: u32) -> Result<()> {
        let start = Instant::now();
        let advert =
            self.lab
                .capture()
                .wait_for_advert("an advert", start, SETTLES_WITHIN, |_| true)?;
        let share = (0.5 + 0.618 * f64::from(run)).fract();
        std::thread::sleep(interval.mul_f64(share).saturating_sub(advert.at.elapsed()));
        Ok(())
    }

    fn crash(&self) -> Result<Measurement> {
        // Only the cable: whatever else happens to a host that nobody hears changes nothing for
        // the others, and killing it would cost time on this machine just when it is measured.
        self.lab.host("cp1")?.cut()?;
        let gone = Instant::now();
        let back = self.client.wait_answer("cp2", gone, MOVES_WITHIN)?;
        let adverts = self.lab.capture().adverts_from("cp1");
        let last = adverts.iter().rev().find(|advert| advert.at < gone);
        Ok(Measurement {
            outage: back - gone,
            since_last_advert: last.map(|advert| back - advert.at),
            announced: None,
            unsent: self.unsent_since(gone),
        })
    }

    fn handover(&self) -> Result<Measurement> {
        let asked = Instant::now();
        self.terminate();
        self.client.wait_answer("cp2", asked, MOVES_WITHIN)?;
        Ok(self.gap_since(asked))
    }

    /// The backups give the VIP back to `cp1`, whose daemon starts again.
    fn comes_back(mut self, software: Software, setup: Setup) -> Result<Measurement> {
        let left = Instant::now();
        self.terminate();
        self.client.wait_answer("cp2", left, MOVES_WITHIN)?;
        self.running.remove(0).process().wait_exit(MOVES_WITHIN)?;
        std::thread::sleep(AFTERMATH);
        let asked = Instant::now();
        let again = software.start(self.lab.host("cp1")?, priority(0), setup)?;
        self.running.push(again);
        self.client.wait_answer("cp1", asked, MOVES_WITHIN)?;
        Ok(self.gap_since(asked))
    }

    /// Stops the daemon of `cp1` in good order; it ends by itself.
    fn terminate(&self) {
        if let Some(running) = self.running.first() {
            running.process().terminate();
        }
    }

    fn gap_since(&self, asked: Instant) -> Measurement {
        std::thread::sleep(AFTERMATH);
        Measurement {
            outage: self.client.longest_gap_since(asked),
            since_last_advert: None,
            announced: None,
            unsent: self.unsent_since(asked),
        }
    }

    fn health(&self) -> Result<Measurement> {
        let killed = Instant::now();
        if let Some(server) = self.servers.first() {
            server.process().kill();
        }
        // Whoever it is: no answer of another host is less of a service.
        let back = match &self.client {
            Client::Https(prober) => {
                prober.wait_answer(|host| host != "cp1", killed, MOVES_WITHIN)?
            }
            Client::Udp(prober) => prober.wait_answer("cp2", killed, MOVES_WITHIN)?,
        };
        Ok(Measurement {
            outage: back - killed,
            since_last_advert: None,
            announced: None,
            unsent: self.unsent_since(killed),
        })
    }

    fn unsent_since(&self, since: Instant) -> u64 {
        match &self.client {
            Client::Udp(prober) => prober.gaps_since(since).iter().map(|gap| gap.unsent).sum(),
            Client::Https(_) => 0,
        }
    }
}

impl Client {
    fn wait_answer(&self, host: &str, since: Instant, bound: Duration) -> Result<Instant> {
        match self {
            Self::Udp(prober) => prober.wait_answer(host, since, bound),
            Self::Https(prober) => prober.wait_answer(|name| name == host, since, bound),
        }
    }

    fn longest_gap_since(&self, since: Instant) -> Duration {
        match self {
            Self::Udp(prober) => prober.longest_gap_since(since),
            Self::Https(prober) => {
                let gaps = prober.report().gaps;
                let lengths = gaps.iter().filter(|gap| gap.start >= since);
                lengths.map(|gap| gap.length).max().unwrap_or_default()
            }
        }
    }
}
