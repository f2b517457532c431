//! Every metric that this crate can emit: an instrument a row, and under it a row a family of
//! series.
//!
//! Names, units and attributes follow OpenTelemetry's semantic conventions for hardware where they
//! have a word, and extend them where they have none. The unit is the row's, never guessed from a
//! field's name.

mod facts;
mod links;
pub(crate) mod scope;
mod table;

use dcgm::FieldId;

use crate::config::{Group, Naming};
use crate::host::Availability;
use crate::naming::exporter;
use Kind::{CounterF64, CounterU64};
use Scale::{Per, Times};
pub(crate) use scope::EntityScope;
pub(crate) use table::{CATALOGUE, STATE};

/// What an instrument is.
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
    /// An observable up-down counter: a level whose sum over series means something.
    UpDownI64,
}

impl Kind {
    /// Whether it only grows, and is held when there is nothing new.
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
    /// What an exported level can be; anything else is garbage of the driver's, and dropped.
    pub(crate) range: (f64, f64),
    pub(crate) description: &'static str,
    pub(crate) families: &'static [Family],
}

impl Metric {
    /// Whether any number that DCGM gives is passed on.
    pub(crate) fn is_raw(&self) -> bool {
        self.range == (f64::NEG_INFINITY, f64::INFINITY)
    }
}

/// How much each series says of the thing that it describes.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Identity {
    /// Which one it is.
    Brief,
    /// And what product: the conventions recommend it for some metrics only.
    Product,
    /// And with which driver and firmware.
    Versions,
}

/// Series that are switched, watched and dropped together.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Family {
    /// Its name within the metric; `all` where the metric has one family.
    pub(crate) name: &'static str,
    pub(crate) group: Group,
    /// Rank in the drop order: the lowest tier is dropped first.
    pub(crate) tier: u8,
    pub(crate) default: Presence,
    pub(crate) mig: Mig,
    /// What has it.
    pub(crate) on: &'static [EntityScope],
    /// The series of one entity.
    pub(crate) points: &'static [SeriesRow],
    /// The family of this metric that says the same in more detail. Where an entity or a part of it
    /// has that, it has not this one: a sum over both would count twice.
    pub(crate) superseded_by_family: &'static str,
    /// The family of this metric that is preferred where it has a counter of DCGM's: these series are
    /// integrated rates.
    pub(crate) superseded_if_counted: &'static str,
    /// The part of the entity that the series are about, if that has a name of its own.
    pub(crate) part: &'static str,
    /// Whether it hardly ever changes, and is sampled once an hour.
    pub(crate) at_rest: bool,
}

impl Family {
    /// Whether a field of a LINK entity is watched for it. DCGM 4.6 keeps samples of such fields
    /// without expiry, and reads them in every pass of its loop.
    const fn watches_links(&self) -> bool {
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

    /// Whether it has series of an entity that cannot be sampled: the state of one, and facts and
    /// events of one that is lost.
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

/// Whether a family is there unless somebody says otherwise.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Presence {
    /// Yes.
    On,
    /// Where the hardware has it; its absence is no fault.
    Auto,
    /// No.
    Off,
}

/// In which mode of its GPU a family has a meaning.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Mig {
    /// Either.
    Any,
    /// MIG is off.
    Outside,
    /// MIG is on.
    Within,
    /// Of a GPU that is cut into instances only these have it.
    Smallest,
}

/// One series of an entity.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SeriesRow {
    /// What tells it from its siblings.
    pub(crate) attributes: &'static [(&'static str, &'static str)],
    /// Where its values come from: the first that an entity supports, and never two of them; all of
    /// them together if the operation says so.
    pub(crate) sources: &'static [Source],
    /// A field that says the same in more detail: an entity that has it has not this series.
    pub(crate) superseded_by: Option<FieldId>,
}

impl SeriesRow {
    /// Unless the entity has this field.
    const fn superseded_by(self, field: FieldId) -> Self {
        Self {
            superseded_by: Some(field),
            ..self
        }
    }
}

/// A field, and how its samples become values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Source {
    pub(crate) field: FieldId,
    /// For a link: the fields of its GPU, one for each link. Empty if the entity itself has the
    /// field.
    pub(crate) each: &'static [FieldId],
    pub(crate) op: Op,
    pub(crate) scale: Scale,
}

/// How samples become values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Op {
    /// The newest sample is the value.
    Last,
    /// So, but 0 is what parts without the sensor say.
    NonZero,
    /// The samples are a running total, of which the growth counts.
    Counter,
    /// So, on each link of the entity; their growth is added up.
    Sum,
    /// The samples are a rate per second, of which the sum over time counts.
    Integrate,
    /// Each sample is an event, and its value a code: they are counted by code.
    Event,
    /// 1 while one of these bits is set, else 0.
    Bit(i64),
    /// 1 while it is one of these numbers, 0 while it is another that has a meaning: from, to.
    OneOf(&'static [i64], (i64, i64)),
    /// 1 while it is this text, 0 while it is another of those.
    TextEquals(&'static str, &'static [&'static str]),
    /// A word of 32 bits of a blob.
    Word(usize),
    /// The number of the entity's links that are up, by the engine's link status.
    ActiveLinks,
    /// 1 while the link is up, else 0, by the engine's link status.
    LinkUp,
    /// The number of GPU instances that the GPU is cut into, by the engine's list.
    Instances,
    /// The number of GPUs that can be sampled, by the engine's list.
    Gpus,
    /// An attribute of a series that is always 1.
    Fact(&'static str, Form),
    /// 1 while the engine says that the entity cannot be sampled for this reason; no series else.
    Unavailable(Availability),
    /// A sign of how the entity is.
    Status(&'static [Rule]),
    /// So, for a while: an event.
    Transient(&'static [Rule]),
}

impl Op {
    /// Whether all sources of the point are read together, instead of the first that there is.
    pub(crate) const fn is_joint(self) -> bool {
        matches!(
            self,
            Self::Sum | Self::Fact(..) | Self::Status(_) | Self::Transient(_)
        )
    }

    /// Whether it is read from each link of the entity.
    pub(crate) const fn is_over_links(self) -> bool {
        matches!(self, Self::Sum)
    }

    /// Whether its value comes from what the engine lists, so that no field is watched for it.
    pub(crate) const fn is_listed(self) -> bool {
        matches!(
            self,
            Self::ActiveLinks | Self::LinkUp | Self::Instances | Self::Gpus | Self::Unavailable(_)
        )
    }
}

/// From, to, and what a value between them is a sign of.
pub(crate) type Rule = (i64, i64, Condition);

/// How a component is. The worst sign counts, in this order.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Condition {
    Ok,
    Degraded,
    PredictedFailure,
    Failed,
    /// Paused or detached: it is in none of the other states.
    Unavailable,
}

impl Condition {
    /// Its `hw.state`.
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

/// How a fact is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Form {
    /// As it is.
    Plain,
    /// 0 or 1.
    Flag,
    /// A thousand times the major version, and ten times the minor one.
    Cuda,
    /// The major version in the upper half of 32 bits, the minor one in the lower.
    Halves,
}

/// From DCGM's unit to the metric's. A division by a power of ten is exact where a factor would not
/// be.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Scale {
    Times(u32),
    Per(u32),
}

impl Scale {
    /// A number in the metric's unit.
    pub(crate) fn scale_number(self, raw: f64) -> f64 {
        match self {
            Times(factor) => raw * f64::from(factor),
            Per(divisor) => raw / f64::from(divisor),
        }
    }

    /// A whole number in the metric's unit; too large ones end at the largest.
    pub(crate) fn scale_total(self, raw: u64) -> u64 {
        match self {
            Times(factor) => raw.saturating_mul(u64::from(factor)),
            Per(divisor) => raw / u64::from(divisor).max(1),
        }
    }
}

pub(crate) const ONE: Scale = Times(1);

const fn read_field(field: FieldId, op: Op, scale: Scale) -> Source {
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

const fn counter(field: FieldId, scale: Scale) -> Source {
    read_field(field, Op::Counter, scale)
}

const fn integrate_rate(field: FieldId, scale: Scale) -> Source {
    read_field(field, Op::Integrate, scale)
}

const fn sum_links(field: FieldId) -> Source {
    read_field(field, Op::Sum, ONE)
}

/// From the fields of the GPU, one for each of its links.
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

/// No family watches LINK entities unless somebody switches it on.
const _: () = assert!(!any_default_watches_links(CATALOGUE));
const _: () = assert!(!any_default_watches_links(exporter::METRICS));

const fn any_default_watches_links(metrics: &[Metric]) -> bool {
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

/// The metrics of a naming.
pub(crate) const fn metrics_for(naming: Naming) -> &'static [Metric] {
    match naming {
        Naming::Semconv => CATALOGUE,
        Naming::DcgmExporter => exporter::METRICS,
    }
}

#[cfg(test)]
mod tests;
