//! The main thread's part: starts everything in order, serves requests and signals, reloads,
//! and ends everything in order.

use std::io;
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use sd_notify::NotifyState;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{mpsc, oneshot};
use vrrp_check::SpecError;
use vrrp_config::{Config, Diagnostics, Loaded, LoadedConfig, Realtime, Style};
use vrrp_net::memory;

use super::balance::{self, Balance};
use super::checks::Checks;
use super::command::{Answer, Command, Request};
use super::drain::DrainMark;
use super::hooks::Hooks;
use super::ledger::Ledger;
use super::notify;
use super::plan::Plan;
use super::protocol::{self, Given, StartError};
use super::unheard;
use crate::control::{self, Control, ControlSocket};
use crate::events::{Event, EventLog, Since, What};
use crate::http::Limits;
use crate::metrics;
use crate::status::InstanceState;
use crate::view::DaemonView;

/// After a second signal to stop, the daemon ends without waiting for the kernel any longer
/// than this.
const LAST_WAIT: Duration = Duration::from_secs(10);

/// Reads the configuration again.
pub(super) type Reload = Box<dyn FnMut() -> Result<Loaded, Diagnostics>>;

/// What was opened before privileges were dropped, and what is to run.
pub struct Parts {
    /// The configuration to start with.
    pub config: Config,
    /// What was noticed about it.
    pub warnings: Diagnostics,
    /// Its path, for people.
    pub path: PathBuf,
    /// Reads it again.
    pub reload: Reload,
    /// The bound control socket.
    pub control: ControlSocket,
    /// The bound metrics port, where one is configured.
    pub metrics: Option<TcpListener>,
}

/// Why the daemon could not start, or ended by itself.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The protocol could not be started.
    #[error(transparent)]
    Start(#[from] StartError),
    /// A check could not be started.
    #[error(transparent)]
    Check(#[from] SpecError),
    /// A signal cannot be waited for.
    #[error("waiting for signals: {0}")]
    Signal(io::Error),
    /// The protocol thread ended although nobody asked for it.
    #[error("the protocol thread ended unexpectedly; the log may tell why")]
    Died,
}

struct Supervisor {
    view: Arc<DaemonView>,
    events: Arc<EventLog>,
    commands: mpsc::UnboundedSender<Command>,
    checks: Checks,
    balance: Balance,
    hooks: Hooks,
    mark: DrainMark,
    reload: Reload,
    path: PathBuf,
    running: Config,
}

/// Runs the daemon until it is told to stop.
///
/// # Errors
/// Why it could not start; nothing was touched then. Or that it ended by itself.
pub async fn run(parts: Parts) -> Result<(), RunError> {
    let mut signals = Signals::new().map_err(RunError::Signal)?;
    let view = Arc::new(DaemonView::default());
    let events = Arc::new(EventLog::default());
    let (commands, to_protocol) = mpsc::unbounded_channel();
    let (requests, mut asked) = mpsc::unbounded_channel();
    let mark = DrainMark::beside(parts.control.path());
    let plan = Plan::new(&parts.config);
    // Reading the file took several times what is left of it, and locked memory is not given back.
    memory::give_back();
    view.drained
        .store(mark.is_set(), std::sync::atomic::Ordering::Relaxed);
    let specs = plan.checks.clone();
    let mut protocol = protocol::start(Given {
        plan,
        drained: mark.is_set(),
        view: Arc::clone(&view),
        events: Arc::clone(&events),
        ledger: Ledger::beside(parts.control.path()),
        realtime: parts.config.realtime == Realtime::Auto,
        commands: to_protocol,
    })
    .await?;
    let mut checks = Checks::new(commands.clone(), Arc::clone(&events));
    checks.apply(&specs)?;
    let mut balance = Balance::new(Arc::clone(&view), Arc::clone(&events), parts.control.path());
    balance.apply(&balance::plans(&parts.config))?;
    let mut hooks = Hooks::new(Arc::clone(&view), Arc::clone(&events));
    hooks.apply(&parts.config.instances);
    let (before, mut happened) = events.follow(Since::Id(0));
    let mut supervisor = Supervisor {
        view: Arc::clone(&view),
        events: Arc::clone(&events),
        commands,
        checks,
        balance,
        hooks,
        mark,
        reload: parts.reload,
        path: parts.path,
        running: parts.config,
    };
    supervisor.show(&parts.warnings);
    drop(parts.warnings);
    for event in before {
        supervisor.hooks.note(&event.what);
    }
    tokio::spawn(serve_control(
        parts.control,
        Control {
            view: Arc::clone(&view),
            events,
            requests,
        },
    ));
    if let Some(listener) = parts.metrics {
        let names = if supervisor.running.metrics.keepalived_names {
            metrics::Names::AndKeepalived
        } else {
            metrics::Names::Own
        };
        tokio::spawn(serve_metrics(listener, Arc::clone(&view), names));
    }
    tokio::spawn(notify::watchdog(Arc::clone(&view)));
    tokio::spawn(unheard::watch(view, Arc::clone(&supervisor.events)));
    notify::tell(&[NotifyState::Ready, NotifyState::Status("running")]);
    tracing::info!(version = env!("CARGO_PKG_VERSION"), "vrrpd is running");

    let mut asked_to_stop = 0;
    let mut deadline = None;
    loop {
        tokio::select! {
            biased;
            ended = &mut protocol.finished => {
                if ended.is_err() || asked_to_stop == 0 {
                    return Err(RunError::Died);
                }
                supervisor.balance.stop().await;
                while let Ok(event) = happened.try_recv() {
                    supervisor.hooks.note(&event.what);
                }
                // Commands may still tell others that this host has left; a second signal does
                // not wait for them either.
                tokio::select! {
                    () = supervisor.hooks.finish() => {}
                    () = tokio::time::sleep(LAST_WAIT) => {
                        tracing::warn!("a command of `notify` did not end within {LAST_WAIT:?}; it is killed");
                    }
                    _ = signals.next() => {}
                }
                return Ok(());
            }
            event = happened.recv() => supervisor.note(&event),
            () = wait_until(deadline) => {
                tracing::error!("leaving took longer than {LAST_WAIT:?}; ending all the same");
                supervisor.balance.stop().await;
                return Ok(());
            }
            request = async { tokio::select! {
                request = signals.next() => request,
                Some(request) = asked.recv() => request,
            } } => {
                if matches!(request, Request::Shutdown) {
                    asked_to_stop += 1;
                    let at = tokio::time::Instant::now() + LAST_WAIT + supervisor.longest_leave();
                    deadline.get_or_insert(at);
                }
                supervisor.serve(request, asked_to_stop);
            }
        }
    }
}

async fn wait_until(deadline: Option<tokio::time::Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

async fn serve_control(socket: ControlSocket, control: Control) {
    if let Err(error) = control::serve(socket, control, Limits::default()).await {
        tracing::error!(%error, "the control socket cannot be served");
    }
}

async fn serve_metrics(listener: TcpListener, view: Arc<DaemonView>, names: metrics::Names) {
    if let Err(error) = metrics::serve(listener, view, names, Limits::default()).await {
        tracing::error!(%error, "metrics cannot be served");
    }
}

struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
}

impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) -> Request {
        tokio::select! {
            Some(()) = self.terminate.recv() => Request::Shutdown,
            Some(()) = self.interrupt.recv() => Request::Shutdown,
            Some(()) = self.hangup.recv() => Request::Reload(oneshot::channel().0),
        }
    }
}

impl Supervisor {
    fn serve(&mut self, request: Request, asked_to_stop: u32) {
        match request {
            Request::Resign { instance, reply } => {
                self.tell(Command::Resign { instance, reply });
            }
            // Who asked may have stopped waiting for the answer.
            Request::Drain(reply) => drop(reply.send(self.drain(true))),
            Request::Undrain(reply) => drop(reply.send(self.drain(false))),
            Request::Backend {
                balancer,
                backend,
                drained,
                reply,
            } => self.balance.drain(&balancer, &backend, drained, reply),
            Request::Reload(reply) => self.reload(reply),
            Request::Shutdown => {
                if asked_to_stop == 1 {
                    tracing::info!("stopping: handing over first; a second signal does not wait");
                    notify::tell(&[NotifyState::Stopping]);
                }
                self.tell(Command::Shutdown);
            }
        }
    }

    /// Passes on what an event may have changed.
    fn note(&mut self, event: &Result<Event, RecvError>) {
        // Of events that were missed, any may have been a transition.
        let relevant = match event {
            Ok(event) => {
                self.hooks.note(&event.what);
                matches!(event.what, What::Transition { .. } | What::Reload { .. })
            }
            Err(_) => {
                self.hooks.catch_up();
                true
            }
        };
        if relevant {
            self.tell_states();
        }
        if let Ok(Event {
            what: What::Transition { instance, from, .. },
            ..
        }) = event
            && *from == InstanceState::Master
        {
            self.lost(instance);
        }
    }

    /// Clients that were balanced by this host are another one's now.
    fn lost(&self, name: &str) {
        let running = self.view.running();
        let mut views = running.instances.iter();
        let view = views.find(|view| view.live().name == name);
        let mut instances = self.running.instances.iter();
        let instance = instances.find(|instance| instance.name == name);
        if let (Some(view), Some(instance)) = (view, instance) {
            let addresses = instance.addresses.iter().map(|it| it.address).collect();
            self.balance.lost(view, addresses);
        }
    }

    fn tell(&self, command: Command) {
        if self.commands.send(command).is_err() {
            tracing::error!("the protocol thread has ended");
        }
    }

    fn drain(&self, drained: bool) -> Answer {
        self.mark.set(drained)?;
        self.view
            .drained
            .store(drained, std::sync::atomic::Ordering::Relaxed);
        self.tell(Command::Drain(drained));
        tracing::info!(
            drained,
            "this host is {} now",
            if drained { "drained" } else { "undrained" }
        );
        self.events.publish(What::Drain { drained });
        Ok(())
    }

    /// Validates first: a file that cannot be run changes nothing.
    fn reload(&mut self, reply: oneshot::Sender<Answer>) {
        notify::tell(&reloading());
        let result = self.read_again().and_then(|loaded| self.take_on(loaded));
        notify::tell(&[NotifyState::Ready]);
        match result {
            Ok(applied) => {
                let (view, events) = (Arc::clone(&self.view), Arc::clone(&self.events));
                tokio::spawn(async move {
                    let result = applied
                        .await
                        .unwrap_or_else(|_| Err("it is stopping".into()));
                    finish_reload(&view, &events, &result);
                    let _ = reply.send(result);
                });
            }
            Err(message) => {
                let result = Err(message);
                finish_reload(&self.view, &self.events, &result);
                let _ = reply.send(result);
            }
        }
    }

    fn read_again(&mut self) -> Result<LoadedConfig, String> {
        match (self.reload)() {
            Ok(Loaded::Config(loaded)) => Ok(loaded),
            Ok(Loaded::ExternalLoadBalancer(external)) => Err(format!(
                "{}: {external}. Stop vrrpd on this host instead of reloading it",
                self.path.display()
            )),
            Err(diagnostics) => Err(diagnostics.render(Style::Plain)),
        }
    }

    fn take_on(&mut self, loaded: LoadedConfig) -> Result<oneshot::Receiver<Answer>, String> {
        let fixed = [
            (loaded.config.control == self.running.control, "control"),
            (loaded.config.metrics == self.running.metrics, "metrics"),
            (loaded.config.log == self.running.log, "log"),
            (loaded.config.realtime == self.running.realtime, "realtime"),
        ];
        for (_, section) in fixed.iter().filter(|(same, _)| !same) {
            tracing::warn!("a change of {section:?} takes effect when the daemon is restarted");
        }
        let plan = Plan::new(&loaded.config);
        self.checks
            .apply(&plan.checks)
            .map_err(|error| error.to_string())?;
        self.balance
            .apply(&balance::plans(&loaded.config))
            .map_err(|error| error.to_string())?;
        self.hooks.apply(&loaded.config.instances);
        let (reply, applied) = oneshot::channel();
        self.tell(Command::Apply {
            plan: Box::new(plan),
            reply,
        });
        self.running = loaded.config;
        self.show(&loaded.warnings);
        Ok(applied)
    }

    /// Shows what only a start or a reload changes.
    fn show(&self, warnings: &Diagnostics) {
        for warning in warnings {
            tracing::warn!("{}", warning.line());
        }
        let checks = self.checks.views();
        let warnings = warnings.iter().map(vrrp_config::Diagnostic::line).collect();
        self.view.update(|running| {
            running.checks = checks;
            running.config_path = self.path.display().to_string();
            running.config_loaded_at = Some(SystemTime::now());
            running.warnings = warnings;
        });
        self.tell_states();
    }

    /// Commands that check something know the states of the instances they check it for.
    fn tell_states(&self) {
        let running = self.view.running();
        self.checks
            .tell_states(&self.running.instances, &running.instances);
    }

    /// The longest any instance takes to hand over.
    fn longest_leave(&self) -> Duration {
        let intervals = self
            .running
            .instances
            .iter()
            .map(|instance| instance.advert_interval);
        intervals.max().unwrap_or_default() * 2
    }
}

/// systemd wants the time of the reload with the message (`Type=notify-reload`).
fn reloading() -> Vec<NotifyState<'static>> {
    let mut states = vec![NotifyState::Reloading];
    states.extend(NotifyState::monotonic_usec_now().ok());
    states
}

fn finish_reload(view: &DaemonView, events: &EventLog, result: &Answer) {
    let message = match result {
        Ok(()) => {
            view.reloads_ok.up();
            tracing::info!("the configuration was reloaded");
            "the configuration was reloaded".to_owned()
        }
        Err(error) => {
            view.reloads_failed.up();
            tracing::error!("the configuration was not reloaded, the earlier one runs on: {error}");
            error.clone()
        }
    };
    events.publish(What::Reload {
        applied: result.is_ok(),
        message,
    });
}
