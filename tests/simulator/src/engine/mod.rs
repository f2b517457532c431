//! A host engine as a state machine: entities, groups, watches, samples. It has no thread and no
//! clock of its own: time comes in with each call.

mod config;
mod diagnostics;
mod entities;
mod groups;
mod harm;
mod health;
mod history;
mod itself;
mod jobs;
mod policy;
mod topology;
mod usage;
mod values;
mod watches;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::Flavour;
use crate::source::Source;

pub(crate) use config::Settings;
use entities::Entity;
pub(crate) use jobs::{Accounted, MOST_GPUS};
pub(crate) use policy::Violation;
pub(crate) use topology::{Topology, Wiring};
pub(crate) use usage::{Summary, Usage};
pub(crate) use values::Failure;

/// A `DCGM_ST_*` code.
pub(crate) type Code = i32;
/// A `dcgm_field_entity_group_t` with an id.
pub(crate) type Pair = (u32, u32);
/// A connection. 0 is the program that the engine is embedded in.
pub(crate) type Connection = u64;

pub(crate) const GPU: u32 = 1;
pub(crate) const VGPU: u32 = 2;
pub(crate) const SWITCH: u32 = 3;
pub(crate) const GPU_I: u32 = 4;
pub(crate) const GPU_CI: u32 = 5;
pub(crate) const LINK: u32 = 6;
pub(crate) const CPU: u32 = 7;
pub(crate) const CPU_CORE: u32 = 8;
pub(crate) const CONNECTX: u32 = 9;

/// The codes that the engine answers with.
pub(crate) mod st {
    use super::Code;

    pub(crate) const OK: Code = 0;
    pub(crate) const BADPARAM: Code = -1;
    pub(crate) const GENERIC_ERROR: Code = -3;
    pub(crate) const NOT_CONFIGURED: Code = -5;
    pub(crate) const NOT_SUPPORTED: Code = -6;
    pub(crate) const UNINITIALIZED: Code = -10;
    pub(crate) const TIMEOUT: Code = -11;
    pub(crate) const VER_MISMATCH: Code = -12;
    pub(crate) const UNKNOWN_FIELD: Code = -13;
    pub(crate) const NO_DATA: Code = -14;
    pub(crate) const NOT_WATCHED: Code = -16;
    pub(crate) const NO_PERMISSION: Code = -17;
    pub(crate) const GPU_IS_LOST: Code = -18;
    pub(crate) const FUNCTION_NOT_FOUND: Code = -20;
    pub(crate) const CONNECTION_NOT_VALID: Code = -21;
    pub(crate) const MAX_LIMIT: Code = -24;
    pub(crate) const DUPLICATE_KEY: Code = -26;
    pub(crate) const REQUIRES_ROOT: Code = -29;
    pub(crate) const INSUFFICIENT_SIZE: Code = -31;
    pub(crate) const FIELD_UNSUPPORTED_BY_API: Code = -32;
    pub(crate) const MODULE_NOT_LOADED: Code = -33;
    pub(crate) const GROUP_IS_EMPTY: Code = -35;
    pub(crate) const IN_USE: Code = -34;
    pub(crate) const DIAG_ALREADY_RUNNING: Code = -39;
    pub(crate) const INSTANCE_NOT_FOUND: Code = -45;
    pub(crate) const COMPUTE_INSTANCE_NOT_FOUND: Code = -46;
    pub(crate) const NVVS_KILLED: Code = -53;
    pub(crate) const NVML_NOT_LOADED: Code = -56;
    pub(crate) const GPUS_DETACHED: Code = -67;
    pub(crate) const NVVS_NO_AVAILABLE_TEST: Code = -58;
}

/// A host engine.
pub(crate) struct Engine {
    pub(crate) flavour: Flavour,
    /// The GPUs of the host. `None`: no driver, no NVML.
    source: Option<Box<dyn Source>>,
    /// `true` if there is a driver, which does not change.
    driver: bool,
    fakes: Vec<Entity>,
    groups: BTreeMap<u64, groups::Group>,
    next_group: u64,
    field_groups: BTreeMap<u64, groups::FieldGroup>,
    next_field_group: u64,
    fields: HashMap<(Pair, u16), watches::Watched>,
    links: HashMap<(Pair, u32), u32>,
    config: config::Config,
    diagnostics: diagnostics::Diagnostics,
    health: health::Health,
    jobs: jobs::Jobs,
    policy: policy::Policy,
    /// Connections that asked for their things to outlive them.
    persistent: std::collections::HashSet<Connection>,
    modules: [u32; 11],
    /// Statuses of GPUs that a test set.
    statuses: BTreeMap<u32, u32>,
    /// Profiling fields that the driver does not have: always blank, with status OK.
    blank: BTreeSet<u16>,
    /// GPUs that have no profiler.
    without_profiler: BTreeSet<u32>,
    harm: harm::Harm,
    itself: itself::Itself,
    pub(crate) wiring: Wiring,
    /// Sampling stands still, as with a hung driver.
    pub(crate) frozen: bool,
}

impl core::fmt::Debug for Engine {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Engine")
            .field("flavour", &self.flavour)
            .finish_non_exhaustive()
    }
}

impl Engine {
    pub(crate) fn new(flavour: Flavour, source: Option<Box<dyn Source>>, now: i64) -> Self {
        let mut engine = Self {
            flavour,
            driver: source.is_some(),
            source,
            fakes: Vec::new(),
            groups: BTreeMap::new(),
            next_group: 2,
            field_groups: BTreeMap::new(),
            next_field_group: 1,
            fields: HashMap::new(),
            links: HashMap::new(),
            config: config::Config::default(),
            diagnostics: diagnostics::Diagnostics::default(),
            health: health::Health::default(),
            jobs: jobs::Jobs::default(),
            policy: policy::Policy::default(),
            persistent: std::collections::HashSet::new(),
            // Core and NvSwitch are loaded.
            modules: [3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0],
            statuses: BTreeMap::new(),
            blank: BTreeSet::new(),
            without_profiler: BTreeSet::new(),
            harm: harm::Harm::default(),
            itself: itself::Itself::default(),
            wiring: Wiring::default(),
            frozen: false,
        };
        if engine.source.is_some() {
            engine.make_internal_field_groups(now);
        }
        engine
    }

    /// Other GPUs from now on, as when a GPU falls off the bus. Whether there is a driver does not
    /// change.
    pub(crate) fn set_source(&mut self, source: Option<Box<dyn Source>>) {
        self.source = source;
    }

    pub(crate) fn nvml(&self) -> bool {
        self.driver
    }

    pub(crate) fn connected(&mut self, connection: Connection, persistent: bool) {
        if persistent {
            self.persistent.insert(connection);
        }
    }

    /// Drops what a connection owned, unless it asked to keep it.
    pub(crate) fn disconnected(&mut self, connection: Connection) {
        self.policy.disconnected(connection);
        if self.persistent.remove(&connection) {
            return;
        }
        self.groups
            .retain(|_, group| group.owner != Some(connection));
        self.field_groups
            .retain(|_, group| group.owner != Some(connection));
        for watched in self.fields.values_mut() {
            watched.remove_watcher(connection);
        }
    }

    /// Module, status. Loading happens at the first use.
    pub(crate) fn modules(&self) -> Vec<(u32, u32)> {
        let count = if self.flavour == Flavour::V4_6 {
            11
        } else {
            10
        };
        (0..).zip(self.modules).take(count).collect()
    }

    /// Pauses telemetry, as a diagnostic does, or resumes it.
    pub(crate) fn pause(&mut self, paused: bool) {
        self.frozen = paused;
        self.load_module(0, if paused { 5 } else { 3 });
    }

    /// Ends all watches and forgets all samples, as any client can ask for.
    pub(crate) fn empty_cache(&mut self) {
        for watched in self.fields.values_mut() {
            watched.empty();
        }
    }

    fn load_module(&mut self, module: usize, status: u32) {
        if let Some(slot) = self.modules.get_mut(module) {
            *slot = status;
        }
    }

    /// Returns the open objects: groups and field groups of clients, watches, and the watches of
    /// the engine that nothing ends.
    pub(crate) fn open(&self) -> [u64; 4] {
        let groups = self.groups.len();
        let field_groups = self
            .field_groups
            .values()
            .filter(|group| group.owner.is_some())
            .count();
        let watches: usize = self.fields.values().map(watches::Watched::clients).sum();
        let endless: usize = self.fields.values().map(watches::Watched::endless).sum();
        [groups, field_groups, watches, endless]
            .map(|count| u64::try_from(count).unwrap_or(u64::MAX))
    }
}
