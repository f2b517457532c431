//! `NVLink` rates of GPUs, in bytes per second, from fields of the whole GPU.

use std::collections::HashMap;

use dcgm::{EntityId, FieldId, Samples, Timestamp, Value};

/// Fields that report one direction, best first.
#[derive(Debug)]
pub(crate) struct Direction {
    /// Counter of bytes since the driver was loaded; from `NVLink` 5 on.
    counter: FieldId,
    /// Bytes per second; needs profiling.
    profiled: FieldId,
    /// Throughput in units of [`BYTES_PER_THROUGHPUT_UNIT`] per second.
    throughput: FieldId,
}

pub(crate) const TRANSMIT: Direction = Direction {
    counter: FieldId::NVLINK_COUNT_TX_BYTES,
    profiled: FieldId::PROF_NVLINK_TX_BYTES,
    throughput: FieldId::NVLINK_TX_BANDWIDTH_TOTAL,
};

pub(crate) const RECEIVE: Direction = Direction {
    counter: FieldId::NVLINK_COUNT_RX_BYTES,
    profiled: FieldId::PROF_NVLINK_RX_BYTES,
    throughput: FieldId::NVLINK_RX_BANDWIDTH_TOTAL,
};

/// Fields of both directions.
pub(crate) const FIELDS: [FieldId; 6] = [
    TRANSMIT.counter,
    RECEIVE.counter,
    TRANSMIT.profiled,
    RECEIVE.profiled,
    TRANSMIT.throughput,
    RECEIVE.throughput,
];

/// DCGM divides KiB by 1000 and calls the result MB.
const BYTES_PER_THROUGHPUT_UNIT: f64 = 1024.0 * 1000.0;

/// Computes rates; remembers the last value of each counter.
#[derive(Debug, Default)]
pub(crate) struct NvLinkRates(HashMap<(EntityId, FieldId), CounterSample>);

#[derive(Clone, Copy, Debug)]
struct CounterSample {
    at: Timestamp,
    count: i64,
    rate: Option<f64>,
}

impl NvLinkRates {
    /// Returns the rate of one direction. A counter has a rate from its second sample on; until then
    /// there is none, because the other sources count slightly differently.
    pub(crate) fn update(
        &mut self,
        direction: &Direction,
        samples: &Samples,
        gpu: EntityId,
    ) -> Option<f64> {
        if let Some((at, count)) = integer(samples, gpu, direction.counter) {
            return self.counter_rate((gpu, direction.counter), at, count);
        }
        // A rate must not span a gap.
        self.0.remove(&(gpu, direction.counter));
        let profiled = integer(samples, gpu, direction.profiled).map(|(_, rate)| to_f64(rate));
        let throughput = || integer(samples, gpu, direction.throughput);
        profiled.or_else(|| throughput().map(|(_, rate)| to_f64(rate) * BYTES_PER_THROUGHPUT_UNIT))
    }

    /// Discards the counters of a GPU.
    pub(crate) fn forget(&mut self, gpu: EntityId) {
        self.0.retain(|(entity, _), _| *entity != gpu);
    }

    fn counter_rate(
        &mut self,
        series: (EntityId, FieldId),
        at: Timestamp,
        count: i64,
    ) -> Option<f64> {
        let previous = self.0.get(&series).copied();
        let rate = previous.and_then(|previous| {
            let elapsed = at.since(previous.at).as_secs_f64();
            if elapsed > 0.0 {
                // A counter that was reset has no rate until its next sample.
                let bytes = count
                    .checked_sub(previous.count)
                    .filter(|bytes| *bytes >= 0);
                bytes.map(|bytes| to_f64(bytes) / elapsed)
            } else {
                previous.rate
            }
        });
        self.0.insert(series, CounterSample { at, count, rate });
        rate
    }
}

fn integer(samples: &Samples, gpu: EntityId, field: FieldId) -> Option<(Timestamp, i64)> {
    let sample = samples.find(gpu, field)?;
    match sample.value.ok()? {
        Value::Int(value) => Some((sample.timestamp, value)),
        _ => None,
    }
}

#[expect(clippy::cast_precision_loss, reason = "drawn with four digits")]
const fn to_f64(value: i64) -> f64 {
    value as f64
}

#[cfg(test)]
mod tests {
    use dcgm::{NoValue, Sample};

    use super::*;

    const GPU: EntityId = EntityId::gpu(3);

    fn rate(rates: &mut NvLinkRates, values: &[(FieldId, i64, i64)]) -> Option<f64> {
        let mut samples = Samples::new();
        for (field, second, count) in values {
            samples.push(Sample {
                entity: GPU,
                field: *field,
                timestamp: Timestamp::from_micros(second * 1_000_000),
                value: Ok(Value::Int(*count)),
            });
        }
        rates.update(&TRANSMIT, &samples, GPU)
    }

    #[test]
    fn counter_has_a_rate_from_its_second_sample_on() {
        let rates = &mut NvLinkRates::default();
        assert_eq!(rate(rates, &[(TRANSMIT.counter, 10, 5_000)]), None);
        assert_eq!(rate(rates, &[(TRANSMIT.counter, 12, 9_000)]), Some(2_000.0));
        // The same sample again.
        assert_eq!(rate(rates, &[(TRANSMIT.counter, 12, 9_000)]), Some(2_000.0));
        assert_eq!(rate(rates, &[(TRANSMIT.counter, 13, 9_000)]), Some(0.0));
        // The driver was reloaded.
        assert_eq!(rate(rates, &[(TRANSMIT.counter, 14, 10)]), None);
        assert_eq!(rate(rates, &[(TRANSMIT.counter, 15, 30)]), Some(20.0));
    }

    #[test]
    fn rate_does_not_span_a_gap() {
        let rates = &mut NvLinkRates::default();
        rate(rates, &[(TRANSMIT.counter, 10, 0)]);
        assert_eq!(rate(rates, &[]), None);
        assert_eq!(rate(rates, &[(TRANSMIT.counter, 90, 8_000)]), None);
    }

    #[test]
    fn best_source_is_used_also_before_it_has_a_rate() {
        let rates = &mut NvLinkRates::default();
        let (profiled, throughput) = ((TRANSMIT.profiled, 1, 7_000), (TRANSMIT.throughput, 1, 2));
        assert_eq!(rate(rates, &[throughput]), Some(2_048_000.0));
        assert_eq!(rate(rates, &[throughput, profiled]), Some(7_000.0));
        let all = [throughput, profiled, (TRANSMIT.counter, 1, 1)];
        assert_eq!(rate(rates, &all), None);
        let mut none = Samples::new();
        none.push(Sample {
            entity: GPU,
            field: TRANSMIT.profiled,
            timestamp: Timestamp::NEVER,
            value: Err(NoValue::NotSupported),
        });
        assert_eq!(NvLinkRates::default().update(&TRANSMIT, &none, GPU), None);
    }
}
