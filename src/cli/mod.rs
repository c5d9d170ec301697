//! The command line: what can be asked, and who answers.

mod backend;
mod balancers;
mod check;
mod cleanup;
mod client;
mod doctor;
mod events;
mod exit;
mod generate;
mod import;
mod init;
mod lacking;
mod output;
pub mod run;
mod status;
mod strip;
mod table;
mod terminal;
mod watch;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use vrrp_config::LoadOptions;

use crate::control::DEFAULT_SOCKET;

const EXIT_CODES: &str = "\
Exit codes:
  0  done; for `status`: every instance is master or backup
  1  failed; for `status`: an instance is in fault or has not started yet
  2  the configuration or the command line is wrong
  3  no daemon is running";

/// VRRP daemon: one virtual IP that fails over between hosts.
#[derive(Debug, Parser)]
#[command(name = "vrrpd", version, after_help = EXIT_CODES, disable_help_subcommand = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the daemon in the foreground
    #[command(after_help = "\
Exit codes:
  0  told to stop, or the file leaves the virtual address to something else
  1  it could not start, or ended by itself
  2  the configuration is wrong

Examples:
  vrrpd run
  vrrpd run --config cluster.yaml --inventory inventory.yaml --load-balance")]
    Run(RunArgs),
    /// Validate a configuration: every error at once, each with its line and a hint
    #[command(after_help = "\
Exit codes:
  0  good
  2  bad, or doubtful with --deny-warnings

Examples:
  vrrpd check
  vrrpd check --config new.yaml --deny-warnings
  vrrpd check --config cluster.yaml --inventory inventory.yaml")]
    Check(check::CheckArgs),
    /// Write a complete configuration with comments for this host
    #[command(after_help = "\
Exit codes:
  0  done
  1  the file is there already, or cannot be written
  2  what was asked for cannot be meant

Examples:
  vrrpd init --vip 10.0.50.20 --hosts 10.0.50.11,10.0.50.12,10.0.50.13
  vrrpd init --vip 10.0.50.20 --hosts 10.0.50.11,10.0.50.12 --unicast -o -")]
    Init(init::InitArgs),
    /// Turn a keepalived.conf, a Konvoy cluster.yaml or a manifest of kube-vip into a vrrpd.yaml;
    /// what it does not carry over is listed
    #[command(after_help = "\
Exit codes:
  0  done, and the result can be run
  1  the result could not be written
  2  the file cannot be read, or its result needs a hand before it can be run

Examples:
  vrrpd import /etc/keepalived/keepalived.conf
  vrrpd import /etc/keepalived/keepalived.conf --output /etc/vrrpd/vrrpd.yaml
  vrrpd import cluster.yaml --inventory inventory.yaml")]
    Import(import::ImportArgs),
    /// Look for what keeps a virtual address from working on this host; changes nothing
    #[command(after_help = "\
Exit codes:
  0  no problem was found; warnings do not count
  1  a problem was found, or the host could not be looked at

Examples:
  vrrpd doctor
  vrrpd doctor --config new.yaml --json
  vrrpd doctor --probe; ssh HOST vrrpd doctor")]
    Doctor(doctor::DoctorArgs),
    /// Show the state of the running daemon
    #[command(after_help = "\
Exit codes:
  0  every instance is master or backup
  1  an instance is in fault or has not started yet, or the daemon did not answer
  3  no daemon is running

Examples:
  vrrpd status
  vrrpd status --watch
  vrrpd status --json | jq -r '.instances[] | .name + \" \" + .state'")]
    Status(StatusArgs),
    /// Follow changes of state, checks and conflicts as they happen, or list those remembered
    #[command(after_help = "\
The daemon remembers its last 256 events; they end with it, the log does not.

Exit codes:
  0  listed
  1  the daemon did not answer
  3  no daemon is running, or it stopped while it was followed

Examples:
  vrrpd events
  vrrpd events --since 10m
  vrrpd events --history --json | jq 'select(.kind == \"transition\")'")]
    Events(EventsArgs),
    /// Read the configuration again; where it is wrong, the old one keeps running
    #[command(after_help = "\
Exit codes:
  0  applied
  1  the daemon did not answer
  2  the configuration is wrong, and the old one keeps running
  3  no daemon is running

Examples:
  vrrpd reload
  vrrpd check && systemctl reload vrrpd")]
    Reload(SocketArgs),
    /// Hand over now to another host
    #[command(after_help = "\
Exit codes:
  0  asked to hand over
  1  there is no such instance, or it is not master here
  3  no daemon is running

Examples:
  vrrpd resign
  vrrpd resign control-plane")]
    Resign(ResignArgs),
    /// Hand over and stay backup until undrained; survives a restart of the daemon
    #[command(after_help = "\
Exit codes:
  0  drained
  1  the mark could not be written
  3  no daemon is running

Example, before maintenance of this host:
  vrrpd drain
  vrrpd status")]
    Drain(SocketArgs),
    /// End a drain
    #[command(after_help = "\
Exit codes:
  0  no longer drained
  1  the mark could not be removed
  3  no daemon is running

Example:
  vrrpd undrain")]
    Undrain(SocketArgs),
    /// Drain or undrain a backend of a load balancer
    #[command(after_help = "\
Exit codes:
  0  done: the rules are in place
  1  there is no such backend, or the mark could not be written or removed
  3  no daemon is running

Examples:
  vrrpd backend drain apiserver 10.0.50.12
  vrrpd backend undrain apiserver 10.0.50.12:6443")]
    Backend(backend::BackendArgs),
    /// Remove what a dead daemon left: virtual addresses, macvlans and the nftables table
    #[command(after_help = "\
Exit codes:
  0  nothing is left
  1  a daemon is running, or something could not be removed

Example, after the daemon was killed:
  vrrpd cleanup")]
    Cleanup(cleanup::CleanupArgs),
    /// Print the JSON Schema of vrrpd.yaml, from which editors complete and check it
    #[command(after_help = "\
Example:
  vrrpd schema > vrrpd.schema.json
and as the first line of vrrpd.yaml:
  # yaml-language-server: $schema=./vrrpd.schema.json")]
    Schema,
    /// Print a completion script for a shell
    #[command(after_help = "\
Examples:
  vrrpd completions bash > /usr/share/bash-completion/completions/vrrpd
  vrrpd completions zsh > \"${fpath[1]}/_vrrpd\"
  vrrpd completions fish > ~/.config/fish/completions/vrrpd.fish")]
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the manual page vrrpd(8)
    #[command(after_help = "\
Examples:
  vrrpd man | man -l -
  vrrpd man --dir /usr/share/man")]
    Man {
        /// Write the pages of all commands, and vrrpd.yaml(5), into this directory instead
        #[arg(long, value_name = "DIR")]
        dir: Option<PathBuf>,
    },
}

/// The configuration, as `run` and `check` take it.
#[derive(Clone, Debug, PartialEq, Eq, Args)]
pub struct ConfigArgs {
    /// The configuration: a vrrpd.yaml or a Konvoy cluster.yaml
    #[arg(
        short,
        long,
        value_name = "FILE",
        default_value = "/etc/vrrpd/vrrpd.yaml"
    )]
    pub config: PathBuf,
    /// The inventory that belongs to a Konvoy cluster.yaml
    #[arg(short, long, value_name = "FILE")]
    pub inventory: Option<PathBuf>,
    /// With an inventory: spread connections over its control-plane hosts
    #[arg(long, requires = "inventory")]
    pub load_balance: bool,
}

impl ConfigArgs {
    /// What goes with the file.
    fn options(&self) -> LoadOptions {
        LoadOptions {
            inventory: self.inventory.clone(),
            load_balance: self.load_balance,
        }
    }
}

/// Arguments of `vrrpd run`.
pub type RunArgs = ConfigArgs;

#[derive(Clone, Debug, Args)]
struct SocketArgs {
    /// The control socket of the daemon
    #[arg(long, value_name = "PATH", default_value = DEFAULT_SOCKET)]
    socket: PathBuf,
}

#[derive(Debug, Args)]
struct StatusArgs {
    /// Print the JSON document instead of tables
    #[arg(long)]
    json: bool,
    /// Show it again every second until interrupted; on a terminal with the last changes below
    #[arg(short, long)]
    watch: bool,
    /// Exit with 0 where a daemon answers, an instance in fault or not: for liveness probes
    #[arg(long, conflicts_with = "watch")]
    alive: bool,
    #[command(flatten)]
    socket: SocketArgs,
}

#[derive(Debug, Args)]
struct EventsArgs {
    /// Print one JSON object per line
    #[arg(long)]
    json: bool,
    /// Begin with what is remembered: from this long ago (10m), from after this time
    /// (2026-01-31T12:00:00Z), or from after the event of this id; 0 for all of it
    #[arg(long, value_name = "AGO|TIME|ID")]
    since: Option<String>,
    /// Only what is remembered, all of it unless --since is given; does not follow
    #[arg(long)]
    history: bool,
    #[command(flatten)]
    socket: SocketArgs,
}

#[derive(Debug, Args)]
struct ResignArgs {
    /// Only this instance; all where absent
    instance: Option<String>,
    #[command(flatten)]
    socket: SocketArgs,
}

/// Reads the command line and does what it says.
#[must_use]
pub fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Run(args) => run::run(args),
        Command::Check(args) => check::check(&args),
        Command::Init(args) => init::init(&args),
        Command::Import(args) => import::import(&args),
        Command::Doctor(args) => doctor::doctor(&args),
        Command::Status(args) => status::status(&args),
        Command::Events(args) => events::events(&args),
        Command::Reload(args) => client::reload(&args.socket),
        Command::Resign(args) => client::resign(&args.socket.socket, args.instance.as_deref()),
        Command::Drain(args) => client::drain(&args.socket),
        Command::Undrain(args) => client::undrain(&args.socket),
        Command::Backend(args) => backend::backend(&args),
        Command::Cleanup(args) => cleanup::cleanup(&args),
        Command::Schema => generate::schema(),
        Command::Completions { shell } => generate::completions(shell),
        Command::Man { dir } => generate::man(dir.as_deref()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_is_free_of_contradictions() {
        Cli::command().debug_assert();
    }

    #[test]
    fn run_takes_the_packaged_configuration_by_default() {
        let cli = Cli::try_parse_from(["vrrpd", "run"]).expect("run needs no arguments");
        let Command::Run(args) = cli.command else {
            panic!("not run: {cli:?}")
        };
        assert_eq!(args.config, PathBuf::from("/etc/vrrpd/vrrpd.yaml"));
        assert_eq!(args.inventory, None);
    }

    #[test]
    fn load_balance_without_an_inventory_is_refused() {
        assert!(Cli::try_parse_from(["vrrpd", "run", "--load-balance"]).is_err());
        let with = ["vrrpd", "run", "--inventory", "i.yaml", "--load-balance"];
        assert!(Cli::try_parse_from(with).is_ok());
    }

    #[test]
    fn every_command_shows_an_example() {
        let mut cli = Cli::command();
        for command in cli.get_subcommands_mut() {
            let help = command.render_help().to_string();
            let (name, start) = (command.get_name(), help.find("Example"));
            let examples = start.map_or("", |start| &help[start..]);
            assert!(
                examples.contains(&format!("  vrrpd {name}")),
                "{name}: {help}"
            );
        }
    }

    #[test]
    fn help_documents_the_exit_codes() {
        let help = Cli::command().render_help().to_string();
        for code in [
            "0  done",
            "1  failed",
            "2  the configuration",
            "3  no daemon",
        ] {
            assert!(help.contains(code), "{help}");
        }
    }
}
