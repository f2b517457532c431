//! Every public type can be sent to and shared between threads.

use dcgm_otel::{
    AttributionExport, Config, ConfigError, ConfigErrors, ConfigWarning, CounterOrigin, CustomKind,
    CustomMetric, CustomMetricError, CustomMetricReason, DcgmMeter, DcgmMeterBuilder, DeviceFilter,
    DeviceSelector, EffectiveConfig, EffectiveSetting, ErrorKind, ExporterCsv, Group, GroupSwitch,
    Health, IdSource, InstallError, Isolation, MeterState, MetricSwitch, Mode, Naming,
    ParseSettingError, Profile, Salt, SampleError, SettingSource, SharedDevices, ShutdownError,
    SourceHealth, StaticScope, ThrottleName,
};

const fn is_send_and_sync<T: Send + Sync + 'static>() {}

/// Checks the types, and returns their names.
macro_rules! assert_send_sync {
    ($($type:ident),* $(,)?) => {{
        $(is_send_and_sync::<$type>();)*
        [$(stringify!($type)),*]
    }};
}

#[test]
fn every_public_type_is_send_and_sync() {
    let checked = assert_send_sync![
        AttributionExport,
        Config,
        ConfigError,
        ConfigErrors,
        ConfigWarning,
        CounterOrigin,
        CustomKind,
        CustomMetric,
        CustomMetricError,
        CustomMetricReason,
        DcgmMeter,
        DcgmMeterBuilder,
        DeviceFilter,
        DeviceSelector,
        EffectiveConfig,
        EffectiveSetting,
        ErrorKind,
        ExporterCsv,
        Group,
        GroupSwitch,
        Health,
        IdSource,
        InstallError,
        Isolation,
        MeterState,
        MetricSwitch,
        Mode,
        Naming,
        ParseSettingError,
        Profile,
        Salt,
        SampleError,
        SettingSource,
        SharedDevices,
        ShutdownError,
        SourceHealth,
        StaticScope,
        ThrottleName,
    ];
    // The list is complete: it has every name that lib.rs exports.
    let source = include_str!("../src/lib.rs");
    let exports = source.split("\npub use ").skip(1);
    let exports = exports.filter_map(|line| line.split(';').next());
    let names = exports
        .filter(|line| !line.starts_with("::"))
        .flat_map(|line| line.split(|c: char| !c.is_alphanumeric()))
        .filter(|word| word.starts_with(char::is_uppercase));
    let mut exported: Vec<_> = names.collect();
    // A feature adds this one, and it has a test of its own.
    exported.retain(|name| !["MeterCollector", "PageFormat"].contains(name));
    exported.sort_unstable();
    assert_eq!(exported, checked);
}

#[cfg(feature = "prometheus")]
#[test]
fn the_format_of_a_page_is_send_and_sync() {
    is_send_and_sync::<dcgm_otel::PageFormat>();
    #[cfg(any(feature = "prometheus-client", feature = "prometheus-registry"))]
    is_send_and_sync::<dcgm_otel::MeterCollector>();
}

#[cfg(feature = "sdk")]
#[test]
fn errors_of_the_sdk_helpers_are_send_and_sync() {
    is_send_and_sync::<dcgm_otel::sdk::SdkShutdownError>();
}
