//! The steps, and the frequency of each.

use std::time::Duration;

use dcgm::{EntityId, EntityKind, Error, FieldId, NoValue, Operation, ReturnCode};
use proptest::prelude::*;
use proptest::sample::select;

use crate::testing::{every_field, refused};

/// A random step.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// A field of an entity has another value.
    Set(EntityId, FieldId, f64),
    /// All counters of the entity grow by so much.
    Grow(EntityId, u32),
    /// All fields of an entity read so.
    All(EntityId, f64),
    Blank(EntityId, FieldId, NoValue),
    BlankAll(EntityId, NoValue),
    /// An answer that is no number.
    Text(EntityId, FieldId),
    /// The timestamps of an entity stand still, or no more.
    Freeze(EntityId, bool),
    /// The timestamps of one field stand still, or move again.
    FreezeField(EntityId, FieldId, bool),
    /// The engine's sampling stands still, or no more.
    Sampling(bool),
    /// Sets the engine's clock.
    Stamp(i64),
    Fail(&'static str, Fault),
    Panic(&'static str),
    Heal,
    Remove(EntityId),
    Add(EntityId),
    Mig(bool),
    /// Another driver has been loaded.
    Driver(&'static str),
    Event(EntityId, FieldId, i64),
    /// Milliseconds go by.
    Pass(u64),
    /// Drops the meter and installs another; `true` for a collect in between.
    Install(bool),
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Fault {
    Disconnected,
    Timeout,
    TimeoutCode,
    NotSupported,
    Generic,
    GpuLost,
}

impl Fault {
    pub(super) fn error(self) -> Error {
        let call = |code| Error::Call {
            function: "dcgmAny",
            code,
        };
        match self {
            Self::Disconnected => refused(),
            Self::Timeout => Error::Timeout {
                operation: Operation::Read,
                after: Duration::from_secs(1),
            },
            Self::TimeoutCode => call(ReturnCode::TIMEOUT),
            Self::NotSupported => call(ReturnCode::NOT_SUPPORTED),
            Self::Generic => call(ReturnCode::GENERIC_ERROR),
            Self::GpuLost => call(ReturnCode::GPU_IS_LOST),
        }
    }
}

const CALLS: &[&str] = &[
    "connect",
    "engine",
    "list",
    "entities",
    "watch",
    "watch profiling",
    "latest",
    "events",
    "close",
];

/// Fields with special rules, and one without.
fn field() -> impl Strategy<Value = FieldId> {
    let some = vec![
        FieldId::TOTAL_ENERGY_CONSUMPTION,
        FieldId::POWER_USAGE,
        FieldId::PCIE_REPLAY_COUNTER,
        FieldId::ECC_SBE_VOL_TOTAL,
        FieldId::PROF_PCIE_RX_BYTES,
        FieldId::PROF_PCIE_RX_BYTES_TOTAL,
        FieldId::NVLINK_COUNT_RX_BYTES,
        FieldId::NVSWITCH_LINK_REPLAY_ERRORS,
        FieldId::NVSWITCH_THROUGHPUT_RX,
        FieldId::GPU_TEMP,
        FieldId::GPU_UTIL,
        FieldId::PROF_GR_ENGINE_ACTIVE,
        FieldId::FB_USED,
        FieldId::SM_CLOCK,
        FieldId::SLOWDOWN_TEMP,
        FieldId::NVLINK_GET_STATE,
        FieldId::ROW_REMAP_FAILURE,
        FieldId::NVSWITCH_NON_FATAL_ERRORS,
    ];
    prop_oneof![4 => select(some), 1 => select(every_field())]
}

fn reading() -> impl Strategy<Value = f64> {
    prop_oneof![
        6 => (0..2000_u32).prop_map(f64::from),
        3 => 0.0..1.6_f64,
        2 => Just(0.0),
        1 => (999_980..1_000_020_u32).prop_map(f64::from),
        2 => select(vec![
            f64::NAN,
            f64::INFINITY,
            f64::NEG_INFINITY,
            -1.0,
            -0.5,
            1e300,
            4_294_967_295.0,
            9_223_372_036_854_775_807.0,
            -9_223_372_036_854_775_808.0,
            9_007_199_254_740_993.0,
        ]),
    ]
}

fn absent() -> impl Strategy<Value = NoValue> {
    select(vec![
        NoValue::Blank,
        NoValue::NotFound,
        NoValue::NotSupported,
        NoValue::NotPermitted,
        NoValue::NoData,
        NoValue::NotWatched,
        NoValue::Stale,
        NoValue::Malformed,
        NoValue::Code(ReturnCode::GPU_IS_LOST),
    ])
}

fn fault() -> impl Strategy<Value = Fault> {
    use Fault::{Disconnected, Generic, GpuLost, NotSupported, Timeout, TimeoutCode};
    select(vec![
        Disconnected,
        Timeout,
        TimeoutCode,
        NotSupported,
        Generic,
        GpuLost,
    ])
}

pub(super) const INSTANCE: EntityId = EntityId::new(EntityKind::GPU_INSTANCE, 10);
pub(super) const OTHER_INSTANCE: EntityId = EntityId::new(EntityKind::GPU_INSTANCE, 11);
pub(super) const SLICE: EntityId = EntityId::new(EntityKind::COMPUTE_INSTANCE, 20);
pub(super) const OTHER_SLICE: EntityId = EntityId::new(EntityKind::COMPUTE_INSTANCE, 21);
pub(super) const PORT: EntityId = EntityId::new(EntityKind::LINK, 30);
pub(super) const OTHER_PORT: EntityId = EntityId::new(EntityKind::LINK, 31);
pub(super) const LINK: EntityId = EntityId::new(EntityKind::LINK, 32);

/// All possible entities. Instances belong to GPU 1.
pub(super) fn all() -> Vec<EntityId> {
    vec![
        EntityId::gpu(0),
        EntityId::gpu(1),
        EntityId::switch(0),
        INSTANCE,
        OTHER_INSTANCE,
        SLICE,
        OTHER_SLICE,
        PORT,
        OTHER_PORT,
        LINK,
        EntityId::HOST,
    ]
}

fn entity() -> impl Strategy<Value = EntityId> {
    prop_oneof![2 => Just(EntityId::gpu(0)), 3 => select(all())]
}

fn comes_and_goes() -> impl Strategy<Value = EntityId> {
    select(vec![
        EntityId::gpu(0),
        EntityId::gpu(1),
        EntityId::switch(0),
        INSTANCE,
    ])
}

pub(super) fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (entity(), field(), reading()).prop_map(|(e, f, v)| Step::Set(e, f, v)),
        8 => (entity(), 0..1000_u32).prop_map(|(e, by)| Step::Grow(e, by)),
        2 => (entity(), reading()).prop_map(|(e, v)| Step::All(e, v)),
        4 => (entity(), field(), absent()).prop_map(|(e, f, why)| Step::Blank(e, f, why)),
        1 => (entity(), absent()).prop_map(|(e, why)| Step::BlankAll(e, why)),
        1 => (entity(), field()).prop_map(|(e, f)| Step::Text(e, f)),
        2 => (entity(), any::<bool>()).prop_map(|(e, is)| Step::Freeze(e, is)),
        2 => (entity(), field(), any::<bool>()).prop_map(|(e, f, is)| Step::FreezeField(e, f, is)),
        2 => any::<bool>().prop_map(Step::Sampling),
        2 => prop_oneof![Just(0_i64), Just(i64::MAX / 2), Just(i64::MIN / 2), 0..1_000_000_000_i64]
            .prop_map(Step::Stamp),
        3 => (select(CALLS), fault()).prop_map(|(call, fault)| Step::Fail(call, fault)),
        1 => select(CALLS).prop_map(Step::Panic),
        6 => Just(Step::Heal),
        2 => comes_and_goes().prop_map(Step::Remove),
        3 => comes_and_goes().prop_map(Step::Add),
        2 => any::<bool>().prop_map(Step::Mig),
        1 => select(vec!["535.1", "550.2"]).prop_map(Step::Driver),
        5 => (
            select(vec![
                (EntityId::gpu(0), FieldId::XID_ERRORS),
                (EntityId::gpu(1), FieldId::XID_ERRORS),
                (INSTANCE, FieldId::XID_ERRORS),
                (EntityId::switch(0), FieldId::NVSWITCH_FATAL_ERRORS),
            ]),
            prop_oneof![1..6_i64, Just(0), Just(-1), Just(1000), Just(i64::MAX)],
        )
            .prop_map(|((e, f), code)| Step::Event(e, f, code)),
        12 => select(vec![100_u64, 999, 1000, 1001, 2000, 2999, 3000, 61_000, 10_800_000])
            .prop_map(Step::Pass),
        1 => any::<bool>().prop_map(Step::Install),
    ]
}
