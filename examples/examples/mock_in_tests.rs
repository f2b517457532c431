//! How a program that uses `dcgm` tests its own code without a GPU: on the mock, whose hosts fall
//! ill when a test wants them to.
//!
//! The program is a scheduler that asks whether a GPU is fit for a job. Its tests are below, and
//! run with `cargo test --example mock_in_tests`; as an example it says what it would decide.

use std::collections::BTreeSet;
use std::fmt::{self, Write as _};
use std::process::ExitCode;

use dcgm::{
    Client, Cursor, EntityId, EntityKind, FieldId, Query, Result, Samples, Watch, WatchRequest,
};
use dcgm_examples::{Host, Outcome, begin, complain, finish, say};

const HELP: &str = "\
mock_in_tests: which GPUs a scheduler would give a job to

";

/// A GPU at this temperature gets no more work.
const TOO_HOT: i64 = 85;

/// Why a GPU gets no job.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Unfit {
    /// It reported this XID.
    Xid(i64),
    Hot(i64),
    /// Nothing is known of it: never a reason to trust it.
    Silent,
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Xid(code) => write!(f, "XID {code}"),
            Self::Hot(celsius) => write!(f, "{celsius} °C"),
            Self::Silent => f.write_str("says nothing"),
        }
    }
}

/// The code under test: it knows a `Client`, and not whether there is hardware behind it.
struct Scheduler<'c> {
    client: &'c dyn Client,
    gpus: Vec<EntityId>,
    temperatures: Watch,
    xids: Watch,
    cursor: Cursor,
    samples: Samples,
    ill: BTreeSet<(EntityId, i64)>,
}

impl<'c> Scheduler<'c> {
    fn new(client: &'c dyn Client) -> Result<Self> {
        let mut gpus = Vec::new();
        client.list(EntityKind::GPU, &mut gpus)?;
        Ok(Self {
            temperatures: client.watch(&WatchRequest::new(&*gpus, [FieldId::GPU_TEMP]))?,
            xids: client.watch(&WatchRequest::events(&*gpus, [FieldId::XID_ERRORS]))?,
            client,
            gpus,
            cursor: Cursor::new(),
            samples: Samples::new(),
            ill: BTreeSet::new(),
        })
    }

    /// Each GPU, and why it gets no job, if it gets none.
    fn look(&mut self) -> Result<Vec<(EntityId, Option<Unfit>)>> {
        let Self {
            client, samples, ..
        } = self;
        client.events(&self.xids, &mut self.cursor, samples)?;
        for xid in &*samples {
            let code = xid.value.ok().and_then(|value| value.as_i64());
            self.ill.extend(code.map(|code| (xid.entity, code)));
        }
        client.latest(&Query::from_watches([&self.temperatures]), samples)?;
        let look = |gpu: &EntityId| {
            let xid = self.ill.iter().find(|(ill, _)| ill == gpu);
            let temperature = samples.find(*gpu, FieldId::GPU_TEMP);
            let celsius = temperature.and_then(|sample| sample.value.ok()?.as_i64());
            let unfit = match (xid, celsius) {
                (Some((_, code)), _) => Some(Unfit::Xid(*code)),
                (None, None) => Some(Unfit::Silent),
                (None, Some(celsius)) => (celsius >= TOO_HOT).then_some(Unfit::Hot(celsius)),
            };
            (*gpu, unfit)
        };
        Ok(self.gpus.iter().map(look).collect())
    }
}

fn main() -> ExitCode {
    let args = begin(HELP, |_| Ok(false));
    args.map_or_else(|code| code, |args| finish(run(&Host::find(&args))))
}

fn run(host: &std::result::Result<Host, dcgm_examples::Unavailable>) -> Outcome {
    let host = host.as_ref().map_err(ToString::to_string)?;
    if let Some(why) = &host.instead {
        complain(&format!("{why}; a SIMULATED host is asked instead"));
    }
    let simulated = host.client.backend().is_simulated();
    let mut text = String::from(if simulated { "SIMULATED\n" } else { "" });
    for (gpu, unfit) in Scheduler::new(&*host.client)?.look()? {
        let answer = unfit.map_or("gets a job".to_owned(), |unfit| {
            format!("gets none: {unfit}")
        });
        writeln!(text, "{gpu} {answer}")?;
    }
    Ok(say(&text))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use dcgm::mock::{Call, Clock, Mock, Model};
    use dcgm::{Error, NoValue, ReturnCode};

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const MINUTE: Duration = Duration::from_secs(60);

    /// A host in an incident, connected, and its time, which stands until the test moves it.
    fn mock(model: &str) -> (Mock, Clock) {
        let clock = Clock::manual();
        let mock = Mock::builder()
            .model(model.parse::<Model>().unwrap())
            .clock(clock.clone())
            .build();
        mock.connect().unwrap();
        (mock, clock)
    }

    #[test]
    fn all_gpus_of_a_host_that_is_well_get_jobs() {
        let (mock, _) = mock("8xh100");
        let looked = Scheduler::new(&mock).unwrap().look().unwrap();
        assert_eq!(looked.len(), 8);
        assert!(
            looked.iter().all(|(_, unfit)| unfit.is_none()),
            "{looked:?}"
        );
    }

    #[test]
    fn a_gpu_with_an_xid_gets_no_job_any_more() {
        // A whole incident: after five minutes GPU 4 falls off the bus.
        let (mock, clock) = mock("8xh100,xid79");
        let mut scheduler = Scheduler::new(&mock).unwrap();
        assert!(
            scheduler
                .look()
                .unwrap()
                .iter()
                .all(|(_, unfit)| unfit.is_none())
        );
        clock.advance(5 * MINUTE + 5 * SECOND);
        let looked = scheduler.look().unwrap();
        let unfit: Vec<_> = looked.iter().filter(|(_, unfit)| unfit.is_some()).collect();
        assert_eq!(unfit, [&(EntityId::gpu(4), Some(Unfit::Xid(79)))]);
        // The event is told once, and remembered.
        assert_eq!(scheduler.look().unwrap()[4].1, Some(Unfit::Xid(79)));
    }

    #[test]
    fn a_hot_gpu_waits_until_it_has_cooled_down() {
        let (mock, clock) = mock("8xh100");
        let mut scheduler = Scheduler::new(&mock).unwrap();
        // A single field says what the test wants.
        mock.set(EntityId::gpu(2), FieldId::GPU_TEMP, TOO_HOT);
        clock.advance(SECOND);
        assert_eq!(scheduler.look().unwrap()[2].1, Some(Unfit::Hot(TOO_HOT)));
        mock.set(EntityId::gpu(2), FieldId::GPU_TEMP, TOO_HOT - 1);
        clock.advance(SECOND);
        assert_eq!(scheduler.look().unwrap()[2].1, None);
    }

    #[test]
    fn a_value_that_is_not_there_is_no_zero() {
        let (mock, clock) = mock("8xh100");
        let mut scheduler = Scheduler::new(&mock).unwrap();
        mock.set_no_value(EntityId::gpu(0), FieldId::GPU_TEMP, NoValue::Blank);
        clock.advance(SECOND);
        assert_eq!(scheduler.look().unwrap()[0].1, Some(Unfit::Silent));
    }

    #[test]
    fn an_engine_that_goes_away_is_an_error_and_not_a_decision() {
        let (mock, _) = mock("8xh100");
        let mut scheduler = Scheduler::new(&mock).unwrap();
        mock.stop_engine();
        assert!(scheduler.look().unwrap_err().is_disconnected());
        // Or a single call fails.
        mock.start_engine();
        mock.connect().unwrap();
        let mut scheduler = Scheduler::new(&mock).unwrap();
        let function = "dcgmEntitiesGetLatestValues";
        let code = ReturnCode::GENERIC_ERROR;
        mock.fail_next(Call::Latest, Error::Call { function, code });
        assert!(scheduler.look().is_err());
        assert!(scheduler.look().is_ok());
    }
}
