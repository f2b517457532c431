//! Reports the GPU use of a batch job: `start ID` in the prolog, `stop ID` in the epilog.
//!
//! The two are processes of their own. Between them the host engine samples, and keeps the job; `stop` prints the
//! report, and removes the job. `list` shows the jobs that were not stopped.

use std::error::Error;
use std::fmt::Write as _;
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use clap::{Parser, Subcommand};
use dcgm::jobs::{JobId, JobRecorder, JobRequest, JobStats};
use dcgm::usage::MinMaxMean;
use dcgm::{BackendKind, BuildInfo, Client, EntityId, EntityKind};
use dcgm_examples::{Args, Host, Outcome, finish, init_logging, parse_flags, say};

/// Samples are kept this long: a longer job is reported without its beginning.
const KEEP_AGE: Duration = Duration::from_secs(2 * 86_400);

/// GPU use of a batch job
#[derive(Parser)]
#[command(name = "job_report")]
struct Flags {
    #[command(subcommand)]
    step: Step,
}

#[derive(Subcommand)]
enum Step {
    /// Start a job, in the prolog; sample its GPUs until it is stopped
    Start {
        /// The id: at most 63 bytes
        id: JobId,
        /// The numbers of its GPUs, as in 0,1 [default: all of the host]
        #[arg(long, value_delimiter = ',')]
        gpus: Vec<u32>,
        #[command(flatten)]
        shared: Args,
    },
    /// Stop a job, in the epilog; print its report and remove it
    Stop {
        /// The id
        id: JobId,
        #[command(flatten)]
        shared: Args,
    },
    /// List the jobs that were not stopped
    List {
        #[command(flatten)]
        shared: Args,
    },
}

fn main() -> ExitCode {
    let Flags { step } = parse_flags();
    finish(run(step))
}

fn run(step: Step) -> Outcome {
    init_logging(false)?;
    let (Step::Start { shared, .. } | Step::Stop { shared, .. } | Step::List { shared }) = &step;
    let host = Host::find(shared)?;
    let client = &*host.client;
    let mut text = heading(client)?;
    match step {
        Step::Start { id, gpus, .. } => {
            let request = request(&host, id, &gpus)?;
            JobRecorder::start(client, &request)?;
            let count = request.gpus.len();
            writeln!(text, "job {} started on {count} GPUs", request.id)?;
        }
        Step::Stop { id, .. } => {
            if client.backend().kind == BackendKind::Mock {
                // A simulated host ends with its process: the job is started here, to show a report.
                JobRecorder::start(client, &request(&host, id.clone(), &[])?)?;
                thread::sleep(2 * host.config.interval());
            }
            let mut job = JobRecorder::resume(client, id);
            let stats = job.stop()?;
            write_report(&mut text, job.id(), &stats)?;
            job.remove()?;
        }
        Step::List { .. } => {
            for id in client.jobs().job_ids()? {
                writeln!(text, "{id}")?;
            }
        }
    }
    Ok(say(&text))
}

/// Returns the line above the report: nothing for a real host.
fn heading(client: &dyn Client) -> Result<String, Box<dyn Error>> {
    let backend = client.backend();
    let is_simulated = backend.is_simulated() || BuildInfo::is_simulated(&client.build_info()?);
    Ok(if is_simulated {
        let target = backend.target;
        format!("SIMULATED: no hardware is behind these values ({target})\n\n")
    } else {
        String::new()
    })
}

fn request(host: &Host, id: JobId, gpus: &[u32]) -> Result<JobRequest, Box<dyn Error>> {
    let gpus = match gpus {
        [] => host.client.entity_ids(EntityKind::GPU)?,
        gpus => gpus.iter().map(|gpu| EntityId::gpu(*gpu)).collect(),
    };
    Ok(JobRequest::new(id, gpus).with_watch(host.config.interval(), KEEP_AGE))
}

fn write_report(text: &mut String, id: &JobId, stats: &JobStats) -> std::fmt::Result {
    let total = stats.total();
    let (count, seconds) = (stats.gpus.len(), stats.duration().as_secs_f64());
    writeln!(
        text,
        "job {id}: {count} GPUs, {seconds:.1} s from {}",
        stats.start
    )?;
    let energy = total
        .energy_joules
        .map_or("unknown".to_owned(), |joules| format!("{joules:.0} J"));
    writeln!(
        text,
        "energy {energy}, {} XID errors\n",
        total.xid_times.len()
    )?;
    writeln!(
        text,
        "{:<6} {:>10} {:>17} {:>17} {:>17} {:>10} {:>5}",
        "gpu", "energy", "power", "SM", "SM clock", "throttled", "XIDs"
    )?;
    writeln!(
        text,
        "{:<6} {:>10} {:>17} {:>17} {:>17} {:>10} {:>5}",
        "", "J", "W, min/mean/max", "%", "MHz", "s", ""
    )?;
    for gpu in &stats.gpus {
        let usage = &gpu.usage;
        let times = &usage.throttle_times;
        let throttled = [times.power, times.thermal].into_iter().flatten();
        let throttled = throttled.reduce(|one, other| one + other);
        writeln!(
            text,
            "{:<6} {:>10} {:>17} {:>17} {:>17} {:>10} {:>5}",
            usage.gpu.id,
            number(usage.energy_joules),
            three(gpu.power_watts),
            three(usage.sm_utilization_percent),
            three(usage.sm_clock_mhz),
            throttled.map_or("-".to_owned(), |time| format!("{:.3}", time.as_secs_f64())),
            usage.xid_times.len(),
        )?;
    }
    if stats.damaged_gpus > 0 {
        writeln!(text, "{} GPUs could not be read", stats.damaged_gpus)?;
    }
    Ok(())
}

fn number(value: Option<f64>) -> String {
    value.map_or("-".to_owned(), |value| format!("{value:.0}"))
}

fn three(values: Option<MinMaxMean>) -> String {
    values.map_or("-".to_owned(), |MinMaxMean { min, max, mean, .. }| {
        format!("{min:.0}/{mean:.0}/{max:.0}")
    })
}
