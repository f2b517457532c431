//! The groups of metrics: one row per group.

use core::fmt;
use core::str::FromStr;

use super::choices::{GroupSwitch, join_with_or};
use super::error::ParseSettingError;
use super::nearest::{did_you_mean, normalize};
use super::value::{MapKey, MapValue};

macro_rules! groups {
    ($($name:ident $text:literal $default:ident $meaning:literal;)*) => {
        /// A group of metrics that are switched together.
        ///
        /// ```
        /// use dcgm_otel::{Config, Group, GroupSwitch};
        ///
        /// let group: Group = "nvlink".parse()?;
        /// let config = Config::default().with_group(group, GroupSwitch::Off);
        /// assert_eq!(config.group(Group::NvLink), GroupSwitch::Off);
        /// # Ok::<(), dcgm_otel::ParseSettingError>(())
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

            /// Returns the text form, which later releases do not change.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }

            /// Returns the switch that applies if none was set.
            #[must_use]
            pub const fn default_switch(self) -> GroupSwitch {
                match self {
                    $(Self::$name => GroupSwitch::$default,)*
                }
            }
        }
    };
}

#[rustfmt::skip] // One row a group.
groups! {
    Utilization  "utilization"   On   "Utilization of GPUs.";
    Codec        "codec"         On   "Video encoders and decoders.";
    Profiling    "profiling"     On   "Profiling counters: pipes, occupancy, memory bandwidth.";
    Memory       "memory"        On   "Device memory.";
    Ecc          "ecc"           On   "ECC errors.";
    Pcie         "pcie"          On   "The host bus.";
    NvLink       "nvlink"        On   "NVLinks of GPUs.";
    C2c          "c2c"           On   "The link between a Grace CPU and its GPU.";
    NvSwitch     "nvswitch"      Auto "NVSwitches.";
    Xid          "xid"           On   "XIDs: errors reported by the driver.";
    Health       "health"        On   "Health of GPUs.";
    ConnectX     "connectx"      On   "ConnectX network adapters.";
    Power        "power"         On   "Power and energy.";
    Cpu          "cpu"           On   "Grace CPUs.";
    Thermal      "thermal"       On   "Temperatures and fans.";
    Clock        "clock"         On   "Clocks.";
    Throttle     "throttle"      On   "Throttling.";
    RowRemap     "row_remap"     On   "Remapped memory rows.";
    RetiredPages "retired_pages" On   "Retired memory pages.";
    Inventory    "inventory"     On   "Inventory: one series per device.";
    Mig          "mig"           On   "Number of MIG instances.";
    Fabric       "fabric"        On   "The NVLink fabric that connects the GPUs of several hosts.";
    CpuCore      "cpu_core"      On   "Cores of Grace CPUs.";
    Vgpu         "vgpu"          On   "Virtual GPUs.";
    Custom       "custom"        On   "Custom metrics, and those of a CSV file that the naming does not have.";
}

impl Group {
    /// Returns the switches that it accepts. `auto` needs a kind of entities of its own, as only an
    /// empty list of those can be distinguished from a failure.
    pub(crate) const fn expected(self) -> &'static str {
        match self.default_switch() {
            GroupSwitch::Auto => "on, off or auto",
            _ => "on or off",
        }
    }

    pub(crate) fn accepts(self, switch: GroupSwitch) -> bool {
        switch != GroupSwitch::Auto || self.default_switch() == GroupSwitch::Auto
    }

    fn find(text: &str) -> Option<Self> {
        let name = normalize(text);
        Self::ALL.iter().copied().find(|group| group.name() == name)
    }

    /// Joins the names of all groups to a phrase.
    pub(crate) fn names() -> String {
        let names: Vec<_> = Self::ALL.iter().map(|group| group.name()).collect();
        join_with_or(&names)
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Parses the text that `Display` writes. Upper and lower case are equivalent, and so are hyphens and
/// underscores.
impl FromStr for Group {
    type Err = ParseSettingError;

    fn from_str(text: &str) -> Result<Self, ParseSettingError> {
        Self::find(text).ok_or_else(|| ParseSettingError::new(text, Self::names()))
    }
}

impl MapKey for Group {
    const ALL: &'static [Self] = Self::ALL;

    fn parse_name(name: &str) -> Result<Self, (String, Option<String>)> {
        let hint = || did_you_mean(name, Self::ALL.iter().map(|group| group.name()));
        Self::find(name).ok_or_else(|| (format!("one of the groups {}", Self::names()), hint()))
    }

    fn as_text(&self) -> &str {
        self.name()
    }
}

impl MapValue<Group> for GroupSwitch {
    fn parse_text(text: &str) -> Option<Self> {
        text.parse().ok()
    }

    fn to_text(&self) -> String {
        self.to_string()
    }

    fn expected(group: &Group) -> String {
        group.expected().to_owned()
    }

    fn default_of(group: &Group) -> Option<Self> {
        Some(group.default_switch())
    }
}

/// The maximum number of series of a group.
impl MapValue<Group> for usize {
    fn parse_text(text: &str) -> Option<Self> {
        super::number::parse_number(text)
    }

    fn to_text(&self) -> String {
        self.to_string()
    }

    fn expected(_: &Group) -> String {
        super::number::EXPECTED.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_pinned() {
        assert_eq!(
            Group::names(),
            "utilization, codec, profiling, memory, ecc, pcie, nvlink, c2c, nvswitch, xid, health, connectx, \
             power, cpu, thermal, clock, throttle, row_remap, retired_pages, inventory, mig, fabric, cpu_core, vgpu or custom"
        );
        for group in Group::ALL {
            assert_eq!(group.to_string().parse(), Ok(*group));
        }
    }

    #[test]
    fn every_group_of_the_catalogue_has_a_row() {
        let bare = |name: &str| name.to_ascii_lowercase().replace('_', "");
        let known: Vec<_> = Group::ALL.iter().map(|group| bare(group.name())).collect();
        let families = crate::catalogue::CATALOGUE.iter();
        for family in families.flat_map(|metric| metric.families) {
            let name = bare(&format!("{:?}", family.group));
            assert!(known.contains(&name), "{name}");
        }
    }

    #[test]
    fn only_nvswitch_accepts_auto() {
        let auto: Vec<_> = Group::ALL
            .iter()
            .filter(|group| group.accepts(GroupSwitch::Auto))
            .collect();
        assert_eq!(auto, [&Group::NvSwitch]);
    }
}
