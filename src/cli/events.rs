//! `vrrpd events`: follows what happens or lists what happened, one line each.

use std::process::ExitCode;

use super::{EventsArgs, client, exit, terminal};
use crate::control::client::{Client, ClientError};
use crate::events::{Event, What};

pub(super) fn events(args: &EventsArgs) -> ExitCode {
    client::block_on(async {
        match follow(args).await {
            Ok(()) => ExitCode::SUCCESS,
            Err(ClientError::Ended) if args.history => ExitCode::SUCCESS,
            Err(error) => exit::fail(exit::of_client_error(&error), &error),
        }
    })
}

/// Ends without an error only where nobody reads any more.
async fn follow(args: &EventsArgs) -> Result<(), ClientError> {
    let daemon = Client::new(&args.socket.socket);
    let all = args.history.then_some("0");
    let since = args.since.as_deref().or(all);
    let mut events = daemon.events(since, !args.history).await?;
    loop {
        let line = if args.json {
            events.next_line().await?
        } else {
            sentence(&events.next().await?)
        };
        if terminal::print(format!("{line}\n").as_bytes()).is_err() {
            return Ok(());
        }
    }
}

/// An error as the end of a line; nothing where there is none.
fn because(error: Option<&str>) -> String {
    error.map_or_else(String::new, |error| format!(": {error}"))
}

pub(super) fn sentence(event: &Event) -> String {
    let text = match &event.what {
        What::Transition {
            instance,
            from,
            to,
            cause,
        } => {
            format!("{instance}: {} -> {}: {cause}", from.as_str(), to.as_str())
        }
        What::Check {
            check,
            from,
            to,
            error,
        } => {
            let error = because(error.as_deref());
            format!("check {check}: {} -> {}{error}", from.as_str(), to.as_str())
        }
        What::Backend {
            load_balancer,
            backend,
            from,
            to,
            error,
        } => {
            let error = because(error.as_deref());
            format!(
                "backend {backend} of {load_balancer}: {} -> {}{error}",
                from.as_str(),
                to.as_str()
            )
        }
        What::BackendDrain {
            load_balancer,
            backend,
            drained,
        } => {
            let state = if *drained {
                "drained"
            } else {
                "no longer drained"
            };
            format!("backend {backend} of {load_balancer}: {state}")
        }
        What::LoadBalancer {
            load_balancer,
            message,
            ..
        } => format!("load balancer {load_balancer}: {message}"),
        What::Conflict {
            instance,
            address,
            priority,
            message,
        } => {
            format!("{instance}: conflict with {address} (priority {priority}): {message}")
        }
        What::Reload {
            applied: true,
            message,
        } => format!("reload: {message}"),
        What::Reload {
            applied: false,
            message,
        } => format!("reload refused: {message}"),
        What::Drain { drained: true } => "drained".to_owned(),
        What::Drain { drained: false } => "no longer drained".to_owned(),
        What::Lateness {
            instance,
            late_ms,
            message,
        } => {
            format!("{instance}: an advert left {late_ms:.1} ms late: {message}")
        }
        What::NotifyFailed {
            instance,
            state,
            error,
        } => {
            let state = state.as_str();
            format!("{instance}: the command of `notify` failed on {state}: {error}")
        }
        What::Notice { instance, message } => format!("{instance}: {message}"),
        What::Warning {
            instance: Some(instance),
            message,
        } => {
            format!("{instance}: warning: {message}")
        }
        What::Warning {
            instance: None,
            message,
        } => format!("warning: {message}"),
        What::Missed { count } => format!("{count} events were missed: the reader was too slow"),
    };
    format!("{}  {text}", event.time)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::{CheckState, InstanceState};

    #[test]
    fn each_kind_of_event_reads_as_a_line() {
        let whats = [
            What::Transition {
                instance: "control-plane".into(),
                from: InstanceState::Backup,
                to: InstanceState::Master,
                cause: "the master 10.0.50.12 fell silent".into(),
            },
            What::Check {
                check: "apiserver".into(),
                from: CheckState::Up,
                to: CheckState::Down,
                error: Some("connection refused".into()),
            },
            What::Check {
                check: "apiserver".into(),
                from: CheckState::Down,
                to: CheckState::Up,
                error: None,
            },
            What::Conflict {
                instance: "control-plane".into(),
                address: "10.0.50.13".into(),
                priority: 100,
                message: "it yields".into(),
            },
            What::Reload {
                applied: true,
                message: "1 instance changed".into(),
            },
            What::Reload {
                applied: false,
                message: "2 errors".into(),
            },
            What::Drain { drained: true },
            What::Drain { drained: false },
            What::Lateness {
                instance: "control-plane".into(),
                late_ms: 12.34,
                message: "a third of what backups tolerate".into(),
            },
            What::NotifyFailed {
                instance: "control-plane".into(),
                state: InstanceState::Master,
                error: "/usr/local/bin/moved ended with code 3; it said: no".into(),
            },
            What::Warning {
                instance: Some("control-plane".into()),
                message: "m".into(),
            },
            What::Warning {
                instance: None,
                message: "m".into(),
            },
            What::Missed { count: 3 },
        ];
        let lines: Vec<_> = whats
            .map(|what| {
                sentence(&Event {
                    id: 1,
                    time: "2026-01-31T12:00:00Z".into(),
                    what,
                })
            })
            .into();
        insta::assert_snapshot!(lines.join("\n"));
    }
}
