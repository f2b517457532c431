//! The settings: a row a key, with the environment variable that sets it.

use super::choices::SettingSource;

macro_rules! keys {
    ($($name:ident $path:literal $variable:expr;)*) => {
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
    Mode                "mode"                  Some("DCGM_OTEL_MODE");
    Endpoint            "endpoint"              Some("DCGM_OTEL_ENDPOINT");
    Interval            "interval"              Some("DCGM_OTEL_INTERVAL");
    InitialDelay        "initial_delay"         Some("DCGM_OTEL_INITIAL_DELAY");
    MaxAge              "max_age"               Some("DCGM_OTEL_MAX_AGE");
    MaxSeries           "max_series"            Some("DCGM_OTEL_MAX_SERIES");
    MaxInstrumentSeries "max_instrument_series" None;
    Groups              "groups"                Some("DCGM_OTEL_GROUPS");
    Metrics             "metrics"               Some("DCGM_OTEL_METRICS");
    GroupSeries         "group_series"          None;
    Devices             "devices"               Some("DCGM_OTEL_DEVICES");
    Naming              "naming"                Some("DCGM_OTEL_NAMING");
    Profile             "profile"               Some("DCGM_OTEL_PROFILE");
    IdSource            "id_source"             Some("DCGM_OTEL_ID_SOURCE");
    CounterOrigin       "counter_origin"        Some("DCGM_OTEL_COUNTER_ORIGIN");
    ThrottleName        "throttle_name"         None;
    Instance            "instance"              None;
}

impl Key {
    /// What to call it in a message to who set it there.
    pub(crate) const fn name(self, origin: SettingSource) -> &'static str {
        match (origin, self.variable()) {
            (SettingSource::Environment, Some(variable)) => variable,
            _ => self.path(),
        }
    }
}
