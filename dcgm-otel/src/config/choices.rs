//! Settings that are one of a few words.

use core::fmt;

/// The words, as a sentence needs them.
pub(crate) fn either(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [most @ .., last] => format!("{} or {last}", most.join(", ")),
    }
}

/// A word without what people vary: case, and hyphens for underscores.
pub(crate) fn plain(text: &str) -> String {
    text.trim().to_ascii_lowercase().replace('-', "_")
}

/// One of a few words.
pub(crate) trait Choice: Sized {
    const WORDS: &'static [&'static str];

    fn find(name: &str) -> Option<Self>;

    /// What a text can be.
    fn accepted() -> String {
        either(Self::WORDS)
    }
}

macro_rules! choices {
    ($($(#[$meta:meta])* $type:ident { $($(#[$mark:meta])* $name:ident $text:literal $meaning:literal;)* })*) => {
        $(
            $(#[$meta])*
            #[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
            #[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
            #[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
            #[non_exhaustive]
            pub enum $type {
                $(
                    #[doc = $meaning]
                    $(#[$mark])*
                    $name,
                )*
            }

            impl $type {
                /// Every one.
                pub const ALL: &'static [Self] = &[$(Self::$name),*];

                /// Its name. These names do not change.
                #[must_use]
                pub const fn name(self) -> &'static str {
                    match self {
                        $(Self::$name => $text,)*
                    }
                }

                /// The one of a name.
                #[must_use]
                pub fn by_name(name: &str) -> Option<Self> {
                    let name = plain(name);
                    Self::ALL.iter().copied().find(|one| one.name() == name)
                }
            }

            impl Choice for $type {
                const WORDS: &'static [&'static str] = &[$($text),*];

                fn find(name: &str) -> Option<Self> {
                    Self::by_name(name)
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
    /// How metrics are called.
    Naming {
        #[default]
        Semconv      "semconv"       "By OpenTelemetry's semantic conventions for hardware, extended where they have no word.";
        DcgmExporter "dcgm_exporter" "As NVIDIA's dcgm-exporter calls them (its line up to 4.8), with its labels and raw units.";
    }

    /// How much each series says of the thing that it describes.
    Profile {
        Minimal  "minimal"  "Only what is required, and what tells series apart.";
        #[default]
        Standard "standard" "The names of things too: device, model, vendor.";
        Full     "full"     "The versions of driver and firmware too: each upgrade then begins new series.";
    }

    /// Where a counter begins.
    CounterOrigin {
        #[default]
        Rebased "rebased" "At 0 when the meter first sees it: start time and value then agree.";
        Device  "device"  "At what the device counted before. Only for readers that ask for cumulative temporality.";
    }

    /// How the time that a GPU was held back is called.
    ThrottleName {
        #[default]
        Duration "duration" "`hw.gpu.throttle.duration`: what others call it.";
        Time     "time"     "`hw.gpu.throttle.time`: as the conventions want it, which keep `duration` for histograms.";
    }

    /// Whether the metrics of a group are there.
    GroupSwitch {
        #[default]
        On   "on"   "On: each metric's own switch decides.";
        Off  "off"  "Off, whatever the switches of the metrics say.";
        Auto "auto" "On if the host has the hardware. Only for NVSwitches.";
    }

    /// Whether a metric is there.
    MetricSwitch {
        On   "on"   "Yes; its absence is a fault.";
        Off  "off"  "No; it is not even watched.";
        #[default]
        Auto "auto" "Where the hardware has it.";
    }

    /// Who said what a setting is.
    SettingSource {
        #[default]
        Default     "default"     "Nobody: it is the default.";
        Environment "environment" "An environment variable.";
        Code        "code"        "The program, or a file that it read.";
    }
}

impl ThrottleName {
    /// The name of the metric.
    #[must_use]
    pub const fn metric(self) -> &'static str {
        match self {
            Self::Duration => "hw.gpu.throttle.duration",
            Self::Time => "hw.gpu.throttle.time",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_back_however_it_is_spelt() {
        for naming in Naming::ALL {
            assert_eq!(Naming::by_name(naming.name()), Some(*naming));
        }
        assert_eq!(
            Naming::by_name(" DCGM-Exporter "),
            Some(Naming::DcgmExporter)
        );
        assert_eq!(Naming::by_name("prometheus"), None);
        assert_eq!(Naming::by_name(""), None);
    }

    #[test]
    fn what_is_accepted_is_a_phrase() {
        assert_eq!(Naming::accepted(), "semconv or dcgm_exporter");
        assert_eq!(Profile::accepted(), "minimal, standard or full");
    }

    #[test]
    fn the_defaults_are_these() {
        assert_eq!(Naming::default(), Naming::Semconv);
        assert_eq!(Profile::default(), Profile::Standard);
        assert_eq!(CounterOrigin::default(), CounterOrigin::Rebased);
        assert_eq!(ThrottleName::default().metric(), "hw.gpu.throttle.duration");
        assert_eq!(GroupSwitch::default(), GroupSwitch::On);
        assert_eq!(MetricSwitch::default(), MetricSwitch::Auto);
        assert_eq!(SettingSource::default(), SettingSource::Default);
    }
}
