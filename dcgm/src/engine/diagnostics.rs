//! The implementation of [`DiagnosticsClient`] for [`Engine`].
//!
//! A diagnostic is one call that lasts for minutes. On the engine's thread it would hold up all reads and the
//! call that stops it. It therefore has a client of its own, with another connection and another thread:
//!
//! ```text
//!  caller ── run ──► "dcgm-diagnostic" ──► Engine beside ──► "dcgm-engine" ──► dcgmActionValidate_v2
//!    │ twice a second: progress, heartbeat, deadline
//!    └─► this engine ──► "dcgm-engine" ──► latest, dcgmDiagSendHeartbeat, dcgmStopDiagnostic
//! ```
//!
//! The engine stops a diagnostic for any client, so that this client stops that of the one beside. An embedded
//! engine has one handle, which both use: libdcgm runs the two calls at the same time.

use core::ops::ControlFlow;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};

use super::Engine;
use super::session::Session;
use crate::client::{Client as _, Query};
use crate::diagnostics::{
    DiagnosticProgress, DiagnosticReport, DiagnosticRequest, DiagnosticsClient, MultiNodeReport,
    MultiNodeRequest, TestProgress,
};
use crate::entity::EntityId;
use crate::error::{Error, Operation, Result};
use crate::ffi;
use crate::field::FieldId;
use crate::sample::Samples;
use crate::value::Value;

/// The time between two looks at a diagnostic.
const LOOK_INTERVAL: Duration = Duration::from_millis(500);

/// The time that a stopped diagnostic has to end: it kills a process and waits for that.
const STOP_TIMEOUT: Duration = Duration::from_secs(30);

/// A diagnostic that runs beside, and the way to stop it.
struct Running<'a, T> {
    engine: &'a Engine,
    outcome: Receiver<Result<T>>,
    stop: fn(&Engine) -> Result<()>,
    began: Instant,
    is_over: bool,
}

impl DiagnosticsClient for Engine {
    #[doc(alias = "dcgmActionValidate_v2")]
    #[doc(alias = "dcgmRunDiagnostic")]
    fn run(
        &self,
        request: &DiagnosticRequest,
        progress: &mut dyn FnMut(&DiagnosticProgress) -> ControlFlow<()>,
    ) -> Result<DiagnosticReport> {
        let limit = self.options.deadlines.read;
        let wants_heartbeat = request.ends_with_client;
        self.run_task(Operation::Diagnose, limit, move |thread| {
            thread.with_session(|session| {
                if wants_heartbeat {
                    session.connection().check_diagnostic_heartbeat()?;
                }
                Ok(())
            })
        })?;
        // What was reported of an earlier diagnostic is not progress of this one.
        let earlier = self.diagnostic_status().map(|(at, _)| at);
        let wanted = request.clone();
        let running = self.start_beside(
            request.deadline,
            move |session| {
                let connection = session.connection();
                connection.run_diagnostic(&wanted, connection.release.diagnostic_structs())
            },
            DiagnosticsClient::stop,
        )?;
        running.supervise(request.deadline, &mut |elapsed| {
            if wants_heartbeat {
                // A missed one matters after several only, and then the diagnostic ends with an error.
                drop(self.run_task(Operation::Diagnose, limit, |thread| {
                    thread.with_session(|session| session.connection().send_diagnostic_heartbeat())
                }));
            }
            let tests = self.diagnostic_status();
            let tests = tests.filter(|(at, _)| Some(*at) != earlier);
            progress(&DiagnosticProgress {
                elapsed,
                tests: tests.map(|(_, tests)| tests),
            })
        })
    }

    #[doc(alias = "dcgmStopDiagnostic")]
    fn stop(&self) -> Result<()> {
        let limit = self.options.deadlines.read;
        self.run_task(Operation::Diagnose, limit, |thread| {
            thread.with_session(|session| session.connection().stop_diagnostic())
        })
    }

    #[doc(alias = "dcgmRunMnDiagnostic")]
    fn run_on_hosts(
        &self,
        request: &MultiNodeRequest,
        progress: &mut dyn FnMut(&DiagnosticProgress) -> ControlFlow<()>,
    ) -> Result<MultiNodeReport> {
        let wanted = request.clone();
        let running = self.start_beside(
            request.deadline,
            move |session| {
                let connection = session.connection();
                connection
                    .run_multi_node_diagnostic(&wanted, connection.release.multi_node_structs())
            },
            DiagnosticsClient::stop_on_hosts,
        )?;
        running.supervise(request.deadline, &mut |elapsed| {
            progress(&DiagnosticProgress {
                elapsed,
                tests: None,
            })
        })
    }

    #[doc(alias = "dcgmStopMnDiagnostic")]
    fn stop_on_hosts(&self) -> Result<()> {
        let limit = self.options.deadlines.read;
        self.run_task(Operation::Diagnose, limit, |thread| {
            thread.with_session(|session| session.connection().stop_multi_node_diagnostic())
        })
    }
}

impl Engine {
    /// Runs `call` on a connection and a thread of its own.
    fn start_beside<T: Send + 'static>(
        &self,
        deadline: Duration,
        call: impl FnOnce(&mut Session) -> Result<T> + Send + 'static,
        stop: fn(&Engine) -> Result<()>,
    ) -> Result<Running<'_, T>> {
        let limit = self.options.deadlines.read;
        // A client that is not connected runs no diagnostic either.
        self.run_task(Operation::Diagnose, limit, |thread| {
            thread.session_mut().map(drop)
        })?;
        let beside = Self::new((*self.options).clone());
        beside.connect()?;
        let (sender, outcome) = sync_channel(1);
        let began = Instant::now();
        // The last resort, which closes the connection: the diagnostic is stopped before.
        let backstop = deadline.saturating_add(2 * STOP_TIMEOUT);
        std::thread::Builder::new()
            .name("dcgm-diagnostic".to_owned())
            .spawn(move || {
                ffi::block_signals();
                let outcome = beside.run_task(Operation::Diagnose, backstop, move |thread| {
                    thread.with_session(call)
                });
                // No caller waits for the outcome of a diagnostic that did not end when it was stopped.
                drop(sender.send(outcome));
            })
            .map_err(|error| Error::Thread {
                reason: error.to_string(),
            })?;
        Ok(Running {
            engine: self,
            outcome,
            stop,
            began,
            is_over: false,
        })
    }

    /// Returns the progress that the engine reported last, with its time. An engine keeps it without a watch.
    fn diagnostic_status(&self) -> Option<(crate::Timestamp, TestProgress)> {
        let query = Query::new([(vec![EntityId::HOST], vec![FieldId::DIAG_STATUS])]);
        let mut samples = Samples::new();
        self.latest(&query, &mut samples).ok()?;
        let sample = samples.get(0)?;
        let Value::Blob(bytes) = sample.value.ok()? else {
            return None;
        };
        Some((sample.timestamp, parse_status(bytes)?))
    }
}

/// Reads `dcgmDiagStatus_v1`: version, number of tests, completed tests, 128 bytes of name, error.
fn parse_status(bytes: &[u8]) -> Option<TestProgress> {
    let word = |at: usize| {
        let bytes = bytes.get(at..at + 4)?.try_into().ok()?;
        Some(u32::from_ne_bytes(bytes))
    };
    let name = bytes.get(12..140)?;
    let end = name.iter().position(|byte| *byte == 0);
    let name = String::from_utf8_lossy(name.get(..end.unwrap_or(name.len()))?);
    let name = crate::sanitize(&name);
    Some(TestProgress {
        completed: word(8)?,
        total: word(4)?,
        latest: (!name.is_empty()).then(|| name.into()),
    })
}

impl<T> Running<'_, T> {
    /// Waits for the outcome, looks at the diagnostic meanwhile, and stops it at the deadline.
    fn supervise(
        mut self,
        deadline: Duration,
        look: &mut dyn FnMut(Duration) -> ControlFlow<()>,
    ) -> Result<T> {
        let timeout = || Error::Timeout {
            operation: Operation::Diagnose,
            after: deadline,
        };
        let mut stopped = None;
        loop {
            let elapsed = self.began.elapsed();
            let wait = LOOK_INTERVAL.min(deadline.saturating_sub(elapsed));
            let wait = if stopped.is_some() {
                LOOK_INTERVAL
            } else {
                wait
            };
            match self.outcome.recv_timeout(wait) {
                Ok(outcome) => {
                    self.is_over = true;
                    let is_late = stopped == Some(true);
                    return if is_late { Err(timeout()) } else { outcome };
                }
                Err(RecvTimeoutError::Disconnected) => {
                    self.is_over = true;
                    return Err(Error::Panicked);
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
            let elapsed = self.began.elapsed();
            match stopped {
                None if elapsed >= deadline => {
                    stopped = Some(true);
                    self.began = Instant::now();
                    drop((self.stop)(self.engine));
                }
                None => {
                    if look(elapsed).is_break() {
                        stopped = Some(false);
                        self.began = Instant::now();
                        drop((self.stop)(self.engine));
                    }
                }
                // Not even a stop ends it.
                Some(_) if elapsed >= STOP_TIMEOUT => {
                    self.is_over = true;
                    return Err(timeout());
                }
                Some(_) => {}
            }
        }
    }
}

/// Stops a diagnostic whose caller panics.
impl<T> Drop for Running<'_, T> {
    fn drop(&mut self) {
        if !self.is_over {
            drop((self.stop)(self.engine));
        }
    }
}
