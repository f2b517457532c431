//! The objects that a program has in its worker: watches, registrations, pauses and diagnostics.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::diagnostics::RunningDiagnostic;
use super::frame::Op;
use super::wire::{Decoded, Input, Malformed, Wire, put_slice};
use crate::client::{Client as _, Watch, WatchRequest};
use crate::diagnostics::{DiagnosticRequest, DiagnosticsClient as _, MultiNodeRequest};
use crate::engine::Engine;
use crate::entity::EntityId;
use crate::error::Result;
use crate::health::{HealthClient, HealthRequest, HealthWatch};
use crate::jobs::{JobWatch, JobsClient as _};
use crate::policy::{MAX_QUEUED_VIOLATIONS, PolicyClient as _, PolicyConditions, PolicyEvents};
use crate::processes::{ProcessWatch, ProcessesClient as _};
use crate::profiling::{ProfilingClient as _, ProfilingPause};

/// The request names an object for which its operation is not made.
pub(super) const OTHER_OBJECT: Malformed = Malformed("the object is of another kind");

/// An object that the parent has created, and that ends when the parent drops it.
pub(super) enum Object {
    Watch(Watch),
    Health(HealthWatch),
    Policy(PolicyEvents),
    Diagnostic(RunningDiagnostic),
    Pause(#[expect(dead_code, reason = "profiling resumes when it is dropped")] ProfilingPause),
}

/// The objects by their numbers.
#[derive(Default)]
pub(super) struct Objects {
    all: HashMap<u64, Object>,
    next: u64,
}

impl Objects {
    /// Executes a request that creates an object, and appends the result.
    pub(super) fn create(
        &mut self,
        op: Op,
        engine: &Arc<Engine>,
        input: &mut Input<'_>,
        out: &mut Vec<u8>,
    ) -> Decoded<()> {
        match op {
            Op::Watch => {
                let request = WatchRequest::decode(input)?;
                self.keep_watch(engine.watch(&request), out);
            }
            Op::WatchJobs => {
                let (gpus, watch): (Vec<EntityId>, JobWatch) = Wire::decode(input)?;
                self.keep_watch(engine.watch_jobs(&gpus, watch), out);
            }
            Op::WatchProcesses => {
                let (gpus, watch): (Vec<EntityId>, ProcessWatch) = Wire::decode(input)?;
                self.keep_watch(engine.watch_processes(&gpus, watch), out);
            }
            Op::WatchHealth => {
                let request = HealthRequest::decode(input)?;
                self.keep(
                    HealthClient::watch(&**engine, &request),
                    out,
                    |watch, out| {
                        put_slice(watch.entities(), out);
                        put_slice(watch.refusals(), out);
                        Object::Health(watch)
                    },
                );
            }
            Op::Pause => self.keep(engine.pause(), out, |pause, _| Object::Pause(pause)),
            Op::Register => {
                let (gpus, conditions): (Vec<EntityId>, PolicyConditions) = Wire::decode(input)?;
                let events = engine.register(&gpus, conditions);
                self.keep(events, out, |events, _| Object::Policy(events));
            }
            Op::Diagnose => {
                let request = DiagnosticRequest::decode(input)?;
                let engine = Arc::clone(engine);
                let run = RunningDiagnostic::start(move |look| engine.run(&request, look));
                self.keep(run, out, |run, _| Object::Diagnostic(run));
            }
            Op::DiagnoseHosts => {
                let request = MultiNodeRequest::decode(input)?;
                let engine = Arc::clone(engine);
                let run = RunningDiagnostic::start(move |look| engine.run_on_hosts(&request, look));
                self.keep(run, out, |run, _| Object::Diagnostic(run));
            }
            _ => return Err(Malformed("it creates nothing")),
        }
        Ok(())
    }

    /// Returns the object that a request names.
    pub(super) fn find(&self, input: &mut Input<'_>) -> Decoded<&Object> {
        let object = self.all.get(&u64::decode(input)?);
        object.ok_or(Malformed("the object is not known"))
    }

    pub(super) fn remove(&mut self, number: u64) {
        drop(self.all.remove(&number));
    }

    pub(super) fn clear(&mut self) {
        self.all.clear();
    }

    /// Keeps what the engine has created, and appends its number and what `describe` appends.
    fn keep<T>(
        &mut self,
        created: Result<T>,
        out: &mut Vec<u8>,
        describe: impl FnOnce(T, &mut Vec<u8>) -> Object,
    ) {
        match created {
            Ok(created) => {
                self.next += 1;
                true.encode(out);
                self.next.encode(out);
                let object = describe(created, out);
                self.all.insert(self.next, object);
            }
            Err(error) => Result::<()>::Err(error).encode(out),
        }
    }

    fn keep_watch(&mut self, created: Result<Watch>, out: &mut Vec<u8>) {
        self.keep(created, out, |watch, out| {
            Engine::watch_origin(&watch).encode(out);
            put_slice(watch.entities(), out);
            put_slice(watch.fields(), out);
            put_slice(watch.refusals(), out);
            Object::Watch(watch)
        });
    }
}

/// Appends the violations that are there, the number of those that had no room, and whether more can come.
pub(super) fn put_violations(events: &PolicyEvents, out: &mut Vec<u8>) {
    let mut violations = Vec::new();
    while let Some(violation) = events.next_timeout(Duration::ZERO) {
        violations.push(violation);
        if violations.len() >= MAX_QUEUED_VIOLATIONS {
            break;
        }
    }
    let is_over = violations.is_empty() && events.is_closed();
    Result::<_>::Ok((violations, events.dropped(), is_over)).encode(out);
}
