//! The operator's commands on hosts of the lab, with what they look for really there.

mod balancing;
mod check;
mod doctor;
mod init;
mod notify;
mod watch;
