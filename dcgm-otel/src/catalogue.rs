//! The catalogue: every metric that this crate can emit. A row is an instrument; the rows below it
//! are its families of series.
//!
//! Names, units and attributes follow OpenTelemetry's semantic conventions for hardware where these
//! have a word, and extend them in the same style elsewhere. Each row states its unit; it is never
//! derived from the name of a field.

mod facts;
mod links;
pub(crate) mod scope;
mod table;

use dcgm::FieldId;
use dcgm::health::HealthSystems;

use crate::config::Group;
use crate::topology::Availability;
use Kind::{CounterF64, CounterU64};
use Scale::{Per, Times};
pub(crate) use scope::EntityScope;
pub(crate) use table::{ALLOCATION, CATALOGUE, INFO, STATE};

/// Kind of an instrument.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    /// An observable gauge of fractions.
    GaugeF64,
    /// An observable gauge of whole numbers.
    GaugeI64,
    /// An observable counter of fractions.
    CounterF64,
    /// An observable counter of whole numbers.
    CounterU64,
    /// An observable up-down counter: a gauge whose sum over series has a meaning.
    UpDownI64,
}

impl Kind {
    /// Returns `true` for counters, which never decrease and keep their total without new samples.
    pub(crate) const fn is_counter(self) -> bool {
        matches!(self, CounterF64 | CounterU64)
    }
}

/// An instrument, and the families of series that share it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Metric {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) unit: &'static str,
    pub(crate) identity: Identity,
    /// Valid range of a gauge, or of the growth of a counter per second; values outside are driver
    /// errors and are dropped.
    pub(crate) range: (f64, f64),
    pub(crate) description: &'static str,
    pub(crate) page_type: PageType,
    pub(crate) families: &'static [Family],
}

/// The type that a Prometheus page gives a metric, whose name it does not change. To OpenTelemetry it
/// makes no difference.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum PageType {
    /// That of the instrument.
    #[default]
    OfKind,
    /// A counter, though the instrument is a gauge.
    Counter,
    /// None.
    Untyped,
}

impl Metric {
    /// Returns `true` if every number from DCGM is valid.
    pub(crate) fn is_raw(&self) -> bool {
        self.range == (f64::NEG_INFINITY, f64::INFINITY)
    }
}

/// Amount of detail in the attributes of a metric.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Identity {
    /// The identity of the device.
    Brief,
    /// Also the product: the conventions recommend it for some metrics only.
    Product,
    /// Also the versions of driver and firmware.
    Versions,
}

/// Series that are switched, watched and dropped together.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_field_names, reason = "it names another family")]
pub(crate) struct Family {
    /// Name within the metric; `all` if the metric has one family.
    pub(crate) name: &'static str,
    pub(crate) group: Group,
    /// Rank in the drop order: the lowest tier is dropped first.
    pub(crate) tier: u8,
    pub(crate) default: Presence,
    pub(crate) mig: Mig,
    /// Kinds of entities that have the family.
    pub(crate) on: &'static [EntityScope],
    /// The series of one entity.
    pub(crate) points: &'static [SeriesRow],
    /// A family of this metric with more detail. Entities that have it, and parents of such
    /// entities, do not have this family: a sum over both would count twice.
    pub(crate) superseded_by_family: &'static str,
    /// A family of this metric that is preferred where its source is a counter of DCGM's: this
    /// family integrates a rate.
    pub(crate) superseded_if_counted: &'static str,
    /// The part of the entity that the series describe, if it has a name of its own.
    pub(crate) part: &'static str,
    /// Set for values that rarely change; they are sampled once an hour.
    pub(crate) at_rest: bool,
}

impl Family {
    /// Returns `true` if it needs a watch on a field of LINK entities. DCGM 4.6 keeps samples of
    /// such fields without expiry, and reads them in every pass of its loop.
    pub(crate) const fn watches_links(&self) -> bool {
        let on_links = matches!(self.on, [EntityScope::Link | EntityScope::Port]);
        let mut point = 0;
        while point < self.points.len() {
            let sources = self.points[point].sources;
            let mut source = 0;
            while source < sources.len() {
                let of_link = sources[source].each.is_empty() && !sources[source].op.is_listed();
                if sources[source].op.is_over_links() || on_links && of_link {
                    return true;
                }
                source += 1;
            }
            point += 1;
        }
        false
    }

    const fn superseded_by_family(self, superseded_by_family: &'static str) -> Self {
        Self {
            superseded_by_family,
            ..self
        }
    }

    const fn superseded_if_counted(self, superseded_if_counted: &'static str) -> Self {
        Self {
            superseded_if_counted,
            ..self
        }
    }

    const fn with_part(self, part: &'static str) -> Self {
        Self { part, ..self }
    }

    /// Returns `true` for minima, maxima and means of samples between two ticks.
    pub(crate) fn is_of_peaks(&self) -> bool {
        let mut sources = self.points.iter().flat_map(|point| point.sources);
        sources.any(|source| matches!(source.op, Op::Peak(_)))
    }

    /// Returns `true` if it has series for an entity that cannot be sampled: its state, and for a
    /// lost entity also facts and events.
    pub(crate) fn is_of_unavailable(&self, why: Availability) -> bool {
        let mut sources = self.points.iter().flat_map(|point| point.sources);
        sources.next().is_some_and(|source| match source.op {
            Op::Status(_) => true,
            Op::Fact(..) | Op::Event => why == Availability::Lost,
            _ => false,
        })
    }

    const fn at_rest(self) -> Self {
        Self {
            at_rest: true,
            ..self
        }
    }
}

/// Default of a family's switch.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Presence {
    /// Emitted by default.
    On,
    /// Emitted where the hardware has it; its absence is no error.
    Auto,
    /// Not emitted by default.
    Off,
}

/// The MIG mode in which a family has a meaning.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Mig {
    /// Any mode.
    Any,
    /// MIG is off.
    Outside,
    /// MIG is on.
    Within,
    /// The smallest units: the instances if MIG partitions the GPU, else the GPU.
    Smallest,
}

/// One series of an entity.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SeriesRow {
    /// Attributes that distinguish it from the other rows of the family.
    pub(crate) attributes: &'static [(&'static str, &'static str)],
    /// Sources of the value: the first that the entity supports, or all of them for joint
    /// operations.
    pub(crate) sources: &'static [Source],
    /// A field with more detail: an entity that has it does not have this series.
    pub(crate) superseded_by: Option<FieldId>,
}

impl SeriesRow {
    /// Leaves the series out where the entity has `field`.
    const fn superseded_by(self, field: FieldId) -> Self {
        Self {
            superseded_by: Some(field),
            ..self
        }
    }
}

/// A field, and the way its samples become values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Source {
    pub(crate) field: FieldId,
    /// For links: the fields of the GPU, one per link. Empty if the entity itself has the field.
    pub(crate) each: &'static [FieldId],
    pub(crate) op: Op,
    pub(crate) scale: Scale,
}

/// Operation that turns samples into values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Op {
    /// The newest sample is the value.
    Last,
    /// Like `Last`, but 0 means that the part has no such sensor.
    NonZero,
    /// A statistic of all samples since the last tick.
    Peak(Statistic),
    /// The samples are a running total; its growth is counted.
    Counter,
    /// Like `Counter`, of readings in the metric's unit with a fraction: they are counted in parts of
    /// that unit, whose number is the divisor of the scale.
    FractionCounter,
    /// Like `Counter`, on each link of the entity; the growth of all links is added up.
    Sum,
    /// The samples are a rate per second; its integral over time is counted.
    Integrate,
    /// Each sample is an event and its value a code; events are counted by code.
    Event,
    /// 1 while one of these bits is set, else 0.
    Bit(i64),
    /// 1 while the value is one of these numbers, 0 while it is another number of the range.
    OneOf(&'static [i64], (i64, i64)),
    /// 1 while the value is this text, 0 while it is another of the list.
    TextEquals(&'static str, &'static [&'static str]),
    /// The 32-bit word of a blob at this index.
    Word(usize),
    /// Number of active links of the entity, by the engine's link status.
    ActiveLinks,
    /// 1 while the link is up, else 0, by the engine's link status.
    LinkUp,
    /// 1 for each workload that holds the entity, by the sources of allocations.
    Allocation,
    /// Number of GPU instances of the GPU, by the engine's list.
    Instances,
    /// Number of GPUs that can be sampled, by the engine's list.
    Gpus,
    /// An attribute of an info series, whose value is always 1.
    Fact(&'static str, Form),
    /// 1 while the engine reports this reason for not sampling the entity; no series otherwise.
    Unavailable(Availability),
    /// The result of the engine's health check for this system. In a row with a state: 1 while the
    /// system is in that state, else 0. In a row without: 0, 10 or 20, as in `dcgmHealthWatchResults_t`.
    Health(HealthSystems),
    /// A sign of the entity's health.
    Status(&'static [Rule]),
    /// Like `Status`, but an event: it expires.
    Transient(&'static [Rule]),
}

impl Op {
    /// Returns `true` if all sources of a series are used together, not the first supported one.
    pub(crate) const fn is_joint(self) -> bool {
        matches!(
            self,
            Self::Sum | Self::Fact(..) | Self::Status(_) | Self::Transient(_)
        )
    }

    /// Returns `true` if it is read from each link of the entity.
    pub(crate) const fn is_over_links(self) -> bool {
        matches!(self, Self::Sum)
    }

    /// Returns `true` if the value comes from the engine's lists or health checks, so that no field is
    /// watched.
    pub(crate) const fn is_listed(self) -> bool {
        matches!(
            self,
            Self::ActiveLinks
                | Self::Allocation
                | Self::LinkUp
                | Self::Instances
                | Self::Gpus
                | Self::Unavailable(_)
                | Self::Health(_)
        )
    }
}

/// Statistic of the samples of a gauge between two ticks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Statistic {
    Min,
    Max,
    /// Weighted by time.
    Mean,
}

/// Range of values, from and to, and the condition that they indicate.
pub(crate) type Rule = (i64, i64, Condition);

/// Health of a component. The worst sign counts; variants are ordered from best to worst.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Condition {
    Ok,
    Degraded,
    PredictedFailure,
    Failed,
    /// Paused or detached: none of the other states applies.
    Unavailable,
}

impl Condition {
    /// Returns the value of `hw.state`.
    pub(crate) const fn as_attribute(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Degraded => "degraded",
            Self::PredictedFailure => "predicted_failure",
            Self::Failed => "failed",
            Self::Unavailable => "unavailable",
        }
    }
}

/// Text form of a fact.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Form {
    /// The number itself.
    Plain,
    /// 0 or 1, as a boolean.
    Flag,
    /// CUDA's form: 1000 times the major version plus 10 times the minor version.
    Cuda,
    /// Major version in the upper 16 bits, minor version in the lower.
    Halves,
}

/// Conversion from DCGM's unit to the metric's. Division by a power of ten is exact, multiplication
/// by its inverse would not be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Scale {
    Times(u32),
    Per(u32),
    /// Any factor, of readings that are counted in this many parts of their unit.
    Factor {
        factor: f64,
        parts: u32,
    },
}

impl Scale {
    /// Converts a number to the metric's unit.
    pub(crate) fn scale_number(self, raw: f64) -> f64 {
        match self {
            Times(factor) => raw * f64::from(factor),
            Per(divisor) => raw / f64::from(divisor),
            Self::Factor { factor, parts } => raw * factor / f64::from(parts.max(1)),
        }
    }

    /// Returns the parts of the metric's unit that readings are counted in.
    pub(crate) const fn parts(self) -> u32 {
        match self {
            Times(_) => 1,
            Per(divisor) => divisor,
            Self::Factor { parts, .. } => parts,
        }
    }

    /// Converts a whole number to the metric's unit; saturates.
    pub(crate) fn scale_total(self, raw: u64) -> u64 {
        match self {
            Times(factor) => raw.saturating_mul(u64::from(factor)),
            Per(divisor) => raw / u64::from(divisor).max(1),
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_precision_loss,
                clippy::cast_sign_loss,
                reason = "a fraction is dropped, and the conversion saturates"
            )]
            Self::Factor { .. } => self.scale_number(raw as f64) as u64,
        }
    }
}

pub(crate) const ONE: Scale = Times(1);

pub(crate) const fn read_field(field: FieldId, op: Op, scale: Scale) -> Source {
    Source {
        field,
        each: &[],
        op,
        scale,
    }
}

pub(crate) const fn last(field: FieldId, scale: Scale) -> Source {
    read_field(field, Op::Last, scale)
}

const fn peak(field: FieldId, statistic: Statistic, scale: Scale) -> Source {
    read_field(field, Op::Peak(statistic), scale)
}

const fn counter(field: FieldId, scale: Scale) -> Source {
    read_field(field, Op::Counter, scale)
}

/// Counts the growth of readings that are in the metric's unit, in `parts` of it.
const fn count_fractions(field: FieldId, parts: u32) -> Source {
    read_field(field, Op::FractionCounter, Per(parts))
}

const fn integrate_rate(field: FieldId, scale: Scale) -> Source {
    read_field(field, Op::Integrate, scale)
}

const fn sum_links(field: FieldId) -> Source {
    read_field(field, Op::Sum, ONE)
}

/// Makes a source from the fields of the GPU, one per link.
const fn read_each(fields: &'static [FieldId], op: Op, scale: Scale) -> Source {
    Source {
        each: fields,
        ..read_field(fields[0], op, scale)
    }
}

const fn metric(
    name: &'static str,
    kind: Kind,
    unit: &'static str,
    identity: Identity,
    range: (f64, f64),
    description: &'static str,
    families: &'static [Family],
) -> Metric {
    Metric {
        name,
        kind,
        unit,
        identity,
        range,
        description,
        page_type: PageType::OfKind,
        families,
    }
}

pub(crate) const fn family(
    name: &'static str,
    group: Group,
    tier: u8,
    default: Presence,
    mig: Mig,
    on: &'static [EntityScope],
    points: &'static [SeriesRow],
) -> Family {
    Family {
        name,
        group,
        tier,
        default,
        mig,
        on,
        points,
        superseded_by_family: "",
        superseded_if_counted: "",
        part: "",
        at_rest: false,
    }
}

pub(crate) const fn series_row(
    attributes: &'static [(&'static str, &'static str)],
    sources: &'static [Source],
) -> SeriesRow {
    SeriesRow {
        attributes,
        sources,
        superseded_by: None,
    }
}

/// By default no family watches LINK entities.
const _: () = assert!(!any_default_watches_links(CATALOGUE));

pub(crate) const fn any_default_watches_links(metrics: &[Metric]) -> bool {
    let mut metric = 0;
    while metric < metrics.len() {
        let families = metrics[metric].families;
        let mut family = 0;
        while family < families.len() {
            let is_default = !matches!(families[family].default, Presence::Off);
            if is_default && families[family].watches_links() {
                return true;
            }
            family += 1;
        }
        metric += 1;
    }
    false
}

#[cfg(test)]
mod tests;
