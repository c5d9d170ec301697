//! One cell of the matrix: two hosts, vrrpd on one and a peer on the other, from the first start
//! to the loss of the master's host.

use std::time::{Duration, Instant};

use vrrp_lab::{Command, Host, Lab, LabError, Prober, Result};

use crate::figures::Figures;
use crate::router::{BOUND, Router, Software};
use crate::setup::{HIGHER, LOWER, Setup};

/// What late timers, starting processes and a busy machine may add to what the protocol demands.
const SLACK: Duration = Duration::from_secs(1);
/// The longest gap when vrrpd is told to stop: it leaves when it has heard its successor, which
/// may not have brought up the address yet.
const MAKE_BEFORE_BREAK: Duration = Duration::from_millis(250);

/// A cell.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cell {
    pub(crate) setup: Setup,
    pub(crate) peer: Software,
    /// Whether vrrpd has the higher priority.
    pub(crate) higher: bool,
    /// Whether vrrpd is started first.
    pub(crate) first: bool,
}

/// Makes the four tests of each setup with a peer.
macro_rules! matrix {
    ($peer:expr; $($setup:ident: $value:expr;)+) => { $(
        mod $setup {
            use super::*;
            use crate::matrix::Cell;

            fn run(higher: bool, first: bool) -> vrrp_lab::Result<()> {
                Cell { setup: $value, peer: $peer, higher, first }.run()
            }

            #[test]
            fn vrrpd_starts_first_and_stays_master() -> vrrp_lab::Result<()> {
                run(true, true)
            }

            #[test]
            fn vrrpd_starts_second_and_becomes_master() -> vrrp_lab::Result<()> {
                run(true, false)
            }

            #[test]
            fn vrrpd_starts_first_and_gives_way() -> vrrp_lab::Result<()> {
                run(false, true)
            }

            #[test]
            fn vrrpd_starts_second_and_stays_backup() -> vrrp_lab::Result<()> {
                run(false, false)
            }
        }
    )+ };
}
pub(crate) use matrix;

/// One side of a cell.
#[derive(Clone, Copy, Debug)]
struct Side<'a> {
    host: &'a Host,
    software: Software,
    priority: u8,
}

/// The cell under way.
struct Match<'a> {
    setup: Setup,
    lab: &'a Lab,
    /// The side with the higher priority,
    master: Side<'a>,
    /// and the other one.
    backup: Side<'a>,
}

impl Cell {
    /// Plays the cell through.
    pub(crate) fn run(self) -> Result<()> {
        let lab = Lab::builder().hosts(2).ipv6().build()?;
        let side = |name, software, higher| -> Result<Side<'_>> {
            let priority = if higher { HIGHER } else { LOWER };
            Ok(Side {
                host: lab.host(name)?,
                software,
                priority,
            })
        };
        let ours = side("cp1", Software::Vrrpd, self.higher)?;
        let theirs = side("cp2", self.peer, !self.higher)?;
        let (master, backup) = if self.higher {
            (ours, theirs)
        } else {
            (theirs, ours)
        };
        let game = Match {
            setup: self.setup,
            lab: &lab,
            master,
            backup,
        };
        let learns = self.first && self.setup.has_two_checksum_forms();
        let figures = game.play(self.higher == self.first, learns)?;
        figures.write(self.peer, &self.setup, self.higher, self.first)
    }
}

impl Match<'_> {
    /// From the first start to the end; `master_first` tells who is started first, `learns` that
    /// vrrpd has sent adverts before it heard the peer.
    fn play(&self, master_first: bool, learns: bool) -> Result<Figures> {
        let (first, second) = if master_first {
            (self.master, self.backup)
        } else {
            (self.backup, self.master)
        };
        let started = Instant::now();
        let one = self.start(first)?;
        let address = self.setup.address();
        let prober = self.lab.probe(address)?;
        // FRR's macvlan answers whether FRR is master or not.
        let what = "the first one is master";
        self.lab
            .wait_until(what, BOUND, || self.last_advert(first, started).is_some())?;
        prober.wait_answer(first.host.name(), Instant::now(), BOUND)?;
        let (two, settled) = self.start_and_settle(second)?;
        self.expect_served_by(&prober, self.master)?;
        let (master, backup) = if master_first { (one, two) } else { (two, one) };

        let told = Instant::now();
        master.terminate()?;
        prober.wait_answer(self.backup.host.name(), told, BOUND)?;
        self.expect_served_by(&prober, self.backup)?;
        let stopped = prober.longest_gap_since(told);
        let most = if self.master.software == Software::Vrrpd {
            MAKE_BEFORE_BREAK
        } else {
            self.setup.skew_time(LOWER) + SLACK
        };
        expect_within("without service when the master is stopped", stopped, most);

        let (again, returned) = self.start_and_settle(self.master)?;
        self.expect_served_by(&prober, self.master)?;

        let gone = self.master.host.crash()?;
        prober.wait_answer(self.backup.host.name(), gone, BOUND)?;
        self.expect_served_by(&prober, self.backup)?;
        let vanished = prober.longest_gap_since(gone);
        let most = self.setup.master_down_interval(LOWER) + SLACK;
        expect_within("without service when the host vanishes", vanished, most);

        for (router, before_learning) in [(&master, learns), (&backup, learns), (&again, false)] {
            let complaints = router.complaints(before_learning)?;
            assert!(complaints.is_empty(), "{complaints:#?}");
        }
        Ok(Figures {
            settled,
            stopped,
            returned,
            vanished,
        })
    }

    fn start(&self, side: Side<'_>) -> Result<Router> {
        let other = if side.host.name() == self.master.host.name() {
            self.backup.host
        } else {
            self.master.host
        };
        side.software
            .start(&self.setup, side.host, other, side.priority)
    }

    /// Starts one side and waits until the master, and nobody else, has advertised for longer
    /// than any timer runs. Returns how long it took from when that side took part.
    fn start_and_settle(&self, side: Side<'_>) -> Result<(Router, Duration)> {
        let router = self.start(side)?;
        router.wait_listening()?;
        let listening = Instant::now();
        let quiet = self.setup.master_down_interval(LOWER) + self.setup.interval();
        let settled = self.lab.wait_for("one master only", BOUND, || {
            let settled = self
                .last_advert(self.backup, listening)
                .unwrap_or(listening);
            let lives = self.last_advert(self.master, settled).is_some();
            (lives && settled.elapsed() > quiet).then_some(settled)
        })?;
        let took = settled - listening;
        let most = self.setup.master_down_interval(side.priority) + SLACK;
        expect_within("to settle", took, most);
        Ok((router, took))
    }

    /// When `side` last advertised, at or after `since`.
    fn last_advert(&self, side: Side<'_>, since: Instant) -> Option<Instant> {
        let adverts = self.lab.capture().adverts_since(since);
        let mut own = adverts.iter().filter(|a| a.host == side.host.name());
        own.next_back().map(|advert| advert.at)
    }

    /// The address answers from the MAC address that `side` serves it with, and vrrpd has it if
    /// that is its side, and only then.
    fn expect_served_by(&self, prober: &Prober, side: Side<'_>) -> Result<()> {
        let mac = if side.software.has_vmac(&self.setup) {
            self.setup.virtual_mac()
        } else {
            side.host.mac()
        };
        let mac = mac.map(|byte| format!("{byte:02x}")).join(":");
        let what = format!("{} serves the address from {mac}", side.host.name());
        self.lab.wait_until(&what, BOUND, || {
            prober.answering().as_deref() == Some(side.host.name())
                && self.neighbour().is_ok_and(|seen| seen == mac)
        })?;
        let ours = self.lab.host("cp1")?;
        let served = side.software == Software::Vrrpd;
        self.lab
            .wait_until("vrrpd holds what it serves", BOUND, || {
                ours.holds(self.setup.address())
                    .is_ok_and(|held| held == served)
            })
    }

    /// Where the client believes the address to be.
    fn neighbour(&self) -> Result<String> {
        let address = self.setup.address().to_string();
        let command = Command::new("ip").args(["neighbour", "show", "to", &address]);
        let text = self.lab.client().output(&command, BOUND)?.stdout;
        let mut words = text.split_whitespace().skip_while(|word| *word != "lladdr");
        let mac = words.nth(1).map(str::to_owned);
        mac.ok_or_else(|| LabError::Other(format!("no MAC address in {text:?}")))
    }
}

fn expect_within(what: &str, took: Duration, most: Duration) {
    assert!(
        took <= most,
        "{what}: {took:.3?}, expected at most {most:.3?}"
    );
}
