//! Code of a test that runs at each call, and for each sample.

use core::fmt;
use std::sync::Arc;

use parking_lot::Mutex;

use crate::error::Result;
use crate::mock::faults::Call;
use crate::sample::{Sample, Samples};

type CallHook = Arc<dyn Fn(Call) -> Result<()> + Send + Sync>;
type SampleHook = Arc<dyn Fn(&mut Sample<'_>) + Send + Sync>;

/// The hooks of a mock. They run without a lock, as they can use the mock.
#[derive(Default)]
pub(super) struct Hooks {
    on_call: Mutex<Option<CallHook>>,
    on_sample: Mutex<Option<SampleHook>>,
}

impl Hooks {
    pub(super) fn set_call_hook(&self, hook: CallHook) {
        *self.on_call.lock() = Some(hook);
    }

    pub(super) fn set_sample_hook(&self, hook: SampleHook) {
        *self.on_sample.lock() = Some(hook);
    }

    pub(super) fn run_call_hook(&self, call: Call) -> Result<()> {
        let hook = self.on_call.lock().clone();
        hook.map_or(Ok(()), |hook| hook(call))
    }

    pub(super) fn run_sample_hook(&self, samples: &mut Samples) {
        let hook = self.on_sample.lock().clone();
        let Some(hook) = hook else { return };
        for mut sample in &std::mem::take(samples) {
            hook(&mut sample);
            samples.push(sample);
        }
    }
}

impl fmt::Debug for Hooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hooks")
    }
}
