//! What the simulator found, each shrunk and replayed.

use vrrp_sim::Fault::*;
use vrrp_sim::Kind::*;
use vrrp_sim::Planned::*;
use vrrp_sim::{HostSpec, Scenario, run};

fn holds(scenario: &Scenario) {
    let outcome = run(scenario);
    assert_eq!(outcome.violation, None, "{scenario}");
    assert!(outcome.failovers > 0, "{scenario}");
}

/// A Keepalived that woke beside a fresh vrrpd with a faster clock was kept from being heard for
/// ever.
#[test]
fn a_keepalived_that_drops_our_adverts_is_heard_all_the_same() {
    holds(
        &Scenario::new(2434, 5001, 20005)
            .host(HostSpec::new(Keepalived, 234, 10).drifting(-185595))
            .host(HostSpec::new(Vrrpd, 198, 10).drifting(5603))
            .at(1200000000, Stall(1, 808661828))
            .at(3308661828, Loss(147908, 1340654235))
            .at(3708156400, Partition(2, 393498854))
            .at(4060303213, Crash(1, 81040864))
            .at(4094519575, Stall(0, 1104101987))
            .at(4327932291, Partition(1, 197149799)),
    );
}

/// Masters of both checksum forms talked past each other for ever.
#[test]
fn masters_of_both_checksum_forms_come_to_terms() {
    holds(
        &Scenario::new(388, 17929, 71719)
            .duplicates(50000)
            .host(
                HostSpec::new(Keepalived, 100, 2)
                    .patient()
                    .drifting(-129330),
            )
            .host(HostSpec::new(Vrrpd, 100, 2).patient().drifting(-164015))
            .host(HostSpec::new(Vrrpd, 100, 2).patient().drifting(106539))
            .host(HostSpec::new(Vrrpd, 100, 2).patient().drifting(-78803))
            .host(HostSpec::new(Vrrpd, 100, 2).patient().drifting(-135426))
            .at(240000000, Kill(3, 132676369))
            .at(652676369, Plan(3, Restart(156614562)))
            .at(1089290931, Kill(2, 31964470))
            .at(1361255401, OneWay(4, 3, 130798218))
            .at(1692053619, Stall(2, 146725016))
            .at(2098778635, Loss(80011, 154532078))
            .at(2128580319, Plan(0, Restart(62878962))),
    );
}

/// The goodbye of a host with a short interval came last, and taught a third host to wait for the
/// winner for that time only.
#[test]
fn a_goodbye_does_not_teach_the_losers_interval() {
    holds(
        &Scenario::new(5626, 11026, 44106)
            .host(HostSpec::new(Vrrpd, 255, 50))
            .host(HostSpec::new(Vrrpd, 194, 100))
            .host(HostSpec::new(Vrrpd, 157, 1))
            .host(HostSpec::new(Vrrpd, 112, 100))
            .at(36287383703, Plan(2, Restart(10590801266))),
    );
}

/// Every host with a shorter interval took over in turn, each taught by the last, for the master
/// answered the later ones too late.
#[test]
fn hosts_of_shorter_intervals_do_not_take_over_in_turn_for_ever() {
    holds(
        &Scenario::new(10897, 11588, 46355)
            .host(HostSpec::new(Vrrpd, 238, 100).patient())
            .host(HostSpec::new(Vrrpd, 199, 2).patient())
            .host(HostSpec::new(Vrrpd, 154, 1).patient())
            .host(HostSpec::new(Vrrpd, 115, 1).patient())
            .host(HostSpec::new(Vrrpd, 78, 2).patient())
            .at(12000000000, Partition(31, 4733988018))
            .at(16203505280, LinkDown(2, 9093605669)),
    );
}

/// Of three equal successors one had learned the interval of another, which gave way at once.
#[test]
fn equal_successors_of_different_intervals_leave_one_master() {
    holds(
        &Scenario::new(4289, 18507, 74028)
            .host(HostSpec::new(Vrrpd, 100, 50).patient())
            .host(HostSpec::new(Vrrpd, 100, 2).patient())
            .host(HostSpec::new(Vrrpd, 100, 2).patient())
            .host(HostSpec::new(Vrrpd, 100, 2).patient())
            .host(HostSpec::new(Vrrpd, 100, 100).patient())
            .at(28949654384, Plan(3, AddressLost))
            .at(62943528728, Plan(3, Resign)),
    );
}

/// The owner stalled while it left, and heard its successor when it woke: it was in Init with its
/// addresses lingering, which is no start.
#[test]
fn an_owner_that_leaves_late_does_not_start_while_its_addresses_linger() {
    holds(
        &Scenario::new(30011021, 35047, 140189)
            .host(HostSpec::new(Vrrpd, 255, 100).delayed(295).version_2())
            .host(HostSpec::new(Vrrpd, 100, 100).delayed(295).version_2())
            .at(40375288528, Plan(0, Restart(9516051760)))
            .at(40815352854, Stall(0, 9931894671)),
    );
}

/// Three equal hosts preempted at once when their delay was over, and had one delay of the
/// network to come to terms.
#[test]
fn equal_hosts_that_preempt_together_come_to_terms_within_one_delay() {
    holds(
        &Scenario::new(100038959, 53582, 214328)
            .host(HostSpec::new(Vrrpd, 100, 5).delayed(370))
            .host(HostSpec::new(Vrrpd, 100, 5).delayed(370))
            .host(HostSpec::new(Vrrpd, 100, 5).delayed(370))
            .host(HostSpec::new(Vrrpd, 100, 5).delayed(370))
            .host(HostSpec::new(Vrrpd, 100, 5).delayed(370))
            .at(1952926845, Plan(4, Priority(92))),
    );
}

/// Preempt_Mode was taken from a host that had begun to wait for a lower master's end.
#[test]
fn a_host_about_to_preempt_does_not_once_it_may_not_any_more() {
    holds(
        &Scenario::new(100160384, 12228, 48912)
            .host(HostSpec::new(Vrrpd, 236, 2))
            .host(HostSpec::new(Vrrpd, 200, 2))
            .at(523157993, LinkDown(0, 214510520))
            .at(796857609, Plan(0, Preempt(false))),
    );
}

/// Woken to hear its successor, a host let its addresses linger for longer than their lease.
#[test]
fn a_lease_may_end_while_addresses_linger() {
    holds(
        &Scenario::new(200158032, 101912, 407648)
            .host(HostSpec::new(Keepalived, 239, 10))
            .host(HostSpec::new(Vrrpd, 197, 10))
            .at(1200000000, Kill(0, 942461152))
            .at(1709326149, Plan(1, Restart(695932)))
            .at(1844523208, Stall(1, 834473102)),
    );
}

/// The goodbye of a host that was just preempted passed the winner's priority 0 on the way, and was
/// taken for a successor's advert.
#[test]
fn a_goodbye_that_passes_priority_0_is_no_successor() {
    holds(
        &Scenario::new(10708, 60794, 243177)
            .host(HostSpec::new(Vrrpd, 235, 5).delayed(400))
            .host(HostSpec::new(Vrrpd, 196, 5).delayed(400))
            .host(HostSpec::new(Vrrpd, 156, 5).delayed(400))
            .host(HostSpec::new(Vrrpd, 115, 5).delayed(400))
            .at(13806951656, Plan(3, Priority(46)))
            .at(37914900870, Plan(1, Priority(77)))
            .at(43110254586, Plan(0, Preempt(false)))
            .at(43516031712, Plan(2, Priority(89)))
            .at(49526044667, Plan(0, Restart(781325)))
            .at(51522786229, Plan(3, Priority(227)))
            .at(52072786229, Plan(3, Restart(7689020))),
    );
}

/// A master that stood still for a little less than Master_Down_Interval announced addresses whose
/// lease had ended.
#[test]
fn addresses_whose_lease_ended_are_taken_again_before_they_are_announced() {
    holds(
        &Scenario::new(14549, 40860, 163442)
            .host(HostSpec::new(Vrrpd, 100, 100).patient().version_2())
            .host(HostSpec::new(Vrrpd, 100, 100).patient().version_2())
            .host(HostSpec::new(Vrrpd, 100, 100).patient().version_2())
            .host(HostSpec::new(Vrrpd, 100, 100).patient().version_2())
            .host(HostSpec::new(Vrrpd, 100, 100).patient().version_2())
            .at(13293229227, Plan(4, Resign))
            .at(41603001976, Plan(3, Sick(1005833828)))
            .at(365491011281, Plan(0, Priority(203)))
            .at(451569380860, Partition(13, 3484147410))
            .at(838822933729, Plan(0, Priority(127)))
            .at(854535742951, Plan(0, AddressLost))
            .at(875161620119, Loss(162504, 2443479131))
            .at(877530295995, Stall(0, 3133651113)),
    );
}

/// The lease ended in the middle of a handover that began after a stall.
#[test]
fn a_lease_outlives_the_handover() {
    holds(
        &Scenario::new(37393, 234252, 937008)
            .host(HostSpec::new(Vrrpd, 235, 100))
            .host(HostSpec::new(Vrrpd, 195, 100))
            .at(106273678479, Plan(0, Preempt(false)))
            .at(207193519570, LinkDown(0, 536170))
            .at(220262240110, Stall(1, 2940033177))
            .at(222313059930, Plan(1, Drain(975513700)))
            .at(222835851288, Crash(0, 713589965)),
    );
}

/// The only advert with the longer interval was overtaken by the last with the shorter one.
#[test]
fn a_longer_interval_is_told_more_than_once() {
    holds(
        &Scenario::new(188776, 116743, 466974)
            .host(HostSpec::new(Vrrpd, 238, 50).patient().drifting(111747))
            .host(HostSpec::new(Vrrpd, 197, 10).patient().drifting(-167285))
            .at(51528545821, Plan(1, Interval(50)))
            .at(60000000000, Crash(1, 5000000000)),
    );
}
