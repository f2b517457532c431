//! The groups in which metrics are switched: a row a group.

use core::fmt;

use super::choices::{GroupSwitch, plain};

macro_rules! groups {
    ($($name:ident $text:literal $default:ident $meaning:literal;)*) => {
        /// Metrics that are switched together.
        ///
        /// ```
        /// use dcgm_otel::{Config, Group, GroupSwitch};
        ///
        /// let group = Group::by_name("nvlink").unwrap();
        /// let config = Config::default().with_group(group, GroupSwitch::Off);
        /// assert_eq!(config.group(Group::NvLink), GroupSwitch::Off);
        /// ```
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        #[non_exhaustive]
        pub enum Group {
            $(
                #[doc = $meaning]
                $name,
            )*
        }

        impl Group {
            /// Every group.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// Its name. These names do not change.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }

            /// What it is unless somebody says otherwise.
            #[must_use]
            pub const fn default_switch(self) -> GroupSwitch {
                match self {
                    $(Self::$name => GroupSwitch::$default,)*
                }
            }

            /// The path of its switch.
            pub(crate) const fn path(self) -> &'static str {
                match self {
                    $(Self::$name => concat!("groups.", $text),)*
                }
            }

            /// The path of its cap.
            pub(crate) const fn cap_path(self) -> &'static str {
                match self {
                    $(Self::$name => concat!("group_series.", $text),)*
                }
            }
        }
    };
}

#[rustfmt::skip] // One row a group.
groups! {
    Utilization  "utilization"   On   "How busy a GPU is.";
    Codec        "codec"         On   "Video encoders and decoders.";
    Profiling    "profiling"     On   "What the profiling counters say: pipes, occupancy, memory bandwidth.";
    Memory       "memory"        On   "Device memory.";
    Ecc          "ecc"           On   "Errors that ECC found.";
    Pcie         "pcie"          On   "The host bus.";
    NvLink       "nvlink"        On   "NVLinks of GPUs.";
    C2c          "c2c"           On   "The link between a Grace CPU and its GPU.";
    NvSwitch     "nvswitch"      Auto "NVSwitches.";
    Xid          "xid"           On   "XIDs: errors that the driver reports.";
    Health       "health"        On   "Whether a GPU works.";
    ConnectX     "connectx"      On   "ConnectX network adapters.";
    Power        "power"         On   "Power and energy.";
    Cpu          "cpu"           On   "Grace CPUs.";
    Thermal      "thermal"       On   "Temperatures and fans.";
    Clock        "clock"         On   "Clocks.";
    Throttle     "throttle"      On   "What holds a GPU back.";
    RowRemap     "row_remap"     On   "Rows of memory that were replaced.";
    RetiredPages "retired_pages" On   "Pages of memory that were retired.";
    Inventory    "inventory"     On   "What there is.";
    Mig          "mig"           On   "How many MIG instances there are.";
    Fabric       "fabric"        On   "The fabric that connects GPUs over hosts.";
    CpuCore      "cpu_core"      On   "Cores of Grace CPUs.";
    Vgpu         "vgpu"          On   "Virtual GPUs.";
}

impl Group {
    /// The group of a name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        let name = plain(name);
        Self::ALL.iter().copied().find(|group| group.name() == name)
    }

    /// What its switch can be. `auto` is only for what has a listing of its own, whose emptiness is
    /// told apart from a failure.
    pub(crate) const fn accepted(self) -> &'static str {
        match self.default_switch() {
            GroupSwitch::Auto => "on, off or auto",
            _ => "on or off",
        }
    }

    pub(crate) fn accepts(self, switch: GroupSwitch) -> bool {
        switch != GroupSwitch::Auto || self.default_switch() == GroupSwitch::Auto
    }

    /// The names of all, as a sentence needs them.
    pub(crate) fn names() -> String {
        let names: Vec<_> = Self::ALL.iter().map(|group| group.name()).collect();
        super::choices::either(&names)
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_are_pinned() {
        assert_eq!(
            Group::names(),
            "utilization, codec, profiling, memory, ecc, pcie, nvlink, c2c, nvswitch, xid, health, connectx, \
             power, cpu, thermal, clock, throttle, row_remap, retired_pages, inventory, mig, fabric, cpu_core or vgpu"
        );
        for group in Group::ALL {
            assert_eq!(Group::by_name(group.name()), Some(*group));
            assert_eq!(group.path(), format!("groups.{group}"));
            assert_eq!(group.cap_path(), format!("group_series.{group}"));
        }
    }

    #[test]
    fn each_group_of_the_catalogue_can_be_switched() {
        let bare = |name: &str| name.to_ascii_lowercase().replace('_', "");
        let known: Vec<_> = Group::ALL.iter().map(|group| bare(group.name())).collect();
        let families = crate::catalogue::CATALOGUE.iter();
        for family in families.flat_map(|metric| metric.families) {
            let name = bare(&format!("{:?}", family.group));
            assert!(known.contains(&name), "{name}");
        }
    }

    #[test]
    fn auto_is_for_nvswitches_only() {
        let auto: Vec<_> = Group::ALL
            .iter()
            .filter(|group| group.accepts(GroupSwitch::Auto))
            .collect();
        assert_eq!(auto, [&Group::NvSwitch]);
    }
}
