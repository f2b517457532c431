//! Tests a program that uses `dcgm` without a GPU: on the mock, whose hosts fail when a test wants
//! them to.
//!
//! The program is a scheduler that asks whether a GPU is fit for a job. Its tests are below;
//! `cargo test --example mock_in_tests` runs them. Run as an example, it prints its decisions.

use std::collections::BTreeSet;
use std::fmt;
use std::io::Write as _;

use clap::Parser;
use dcgm::{
    Client, Cursor, EntityId, EntityKind, FieldId, Query, Result, Samples, Watch, WatchRequest,
};
use dcgm_examples::{Args, Host, Report, init_logging, parse_flags};

/// Which GPUs a scheduler would give a job to
#[derive(Parser)]
#[command(name = "mock_in_tests")]
struct Flags {
    #[command(flatten)]
    shared: Args,
}

/// A GPU at this temperature gets no more work.
const TOO_HOT: i64 = 85;

/// Why a GPU gets no job.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Unfit {
    /// It reported this XID.
    Xid(i64),
    Hot(i64),
    /// Its temperature is unknown. That is no reason to trust it.
    Unknown,
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Xid(code) => write!(f, "XID {code}"),
            Self::Hot(celsius) => write!(f, "{celsius} °C"),
            Self::Unknown => f.write_str("its temperature is unknown"),
        }
    }
}

/// The code under test. It does not know whether there is hardware behind its `Client`.
struct Scheduler<'c> {
    client: &'c dyn Client,
    gpus: Vec<EntityId>,
    temperatures: Watch,
    xids: Watch,
    cursor: Cursor,
    samples: Samples,
    reported: BTreeSet<(EntityId, i64)>,
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
            reported: BTreeSet::new(),
        })
    }

    /// Returns each GPU, and the reason if it gets no job.
    fn assess(&mut self) -> Result<Vec<(EntityId, Option<Unfit>)>> {
        let Self {
            client, samples, ..
        } = self;
        client.events(&self.xids, &mut self.cursor, samples)?;
        for xid in &*samples {
            let code = xid.value.ok().and_then(|value| value.as_i64());
            self.reported.extend(code.map(|code| (xid.entity, code)));
        }
        client.latest(&Query::from_watches([&self.temperatures]), samples)?;
        let assess = |gpu: &EntityId| {
            let xid = self.reported.iter().find(|(reported, _)| reported == gpu);
            let temperature = samples.find(*gpu, FieldId::GPU_TEMP);
            let celsius = temperature.and_then(|sample| sample.value.ok()?.as_i64());
            let unfit = match (xid, celsius) {
                (Some((_, code)), _) => Some(Unfit::Xid(*code)),
                (None, None) => Some(Unfit::Unknown),
                (None, Some(celsius)) => (celsius >= TOO_HOT).then_some(Unfit::Hot(celsius)),
            };
            (*gpu, unfit)
        };
        Ok(self.gpus.iter().map(assess).collect())
    }
}

fn main() -> Result<(), Report> {
    let Flags { shared } = parse_flags();
    init_logging(false)?;
    let host = Host::find(&shared)?;
    let mut out = std::io::stdout().lock();
    if host.client.backend().is_simulated() {
        writeln!(out, "SIMULATED")?;
    }
    for (gpu, unfit) in Scheduler::new(&*host.client)?.assess()? {
        match unfit {
            Some(unfit) => writeln!(out, "{gpu} gets no job: {unfit}")?,
            None => writeln!(out, "{gpu} gets a job")?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use dcgm::mock::{Call, Clock, Mock, Model};
    use dcgm::{Error, NoValue, ReturnCode};

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const MINUTE: Duration = Duration::from_secs(60);

    /// Returns a connected host and its clock, which stands still until the test moves it.
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
    fn all_gpus_of_a_healthy_host_get_jobs() {
        let (mock, _) = mock("8xh100");
        let assessed = Scheduler::new(&mock).unwrap().assess().unwrap();
        assert_eq!(assessed.len(), 8);
        assert!(
            assessed.iter().all(|(_, unfit)| unfit.is_none()),
            "{assessed:?}"
        );
    }

    #[test]
    fn a_gpu_with_an_xid_gets_no_more_jobs() {
        // A whole incident: after five minutes GPU 4 falls off the bus.
        let (mock, clock) = mock("8xh100,xid79");
        let mut scheduler = Scheduler::new(&mock).unwrap();
        assert!(
            scheduler
                .assess()
                .unwrap()
                .iter()
                .all(|(_, unfit)| unfit.is_none())
        );
        clock.advance(5 * MINUTE + 5 * SECOND);
        let assessed = scheduler.assess().unwrap();
        let unfit: Vec<_> = assessed
            .iter()
            .filter(|(_, unfit)| unfit.is_some())
            .collect();
        assert_eq!(unfit, [&(EntityId::gpu(4), Some(Unfit::Xid(79)))]);
        // The engine reports the event once; the scheduler remembers it.
        assert_eq!(scheduler.assess().unwrap()[4].1, Some(Unfit::Xid(79)));
    }

    #[test]
    fn a_hot_gpu_waits_until_it_has_cooled_down() {
        let (mock, clock) = mock("8xh100");
        let mut scheduler = Scheduler::new(&mock).unwrap();
        // A single field has the value that the test wants.
        mock.set(EntityId::gpu(2), FieldId::GPU_TEMP, TOO_HOT);
        clock.advance(SECOND);
        assert_eq!(scheduler.assess().unwrap()[2].1, Some(Unfit::Hot(TOO_HOT)));
        mock.set(EntityId::gpu(2), FieldId::GPU_TEMP, TOO_HOT - 1);
        clock.advance(SECOND);
        assert_eq!(scheduler.assess().unwrap()[2].1, None);
    }

    #[test]
    fn a_missing_value_is_not_zero() {
        let (mock, clock) = mock("8xh100");
        let mut scheduler = Scheduler::new(&mock).unwrap();
        mock.set_no_value(EntityId::gpu(0), FieldId::GPU_TEMP, NoValue::Blank);
        clock.advance(SECOND);
        assert_eq!(scheduler.assess().unwrap()[0].1, Some(Unfit::Unknown));
    }

    #[test]
    fn a_disconnect_is_an_error_and_not_a_decision() {
        let (mock, _) = mock("8xh100");
        let mut scheduler = Scheduler::new(&mock).unwrap();
        mock.stop_engine();
        assert!(scheduler.assess().unwrap_err().is_disconnected());
        // Or a single call fails.
        mock.start_engine();
        mock.connect().unwrap();
        let mut scheduler = Scheduler::new(&mock).unwrap();
        let function = "dcgmEntitiesGetLatestValues";
        let code = ReturnCode::GENERIC_ERROR;
        mock.fail_next(Call::Latest, Error::Call { function, code });
        assert!(scheduler.assess().is_err());
        assert!(scheduler.assess().is_ok());
    }
}
