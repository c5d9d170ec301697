//! The package as users get it: installed by apt on booted Debian hosts, run by the real systemd.
#![forbid(unsafe_code)]

mod ansible;
mod balance;
mod boot;
mod documents;
mod install;
mod rpm;
mod site;
mod supervise;
mod upgrade;
