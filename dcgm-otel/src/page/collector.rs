//! [`MeterCollector`]: the metrics of a meter in a registry of another crate.

use std::fmt;
use std::sync::{Arc, Weak};

use super::Page;
use super::families::{Families, InstrumentSeries, Numbers};
use super::names::PageLabel;
use crate::catalogue::PageType;
use crate::pipeline::snapshot::Number;

/// Adds the metrics of a meter to a registry of the crate `prometheus-client` (feature
/// `prometheus-client`) or `prometheus` (feature `prometheus-registry`). Made by
/// [`DcgmMeter::collector`](crate::DcgmMeter::collector).
///
/// The metrics are those of [`DcgmMeter::prometheus_text`](crate::DcgmMeter::prometheus_text), which costs
/// less. A collect does not wait for DCGM. Once the meter has been dropped, and in a fork of the process,
/// there are no metrics.
#[derive(Clone)]
pub struct MeterCollector {
    page: Weak<Page>,
    #[cfg(feature = "prometheus-registry")]
    desc: Option<prometheus::core::Desc>,
}

impl MeterCollector {
    pub(crate) fn new(page: &Arc<Page>) -> Self {
        Self {
            page: Arc::downgrade(page),
            #[cfg(feature = "prometheus-registry")]
            desc: registry::describe(&page.labels),
        }
    }

    /// Calls `each` with every instrument that has a number, and the numbers of its series.
    fn collect_families<E>(
        &self,
        mut each: impl FnMut(&InstrumentSeries, Vec<(&[PageLabel], Number)>) -> Result<(), E>,
    ) -> Result<(), E> {
        let Some(page) = self.page.upgrade() else {
            return Ok(());
        };
        let Some((snapshot, now)) = page.feed.begin_collect() else {
            return Ok(());
        };
        let telemetry = page.feed.telemetry();
        let known = page.families.load_full();
        let known = known.filter(|families| families.key.is_current(&snapshot, telemetry));
        let families = known.unwrap_or_else(|| {
            let new = Families::new(&page.feed, &snapshot, now, &page.labels);
            let new = Arc::new(new);
            page.families.store(Some(Arc::clone(&new)));
            new
        });
        let numbers = Numbers {
            snapshot: &snapshot,
            telemetry,
            now,
        };
        for family in &families.all {
            let numbers = numbers.of(&family.instrument);
            let series = family.series.iter();
            let series: Vec<_> = series
                .filter_map(|(point, labels)| Some((labels.as_slice(), numbers.get(*point)?)))
                .collect();
            if !series.is_empty() {
                each(family, series)?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for MeterCollector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MeterCollector").finish_non_exhaustive()
    }
}

#[cfg(feature = "prometheus-client")]
mod client {
    use std::fmt::Write as _;

    use prometheus_client::collector::Collector;
    use prometheus_client::encoding::{
        DescriptorEncoder, EncodeLabel as _, EncodeLabelSet, EncodeLabelValue, LabelSetEncoder,
        LabelValueEncoder, MetricEncoder, NoLabelSet,
    };
    use prometheus_client::metrics::MetricType;
    use prometheus_client::registry::Unit;

    use super::super::names::push_escaped;
    use super::{InstrumentSeries, MeterCollector, Number, PageLabel, PageType, fmt};

    impl Collector for MeterCollector {
        fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
            self.collect_families(|family, series| {
                let is_counter = family.instrument.kind.is_counter();
                let kind = match family.instrument.page_type {
                    PageType::OfKind if is_counter => MetricType::Counter,
                    PageType::OfKind => MetricType::Gauge,
                    // Samples of a counter would have to end with `_total`.
                    PageType::Counter | PageType::Untyped => MetricType::Unknown,
                };
                let (name, unit) = split_unit(family);
                let help = family.instrument.description;
                let mut encoder = encoder.encode_descriptor(name, help, unit.as_ref(), kind)?;
                for (labels, number) in series {
                    encode_series(&mut encoder, labels, number, is_counter)?;
                }
                Ok(())
            })
        }
    }

    /// Returns the name without the unit, which the encoder appends.
    fn split_unit(family: &InstrumentSeries) -> (&str, Option<Unit>) {
        let name = family.name.family();
        let split = family.name.unit.as_deref().and_then(|unit| {
            let name = name.strip_suffix(unit)?.strip_suffix('_')?;
            Some((name, Some(Unit::Other(unit.to_owned()))))
        });
        split.unwrap_or((name, None))
    }

    fn encode_series(
        encoder: &mut MetricEncoder<'_>,
        labels: &[PageLabel],
        number: Number,
        is_counter: bool,
    ) -> fmt::Result {
        if labels.is_empty() {
            return encode_number(encoder, number, is_counter);
        }
        encode_number(
            &mut encoder.encode_family(&SeriesLabels(labels))?,
            number,
            is_counter,
        )
    }

    /// The labels of a series.
    struct SeriesLabels<'a>(&'a [PageLabel]);

    impl EncodeLabelSet for SeriesLabels<'_> {
        fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> fmt::Result {
            for (name, value) in self.0 {
                (name.as_str(), Escaped(value)).encode(encoder.encode_label())?;
            }
            Ok(())
        }
    }

    /// The value of a label. `prometheus-client` 0.24 escapes nothing.
    struct Escaped<'a>(&'a str);

    impl EncodeLabelValue for Escaped<'_> {
        fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
            if !self.0.contains(['\\', '"', '\n']) {
                return encoder.write_str(self.0);
            }
            let mut text = String::new();
            push_escaped(&mut text, self.0, true);
            encoder.write_str(&text)
        }
    }

    fn encode_number(
        encoder: &mut MetricEncoder<'_>,
        number: Number,
        is_counter: bool,
    ) -> fmt::Result {
        match (number, is_counter) {
            (Number::U64(number), true) => {
                encoder.encode_counter::<NoLabelSet, _, u64>(&number, None)
            }
            (Number::F64(number), true) => {
                encoder.encode_counter::<NoLabelSet, _, u64>(&number, None)
            }
            (Number::U64(number), false) => encoder.encode_gauge(&number),
            (Number::F64(number), false) => encoder.encode_gauge(&number),
            // No counter has a signed number.
            (Number::I64(number), _) => encoder.encode_gauge(&number),
        }
    }
}

#[cfg(feature = "prometheus-registry")]
mod registry {
    use std::collections::HashMap;

    use prometheus::core::{Collector, Desc};
    use prometheus::proto::{Counter, Gauge, LabelPair, Metric, MetricFamily, MetricType};

    use super::{MeterCollector, Number, PageLabel, PageType};

    /// Describes the collector to a registry, which accepts only one with the same labels. The metrics
    /// themselves are not known before the first sample.
    pub(super) fn describe(labels: &[PageLabel]) -> Option<Desc> {
        let labels: HashMap<String, String> = labels.iter().cloned().collect();
        let help = "Collector of a DcgmMeter.".to_owned();
        Desc::new("dcgm_meter_collector".to_owned(), help, Vec::new(), labels).ok()
    }

    impl Collector for MeterCollector {
        fn desc(&self) -> Vec<&Desc> {
            self.desc.iter().collect()
        }

        fn collect(&self) -> Vec<MetricFamily> {
            let mut all = Vec::new();
            let collected = self.collect_families::<std::convert::Infallible>(|family, series| {
                let is_counter = match family.instrument.page_type {
                    PageType::Counter => true,
                    _ => family.instrument.kind.is_counter(),
                };
                let mut collected = MetricFamily::default();
                collected.set_name(family.name.sample.clone());
                collected.set_help(family.instrument.description.to_owned());
                collected.set_field_type(if is_counter {
                    MetricType::COUNTER
                } else {
                    MetricType::GAUGE
                });
                let series = series.into_iter();
                collected.set_metric(
                    series
                        .map(|(labels, number)| metric(labels, number, is_counter))
                        .collect(),
                );
                all.push(collected);
                Ok(())
            });
            match collected {
                Ok(()) => all,
            }
        }
    }

    fn metric(labels: &[PageLabel], number: Number, is_counter: bool) -> Metric {
        #[expect(clippy::cast_precision_loss, reason = "as Prometheus rounds it")]
        let number = match number {
            Number::U64(number) => number as f64,
            Number::I64(number) => number as f64,
            Number::F64(number) => number,
        };
        let labels = labels.iter().map(|(name, value)| {
            let mut label = LabelPair::default();
            label.set_name(name.clone());
            label.set_value(value.clone());
            label
        });
        let mut metric = Metric::from_label(labels.collect());
        if is_counter {
            let mut counter = Counter::default();
            counter.set_value(number);
            metric.set_counter(counter);
        } else {
            let mut gauge = Gauge::default();
            gauge.set_value(number);
            metric.set_gauge(gauge);
        }
        metric
    }
}
