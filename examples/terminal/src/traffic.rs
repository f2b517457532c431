//! What goes over the `NVLinks` of a GPU, in bytes per second.

use std::collections::HashMap;

use dcgm::{EntityId, FieldId, Samples, Timestamp, Value};

/// Where one direction is told, best first.
#[derive(Debug)]
pub(crate) struct Way {
    /// The bytes since the driver was loaded: from `NVLink` 5 on.
    total: FieldId,
    /// Bytes per second: where profiling can be had.
    profiled: FieldId,
    /// In units of [`UNIT`] per second.
    throughput: FieldId,
}

/// What leaves the GPU.
pub(crate) const OUT: Way = Way {
    total: FieldId::NVLINK_COUNT_TX_BYTES,
    profiled: FieldId::PROF_NVLINK_TX_BYTES,
    throughput: FieldId::NVLINK_TX_BANDWIDTH_TOTAL,
};

/// What comes to it.
pub(crate) const IN: Way = Way {
    total: FieldId::NVLINK_COUNT_RX_BYTES,
    profiled: FieldId::PROF_NVLINK_RX_BYTES,
    throughput: FieldId::NVLINK_RX_BANDWIDTH_TOTAL,
};

/// All that is asked for.
pub(crate) const FIELDS: [FieldId; 6] = [
    OUT.total,
    IN.total,
    OUT.profiled,
    IN.profiled,
    OUT.throughput,
    IN.throughput,
];

/// DCGM divides KiB by 1000 and calls that MB.
const UNIT: f64 = 1024.0 * 1000.0;

/// The totals that were read last.
#[derive(Debug, Default)]
pub(crate) struct Traffic(HashMap<(EntityId, FieldId), Seen>);

#[derive(Clone, Copy, Debug)]
struct Seen {
    at: Timestamp,
    total: i64,
    rate: Option<f64>,
}

impl Traffic {
    /// Bytes per second. Of a total, only once it was sampled twice; and no other source takes its
    /// place meanwhile, as each counts a little differently.
    pub(crate) fn rate(&mut self, way: &Way, samples: &Samples, gpu: EntityId) -> Option<f64> {
        if let Some((at, total)) = count(samples, gpu, way.total) {
            return self.since_last(gpu, way.total, at, total);
        }
        // What was before a gap is no part of a rate.
        self.0.remove(&(gpu, way.total));
        let profiled = count(samples, gpu, way.profiled).map(|(_, rate)| exact(rate));
        let throughput = || count(samples, gpu, way.throughput);
        profiled.or_else(|| throughput().map(|(_, rate)| exact(rate) * UNIT))
    }

    fn since_last(
        &mut self,
        gpu: EntityId,
        field: FieldId,
        at: Timestamp,
        total: i64,
    ) -> Option<f64> {
        let before = self.0.get(&(gpu, field)).copied();
        let rate = before.and_then(|before| {
            let passed = at.since(before.at).as_secs_f64();
            if passed > 0.0 {
                // A counter that was reset has no rate until the next time.
                let bytes = total.checked_sub(before.total).filter(|bytes| *bytes >= 0);
                bytes.map(|bytes| exact(bytes) / passed)
            } else {
                before.rate
            }
        });
        self.0.insert((gpu, field), Seen { at, total, rate });
        rate
    }
}

fn count(samples: &Samples, gpu: EntityId, field: FieldId) -> Option<(Timestamp, i64)> {
    let sample = samples.find(gpu, field)?;
    match sample.value.ok()? {
        Value::Int(count) => Some((sample.timestamp, count)),
        _ => None,
    }
}

#[expect(clippy::cast_precision_loss, reason = "it is drawn in four digits")]
const fn exact(count: i64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use dcgm::{NoValue, Sample};

    use super::*;

    const GPU: EntityId = EntityId::gpu(3);

    fn rate(traffic: &mut Traffic, values: &[(FieldId, i64, i64)]) -> Option<f64> {
        let mut samples = Samples::new();
        for (field, second, count) in values {
            samples.push(Sample {
                entity: GPU,
                field: *field,
                timestamp: Timestamp::from_micros(second * 1_000_000),
                value: Ok(Value::Int(*count)),
            });
        }
        traffic.rate(&OUT, &samples, GPU)
    }

    #[test]
    fn a_total_is_a_rate_from_its_second_sample_on() {
        let traffic = &mut Traffic::default();
        assert_eq!(rate(traffic, &[(OUT.total, 10, 5_000)]), None);
        assert_eq!(rate(traffic, &[(OUT.total, 12, 9_000)]), Some(2_000.0));
        // Nothing new was sampled.
        assert_eq!(rate(traffic, &[(OUT.total, 12, 9_000)]), Some(2_000.0));
        assert_eq!(rate(traffic, &[(OUT.total, 13, 9_000)]), Some(0.0));
        // The driver was loaded anew.
        assert_eq!(rate(traffic, &[(OUT.total, 14, 10)]), None);
        assert_eq!(rate(traffic, &[(OUT.total, 15, 30)]), Some(20.0));
    }

    #[test]
    fn a_gap_is_not_averaged_over() {
        let traffic = &mut Traffic::default();
        rate(traffic, &[(OUT.total, 10, 0)]);
        assert_eq!(rate(traffic, &[]), None);
        assert_eq!(rate(traffic, &[(OUT.total, 90, 8_000)]), None);
    }

    #[test]
    fn the_best_source_is_taken_and_a_first_total_is_not_passed_over() {
        let traffic = &mut Traffic::default();
        let (profiled, throughput) = ((OUT.profiled, 1, 7_000), (OUT.throughput, 1, 2));
        assert_eq!(rate(traffic, &[throughput]), Some(2_048_000.0));
        assert_eq!(rate(traffic, &[throughput, profiled]), Some(7_000.0));
        let all = [throughput, profiled, (OUT.total, 1, 1)];
        assert_eq!(rate(traffic, &all), None);
        let mut none = Samples::new();
        none.push(Sample {
            entity: GPU,
            field: OUT.profiled,
            timestamp: Timestamp::NEVER,
            value: Err(NoValue::NotSupported),
        });
        assert_eq!(Traffic::default().rate(&OUT, &none, GPU), None);
    }
}
