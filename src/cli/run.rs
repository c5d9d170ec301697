//! `vrrpd run`: everything that can be refused is refused before anything is touched.

use std::process::ExitCode;

use vrrp_config::{HostFacts, LoadOptions, Loaded, LoadedConfig, Realtime, load};
use vrrp_net::claim::{Claim, PATIENCE};
use vrrp_net::memory;

use super::{RunArgs, exit, terminal};
use crate::control::ControlSocket;
use crate::daemon::{self, Parts};
use crate::{host, log, metrics, privileges};

/// Runs the daemon. Exit code 0 after a stop that was asked for, 2 for a bad configuration, 1
/// for all that this host refuses.
#[must_use]
pub fn run(args: RunArgs) -> ExitCode {
    memory::return_large_blocks();
    let options = args.options();
    let facts = match host::local_addresses() {
        Ok(addresses) => HostFacts::of_this_host(addresses),
        Err(error) => return exit::fail(exit::FAILED, &error),
    };
    let loaded = match load(&args.config, &options, &facts) {
        Ok(Loaded::Config(loaded)) => loaded,
        Ok(Loaded::ExternalLoadBalancer(external)) => {
            let _ = terminal::print(format!("{external}\n").as_bytes());
            daemon::tell_ready();
            return ExitCode::SUCCESS;
        }
        Err(diagnostics) => {
            terminal::show(&diagnostics);
            return ExitCode::from(exit::BAD_CONFIG);
        }
    };
    match start(args, options, loaded) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => exit::fail(exit::FAILED, &error),
    }
}

fn start(args: RunArgs, options: LoadOptions, loaded: LoadedConfig) -> Result<(), String> {
    let LoadedConfig {
        config,
        warnings,
        places,
    } = loaded;
    // They hold the whole file, several times the size of what it says.
    drop(places);
    let text = |error: &dyn std::fmt::Display| error.to_string();
    privileges::check().map_err(|error| text(&error))?;
    let _claim = Claim::take(PATIENCE).map_err(|error| text(&error))?;
    let control = ControlSocket::bind(&config.control.socket).map_err(|error| text(&error))?;
    let metrics = config.metrics.listen.map(metrics::bind).transpose();
    let metrics = metrics.map_err(|error| text(&error))?;
    let mut keep = match config.realtime {
        Realtime::Auto => privileges::allow_realtime(),
        Realtime::Off => Vec::new(),
    };
    keep.extend(privileges::to_write_in(control.directory()));
    privileges::drop(&keep).map_err(|error| text(&error))?;
    let settings = config.log;
    let _log = log::start(settings.level, settings.format)
        .map_err(|error| format!("starting the log: {error}"))?;
    let path = args.config.clone();
    let reload = Box::new(move || {
        let facts = HostFacts::of_this_host(host::local_addresses().unwrap_or_default());
        load(&args.config, &options, &facts)
    });
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("starting the runtime: {error}"))?;
    let parts = Parts {
        config,
        warnings,
        path,
        reload,
        control,
        metrics,
    };
    let result = runtime.block_on(daemon::run(parts));
    // A name look-up that hangs must not hold up the end.
    runtime.shutdown_background();
    result.map_err(|error| text(&error))
}
