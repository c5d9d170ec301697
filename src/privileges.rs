//! Running with the two capabilities the daemon needs, and no other. Capabilities belong to
//! threads: all of this happens before the first one is started.

use std::fmt;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use caps::{CapSet, Capability, CapsHashSet};
use nix::sys::prctl;
use nix::sys::resource::{RLIM_INFINITY, Resource, getrlimit, setrlimit};
use nix::unistd::geteuid;

/// What the daemon needs, and what for.
const NEEDED: [(Capability, &str); 2] = [
    (
        Capability::CAP_NET_ADMIN,
        "to add and remove virtual addresses",
    ),
    (Capability::CAP_NET_RAW, "to send and receive VRRP"),
];

/// Real-time priority that an unprivileged process may ask for later.
const REALTIME_PRIORITY: u64 = 50;

/// Why the daemon cannot run with the privileges it has.
#[derive(Debug, thiserror::Error)]
pub enum PrivilegeError {
    /// A needed capability is not effective.
    #[error(
        "vrrpd lacks {}: start it with `systemctl start vrrpd`, run it as root, or give the \
         program its capabilities with `setcap cap_net_admin,cap_net_raw=ep {}`",
        Missing(.0), program()
    )]
    Missing(Vec<Capability>),
    /// The kernel does not tell, or does not let go.
    #[error("could not {action}: {cause}")]
    Refused {
        /// What was tried.
        action: &'static str,
        /// What the kernel said.
        cause: String,
    },
}

struct Missing<'a>(&'a [Capability]);

impl fmt::Display for Missing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let missing = NEEDED
            .iter()
            .filter(|(capability, _)| self.0.contains(capability));
        for (index, (capability, purpose)) in missing.enumerate() {
            let and = if index > 0 { " and " } else { "" };
            write!(f, "{and}{capability} ({purpose})")?;
        }
        Ok(())
    }
}

fn program() -> String {
    std::env::current_exe().map_or_else(
        |_| "/usr/bin/vrrpd".to_owned(),
        |path| path.display().to_string(),
    )
}

/// Checks that the needed capabilities are effective. Changes nothing.
///
/// # Errors
/// [`PrivilegeError::Missing`] names those that are not.
pub fn check() -> Result<(), PrivilegeError> {
    let effective = read(CapSet::Effective)?;
    let missing: Vec<_> = NEEDED
        .iter()
        .map(|(capability, _)| *capability)
        .filter(|capability| !effective.contains(capability))
        .collect();
    if missing.is_empty() {
        Ok(())
    } else {
        Err(PrivilegeError::Missing(missing))
    }
}

/// Allows real-time scheduling and locked memory after the privileges for them are gone. Works
/// where the process was started with more than it needs, as by root; elsewhere the limits of
/// the systemd unit stand.
///
/// Returns capabilities to keep because a limit cannot be raised, as in a container that was
/// given `SYS_NICE` and `IPC_LOCK`.
#[must_use]
pub fn allow_realtime() -> Vec<Capability> {
    let mut keep = Vec::new();
    for (resource, limit, instead) in [
        (
            Resource::RLIMIT_RTPRIO,
            REALTIME_PRIORITY,
            Capability::CAP_SYS_NICE,
        ),
        (
            Resource::RLIMIT_MEMLOCK,
            RLIM_INFINITY,
            Capability::CAP_IPC_LOCK,
        ),
    ] {
        if let Err(cause) = setrlimit(resource, limit, limit) {
            tracing::debug!(?resource, %cause, "the limit stays as it was");
        }
        let enough = getrlimit(resource).is_ok_and(|(soft, _)| soft >= limit);
        if !enough && has(instead) {
            keep.push(instead);
        }
    }
    keep
}

/// What root needs to keep so that it can go on writing in a directory of another user, such as
/// the one that the packages make for the user vrrpd. Without it root is a stranger there.
#[must_use]
pub fn to_write_in(directory: &Path) -> Option<Capability> {
    let Ok(directory) = fs::metadata(directory) else {
        return None;
    };
    let is_ours = directory.uid() == geteuid().as_raw() || directory.mode() & 0o002 != 0;
    let capability = Capability::CAP_DAC_OVERRIDE;
    (!is_ours && has(capability)).then_some(capability)
}

/// Whether this process may be scheduled in real time with this priority.
#[must_use]
pub fn may_schedule(priority: u8) -> bool {
    has(Capability::CAP_SYS_NICE)
        || getrlimit(Resource::RLIMIT_RTPRIO).is_ok_and(|(soft, _)| soft >= priority.into())
}

/// Whether this process may lock as much memory as it likes, now and later.
#[must_use]
pub fn may_lock_memory() -> bool {
    has(Capability::CAP_IPC_LOCK)
        || getrlimit(Resource::RLIMIT_MEMLOCK).is_ok_and(|(soft, _)| soft == RLIM_INFINITY)
}

fn has(capability: Capability) -> bool {
    caps::has_cap(None, CapSet::Effective, capability).unwrap_or(false)
}

/// Lets go of every capability but the needed ones and those in `more`, for this thread, the
/// threads it starts and whatever they execute, and for good: no program executed later can
/// gain any. What is executed gets none of `more`.
///
/// # Errors
/// Where the kernel refuses to narrow what this thread itself can do. The bounding set is
/// narrowed where allowed; no_new_privs holds without it.
pub fn drop(more: &[Capability]) -> Result<(), PrivilegeError> {
    let keep: CapsHashSet = NEEDED.iter().map(|(capability, _)| *capability).collect();
    for capability in caps::runtime::thread_all_supported().difference(&keep) {
        if let Err(cause) = caps::drop(None, CapSet::Bounding, *capability) {
            tracing::debug!(%capability, %cause, "stays in the bounding set");
        }
    }
    let none = CapsHashSet::new();
    // What the daemon executes, such as a check's command, needs none of its capabilities.
    caps::clear(None, CapSet::Ambient)
        .or_else(|cause| {
            if caps::runtime::ambient_set_supported().is_ok() {
                Err(cause)
            } else {
                Ok(())
            }
        })
        .map_err(|cause| refused("clear the ambient capabilities", &cause))?;
    caps::set(None, CapSet::Inheritable, &none)
        .map_err(|cause| refused("clear the inheritable capabilities", &cause))?;
    for (set, action) in [
        (CapSet::Effective, "narrow the effective capabilities"),
        (CapSet::Permitted, "narrow the permitted capabilities"),
    ] {
        let mut narrowed = read(set)?;
        narrowed.retain(|capability| keep.contains(capability) || more.contains(capability));
        caps::set(None, set, &narrowed).map_err(|cause| refused(action, &cause))?;
    }
    prctl::set_no_new_privs().map_err(|cause| refused("set no_new_privs", &cause))
}

fn read(set: CapSet) -> Result<CapsHashSet, PrivilegeError> {
    caps::read(None, set).map_err(|cause| refused("read the capabilities of this process", &cause))
}

fn refused(action: &'static str, cause: &dyn fmt::Display) -> PrivilegeError {
    PrivilegeError::Refused {
        action,
        cause: cause.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    /// Capabilities and no_new_privs belong to the thread: this one ends with the test.
    fn in_own_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
        thread::spawn(work).join().expect("the thread ends well")
    }

    #[test]
    fn only_the_two_capabilities_remain_and_no_new_ones_can_be_gained() {
        in_own_thread(|| {
            check().expect("this test needs root");
            drop(&[]).expect("letting go is always allowed");
            let keep: CapsHashSet = NEEDED.iter().map(|(capability, _)| *capability).collect();
            assert_eq!(caps::read(None, CapSet::Effective).expect("readable"), keep);
            assert_eq!(caps::read(None, CapSet::Permitted).expect("readable"), keep);
            assert_eq!(caps::read(None, CapSet::Bounding).expect("readable"), keep);
            assert!(
                caps::read(None, CapSet::Inheritable)
                    .expect("readable")
                    .is_empty()
            );
            assert!(prctl::get_no_new_privs().expect("readable"));
            check().expect("what is needed is still there");
        });
    }

    #[test]
    fn a_missing_capability_is_named_with_its_purpose_and_a_remedy() {
        let error = in_own_thread(|| {
            check().expect("this test needs root");
            caps::drop(None, CapSet::Effective, Capability::CAP_NET_RAW).expect("may be dropped");
            check().expect_err("one is missing now")
        });
        let text = error.to_string();
        assert!(
            text.contains("CAP_NET_RAW (to send and receive VRRP)"),
            "{text}"
        );
        assert!(!text.contains("CAP_NET_ADMIN ("), "{text}");
        assert!(
            text.contains("setcap cap_net_admin,cap_net_raw=ep"),
            "{text}"
        );
    }
}
