//! Health checks of the engine, for the metrics of health.
//!
//! A check takes the engine 5 to 90 ms, so it runs after the values of a tick are published, and at a
//! period of its own. Without a metric of health there is neither a check nor a watch: the engine
//! never ends the sampling for a health watch.
//!
//! A failed check leaves the values of the last one, which expire. The checks that follow are made
//! less often, because one that runs into its deadline costs the connection.

use std::time::{Duration, Instant};

use dcgm::health::{HealthReport, HealthRequest, HealthWatch};
use dcgm::{Client, EntityId, Error};

use crate::backoff::Backoff;
use crate::config::Config;
use crate::error_kind::{ErrorKind, SampleError};
use crate::logging::write_line;
use crate::pipeline::table::SeriesTable;

/// Period of the checks, unless the sampling interval is longer. The engine reports rates for 60 s
/// after they happened.
const CHECK_INTERVAL: Duration = Duration::from_secs(60);

/// Longest delay after checks that failed.
const MAX_CHECK_DELAY: Duration = Duration::from_secs(3600);

/// A check that failed, and the step.
#[derive(Debug)]
pub(super) struct CheckError {
    pub(super) kind: ErrorKind,
    pub(super) error: Error,
}

impl CheckError {
    /// Returns the kind of error that is counted.
    pub(super) fn error_kind(&self) -> ErrorKind {
        self.as_failure().kind
    }

    fn as_failure(&self) -> SampleError {
        SampleError::from_client(self.kind, &self.error)
    }

    /// Returns `true` if the client or the engine has no health checks.
    pub(super) fn is_unsupported(&self) -> bool {
        self.error.is_unsupported()
    }
}

/// The health checks of a meter.
#[derive(Debug, Default)]
pub(super) struct HealthChecks {
    /// The entities whose health is reported.
    entities: Vec<EntityId>,
    watch: Option<HealthWatch>,
    report: HealthReport,
    /// Time at which the values of the report expire.
    until: Option<Instant>,
    /// Time of the next check; `None` for the next tick.
    next: Option<Instant>,
    /// Set after a check that failed.
    backoff: Option<Backoff>,
    /// Text of the last failure that was logged.
    logged: Option<String>,
}

impl HealthChecks {
    /// Takes over the entities of a new table, and puts the values of the last check into it.
    pub(super) fn fill_table(&mut self, table: &mut SeriesTable) {
        let entities = table.health_entities();
        if entities != self.entities {
            self.entities = entities;
            self.watch = None;
            self.report.clear();
            self.schedule_soon();
        }
        table.set_health(&self.report, self.until);
    }

    /// Forgets the watch and the values: they are those of a connection that is gone.
    pub(super) fn end_connection(&mut self) {
        self.watch = None;
        self.report.clear();
        self.until = None;
        self.schedule_soon();
    }

    fn schedule_soon(&mut self) {
        if self.backoff.is_none() {
            self.next = None;
        }
    }

    /// Checks the health of the entities if that is due, and puts the values into the table. Returns
    /// `true` if they are new.
    pub(super) fn check_if_due(
        &mut self,
        client: &dyn Client,
        table: &mut SeriesTable,
        config: &Config,
        now: Instant,
    ) -> Result<bool, CheckError> {
        if self.entities.is_empty() || self.next.is_some_and(|at| now < at) {
            return Ok(false);
        }
        let period = config.interval().max(CHECK_INTERVAL);
        // Scheduled before the call, which may panic.
        let backoff = Backoff::new(period, MAX_CHECK_DELAY.max(period));
        let delay = self.backoff.get_or_insert(backoff).next_delay();
        self.next = now.checked_add(delay);
        if let Err(failed) = self.check_entities(client) {
            // The engine may have lost it.
            self.watch = None;
            self.log_failure(Some(&failed));
            return Err(failed);
        }
        self.log_failure(None);
        self.backoff = None;
        self.next = now.checked_add(period);
        self.until = now.checked_add(config.max_age(period));
        table.set_health(&self.report, self.until);
        Ok(true)
    }

    fn check_entities(&mut self, client: &dyn Client) -> Result<(), CheckError> {
        let watch = match self.watch.take() {
            Some(watch) => watch,
            None => client
                .health()
                .watch(&HealthRequest::new(self.entities.clone()))
                .map_err(|error| CheckError {
                    kind: ErrorKind::Watch,
                    error,
                })?,
        };
        let watch = self.watch.insert(watch);
        client
            .health()
            .check(watch, &mut self.report)
            .map_err(|error| CheckError {
                kind: ErrorKind::Read,
                error,
            })
    }

    /// Logs a failure that is new, or the end of one.
    fn log_failure(&mut self, failed: Option<&CheckError>) {
        let text = failed.map(|failed| failed.as_failure().to_string());
        if text == self.logged {
            return;
        }
        match &text {
            Some(error) => write_line(|| tracing::warn!(%error, "GPU health cannot be checked")),
            None => write_line(|| tracing::info!("GPU health can be checked again")),
        }
        self.logged = text;
    }
}
