//! Adverts cost no memory: from Adver_Timer of a master over the wire to the backup that hears
//! it, nothing is allocated once both are in step.
#![allow(clippy::unwrap_used)]

mod common;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::net::IpAddr;

use common::{Pair, alone};
use vrrp_core::{Input, Instant, LeasePolicy, Output, RouterConfig, State, Verdict, VirtualRouter};
use vrrp_net::socket::{Datagram, Outbox, RecvBatch, VrrpSocket};
use vrrp_wire::constants::GROUP_V4;
use vrrp_wire::{Advert, Centiseconds, Family};

const MASTER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 1));
const BACKUP: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 2));
const ROUTERS: usize = 50;

thread_local! {
    static ALLOCATED: Cell<u64> = const { Cell::new(0) };
}

/// The system's allocator, which counts for each thread.
struct Counting;

// SAFETY: every call goes to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATED.with(|count| count.set(count.get() + 1));
        // SAFETY: the caller keeps the promises that the system's allocator asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: as above; the memory is the system's.
        unsafe { System.dealloc(memory, layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATED.with(|count| count.set(count.get() + 1));
        // SAFETY: as above; the memory is the system's.
        unsafe { System.realloc(memory, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn routers(priority: u8) -> Vec<VirtualRouter> {
    let router = |vrid: u8| {
        let mut config = RouterConfig::new(vrid, vec![[10, 0, 1, vrid].into()]);
        config.priority = priority;
        config.advert_interval = Centiseconds(1);
        config.lease = LeasePolicy::Off;
        config.announce.burst = 0;
        config.announce.refresh = None;
        VirtualRouter::new(config).unwrap()
    };
    (1..).take(ROUTERS).map(router).collect()
}

/// Both ends of a cable, and what they keep from one advert to the next.
struct Segment {
    masters: Vec<VirtualRouter>,
    backups: Vec<VirtualRouter>,
    sender: VrrpSocket,
    receiver: VrrpSocket,
    outbox: Outbox,
    message: Vec<u8>,
    batch: RecvBatch,
    heard: usize,
}

impl Segment {
    /// Every master advertises once, and every backup hears it.
    async fn round(&mut self, now: Instant) {
        for master in &mut self.masters {
            let _ = master.handle(now, Input::Timer);
            while let Some(output) = master.poll_output() {
                let Output::SendAdvert(out) = output else {
                    continue;
                };
                let advert = master.advert(&out);
                self.message.resize(advert.buffer_len(), 0);
                let length = advert
                    .emit(&mut self.message, MASTER, GROUP_V4.into(), out.form)
                    .unwrap();
                let datagram = Datagram {
                    source: MASTER,
                    destination: GROUP_V4.into(),
                    message: &self.message[..length],
                };
                self.outbox.push(0, &datagram);
            }
        }
        let mut waiting = 0;
        self.sender.send_all(&mut self.outbox, |_, sent| {
            sent.unwrap();
            waiting += 1;
        });
        while waiting > 0 {
            let count = self.receiver.recv_batch(&mut self.batch).await.unwrap();
            waiting -= count;
            for packet in self.batch.iter() {
                let (advert, form) =
                    Advert::parse(packet.message, packet.source, packet.destination).unwrap();
                let backup = &mut self.backups[usize::from(advert.vrid) - 1];
                let input = Input::Advert {
                    source: packet.source,
                    advert: &advert,
                    form,
                };
                assert_eq!(backup.handle(now, input), Verdict::Accepted);
                while backup.poll_output().is_some() {}
                self.heard += 1;
            }
        }
    }
}

#[test]
fn an_advert_from_timer_to_backup_allocates_nothing() {
    alone(|| async {
        let pair = Pair::new().await;
        let open = |interface| VrrpSocket::open(interface, Family::V4).unwrap();
        let mut segment = Segment {
            masters: routers(200),
            backups: routers(100),
            sender: open(&pair.left),
            receiver: pair.peer.enter(|| open(&pair.right)),
            outbox: Outbox::default(),
            message: Vec::new(),
            batch: RecvBatch::new(),
            heard: 0,
        };
        let mut now = Instant::from_nanos(1);
        for (routers, source) in [
            (&mut segment.masters, MASTER),
            (&mut segment.backups, BACKUP),
        ] {
            for router in routers {
                let _ = router.handle(now, Input::Up { source });
                while router.poll_output().is_some() {}
            }
        }
        let mut counted = None;
        for round in 0..200 {
            now = segment.masters[0].deadline().unwrap();
            segment.round(now).await;
            if round == 100 {
                counted = Some((ALLOCATED.with(Cell::get), segment.heard));
            }
        }
        let (allocated, heard) = counted.unwrap();
        assert_eq!(ALLOCATED.with(Cell::get) - allocated, 0);
        assert!(segment.heard - heard >= 99 * ROUTERS, "{}", segment.heard);
        for (routers, state) in [
            (&segment.masters, State::Master),
            (&segment.backups, State::Backup),
        ] {
            assert!(routers.iter().all(|router| router.state() == state));
        }
    });
}
