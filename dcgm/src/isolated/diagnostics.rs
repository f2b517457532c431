//! Diagnostics over a worker: it runs them on a thread, and the program asks how they go.

use core::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

use super::IsolatedEngine;
use super::frame::Op;
use super::wire::{Decoded, Input, Wire};
use crate::diagnostics::DiagnosticProgress;
use crate::error::{Error, Operation, Result};

/// The time between two looks at a diagnostic.
const LOOK_INTERVAL: Duration = Duration::from_millis(500);

impl IsolatedEngine {
    /// Starts a diagnostic in the worker, and looks at it until it ends.
    pub(super) fn run_diagnostic<T: Wire>(
        &self,
        op: Op,
        encode: impl FnOnce(&mut Vec<u8>),
        progress: &mut dyn FnMut(&DiagnosticProgress) -> ControlFlow<()>,
    ) -> Result<T> {
        let limit = (Operation::Diagnose, self.options.deadlines.read);
        // It is stopped when this is dropped.
        let (object, ()) = self.shared.create(limit, op, encode)?;
        let mut is_stopped = false;
        loop {
            std::thread::sleep(LOOK_INTERVAL);
            let look = object.call(
                limit,
                Op::LookAtDiagnostic,
                "dcgmActionValidate_v2",
                |out| is_stopped.encode(out),
                decode_look::<T>,
            );
            match look {
                Ok((_, Some(outcome))) => return outcome,
                Ok((Some(latest), None)) if !is_stopped => {
                    is_stopped = progress(&latest).is_break();
                }
                // No news, or a long call of another thread.
                Ok(_) | Err(Error::Busy { .. }) => {}
                Err(error) => return Err(error),
            }
        }
    }
}

/// What a look has found: progress since the last one, and the outcome.
type Look<T> = (Option<DiagnosticProgress>, Option<Result<T>>);

fn decode_look<T: Wire>(input: &mut Input<'_>) -> Decoded<Result<Look<T>>> {
    Wire::decode(input)
}

/// A diagnostic in the worker. It is stopped when this is dropped.
pub(super) struct RunningDiagnostic(Arc<Mutex<DiagnosticState>>);

#[derive(Default)]
struct DiagnosticState {
    latest: Option<DiagnosticProgress>,
    /// The encoded result.
    outcome: Option<Vec<u8>>,
    is_stopped: bool,
}

impl RunningDiagnostic {
    /// Runs a diagnostic on a thread.
    pub(super) fn start<T: Wire>(
        run: impl FnOnce(&mut dyn FnMut(&DiagnosticProgress) -> ControlFlow<()>) -> Result<T>
        + Send
        + 'static,
    ) -> Result<Self> {
        let state = Arc::new(Mutex::new(DiagnosticState::default()));
        let shared = Arc::clone(&state);
        let supervise = move || {
            let outcome = run(&mut |progress| {
                let mut state = shared.lock();
                state.latest = Some(progress.clone());
                if state.is_stopped {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            });
            let mut encoded = Vec::new();
            outcome.encode(&mut encoded);
            shared.lock().outcome = Some(encoded);
        };
        let thread = std::thread::Builder::new()
            .name("dcgm-diagnostic".to_owned())
            .spawn(supervise);
        thread
            .map(|_detached| Self(state))
            .map_err(|error| Error::Thread {
                reason: error.to_string(),
            })
    }

    /// Appends what is new.
    pub(super) fn look(&self, is_stopped: bool, out: &mut Vec<u8>) {
        let mut state = self.0.lock();
        state.is_stopped |= is_stopped;
        Result::<()>::Ok(()).encode(out);
        state.latest.take().encode(out);
        state.outcome.is_some().encode(out);
        if let Some(encoded) = &state.outcome {
            out.extend_from_slice(encoded);
        }
    }
}

impl Drop for RunningDiagnostic {
    fn drop(&mut self) {
        self.0.lock().is_stopped = true;
    }
}
