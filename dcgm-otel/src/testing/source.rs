//! A source of allocations that a test controls.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry::KeyValue;
use parking_lot::Mutex;

use super::Exported;
use crate::attribution::{Allocation, Attribution, AttributionError, Device, GpuName};

/// What a source does when it is called.
#[derive(Clone, Debug)]
enum Script {
    Answer(Vec<Allocation>),
    Fail,
    Panic,
    Hang(Duration),
}

/// A source under the control of a test. Clones share their state.
#[derive(Clone, Debug)]
pub(crate) struct Scripted {
    name: &'static str,
    script: Arc<Mutex<Script>>,
}

impl Scripted {
    pub(crate) fn new() -> Self {
        Self::named("scripted")
    }

    pub(crate) fn named(name: &'static str) -> Self {
        Self {
            name,
            script: Arc::new(Mutex::new(Script::Answer(Vec::new()))),
        }
    }

    pub(crate) fn answer(&self, all: impl IntoIterator<Item = Allocation>) {
        *self.script.lock() = Script::Answer(all.into_iter().collect());
    }

    pub(crate) fn fail(&self) {
        *self.script.lock() = Script::Fail;
    }

    pub(crate) fn panic(&self) {
        *self.script.lock() = Script::Panic;
    }

    pub(crate) fn hang(&self, time: Duration) {
        *self.script.lock() = Script::Hang(time);
    }
}

impl Attribution for Scripted {
    fn name(&self) -> &'static str {
        self.name
    }

    fn allocations(&mut self, _: Duration) -> Result<Vec<Allocation>, AttributionError> {
        let script = self.script.lock().clone();
        match script {
            Script::Answer(all) => Ok(all),
            Script::Fail => Err(AttributionError::Unreachable("no\nsocket".to_owned())),
            Script::Panic => panic!("a test makes the source panic"),
            Script::Hang(time) => {
                std::thread::sleep(time);
                Ok(Vec::new())
            }
        }
    }
}

/// Returns the attributes of a pod.
pub(crate) fn pod(name: &str) -> [KeyValue; 2] {
    [
        KeyValue::new("k8s.namespace.name", "team"),
        KeyValue::new("k8s.pod.name", name.to_owned()),
    ]
}

/// Returns the allocation of a GPU to a pod.
pub(crate) fn on_gpu(gpu: u32, name: &str) -> Allocation {
    Allocation::new(Device::Gpu(GpuName::Index(gpu)), pod(name))
}

/// Returns the pods of points with their values, sorted; `-` for none.
pub(crate) fn labels_of(points: &[Exported]) -> Vec<(String, f64)> {
    let name = |point: &Exported| {
        point
            .attribute("k8s.pod.name")
            .or_else(|| point.attribute("pod"))
            .unwrap_or_else(|| "-".into())
    };
    let mut all: Vec<_> = points.iter().map(|one| (name(one), one.value)).collect();
    all.sort_by(|a, b| a.0.cmp(&b.0));
    all
}
