//! The package as users get it: installed by apt on booted Debian hosts, run by the real systemd.
#![forbid(unsafe_code)]

mod boot;
mod install;
mod site;
mod supervise;
mod upgrade;
