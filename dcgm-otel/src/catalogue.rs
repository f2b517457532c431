//! Every metric that this crate can emit: an instrument a row, and under it a row a family of
//! series.
//!
//! Names, units and attributes follow OpenTelemetry's semantic conventions for hardware where they
//! have a word, and extend them where they have none. The unit is the row's, never guessed from a
//! field's name.

use dcgm::{EntityKind, FieldId};

use Identity::{Brief, Product};
use Kind::{CounterF64, CounterU64, GaugeF64, GaugeI64, UpDownI64};
use Mig::{Any, Outside, Within};
use Presence::{Auto, On};
use Scale::{Per, Times};

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

/// How much each series says of the thing that it describes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Identity {
    /// Which one it is.
    Brief,
    /// And what product: the conventions recommend it for some metrics only.
    Product,
}

/// Series that are switched, watched and dropped together.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(
    not(test),
    expect(
        dead_code,
        reason = "toggles and the cap will select by group and tier"
    )
)]
pub(crate) struct Family {
    /// Its name within the metric.
    pub(crate) name: &'static str,
    pub(crate) group: Group,
    /// What goes first when there are too many series: the lowest.
    pub(crate) tier: u8,
    pub(crate) default: Presence,
    pub(crate) mig: Mig,
    /// The kinds of entities that have it.
    pub(crate) on: &'static [EntityKind],
    /// The series of one entity.
    pub(crate) points: &'static [Point],
}

/// What a user switches.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) enum Group {
    Clock,
    Codec,
    Ecc,
    Memory,
    Pcie,
    Power,
    Thermal,
    Utilization,
}

/// Whether a family is there unless somebody says otherwise.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Presence {
    /// Yes.
    On,
    /// Where the hardware has it; its absence is no fault.
    Auto,
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
}

/// One series of an entity.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Point {
    /// What tells it from its siblings.
    pub(crate) attributes: &'static [(&'static str, &'static str)],
    /// Where its values come from: the first that an entity supports, and never two of them.
    pub(crate) sources: &'static [Source],
}

/// A field, and how its samples become values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Source {
    pub(crate) field: FieldId,
    pub(crate) op: Op,
    pub(crate) scale: Scale,
}

/// How samples become values.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Op {
    /// The newest sample is the value.
    Last,
    /// The samples are a running total, of which the growth counts.
    Counter,
    /// The samples are a rate per second, of which the sum over time counts.
    Integrate,
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
    pub(crate) fn of(self, raw: f64) -> f64 {
        match self {
            Times(factor) => raw * f64::from(factor),
            Per(divisor) => raw / f64::from(divisor),
        }
    }

    /// A whole number in the metric's unit; too large ones end at the largest.
    pub(crate) fn of_total(self, raw: u64) -> u64 {
        match self {
            Times(factor) => raw.saturating_mul(u64::from(factor)),
            Per(divisor) => raw / u64::from(divisor).max(1),
        }
    }
}

const fn last(field: FieldId, scale: Scale) -> Source {
    let op = Op::Last;
    Source { field, op, scale }
}

const fn counter(field: FieldId, scale: Scale) -> Source {
    let op = Op::Counter;
    Source { field, op, scale }
}

const fn integrate(field: FieldId, scale: Scale) -> Source {
    let op = Op::Integrate;
    Source { field, op, scale }
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

const fn family(
    name: &'static str,
    group: Group,
    tier: u8,
    default: Presence,
    mig: Mig,
    on: &'static [EntityKind],
    points: &'static [Point],
) -> Family {
    Family {
        name,
        group,
        tier,
        default,
        mig,
        on,
        points,
    }
}

const fn point(
    attributes: &'static [(&'static str, &'static str)],
    sources: &'static [Source],
) -> Point {
    Point {
        attributes,
        sources,
    }
}

const ONE: Scale = Times(1);
const GPU: &[EntityKind] = &[EntityKind::GPU];
const GPU_AND_INSTANCES: &[EntityKind] = &[
    EntityKind::GPU,
    EntityKind::GPU_INSTANCE,
    EntityKind::COMPUTE_INSTANCE,
];

/// A share. Values a little above 1 have been seen, and are passed on; four thousand million has
/// been seen too.
const SHARE: (f64, f64) = (0.0, 1.5);
const FROM_ZERO: (f64, f64) = (0.0, f64::INFINITY);

const TASK: &str = "hw.gpu.task";
const TYPE: &str = "hw.type";
const SENSOR: &str = "hw.sensor_location";
const ERROR: &str = "error.type";
const DOMAIN: &str = "hw.gpu.clock.domain";
const DIRECTION: &str = "network.io.direction";

/// Every metric.
#[rustfmt::skip] // One row a family of series, one line a series.
pub(crate) const CATALOGUE: &[Metric] = &[
    metric("hw.gpu.utilization", GaugeF64, "1", Product, SHARE,
        "Share of the last sampling window in which the GPU was busy with the given kind of work.", &[
        family("general", Group::Utilization, 17, On, Outside, GPU, &[
            point(&[(TASK, "general")], &[last(FieldId::GPU_UTIL, Per(100)), last(FieldId::PROF_GR_ENGINE_ACTIVE, ONE)])]),
        family("general_mig", Group::Utilization, 17, Auto, Within, GPU_AND_INSTANCES, &[
            point(&[(TASK, "general")], &[last(FieldId::PROF_GR_ENGINE_ACTIVE, ONE)])]),
        family("memory", Group::Utilization, 17, On, Outside, GPU, &[
            point(&[(TASK, "memory")], &[last(FieldId::MEM_COPY_UTIL, Per(100))])]),
        family("encoder", Group::Codec, 3, On, Outside, GPU, &[
            point(&[(TASK, "encoder")], &[last(FieldId::ENC_UTIL, Per(100))])]),
        family("decoder", Group::Codec, 3, On, Outside, GPU, &[
            point(&[(TASK, "decoder")], &[last(FieldId::DEC_UTIL, Per(100))])]),
    ]),
    metric("hw.gpu.memory.usage", UpDownI64, "By", Product, FROM_ZERO,
        "Device memory currently allocated.", &[
        family("used", Group::Memory, 17, On, Any, GPU_AND_INSTANCES, &[
            point(&[], &[last(FieldId::FB_USED, Times(1_048_576))])]),
    ]),
    metric("hw.gpu.memory.limit", UpDownI64, "By", Product, FROM_ZERO,
        "Total device memory.", &[
        family("total", Group::Memory, 17, On, Any, GPU_AND_INSTANCES, &[
            point(&[], &[last(FieldId::FB_TOTAL, Times(1_048_576))])]),
    ]),
    metric("hw.gpu.memory.utilization", GaugeF64, "1", Product, SHARE,
        "Fraction of the usable device memory that is allocated.", &[
        family("used", Group::Memory, 17, On, Any, GPU_AND_INSTANCES, &[
            point(&[], &[last(FieldId::FB_USED_PERCENT, ONE)])]),
    ]),
    metric("hw.errors", CounterU64, "{error}", Product, FROM_ZERO,
        "Errors the component reported, by kind.", &[
        family("ecc_volatile", Group::Ecc, 21, On, Any, GPU, &[
            point(&[(TYPE, "gpu"), (ERROR, "corrected")], &[counter(FieldId::ECC_SBE_VOL_TOTAL, ONE)]),
            point(&[(TYPE, "gpu"), (ERROR, "uncorrected")], &[counter(FieldId::ECC_DBE_VOL_TOTAL, ONE)])]),
        family("pcie_replay", Group::Pcie, 21, On, Any, GPU, &[
            point(&[(TYPE, "gpu"), (ERROR, "pcie_replay")], &[counter(FieldId::PCIE_REPLAY_COUNTER, ONE)])]),
    ]),
    metric("hw.power", GaugeF64, "W", Brief, FROM_ZERO,
        "Power the component draws.", &[
        family("gpu", Group::Power, 19, On, Any, GPU, &[
            point(&[(TYPE, "gpu")], &[last(FieldId::POWER_USAGE, ONE), last(FieldId::POWER_USAGE_INSTANT, ONE)])]),
    ]),
    metric("hw.energy", CounterF64, "J", Brief, FROM_ZERO,
        "Energy the component has drawn.", &[
        family("gpu", Group::Power, 19, On, Any, GPU, &[
            point(&[(TYPE, "gpu")], &[counter(FieldId::TOTAL_ENERGY_CONSUMPTION, Per(1000)), integrate(FieldId::POWER_USAGE, ONE)])]),
    ]),
    metric("hw.temperature", GaugeF64, "Cel", Brief, (0.0, 200.0),
        "Temperature of a sensor.", &[
        family("gpu", Group::Thermal, 15, On, Any, GPU, &[
            point(&[(SENSOR, "gpu")], &[last(FieldId::GPU_TEMP, ONE)])]),
        family("memory", Group::Thermal, 15, On, Any, GPU, &[
            point(&[(SENSOR, "memory")], &[last(FieldId::MEMORY_TEMP, ONE)])]),
    ]),
    metric("hw.gpu.clock.frequency", GaugeI64, "Hz", Product, FROM_ZERO,
        "Current clock of one domain of the GPU.", &[
        family("current", Group::Clock, 11, On, Any, GPU, &[
            point(&[(DOMAIN, "sm")], &[last(FieldId::SM_CLOCK, Times(1_000_000))]),
            point(&[(DOMAIN, "memory")], &[last(FieldId::MEM_CLOCK, Times(1_000_000))]),
            point(&[(DOMAIN, "video")], &[last(FieldId::VIDEO_CLOCK, Times(1_000_000))])]),
    ]),
    metric("hw.gpu.pcie.link.generation", GaugeI64, "1", Product, FROM_ZERO,
        "PCIe generation the link currently runs at.", &[
        family("current", Group::Pcie, 12, On, Any, GPU, &[
            point(&[], &[last(FieldId::PCIE_LINK_GEN, ONE)])]),
    ]),
    metric("hw.gpu.pcie.link.width", GaugeI64, "{lane}", Product, FROM_ZERO,
        "PCIe lanes the link currently uses.", &[
        family("current", Group::Pcie, 12, On, Any, GPU, &[
            point(&[], &[last(FieldId::PCIE_LINK_WIDTH, ONE)])]),
    ]),
    metric("hw.gpu.io", CounterU64, "By", Product, FROM_ZERO,
        "Bytes the GPU received and sent over its host bus.", &[
        family("pcie", Group::Pcie, 20, Auto, Any, GPU, &[
            point(&[(DIRECTION, "receive")], &[counter(FieldId::PROF_PCIE_RX_BYTES_TOTAL, ONE), integrate(FieldId::PROF_PCIE_RX_BYTES, ONE)]),
            point(&[(DIRECTION, "transmit")], &[counter(FieldId::PROF_PCIE_TX_BYTES_TOTAL, ONE), integrate(FieldId::PROF_PCIE_TX_BYTES, ONE)])]),
    ]),
];

#[cfg(test)]
mod tests;
