//! `vrrpd init`: writes a configuration for this host.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use super::{exit, output};
use crate::init::{Plan, Surroundings, Wish};

/// Arguments of `vrrpd init`.
#[derive(Debug, Args)]
pub(super) struct InitArgs {
    /// The virtual address: a free address of the hosts' network
    #[arg(long, value_name = "ADDRESS")]
    vip: IpAddr,
    /// The own addresses of all hosts, this one among them, the best first
    #[arg(long, value_name = "A,B,C", value_delimiter = ',')]
    hosts: Vec<IpAddr>,
    /// The interface to run on; by default the one whose network has the address
    #[arg(long, value_name = "NAME")]
    interface: Option<String>,
    /// The virtual router's identifier; by default the last byte of the address
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..))]
    vrid: Option<u8>,
    /// The authority of the API server's certificate; by default kubeadm's, RKE2's or k3s's
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// Send adverts to the other hosts instead of the multicast group, as clouds need it
    #[arg(long, requires = "hosts")]
    unicast: bool,
    /// Where to write it; `-` prints it. An existing file is never overwritten
    #[arg(
        short,
        long,
        value_name = "FILE",
        default_value = "/etc/vrrpd/vrrpd.yaml"
    )]
    output: PathBuf,
}

pub(super) fn init(args: &InitArgs) -> ExitCode {
    let wish = Wish {
        vip: args.vip,
        hosts: args.hosts.clone(),
        interface: args.interface.clone(),
        vrid: args.vrid,
        ca: args.ca.clone(),
        unicast: args.unicast,
    };
    let there = match Surroundings::look(&wish) {
        Ok(there) => there,
        Err(error) => return exit::fail(exit::FAILED, &error),
    };
    let plan = match Plan::new(&wish, &there) {
        Ok(plan) => plan,
        Err(error) => return exit::fail(exit::BAD_CONFIG, &error),
    };
    if let Err(error) = output::write(&args.output, plan.file().as_bytes()) {
        return exit::fail(exit::FAILED, &error);
    }
    // Beside the file, which may go to standard output.
    for remark in &plan.remarks {
        eprintln!("note: {remark}");
    }
    eprint!("{}", next(&plan, args));
    ExitCode::SUCCESS
}

/// What to do now, here and on the other hosts.
fn next(plan: &Plan, args: &InitArgs) -> String {
    let mut text = String::new();
    let printed = args.output == Path::new("-");
    if !printed {
        text.push_str(&format!("wrote {}\n", args.output.display()));
    }
    let others: Vec<IpAddr> = plan.others().collect();
    if !others.is_empty() {
        text.push_str("on the other hosts, where each gets its own priority:\n");
        for host in others {
            text.push_str(&format!("  ssh {host} {}\n", command(plan, args)));
        }
    }
    if !printed {
        let file = args.output.display();
        text.push_str(&format!(
            "then, on each:\n  vrrpd check --config {file}\n  vrrpd doctor --config {file}\n  \
             systemctl enable --now vrrpd\n  vrrpd status\n"
        ));
    }
    text
}

/// This command, as it serves on every host.
fn command(plan: &Plan, args: &InitArgs) -> String {
    let hosts: Vec<String> = plan
        .hosts
        .iter()
        .map(|(host, _)| host.to_string())
        .collect();
    let mut command = format!("vrrpd init --vip {} --hosts {}", plan.vip, hosts.join(","));
    if let Some(interface) = &args.interface {
        command.push_str(&format!(" --interface {interface}"));
    }
    if args.vrid.is_some() {
        command.push_str(&format!(" --vrid {}", plan.vrid));
    }
    if let Some(ca) = &args.ca {
        command.push_str(&format!(" --ca {}", ca.display()));
    }
    if args.unicast {
        command.push_str(" --unicast");
    }
    command
}
