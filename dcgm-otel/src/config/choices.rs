//! Settings that are one of a few words.

use core::fmt;
use core::str::FromStr;

use super::error::ParseSettingError;
use super::nearest::{did_you_mean, normalize};
use super::value::{InvalidValue, MapKey, MapValue, SettingValue};

/// Joins words to a phrase: `a, b or c`.
pub(crate) fn join_with_or(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [most @ .., last] => format!("{} or {last}", most.join(", ")),
    }
}

macro_rules! choices {
    ($($(#[$meta:meta])* $visibility:vis $type:ident {
        $($(#[$mark:meta])* $name:ident $text:literal $(| $alias:literal)* $meaning:literal;)*
    })*) => {
        $(
            $(#[$meta])*
            #[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
            #[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
            #[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
            #[non_exhaustive]
            $visibility enum $type {
                $(
                    #[doc = $meaning]
                    $(#[$mark])*
                    $name,
                )*
            }

            impl $type {
                /// Every value.
                $visibility const ALL: &'static [Self] = &[$(Self::$name),*];

                /// Returns the text form, which later releases do not change.
                #[must_use]
                $visibility const fn name(self) -> &'static str {
                    match self {
                        $(Self::$name => $text,)*
                    }
                }

                fn words() -> Vec<&'static str> {
                    Self::ALL.iter().map(|one| one.name()).collect()
                }

                fn find(text: &str) -> Option<Self> {
                    let text = normalize(text);
                    match text.as_str() {
                        $($text $(| $alias)* => Some(Self::$name),)*
                        _ => None,
                    }
                }
            }

            /// Parses the text that `Display` writes. Upper and lower case are equivalent, and so are
            /// hyphens and underscores.
            impl FromStr for $type {
                type Err = ParseSettingError;

                fn from_str(text: &str) -> Result<Self, ParseSettingError> {
                    Self::find(text)
                        .ok_or_else(|| ParseSettingError::new(text, join_with_or(&Self::words())))
                }
            }

            impl SettingValue for $type {
                fn parse_text(text: &str) -> Result<Self, Vec<InvalidValue>> {
                    let hint = || did_you_mean(text, Self::words());
                    Self::find(text).ok_or_else(|| vec![InvalidValue::new(text, hint())])
                }

                fn to_text(&self) -> Option<String> {
                    Some(self.name().to_owned())
                }
            }

            impl fmt::Display for $type {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.pad(self.name())
                }
            }
        )*
    };
}

choices! {
    /// The naming of metrics.
    pub Naming {
        #[default]
        Semconv      "semconv"       "OpenTelemetry's semantic conventions for hardware, extended where the conventions have no name.";
        DcgmExporter    "dcgm_exporter"       | "dcgm_exporter:4.9" "The names, labels and units of NVIDIA's dcgm-exporter, as of its newest line: 4.9.";
        #[cfg_attr(feature = "serde", serde(rename = "dcgm_exporter:4.8"))]
        DcgmExporter48  "dcgm_exporter:4.8"   "Those of dcgm-exporter 4.8.3 and 4.8.4: DCGM's raw units, and the label `hostname`.";
        #[cfg_attr(feature = "serde", serde(rename = "dcgm_exporter:4.8.2"))]
        DcgmExporter482 "dcgm_exporter:4.8.2" "Those of dcgm-exporter up to 4.8.2: DCGM's raw units, and the label `Hostname`.";
    }

    /// The attribute profile: how many attributes a series has.
    pub Profile {
        Minimal  "minimal"  "Required attributes and those that distinguish series.";
        #[default]
        Standard "standard" "Also attributes that describe the entity, such as its name, index, model, vendor and parent.";
        Full     "full"     "Also the versions of driver and firmware; an upgrade of either starts new series.";
    }

    /// The value at which a counter begins.
    pub CounterOrigin {
        #[default]
        Rebased "rebased" "0 at the meter's first reading, so that the start time of the series and its value agree.";
        Device  "device"  "The device's own count. Only for readers with cumulative temporality.";
    }

    /// The use of the [allocations](crate::attribution) of devices.
    pub AttributionExport {
        #[default]
        Labels "labels" "The series of a device have the attributes of the workload that holds it.";
        Join   "join"   "`hw.gpu.allocation` has a series for each workload and device, to be joined by `hw.id`. Other series do not change with workloads.";
        Both   "both"   "Both.";
    }

    /// The series that have the static attributes.
    pub StaticScope {
        #[default]
        Series "series" "Every series of a device.";
        Info   "info"   "`hw.gpu.info` only, to be joined by `hw.id`.";
    }

    /// The series of a device that several workloads hold.
    pub SharedDevices {
        #[default]
        Once   "once"   "One series, without attributes of workloads. With dcgm-exporter's names it has those of the workload that is listed last.";
        Copies "copies" "A copy for each workload, each with the value of the whole device: a sum over workloads counts it several times.";
    }

    /// The name of the throttle metric.
    pub ThrottleName {
        #[default]
        Duration "duration" "`hw.gpu.throttle.duration`, the usual name.";
        Time     "time"     "`hw.gpu.throttle.time`, because the semantic conventions reserve `duration` for histograms.";
    }

    /// The switch of a group of metrics.
    pub GroupSwitch {
        #[default]
        On   "on" | "enabled"   "On: each metric's own switch decides.";
        Off  "off" | "disabled" "Off: the switches of the group's metrics have no effect.";
        Auto "auto"             "On if the host has the hardware. Accepted for [`Group::NvSwitch`](crate::Group::NvSwitch) only.";
    }

    /// The switch of a metric.
    pub MetricSwitch {
        On   "on"   "On, even if the metric is off by default.";
        Off  "off"  "Off. The fields of the metric are not watched, unless another metric needs them.";
        #[default]
        Auto "auto" "The default of each family: on where the hardware has it, or off.";
    }

    /// The source of a setting's value. A later variant takes precedence over an earlier one.
    #[derive(Ord, PartialOrd)]
    pub SettingSource {
        #[default]
        Default     "default"     "Not set: the default applies.";
        Environment "environment" "An environment variable.";
        File        "file"        "A document, read with the feature `serde`.";
        Code        "code"        "A `with_…` method.";
    }

    /// The mode without the endpoint.
    pub(crate) ModeKind {
        #[default]
        Standalone "standalone" "A host engine.";
        Embedded   "embedded"   "An engine in this process.";
    }
}

impl ThrottleName {
    /// Returns the name of the metric.
    #[must_use]
    pub const fn metric(self) -> &'static str {
        match self {
            Self::Duration => "hw.gpu.throttle.duration",
            Self::Time => "hw.gpu.throttle.time",
        }
    }
}

impl MapKey for String {
    /// The names depend on the naming.
    const ALL: &'static [Self] = &[];

    fn parse_name(name: &str) -> Result<Self, (String, Option<String>)> {
        Ok(name.to_owned())
    }

    fn as_text(&self) -> &str {
        self
    }
}

impl MapValue<String> for MetricSwitch {
    fn parse_text(text: &str) -> Option<Self> {
        Self::find(text)
    }

    fn to_text(&self) -> String {
        self.to_string()
    }

    fn expected(_: &String) -> String {
        join_with_or(&Self::words())
    }
}

impl Naming {
    /// Returns `true` for the names of any version of dcgm-exporter.
    #[must_use]
    pub const fn is_dcgm_exporter(self) -> bool {
        matches!(
            self,
            Self::DcgmExporter | Self::DcgmExporter48 | Self::DcgmExporter482
        )
    }

    /// Returns `true` if both are of dcgm-exporter, or neither is.
    pub(crate) const fn is_like(self, other: Self) -> bool {
        self.is_dcgm_exporter() == other.is_dcgm_exporter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_is_parsed_in_any_spelling() {
        for naming in Naming::ALL {
            assert_eq!(naming.to_string().parse(), Ok(*naming));
        }
        assert_eq!(" DCGM-Exporter ".parse(), Ok(Naming::DcgmExporter));
        for text in ["prometheus", ""] {
            let error = text.parse::<Naming>().unwrap_err();
            let expected = format!(
                "expected semconv, dcgm_exporter, dcgm_exporter:4.8 or dcgm_exporter:4.8.2, got {text:?}"
            );
            assert_eq!(error.to_string(), expected);
        }
    }

    #[test]
    fn switches_have_one_spelling_and_an_accepted_older_one() {
        assert_eq!("enabled".parse(), Ok(GroupSwitch::On));
        assert_eq!("disabled".parse(), Ok(GroupSwitch::Off));
        assert_eq!(GroupSwitch::On.to_string(), "on");
        assert!("enabled".parse::<MetricSwitch>().is_err());
    }

    #[test]
    fn defaults() {
        assert_eq!(Naming::default(), Naming::Semconv);
        assert_eq!(Profile::default(), Profile::Standard);
        assert_eq!(CounterOrigin::default(), CounterOrigin::Rebased);
        assert_eq!(ThrottleName::default().metric(), "hw.gpu.throttle.duration");
        assert_eq!(GroupSwitch::default(), GroupSwitch::On);
        assert_eq!(MetricSwitch::default(), MetricSwitch::Auto);
        assert_eq!(SettingSource::default(), SettingSource::Default);
    }
}
