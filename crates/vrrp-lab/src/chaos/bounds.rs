//! How long each thing may take, reckoned from the advert interval.

use std::time::Duration;

use super::fault::Fault;
use crate::subject::priority;

/// What a busy machine may add to anything.
const MARGIN: Duration = Duration::from_millis(200);
/// What a change that somebody planned may cost on a busy machine; on a quiet one it is a few
/// milliseconds.
const PLANNED: Duration = Duration::from_millis(100);
/// A deleted VIP is back within 50 ms.
const REPAIRED: Duration = Duration::from_millis(50);
/// Two good probes, one second apart, each of which may wait for its timeout.
const CHECK_RISES: Duration = Duration::from_secs(4);
/// Until a daemon that starts, or wakes, takes part.
const STARTS: Duration = Duration::from_secs(1);

/// vrrpd's default, the longest time from one announcement to the next.
const ANNOUNCEMENT_REFRESH: Duration = Duration::from_secs(60);

/// All bounds of a run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub(super) interval: Duration,
}

impl Bounds {
    /// Master_Down_Interval of the third host (RFC 9568 §6.1).
    fn master_down_interval(self) -> Duration {
        let skew_time = self.interval * (256 - u32::from(priority(2))) / 256;
        self.interval * 3 + skew_time
    }

    /// Two holders that can hear each other.
    pub(super) fn overlap(self) -> Duration {
        self.interval + MARGIN
    }

    /// The VIP on a host whose daemon was killed or hangs: the lease, which is
    /// Master_Down_Interval in whole seconds, and one second more.
    pub(super) fn lease(self) -> Duration {
        let interval = self.master_down_interval();
        let seconds = interval.as_secs() + u64::from(interval.subsec_nanos() > 0);
        Duration::from_secs(seconds + 1) + MARGIN
    }

    /// A machine that stands still this long may cost a healthy master its backups' patience:
    /// their Master_Down_Interval less the interval that had already gone by.
    pub(super) fn stall(self) -> Duration {
        self.interval * 2
    }

    /// From the end of such a stall until all that came of it is over.
    pub(super) fn recovery_from_stall(self) -> Duration {
        self.master_down_interval() * 3 + MARGIN * 2
    }

    /// How long nobody may answer because of it.
    pub(super) fn outage_of_stall(self, lasted: Duration) -> Duration {
        lasted + self.master_down_interval() + MARGIN
    }

    /// From the end of a fault until everything is as if it had never been.
    pub(super) fn recovery(self, fault: Fault) -> Duration {
        let elected = self.master_down_interval() * 2 + MARGIN;
        match fault {
            _ if fault.is_api() => elected + CHECK_RISES,
            Fault::ReloadSame | Fault::ReloadOther | Fault::ReloadBad | Fault::DeleteVip => {
                MARGIN * 2
            }
            _ => elected + STARTS,
        }
    }

    /// From the last fault mended to one holder and all programs in agreement.
    pub(super) fn settling(self) -> Duration {
        CHECK_RISES + STARTS + self.master_down_interval() * 3
    }

    /// How long nobody may answer because `fault` began. `held`: on a host that held the VIP
    /// before or in its course. `lasted`: until it was mended.
    pub(super) fn outage(self, fault: Fault, held: bool, lasted: Duration) -> Duration {
        match fault {
            // Nobody notices: its adverts are heard, only the client is not.
            Fault::CutTo if held => lasted + self.master_down_interval() + MARGIN,
            _ if !held => PLANNED,
            Fault::Terminate | Fault::ApiSick | Fault::ApiHung | Fault::ApiDead => PLANNED,
            Fault::ReloadSame | Fault::ReloadOther | Fault::ReloadBad => PLANNED,
            Fault::DeleteVip => REPAIRED + PLANNED,
            _ => self.master_down_interval() + MARGIN,
        }
    }

    /// Until a host that has been master for so long announces the next time, if nothing calls
    /// for it: three intervals, 100 ms to 1 s, or a quarter of that time, but at most the
    /// refresh; and then with the next advert.
    pub(super) fn next_announcement(self, master_for: Duration) -> Duration {
        let first = (self.interval * 3).clamp(Duration::from_millis(100), Duration::from_secs(1));
        let step = (master_for / 4).max(first).min(ANNOUNCEMENT_REFRESH);
        let advert = self.interval.min(Duration::from_secs(1));
        step + advert + MARGIN
    }

    /// How long nobody may answer because `fault` was mended.
    pub(super) fn outage_after(self, fault: Fault) -> Duration {
        if fault.isolates() {
            self.interval + MARGIN
        } else {
            PLANNED
        }
    }
}
