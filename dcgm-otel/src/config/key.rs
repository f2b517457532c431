//! The settings: a row a key, with the environment variable that sets it.

use super::choices::Origin;

macro_rules! keys {
    ($($name:ident $path:literal $variable:expr, $acts:literal;)*) => {
        /// A setting.
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        pub(crate) enum Key {
            $($name,)*
        }

        impl Key {
            /// Every key, in the order in which texts are taken: the mode before the endpoint.
            pub(crate) const ALL: &'static [Self] = &[$(Self::$name),*];

            /// Its path in a configuration.
            pub(crate) const fn path(self) -> &'static str {
                match self {
                    $(Self::$name => $path,)*
                }
            }

            /// Whether this release acts on it. One that it does not act on is refused, not
            /// ignored.
            pub(crate) const fn acts(self) -> bool {
                match self {
                    $(Self::$name => $acts,)*
                }
            }

            /// The environment variable that sets it.
            pub(crate) const fn variable(self) -> Option<&'static str> {
                match self {
                    $(Self::$name => $variable,)*
                }
            }
        }
    };
}

#[rustfmt::skip] // One row a key.
keys! {
    Mode          "mode"           Some("DCGM_OTEL_MODE"), true;
    Endpoint      "endpoint"       Some("DCGM_OTEL_ENDPOINT"), true;
    Interval      "interval"       Some("DCGM_OTEL_INTERVAL"), true;
    InitialDelay  "initial_delay"  Some("DCGM_OTEL_INITIAL_DELAY"), true;
    MaxAge        "max_age"        Some("DCGM_OTEL_MAX_AGE"), false;
    MaxSeries     "max_series"     Some("DCGM_OTEL_MAX_SERIES"), false;
    Groups        "groups"         Some("DCGM_OTEL_GROUPS"), false;
    Metrics       "metrics"        Some("DCGM_OTEL_METRICS"), false;
    GroupSeries   "group_series"   None, false;
    Devices       "devices"        Some("DCGM_OTEL_DEVICES"), false;
    Naming        "naming"         Some("DCGM_OTEL_NAMING"), false;
    Profile       "profile"        Some("DCGM_OTEL_PROFILE"), false;
    IdSource      "id_source"      Some("DCGM_OTEL_ID_SOURCE"), false;
    CounterOrigin "counter_origin" Some("DCGM_OTEL_COUNTER_ORIGIN"), false;
    ThrottleName  "throttle_name"  None, true;
    Instance      "instance"       None, true;
}

impl Key {
    /// What to call it in a message to who set it there.
    pub(crate) const fn name(self, origin: Origin) -> &'static str {
        match (origin, self.variable()) {
            (Origin::Environment, Some(variable)) => variable,
            _ => self.path(),
        }
    }
}
