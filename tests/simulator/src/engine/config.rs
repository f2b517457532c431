//! The configuration of GPUs, as the observed engine with 8 H100 answered.

use std::collections::HashMap;

use super::{Code, Engine, GPU, Pair, st};
use crate::Flavour;

const BLANK: u32 = 0x7fff_fff0;
const NOT_SUPPORTED: u32 = 0x7fff_fff2;
const MODULE: usize = 6;

/// Fields of the settings.
mod field {
    pub(super) const COMPUTE: i64 = 65;
    pub(super) const SYNC_BOOST: i64 = 91;
    pub(super) const SM: i64 = 110;
    pub(super) const MEMORY: i64 = 111;
    pub(super) const POWER: i64 = 160;
    pub(super) const PROFILES: i64 = 165;
}

/// Settings, each BLANK if it is not known or not to be changed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    pub(crate) ecc: u32,
    pub(crate) compute: u32,
    pub(crate) sync_boost: u32,
    pub(crate) memory: u32,
    pub(crate) sm: u32,
    pub(crate) watts: u32,
    /// The first word of the profiles.
    pub(crate) profiles: u32,
}

impl Settings {
    const BLANK: Self = Self {
        ecc: BLANK,
        compute: BLANK,
        sync_boost: BLANK,
        memory: BLANK,
        sm: BLANK,
        watts: BLANK,
        profiles: BLANK,
    };

    pub(crate) fn from_words(words: [u32; 7]) -> Self {
        let [ecc, compute, sync_boost, memory, sm, watts, profiles] = words;
        Self {
            ecc,
            compute,
            sync_boost,
            memory,
            sm,
            watts,
            profiles,
        }
    }

    pub(crate) fn words(self) -> [u32; 7] {
        [
            self.ecc,
            self.compute,
            self.sync_boost,
            self.memory,
            self.sm,
            self.watts,
            self.profiles,
        ]
    }
}

/// GPU (or BLANK), field, code.
pub(crate) type SettingError = (u32, i64, Code);

#[derive(Debug, Default)]
pub(super) struct Config {
    targets: HashMap<u32, Settings>,
    /// Compute mode and power limit in effect, where they were changed.
    live: HashMap<u32, (u32, u32)>,
    was_read: bool,
    not_root: bool,
}

impl Engine {
    pub(crate) fn set_root(&mut self, root: bool) {
        self.config.not_root = !root;
    }

    fn is_fake(&self, gpu: u32) -> bool {
        self.is_fake_entity((GPU, gpu))
    }

    fn is_fake_entity(&self, pair: Pair) -> bool {
        self.fakes.iter().any(|fake| fake.pair == pair)
    }

    fn target(&self, gpu: u32) -> Settings {
        self.config
            .targets
            .get(&gpu)
            .copied()
            .unwrap_or(Settings::BLANK)
    }

    fn current(&self, gpu: u32) -> Settings {
        let blank = Settings {
            sync_boost: NOT_SUPPORTED,
            ..Settings::BLANK
        };
        if self.is_fake(gpu) || !self.nvml() {
            return blank;
        }
        let live = self.config.live.get(&gpu);
        let (compute, watts) = live.copied().unwrap_or((0, 700));
        Settings {
            compute,
            memory: 2619,
            sm: 1980,
            watts,
            ..blank
        }
    }

    /// The settings of each GPU of a group, and the errors. The code is beside them, as the settings are
    /// written with a failure, too.
    pub(crate) fn read_config(
        &mut self,
        group: u64,
        kind: u32,
        now: i64,
    ) -> (Code, Vec<SettingError>, Vec<(u32, Settings)>) {
        self.load_module(MODULE, 3);
        let gpus = match self.gpus_of(group, now) {
            Ok(gpus) => gpus,
            Err(code) => return (code, Vec::new(), Vec::new()),
        };
        if self.config.not_root {
            return (st::REQUIRES_ROOT, Vec::new(), Vec::new());
        }
        if gpus.is_empty() {
            return (st::BADPARAM, vec![(BLANK, 0, st::BADPARAM)], Vec::new());
        }
        self.config.was_read = true;
        let fake = self.nvml() && kind == 1 && gpus.iter().all(|gpu| self.is_fake(*gpu));
        let code = match self.flavour {
            Flavour::V4_6 if fake => st::GENERIC_ERROR,
            _ => st::OK,
        };
        let settings = |gpu: &u32| match kind {
            1 => (*gpu, self.current(*gpu)),
            _ => (*gpu, self.target(*gpu)),
        };
        (code, Vec::new(), gpus.iter().map(settings).collect())
    }

    pub(crate) fn set_config(
        &mut self,
        group: u64,
        wanted: Settings,
        is_budget: bool,
        now: i64,
    ) -> (Code, Vec<SettingError>) {
        self.load_module(MODULE, 3);
        let gpus = match self.gpus_of(group, now) {
            Ok(gpus) if gpus.is_empty() => return (st::NOT_CONFIGURED, Vec::new()),
            Ok(gpus) => gpus,
            Err(code) => return (code, Vec::new()),
        };
        if self.config.not_root {
            return (st::REQUIRES_ROOT, Vec::new());
        }
        if !self.nvml() {
            return (st::NVML_NOT_LOADED, Vec::new());
        }
        let count = u32::try_from(gpus.len()).unwrap_or(1);
        let mut errors = Vec::new();
        for gpu in gpus {
            if self.is_fake(gpu) {
                errors.push(match self.flavour {
                    Flavour::V4_6 => (gpu, 0, st::GPU_IS_LOST),
                    Flavour::V3_3 => (gpu, field::POWER, st::BADPARAM),
                });
                continue;
            }
            self.set_gpu(gpu, wanted, if is_budget { count } else { 1 }, &mut errors);
        }
        let mut failing = errors.iter().map(|error| error.2);
        let first = failing.next();
        let mut code = match first {
            None => st::OK,
            Some(first) if failing.all(|code| code == first) => first,
            Some(_) => st::GENERIC_ERROR,
        };
        if wanted.sync_boost < BLANK {
            // With several GPUs, DCGM says that it worked.
            let refused = if count > 1 {
                st::NOT_SUPPORTED
            } else {
                st::BADPARAM
            };
            if count == 1 {
                // Different errors are this one.
                code = match code {
                    st::OK | st::BADPARAM => st::BADPARAM,
                    _ => st::GENERIC_ERROR,
                };
            }
            errors.push((BLANK, field::SYNC_BOOST, refused));
        }
        if self.flavour == Flavour::V3_3 && code != st::OK {
            code = st::GENERIC_ERROR;
        }
        (code, errors)
    }

    fn set_gpu(&mut self, gpu: u32, wanted: Settings, share: u32, errors: &mut Vec<SettingError>) {
        let mut target = self.target(gpu);
        let (mut compute, mut watts) = self.config.live.get(&gpu).copied().unwrap_or((0, 700));
        let mut refuse = |field, code| errors.push((gpu, field, code));
        if wanted.ecc < BLANK {
            target.ecc = wanted.ecc;
        }
        if wanted.watts < BLANK {
            let limit = wanted.watts / share;
            if (200..=700).contains(&limit) {
                (watts, target.watts) = (limit, limit);
            } else {
                refuse(field::POWER, st::BADPARAM);
            }
        }
        if wanted.memory == 0 && wanted.sm == 0 {
            refuse(field::SM, st::NOT_SUPPORTED);
            refuse(field::MEMORY, st::NOT_SUPPORTED);
        } else {
            if wanted.memory < BLANK {
                target.memory = wanted.memory;
            }
            if wanted.sm < BLANK {
                target.sm = wanted.sm;
            }
        }
        if wanted.compute < BLANK {
            if wanted.compute <= 2 {
                (compute, target.compute) = (wanted.compute, wanted.compute);
            } else {
                refuse(field::COMPUTE, st::BADPARAM);
            }
        }
        if wanted.profiles != BLANK {
            refuse(field::PROFILES, st::BADPARAM);
        }
        self.config.live.insert(gpu, (compute, watts));
        self.config.targets.insert(gpu, target);
    }

    pub(crate) fn enforce_config(&mut self, group: u64, now: i64) -> Code {
        self.load_module(MODULE, 3);
        match self.gpus_of(group, now) {
            Ok(gpus) if gpus.is_empty() => return st::NOT_CONFIGURED,
            Ok(_) => {}
            Err(code) => return code,
        }
        let is_known = self.config.was_read || !self.config.targets.is_empty();
        if self.config.not_root || !self.nvml() || !is_known {
            return st::GENERIC_ERROR;
        }
        st::OK
    }

    pub(crate) fn power_profiles(&self) -> Code {
        if self.nvml() {
            st::NOT_SUPPORTED
        } else {
            st::OK
        }
    }

    /// 0: a GPU instance of a GPU; 1: a compute instance of a GPU instance; others do nothing.
    pub(crate) fn create_instance(&mut self, parent: u32, profile: u32, option: u32) -> Code {
        if !self.nvml() {
            return st::NVML_NOT_LOADED;
        }
        let fits = match option {
            0 => (1..=13).contains(&profile),
            1 => (30..=37).contains(&profile),
            // It says that it worked, and did nothing.
            _ => return st::OK,
        };
        let kind = if option == 0 { GPU } else { super::GPU_I };
        if fits && self.is_fake_entity((kind, parent)) && self.flavour == Flavour::V4_6 {
            return st::NVML_NOT_LOADED;
        }
        // No GPU here has room, or is in MIG mode.
        st::BADPARAM
    }

    pub(crate) fn delete_instance(&mut self, pair: Pair) -> Code {
        let missing = match pair.0 {
            super::GPU_I => st::INSTANCE_NOT_FOUND,
            super::GPU_CI => st::COMPUTE_INSTANCE_NOT_FOUND,
            _ => return st::BADPARAM,
        };
        match self.flavour {
            Flavour::V4_6 if self.is_fake_entity(pair) => st::NVML_NOT_LOADED,
            Flavour::V3_3 if self.is_fake_entity(pair) => st::NOT_SUPPORTED,
            _ => missing,
        }
    }
}
