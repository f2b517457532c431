//! The settings: one row per setting.
//!
//! A row has the name, the setter, the kind of access, the type and the default; the environment
//! variable, or `-` if only code and files can set it; the naming in which the setting has an
//! effect; the check of its value; what messages say is expected; an example; and a summary, which
//! continues "Sets …" and "Returns …". Further lines of documentation follow the row's `///`.
//!
//! From it come the fields of [`Config`], its setters and getters and those of the builder, the
//! parsing of environment variables and documents, [`Config::effective`], and the tables of
//! variables in [`Config`]'s documentation and the READMEs, which tests compare with these rows. The
//! access `custom` is for settings whose setters need more than a value; these are in `access.rs`.

/// Hands the rows to a macro.
macro_rules! for_each_setting {
    ($define:ident) => {
        $define! {
            mode, with_mode: custom(ModeKind = ModeKind::Standalone),
                "DCGM_OTEL_MODE", any, valid, "standalone or embedded", "embedded",
                "the source of the samples: a host engine, or an engine in this process";

            endpoint, with_endpoint: custom(Endpoint = Endpoint::default()),
                "DCGM_OTEL_ENDPOINT", any, valid, "host:port or unix:///absolute/path", "[::1]:5555",
                "the endpoint of the host engine";

            /// Needs the feature `isolated`. A worker process has libdcgm then: see [`Isolation`].
            isolation, with_isolation: reference(Isolation = Isolation::Off),
                "DCGM_OTEL_ISOLATION", any, check_isolation, "off, self or worker:/absolute/path", "worker:/usr/bin/dcgm-worker",
                "the process that has libdcgm: this one (off), or a worker process";

            interval, with_interval: value(Duration = Duration::from_secs(15)),
                "DCGM_OTEL_INTERVAL", any, duration_in_range, "a duration from 1s to 10min", "30s",
                "the sampling interval of the meter and of the engine";

            /// The delay has no upper limit, because a large host takes a while to start.
            initial_delay, with_initial_delay: value(Duration = Duration::from_secs(1)),
                "DCGM_OTEL_INITIAL_DELAY", any, valid, "a duration", "500ms",
                "the delay before the first sample";

            max_age, with_max_age: custom(Option<Duration> = None),
                "DCGM_OTEL_MAX_AGE", any, valid, "a duration not below the interval, or auto", "2m",
                "the age at which a sample expires; `auto` is three sampling periods";

            /// The default grows with the host: it is at least 1024, and 100 for each monitored device,
            /// where MIG instances count as devices. With a source of allocations it is 200, since a counter
            /// can have a series for the device and one for the workload there. A number that is set does not grow.
            max_series, with_max_series: value(usize = 1024),
                "DCGM_OTEL_MAX_SERIES", any, above_zero, "a whole number above 0", "2048",
                "the maximum number of series; the default is higher on large hosts: 100 for each device";

            /// The SDK limits each instrument to 2000 series by default, and merges further series
            /// into one overflow series. When new series of a gauge replace old ones, the old series
            /// still count until the next collect ends. If all series can be replaced at once, as
            /// with MIG, they must therefore fit into half of the SDK's limit. A view can raise that
            /// limit: see `sdk::view`.
            max_instrument_series, with_max_instrument_series: value(usize = 1000),
                -, any, above_zero, "a whole number above 0", "500",
                "the maximum number of series of one metric";

            groups, with_group: custom_map(SettingMap<Group, GroupSwitch> = SettingMap::default()),
                "DCGM_OTEL_GROUPS", any, valid, "a list of group=on or group=off (nvswitch also auto)",
                "nvlink=off,xid=on", "turns groups of metrics on or off";

            metrics, with_metric: custom_map(SettingMap<String, MetricSwitch> = SettingMap::default()),
                "DCGM_OTEL_METRICS", any, valid, "a list of NAME=SWITCH: NAME is metric or metric/family, SWITCH is on, off or auto",
                "hw.power=off,hw.gpu.utilization/encoder=on",
                "turns single metrics, or parts of a metric, on or off";

            group_series, with_group_series: custom_map(SettingMap<Group, usize> = SettingMap::default()),
                -, any, valid, "a list of group=number, each above 0", "profiling=64",
                "the maximum number of series of a group";

            custom, with_custom_metric: custom_map(CustomMetrics = CustomMetrics::default()),
                "DCGM_OTEL_CUSTOM", any, valid,
                "FIELD as NAME, after commas unit, kind, scale, on, attribute and description, and semicolons between metrics",
                "DCGM_FI_DEV_MAX_SM_CLOCK as gpu.sm_clock.max, unit Hz, scale 1000000",
                "adds metrics of fields that the catalogue does not have";

            peaks, with_peaks: custom(PeakPeriod = PeakPeriod::Off),
                "DCGM_OTEL_PEAKS", semconv, valid,
                "on, off or a period from 100ms to half of the interval",
                "200ms", "adds minimum, maximum and mean between two ticks of power, temperature and SM and tensor activity";

            exporter_csv, with_exporter_csv: custom(Option<ExporterCsv> = None),
                "DCGM_OTEL_EXPORTER_CSV", dcgm_exporter, valid, "the path of a CSV file in dcgm-exporter's format",
                "/etc/dcgm-exporter/default-counters.csv",
                "the file that selects the metrics, with the naming dcgm_exporter";

            xid_window, with_xid_window: value(Duration = Duration::from_secs(300)),
                "DCGM_OTEL_XID_WINDOW", dcgm_exporter, valid, "a duration", "10m",
                "the time in which DCGM_EXP_XID_ERRORS_COUNT counts, 5m by default, with the naming dcgm_exporter";

            clock_event_window, with_clock_event_window: value(Duration = Duration::from_secs(300)),
                "DCGM_OTEL_CLOCK_EVENT_WINDOW", dcgm_exporter, valid, "a duration", "10m",
                "the time in which DCGM_EXP_CLOCK_EVENTS_COUNT counts, 5m by default, with the naming dcgm_exporter";

            devices, with_devices: reference(DeviceFilter = DeviceFilter::all()),
                "DCGM_OTEL_DEVICES", any, check_devices,
                "all, or a list of kind:number, uuid:GPU-…, bdf:0000:1b:00.0 or a kind (gpu, nvswitch, cpu, connectx, …)",
                "gpu:0,nvswitch", "the devices that are monitored";

            naming, with_naming: value(Naming = Naming::Semconv),
                "DCGM_OTEL_NAMING", any, valid, "semconv, dcgm_exporter, dcgm_exporter:4.8 or dcgm_exporter:4.8.2", "dcgm_exporter",
                "the naming of metrics";

            profile, with_profile: value(Profile = Profile::Standard),
                "DCGM_OTEL_PROFILE", semconv, valid, "minimal, standard or full", "minimal",
                "the attribute profile: how many attributes a series has";

            id_source, with_id_source: reference(IdSource = IdSource::Uuid),
                "DCGM_OTEL_ID_SOURCE", semconv, id_source,
                "uuid, hashed_uuid:SALT (a salt of 16 bytes or more), pci_bdf or index", "pci_bdf",
                "the source of `hw.id`";

            counter_origin, with_counter_origin: value(CounterOrigin = CounterOrigin::Rebased),
                "DCGM_OTEL_COUNTER_ORIGIN", semconv, valid, "rebased or device", "device",
                "where counters begin: at 0 (rebased), or at the total of the device (device)";

            throttle_name, with_throttle_name: value(ThrottleName = ThrottleName::Duration),
                -, semconv, valid, "duration or time", "time",
                "the name of the throttle metric";

            /// It has an effect only with a [source](crate::attribution) of allocations.
            attribution, with_attribution_export: value(AttributionExport = AttributionExport::Labels),
                "DCGM_OTEL_ATTRIBUTION", any, valid, "labels, join or both", "both",
                "the use of the allocations of devices to workloads: attributes (labels), a metric to join with (join), or both";

            /// An answer is used for six intervals.
            attribution_interval, with_attribution_interval: value(Duration = Duration::from_secs(10)),
                "DCGM_OTEL_ATTRIBUTION_INTERVAL", any, duration_in_range, "a duration from 1s to 10min", "30s",
                "the interval of polling the sources of allocations";

            /// With `copies`, a sum over workloads counts a shared device several times.
            shared_devices, with_shared_devices: value(SharedDevices = SharedDevices::Once),
                "DCGM_OTEL_SHARED_DEVICES", any, valid, "once or copies", "copies",
                "the series of a device that several workloads hold: one without attributes of workloads (once), or a copy for each (copies)";

            attributes, with_attribute: custom_map(SettingMap<AttributeKey, String> = SettingMap::default()),
                "DCGM_OTEL_ATTRIBUTES", any, check_attributes, "a list of key=value, with keys that do not begin with hw. or dcgm.",
                "cluster=a,rack=7", "adds attributes that are always the same";

            attributes_on, with_attributes_on: value(StaticScope = StaticScope::Series),
                "DCGM_OTEL_ATTRIBUTES_ON", semconv, valid, "series or info", "info",
                "where the static attributes are: on every series of a device (series), or on hw.gpu.info only (info)";

            instance, with_instance: custom(Option<String> = None),
                -, any, check_instance, "1 to 64 bytes of text without control characters", "training",
                "the meter's name among several on one provider";
        }
    };
}
pub(crate) use for_each_setting;
