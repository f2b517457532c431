//! The metrics that dcgm-exporter makes itself (`DCGM_EXP_…`), and the labels of XIDs in its naming.
//!
//! DCGM has no fields for them. XIDs and the reasons that reduce the clocks are read sample by sample and
//! counted here, and peer-to-peer states are read from the topology. Their series are not in the table of
//! the session: they are added to each snapshot before it is published. So are the labels of an XID,
//! which change with its value, and the value 0 of a GPU that has had none.
//!
//! Without a metric that needs it there is neither a watch nor a call.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use dcgm::topology::{P2pMatrix, P2pStatus};
use dcgm::{
    Client, Cursor, EntityId, EntityKind, Error, FieldId, Samples, Timestamp, Watch, WatchRequest,
};
use opentelemetry::KeyValue;
use parking_lot::Mutex;

use super::event_counts::{CLOCK_EVENTS, GpuEvents};
use crate::attributes::{AttributeBuilder, shared_text, sort_by_key};
use crate::catalogue::{Metric, Op, Presence, SeriesRow, series_row};
use crate::config::{Config, MetricSwitch};
use crate::hook::AttributeHook;
use crate::naming::{self, exporter};
use crate::pipeline::allocations::AllocationBook;
use crate::pipeline::snapshot::{Layout, Number, Point, Series, Snapshot};
use crate::topology::Availability;
use crate::topology::host::Host;

/// Interval of reading the peer-to-peer states, which change with the driver and with faults of links.
const P2P_INTERVAL: Duration = Duration::from_secs(600);

/// Counts of all GPUs, and what was read for them. They outlive sessions, samplers and, where a meter
/// replaces another, meters.
pub(crate) type OwnCounts = Arc<Mutex<SharedCounts>>;

/// The contents of [`OwnCounts`].
#[derive(Debug, Default)]
pub(crate) struct SharedCounts {
    /// The events of each GPU, by its UUID.
    gpus: BTreeMap<Arc<str>, GpuEvents>,
    /// `None` before the first read, which returns what the engine has kept, for the counts in a window.
    cursor: Option<Cursor>,
    /// Number of the sampler that counts. An abandoned one must not count an event again.
    sampler: u64,
}

/// A metric of a GPU, with the attributes that all its series have.
#[derive(Clone, Debug)]
pub(super) struct OwnTarget {
    metric: usize,
    name: &'static str,
    gpu: EntityId,
    /// The UUID, or the number of a GPU without one.
    key: Arc<str>,
    attributes: Vec<KeyValue>,
}

/// Returns the metrics of dcgm-exporter itself that are switched on, for each GPU that can be sampled.
pub(super) fn list_targets(
    host: &Host,
    config: &Config,
    hook: Option<&AttributeHook>,
) -> Vec<OwnTarget> {
    const NO_ROW: SeriesRow = series_row(&[], &[]);
    let mut targets = Vec::new();
    if !config.naming().is_dcgm_exporter() {
        return targets;
    }
    let names = AttributeBuilder::new(host, config);
    for (index, metric) in naming::metrics_for(config).iter().enumerate() {
        let Some(family) = metric.families.first().filter(|_| is_own(metric)) else {
            continue;
        };
        let switch = config.metric(family.group, metric.name, family.name);
        let is_on = match switch {
            Some(MetricSwitch::On) => true,
            Some(MetricSwitch::Off) => false,
            _ => family.default != Presence::Off,
        };
        if !is_on {
            continue;
        }
        let gpus = host.entities.iter().filter(|one| {
            one.id.kind == EntityKind::GPU
                && Availability::of_entity(one).is_none()
                && config.devices().selects(one, &host.entities)
        });
        for gpu in gpus {
            let mut attributes = names.series_attributes(metric, family, &NO_ROW, gpu);
            if let Some(hook) = hook {
                // A panic is counted with the series of the table.
                hook.rewrite_attributes(metric.name, gpu, &mut attributes);
            }
            let key = gpu.uuid.clone();
            targets.push(OwnTarget {
                metric: index,
                name: metric.name,
                gpu: gpu.id,
                key: key.unwrap_or_else(|| shared_text(gpu.id.to_string())),
                attributes,
            });
        }
    }
    targets
}

fn is_own(metric: &Metric) -> bool {
    metric
        .families
        .iter()
        .all(|family| family.points.is_empty())
}

/// Returns the index of the metric whose value is the last XID.
fn last_xid_metric(metrics: &[Metric]) -> Option<usize> {
    metrics.iter().position(|metric| {
        let families = metric.families.iter();
        let mut sources = families
            .flat_map(|family| family.points)
            .flat_map(|point| point.sources);
        sources.any(|source| source.field == FieldId::XID_ERRORS && source.op == Op::Last)
    })
}

/// The metrics of dcgm-exporter itself, of one sampler.
#[derive(Debug)]
pub(super) struct OwnMetrics {
    metrics: &'static [Metric],
    last_xid: Option<usize>,
    targets: Vec<OwnTarget>,
    counts: OwnCounts,
    /// Number of this sampler among those with the same counts.
    sampler: u64,
    /// Periods that the two counts in a window are about.
    xid_window: Duration,
    clock_window: Duration,
    interval: Duration,
    watch: Option<Watch>,
    samples: Samples,
    /// Newest timestamp of a sample: the time by the engine's clock.
    newest: Timestamp,
    p2p: P2pMatrix,
    /// Time of the next read of the peer-to-peer states; `None` for the next tick.
    next_p2p: Option<Instant>,
    merged: Option<Merged>,
}

/// The layout of a snapshot with the series that were added.
#[derive(Debug)]
struct Merged {
    table: Arc<Layout>,
    /// The XID of each series of that metric.
    codes: Vec<i64>,
    added: Vec<Series>,
    layout: Arc<Layout>,
    /// Source of each point.
    order: Vec<PointSource>,
}

#[derive(Clone, Copy, Debug)]
enum PointSource {
    Table(usize),
    Added(usize),
}

impl OwnMetrics {
    pub(super) fn new(config: &Config, counts: OwnCounts) -> Self {
        let metrics = naming::metrics_for(config);
        let is_exporter = config.naming().is_dcgm_exporter();
        let mut shared = counts.lock();
        shared.sampler += 1;
        let sampler = shared.sampler;
        drop(shared);
        Self {
            metrics,
            last_xid: last_xid_metric(metrics).filter(|_| is_exporter),
            targets: Vec::new(),
            counts,
            sampler,
            xid_window: config.xid_window(),
            clock_window: config.clock_event_window(),
            interval: config.interval(),
            watch: None,
            samples: Samples::new(),
            newest: Timestamp::NEVER,
            p2p: P2pMatrix::default(),
            next_p2p: None,
            merged: None,
        }
    }

    /// Takes over the GPUs of a new session.
    pub(super) fn set_targets(&mut self, targets: Vec<OwnTarget>) {
        let gpus = |targets: &[OwnTarget]| targets.iter().map(|one| one.gpu).collect::<Vec<_>>();
        if gpus(&targets) != gpus(&self.targets) {
            self.watch = None;
        }
        self.targets = targets;
        self.next_p2p = None;
    }

    /// Forgets what ends with the connection. Counts and their attributes stay.
    pub(super) fn end_connection(&mut self) {
        self.watch = None;
        self.p2p = P2pMatrix::default();
        self.next_p2p = None;
    }

    fn has_target(&self, name: &str) -> bool {
        self.targets.iter().any(|target| target.name == name)
    }

    /// Reads the events since the last read, and the peer-to-peer states if that is due.
    pub(super) fn read(&mut self, client: &dyn Client, now: Instant) -> Result<(), Error> {
        if self.targets.is_empty() {
            return Ok(());
        }
        let counted = [
            exporter::XID_ERRORS_COUNT,
            exporter::XID_ERRORS_TOTAL,
            exporter::CLOCK_EVENTS_COUNT,
            exporter::CLOCK_EVENTS_TOTAL,
        ];
        if counted.iter().any(|metric| self.has_target(metric.name)) {
            self.read_events(client)?;
        }
        if self.has_target(exporter::P2P_STATUS.name) && self.next_p2p.is_none_or(|at| now >= at) {
            self.next_p2p = now.checked_add(P2P_INTERVAL);
            self.p2p = match client.topology().p2p_matrix() {
                Err(error) if error.ends_connection() => return Err(error),
                // The engine or the driver does not have them: there is no series.
                Err(_) => P2pMatrix::default(),
                Ok(matrix) => matrix,
            };
        }
        Ok(())
    }

    fn read_events(&mut self, client: &dyn Client) -> Result<(), Error> {
        let watch = if let Some(watch) = self.watch.take() {
            watch
        } else {
            let mut gpus: Vec<_> = self.targets.iter().map(|target| target.gpu).collect();
            gpus.sort_unstable();
            gpus.dedup();
            let fields = [FieldId::XID_ERRORS, FieldId::CLOCK_THROTTLE_REASONS];
            let request = WatchRequest::events(gpus, fields).with_interval(self.interval);
            client.watch(&request)?
        };
        // A call that hangs must not hold the lock: the next sampler needs it.
        let cursor = self.counts.lock().cursor.clone();
        let mut cursor = cursor.unwrap_or_else(|| Cursor::starting_at(Timestamp::NEVER));
        // After an error the engine may have lost the watch.
        client.events(&watch, &mut cursor, &mut self.samples)?;
        self.watch = Some(watch);
        let mut shared = self.counts.lock();
        if shared.sampler != self.sampler {
            return Ok(());
        }
        shared.cursor = Some(cursor);
        let counts = &mut shared.gpus;
        for target in &self.targets {
            counts.entry(Arc::clone(&target.key)).or_default();
        }
        let key_of = |gpu| self.targets.iter().find(|target| target.gpu == gpu);
        for sample in &self.samples {
            self.newest = self.newest.max(sample.timestamp);
            let value = sample.value.ok().and_then(|value| value.as_i64());
            let events = key_of(sample.entity).and_then(|target| counts.get_mut(&target.key));
            if let (Some(events), Some(value)) = (events, value) {
                events.record(sample.field, sample.timestamp, value);
            }
        }
        let oldest = self.xid_window.max(self.clock_window);
        for events in counts.values_mut() {
            events.end_read(before(self.newest, oldest));
        }
        Ok(())
    }

    /// Adds the series and labels to a snapshot of the table; returns the number of series added.
    /// Without a session only the totals are added. Values that expire do so at `until`. All have the
    /// attributes of the workload that holds the GPU now, also the totals, as in dcgm-exporter.
    pub(super) fn add_to(
        &mut self,
        snapshot: &mut Snapshot,
        allocations: Option<&AllocationBook>,
        has_session: bool,
        until: Option<Instant>,
    ) -> usize {
        if self.last_xid.is_none() {
            return 0;
        }
        let mut added: Vec<(Series, Point)> = Vec::new();
        let counts = self.counts.lock();
        for target in &self.targets {
            let events = counts.gpus.get(&target.key);
            let first = added.len();
            self.push_series(target, events, has_session, until, &mut added);
            for (series, _) in added.iter_mut().skip(first) {
                if let Some(book) = allocations {
                    book.label_series(target.gpu, series);
                }
            }
        }
        drop(counts);
        let (layout, points) = snapshot.parts_mut();
        let codes = self.fill_codes(layout, points, until);
        let (series, new_points): (Vec<_>, Vec<_>) = added.into_iter().unzip();
        if codes.is_empty() && series.is_empty() {
            return 0;
        }
        let known = self.merged.take().filter(|merged| {
            Arc::ptr_eq(&merged.table, layout) && merged.codes == codes && merged.added == series
        });
        let merged = known.unwrap_or_else(|| self.merge(layout, codes, series));
        let table = core::mem::take(points);
        points.extend(merged.order.iter().map(|source| match source {
            PointSource::Table(at) => table.get(*at).copied().flatten(),
            PointSource::Added(at) => new_points.get(*at).copied(),
        }));
        *layout = Arc::clone(&merged.layout);
        self.merged = Some(merged);
        new_points.len()
    }

    /// Returns the XID of each series of the last XID: 0 for one that has had none, which gets this value.
    fn fill_codes(
        &self,
        layout: &Layout,
        points: &mut [Option<Point>],
        until: Option<Instant>,
    ) -> Vec<i64> {
        let Some(metric) = self.last_xid else {
            return Vec::new();
        };
        let series = layout.series();
        let start = series.partition_point(|one| one.metric < metric);
        let end = series.partition_point(|one| one.metric <= metric);
        let points = points.get_mut(start..end).unwrap_or_default();
        let codes = points.iter_mut().map(|point| {
            let none = Point {
                number: Number::I64(0),
                until,
            };
            point.get_or_insert(none).number.whole_or_zero()
        });
        codes.collect()
    }

    fn merge(&self, table: &Arc<Layout>, codes: Vec<i64>, added: Vec<Series>) -> Merged {
        let mut next_code = codes.iter();
        let of_table = table.series().iter().enumerate().map(|(at, series)| {
            let mut series = series.clone();
            if self.last_xid == Some(series.metric) {
                let code = next_code.next().copied().unwrap_or_default();
                series.attributes = with_xid(&series.attributes, code).into();
            }
            (series, PointSource::Table(at))
        });
        let of_added = added.iter().cloned().enumerate();
        let of_added = of_added.map(|(at, series)| (series, PointSource::Added(at)));
        let mut all: Vec<_> = of_table.chain(of_added).collect();
        all.sort_by_key(|(series, _)| series.metric);
        let (series, order) = all.into_iter().unzip();
        Merged {
            table: Arc::clone(table),
            codes,
            added,
            layout: Arc::new(Layout::new(self.metrics, series)),
            order,
        }
    }

    /// Appends the series of one metric of one GPU.
    fn push_series(
        &self,
        target: &OwnTarget,
        events: Option<&GpuEvents>,
        has_session: bool,
        until: Option<Instant>,
        added: &mut Vec<(Series, Point)>,
    ) {
        let mut push = |labels: Vec<KeyValue>, number: i64, until: Option<Instant>| {
            let mut attributes = target.attributes.clone();
            attributes.extend(labels);
            let series = Series {
                metric: target.metric,
                attributes: sort_by_key(attributes).into(),
            };
            let number = Number::I64(number);
            added.push((series, Point { number, until }));
        };
        let window = |size: Duration| KeyValue::new("window_size_in_ms", text(&size.as_millis()));
        let whole = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        let name = target.name;
        if name == exporter::P2P_STATUS.name {
            for peer in self.p2p.gpus().iter().filter(|_| has_session) {
                if let Some(status) = self.p2p.status(target.gpu, *peer) {
                    let labels = vec![
                        KeyValue::new("peer_gpu", text(&peer.id)),
                        KeyValue::new("link_status", link_status(status)),
                    ];
                    push(labels, i64::from(status.raw()), until);
                }
            }
            return;
        }
        let Some(events) = events else { return };
        if name == exporter::XID_ERRORS_TOTAL.name {
            for (code, count) in events.xid_totals() {
                push(xid_labels(*code).into(), whole(*count), None);
            }
        } else if name == exporter::CLOCK_EVENTS_TOTAL.name {
            for (event, count) in CLOCK_EVENTS.iter().zip(events.clock_totals()) {
                push(
                    vec![KeyValue::new("clock_event", event.name)],
                    whole(*count),
                    None,
                );
            }
        } else if !has_session {
            // The rest is about the time until now.
        } else if name == exporter::XID_ERRORS_COUNT.name {
            let since = before(self.newest, self.xid_window);
            let counts = events.xids_since(since);
            if counts.is_empty() {
                push(vec![window(self.xid_window)], 0, until);
            }
            for (code, count) in counts {
                let mut labels = Vec::from(xid_labels(code));
                labels.push(window(self.xid_window));
                push(labels, whole(count), until);
            }
        } else if name == exporter::CLOCK_EVENTS_COUNT.name {
            let since = before(self.newest, self.clock_window);
            for (event, count) in CLOCK_EVENTS.iter().zip(events.clocks_since(since)) {
                let label = KeyValue::new("clock_event", event.name);
                push(vec![label, window(self.clock_window)], whole(count), until);
            }
        }
    }
}

/// Returns the time that is earlier by this.
fn before(at: Timestamp, by: Duration) -> Timestamp {
    let micros = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
    Timestamp::from_micros(at.micros().saturating_sub(micros))
}

fn text(number: &dyn ToString) -> Arc<str> {
    shared_text(number.to_string())
}

fn xid_labels(code: i64) -> [KeyValue; 3] {
    [
        KeyValue::new("xid", text(&code)),
        KeyValue::new("err_code", text(&code)),
        KeyValue::new("err_msg", exporter::xid_message(code)),
    ]
}

/// Returns attributes with the labels of an XID.
fn with_xid(attributes: &[KeyValue], code: i64) -> Vec<KeyValue> {
    let [_, code, message] = xid_labels(code);
    let mut all = attributes.to_vec();
    all.extend([code, message]);
    sort_by_key(all)
}

/// Returns dcgm-exporter's name of a peer-to-peer status.
fn link_status(status: P2pStatus) -> &'static str {
    match status {
        P2pStatus::OK => "OK",
        P2pStatus::CHIPSET_NOT_SUPPORTED => "ChipsetNotSupported",
        P2pStatus::GPU_NOT_SUPPORTED => "GPUNotSupported",
        P2pStatus::TOPOLOGY_NOT_SUPPORTED => "TopologyNotSupported",
        P2pStatus::DISABLED => "DisabledByRegKey",
        P2pStatus::NOT_SUPPORTED => "NotSupported",
        _ => "Unknown",
    }
}
