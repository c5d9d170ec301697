//! `vrrp-sim`: runs many seeds, or replays one as a timeline.

use std::fmt;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use vrrp_sim::{Scenario, Violation, run, run_traced, shrink};

/// Each thread stops after so many: they are mostly of one kind.
const MOST_VIOLATIONS: usize = 20;
/// Schedules between two lines on standard error.
const TOLD_EVERY: u64 = 100_000;

/// Simulates groups of virtual routers under faults. Every seed is another scenario; a seed
/// that breaks an invariant is told, and the first is shrunk and printed as a timeline and as a test.
#[derive(Parser)]
struct Args {
    /// First seed.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// How many seeds to run, one after the other.
    #[arg(long, default_value_t = 20_000)]
    count: u64,
    /// Put a model of Keepalived among the hosts.
    #[arg(long)]
    mixed: bool,
    /// A hundred faults and more in each schedule, instead of one to eight.
    #[arg(long)]
    marathon: bool,
    /// Every router keeps in step with others on its host, as in the daemon.
    #[arg(long)]
    in_step: bool,
    /// Print the timeline of the first seed instead.
    #[arg(long)]
    replay: bool,
    /// Threads.
    #[arg(long, default_value_t = 1)]
    jobs: u64,
}

impl Args {
    fn scenario(&self, seed: u64) -> Scenario {
        let scenario = if self.marathon {
            Scenario::marathon(seed, self.mixed)
        } else {
            Scenario::generate(seed, self.mixed)
        };
        if self.in_step {
            scenario.in_step()
        } else {
            scenario
        }
    }
}

fn main() -> ExitCode {
    let args = Args::parse();
    if args.replay {
        let scenario = args.scenario(args.seed);
        let outcome = run_traced(&scenario);
        print!("{scenario}{}\n{}", outcome.trace, scenario.as_test());
        return match outcome.violation {
            None => ExitCode::SUCCESS,
            Some(violation) => {
                println!("{violation}");
                ExitCode::FAILURE
            }
        };
    }
    let jobs = args.jobs.max(1);
    let total = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..jobs)
            .map(|job| {
                let args = &args;
                scope.spawn(move || work(args, job, jobs))
            })
            .collect();
        let mut total = Total::default();
        for worker in workers {
            if let Ok(part) = worker.join() {
                total.add(part);
            }
        }
        total
    });
    println!("from seed {}: {total}", args.seed);
    for (seed, violation) in &total.violations {
        println!("seed {seed}: {violation}");
    }
    let Some((seed, _)) = total.violations.first() else {
        return ExitCode::SUCCESS;
    };
    let small = shrink(&args.scenario(*seed));
    let outcome = run_traced(&small);
    print!("{small}{}\n{}", outcome.trace, small.as_test());
    ExitCode::FAILURE
}

/// What a number of runs came to.
#[derive(Default)]
struct Total {
    schedules: u64,
    failovers: u64,
    time: Duration,
    violations: Vec<(u64, Violation)>,
}

impl Total {
    fn add(&mut self, part: Self) {
        self.schedules += part.schedules;
        self.failovers += part.failovers;
        self.time += part.time;
        self.violations.extend(part.violations);
        self.violations.sort_by_key(|(seed, _)| *seed);
    }
}

impl fmt::Display for Total {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let days = self.time.as_secs() / (24 * 60 * 60);
        write!(
            f,
            "{} schedules, {} failovers in {days} days of virtual time, {} violations",
            self.schedules,
            self.failovers,
            self.violations.len()
        )
    }
}

/// Runs every `jobs`-th seed from the `job`-th.
fn work(args: &Args, job: u64, jobs: u64) -> Total {
    let mut total = Total::default();
    let step = usize::try_from(jobs).unwrap_or(1);
    for seed in (args.seed + job..args.seed + args.count).step_by(step) {
        let outcome = run(&args.scenario(seed));
        total.schedules += 1;
        total.failovers += outcome.failovers;
        total.time += Duration::from_nanos(outcome.time);
        if let Some(violation) = outcome.violation {
            eprintln!("seed {seed}: {violation}");
            total.violations.push((seed, violation));
        }
        if total.violations.len() >= MOST_VIOLATIONS {
            break;
        }
        if total.schedules.is_multiple_of(TOLD_EVERY) {
            eprintln!("so far, thread {job}: {total}");
        }
    }
    total
}
