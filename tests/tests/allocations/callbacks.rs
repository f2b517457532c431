//! What a collect costs on our side: no allocation. The SDK's own are left out, since the callbacks
//! are run by a provider that does nothing with what it is shown.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use dcgm::mock::Mock;
use dcgm_otel::DcgmMeter;
use opentelemetry::metrics::{
    AsyncInstrument, AsyncInstrumentBuilder, InstrumentProvider, Meter, MeterProvider,
    ObservableCounter, ObservableGauge, ObservableUpDownCounter,
};
use opentelemetry::{InstrumentationScope, KeyValue};

use crate::allocations;

/// Runs a callback, and says how many points it showed.
type Run = Box<dyn Fn() -> usize + Send + Sync>;

/// Keeps the callbacks, in order.
#[derive(Clone, Default)]
struct Provider(Arc<Callbacks>);

#[derive(Default)]
struct Callbacks(Mutex<Vec<Run>>);

impl fmt::Debug for Callbacks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Callbacks")
    }
}

impl MeterProvider for Provider {
    fn meter_with_scope(&self, _: InstrumentationScope) -> Meter {
        Meter::new(Arc::clone(&self.0) as Arc<_>)
    }
}

/// Counts points.
#[derive(Default)]
struct Points(AtomicUsize);

impl<T> AsyncInstrument<T> for Points {
    fn observe(&self, _: T, _: &[KeyValue]) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

macro_rules! keep {
    ($($method:ident: $instrument:ident<$number:ty>;)*) => {
        impl InstrumentProvider for Callbacks {
            $(fn $method(
                &self,
                builder: AsyncInstrumentBuilder<'_, $instrument<$number>, $number>,
            ) -> $instrument<$number> {
                let callbacks = builder.callbacks.into_iter().map(|callback| -> Run {
                    Box::new(move || {
                        let points = Points::default();
                        callback(&points);
                        points.0.into_inner()
                    })
                });
                self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(callbacks);
                $instrument::new()
            })*
        }
    };
}

keep! {
    f64_observable_gauge: ObservableGauge<f64>;
    i64_observable_gauge: ObservableGauge<i64>;
    f64_observable_counter: ObservableCounter<f64>;
    u64_observable_counter: ObservableCounter<u64>;
    i64_observable_up_down_counter: ObservableUpDownCounter<i64>;
}

impl Provider {
    /// The points of a collect, and the allocations that it took.
    fn collect(&self) -> (usize, u64) {
        let callbacks = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut points = 0;
        let allocated = allocations(|| points = callbacks.iter().map(|run| run()).sum());
        (points, allocated)
    }
}

#[test]
fn a_collect_allocates_nothing() {
    let provider = Provider::default();
    let meter = DcgmMeter::builder()
        .with_client(Mock::named("8xh100").unwrap())
        .install(&provider)
        .unwrap();
    meter.sample_now().unwrap();
    // The first of a thread sets up what is the thread's own.
    provider.collect();
    let health = meter.health();
    for _ in 0..10 {
        let (points, allocations) = provider.collect();
        assert!(points > health.series, "{points}");
        assert_eq!(allocations, 0);
    }
    meter.sample_now().unwrap();
    assert_eq!(provider.collect().1, 0);
    assert_eq!(meter.health().collections, 12);
}
