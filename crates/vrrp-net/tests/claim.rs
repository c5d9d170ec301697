//! One daemon in each network namespace, and no way for others to hinder it.

mod common;

use std::net::Ipv4Addr;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::process;
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};
use vrrp_net::claim::{Claim, ClaimError, Holder, holder};

use self::common::{LONG, Namespace};

const SHORT: Duration = Duration::from_millis(20);

fn raw_sockets() -> usize {
    let list = std::fs::read_to_string("/proc/thread-self/net/raw").expect("readable");
    list.lines().count() - 1
}

#[test]
fn a_second_claim_is_refused_until_the_first_is_gone() {
    Namespace::new().enter(|| {
        assert_eq!(holder().expect("readable"), None);
        let first = Claim::take(SHORT).expect("nobody else is here");
        let me = Holder { pid: process::id() };
        assert_eq!(holder().expect("readable"), Some(me));
        let refused = Claim::take(SHORT).expect_err("it is taken");
        assert!(matches!(refused, ClaimError::Taken(found) if found == me));
        let text = refused.to_string();
        assert!(text.contains(&format!("(pid {})", me.pid)), "{text}");
        drop(first);
        assert_eq!(holder().expect("readable"), None);
        Claim::take(SHORT).expect("free again");
    });
}

#[test]
fn each_namespace_has_a_claim_of_its_own() {
    let (one, other) = (Namespace::new(), Namespace::new());
    let _first = one.enter(|| Claim::take(SHORT).expect("nobody else is here"));
    let _second = other.enter(|| Claim::take(SHORT).expect("nor there"));
    one.enter(|| Claim::take(SHORT).expect_err("taken here"));
}

#[test]
fn a_claim_that_ends_is_waited_for() {
    let namespace = Namespace::new();
    namespace.enter(|| {
        let first = Claim::take(SHORT).expect("nobody else is here");
        thread::scope(|scope| {
            let next = scope.spawn(|| namespace.enter(|| Claim::take(LONG)));
            while raw_sockets() < 2 {
                assert!(!next.is_finished(), "it has to wait");
                thread::yield_now();
            }
            drop(first);
            let next = next.join().expect("the thread ends well");
            next.expect("the first is gone in time");
        });
    });
}

#[test]
fn of_many_that_start_at_once_exactly_one_runs() {
    const STARTS: usize = 8;
    for _ in 0..10 {
        let namespace = Namespace::new();
        let (ready, done) = (Barrier::new(STARTS), Barrier::new(STARTS));
        let claimed: usize = thread::scope(|scope| {
            let start = || {
                let claim = namespace.enter(|| {
                    ready.wait();
                    Claim::take(Duration::from_millis(300))
                });
                done.wait();
                usize::from(claim.is_ok())
            };
            let starts: Vec<_> = (0..STARTS).map(|_| scope.spawn(start)).collect();
            starts
                .into_iter()
                .map(|start| start.join().expect("the thread ends well"))
                .sum()
        });
        assert_eq!(claimed, 1);
    }
}

#[test]
fn sockets_of_others_are_no_claim() {
    Namespace::new().enter(|| {
        let raw = |protocol: i32, group: [u8; 4]| {
            let protocol = Some(Protocol::from(protocol));
            let socket = Socket::new(Domain::IPV4, Type::RAW, protocol).expect("root");
            let group = Ipv4Addr::from(group);
            socket
                .bind(&std::net::SocketAddrV4::new(group, 0).into())
                .expect("any group can be bound to");
            socket
        };
        let _others = [raw(112, [224, 0, 0, 18]), raw(1, [239, 192, 0, 1])];
        // What any user could have taken.
        let names = ["vrrpd", "vrrpd.sock", "vrrpd.lock"];
        let _taken = names.map(|name| {
            let address = SocketAddr::from_abstract_name(name).expect("a name");
            UnixListener::bind_addr(&address).expect("free")
        });
        assert_eq!(holder().expect("readable"), None);
        Claim::take(SHORT).expect("nothing of that is a claim");
    });
}
