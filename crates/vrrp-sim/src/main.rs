//! `vrrp-sim`: runs many seeds, or replays one as a timeline.

use std::process::ExitCode;

use clap::Parser;
use vrrp_sim::{Scenario, run, run_traced, shrink};

/// Simulates groups of virtual routers under faults. Every seed is another scenario; a seed
/// that breaks an invariant is shrunk and printed as a timeline.
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
    /// Print the timeline of the first seed instead.
    #[arg(long)]
    replay: bool,
    /// Threads.
    #[arg(long, default_value_t = 1)]
    jobs: u64,
}

fn main() -> ExitCode {
    let args = Args::parse();
    if args.replay {
        let scenario = Scenario::generate(args.seed, args.mixed);
        let outcome = run_traced(&scenario);
        print!("{scenario}{}", outcome.trace);
        return match outcome.violation {
            None => ExitCode::SUCCESS,
            Some(violation) => {
                println!("{violation}");
                ExitCode::FAILURE
            }
        };
    }
    let jobs = args.jobs.max(1);
    let (failovers, failed) = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..jobs)
            .map(|job| {
                let args = &args;
                scope.spawn(move || work(args, job, jobs))
            })
            .collect();
        let mut total = (0, None);
        for worker in workers {
            if let Ok((failovers, failed)) = worker.join() {
                total = (total.0 + failovers, total.1.or(failed));
            }
        }
        total
    });
    println!(
        "{} schedules from seed {}, {failovers} failovers",
        args.count, args.seed
    );
    let Some(seed) = failed else {
        return ExitCode::SUCCESS;
    };
    let small = shrink(&Scenario::generate(seed, args.mixed));
    let outcome = run_traced(&small);
    print!("{small}{}", outcome.trace);
    if let Some(violation) = outcome.violation {
        println!("seed {seed}: {violation}");
    }
    ExitCode::FAILURE
}

/// Runs every `jobs`-th seed from the `job`-th; stops at the first that fails.
fn work(args: &Args, job: u64, jobs: u64) -> (u64, Option<u64>) {
    let mut failovers = 0;
    for seed in (args.seed + job..args.seed + args.count).step_by(jobs as usize) {
        let outcome = run(&Scenario::generate(seed, args.mixed));
        failovers += outcome.failovers;
        if outcome.violation.is_some() {
            return (failovers, Some(seed));
        }
    }
    (failovers, None)
}
