//! The settings and the client that a builder arrives at. No test reads the environment of the process.

use dcgm::BackendKind;

use super::*;
use crate::testing::Fake;

fn environment<const N: usize>(variables: [(&str, &str); N]) -> Vec<Variable> {
    let variables = variables.into_iter();
    variables
        .map(|(name, text)| (name.into(), text.into()))
        .collect()
}

#[test]
fn the_environment_completes_the_code_unless_it_is_ignored() {
    let interval = |builder: DcgmMeterBuilder| {
        let variables = environment([("DCGM_OTEL_INTERVAL", "30s")]);
        builder
            .resolve(variables)
            .unwrap()
            .config
            .interval()
            .as_secs()
    };
    let builder = DcgmMeter::builder;
    assert_eq!(interval(builder()), 30);
    assert_eq!(interval(builder().without_env()), 15);
    let five = Duration::from_secs(5);
    assert_eq!(interval(builder().with_interval(five)), 5);
    assert_eq!(interval(builder().without_env().with_interval(five)), 5);
    // A variable that is invalid is ignored with the others.
    let invalid = || environment([("DCGM_OTEL_INTERVAL", "soon")]);
    assert!(builder().resolve(invalid()).is_err());
    assert!(builder().without_env().resolve(invalid()).is_ok());
}

/// The `main` of a program whose environment is wrong throughout.
fn install(variables: Vec<Variable>) -> Result<DcgmMeter, InstallError> {
    let provider = opentelemetry::metrics::noop::NoopMeterProvider::new();
    DcgmMeter::builder().install_with(&provider, variables)
}

#[test]
fn main_prints_one_line_per_wrong_variable() {
    let error = install(environment([
        ("DCGM_OTEL_MODE", "embeded"),
        ("DCGM_OTEL_ENDPOINT", "fe80::1:5555"),
        ("DCGM_OTEL_INTERVAL", "15"),
        ("DCGM_OTEL_INITIAL_DELAY", "soon"),
        ("DCGM_OTEL_MAX_AGE", "never"),
        ("DCGM_OTEL_MAX_SERIES", "0"),
        ("DCGM_OTEL_GROUPS", "nvlinks=off,ecc=auto,xid"),
        ("DCGM_OTEL_METRICS", "hw.pwer=off,hw.energy=no"),
        ("DCGM_OTEL_DEVICES", "nvswich"),
        ("DCGM_OTEL_NAMING", "semconf"),
        ("DCGM_OTEL_PROFILE", "fulll"),
        ("DCGM_OTEL_ID_SOURCE", "hash_uuid:hunter2"),
        ("DCGM_OTEL_COUNTER_ORIGIN", "rebase"),
    ]))
    .unwrap_err();
    // What `main` prints is `Error: ` and the `Debug` form.
    let printed = format!("Error: {error:?}");
    assert_eq!(printed.lines().count(), 16, "{printed}");
    assert_eq!(
        printed,
        r#"Error: DCGM_OTEL_MODE="embeded": expected standalone or embedded; did you mean embedded?
DCGM_OTEL_ENDPOINT="fe80::1:5555": expected an IPv6 address in brackets, as in [::1]:5555, got "fe80::1:5555"
DCGM_OTEL_INTERVAL="15": expected a duration from 1s to 10min, as in 30s; 15 has no unit; 15s is in seconds
DCGM_OTEL_INITIAL_DELAY="soon": expected a duration, as in 500ms
DCGM_OTEL_MAX_AGE="never": expected a duration not below the interval, or auto, as in 2m
DCGM_OTEL_GROUPS="nvlinks=off": expected one of the groups utilization, codec, profiling, memory, ecc, pcie, nvlink, c2c, nvswitch, xid, health, connectx, power, cpu, thermal, clock, throttle, row_remap, retired_pages, inventory, mig, fabric, cpu_core, vgpu or custom; did you mean nvlink?
DCGM_OTEL_GROUPS="xid": expected a list of group=on or group=off (nvswitch also auto), as in nvlink=off,xid=on
DCGM_OTEL_METRICS="hw.energy=no": expected on, off or auto
DCGM_OTEL_DEVICES="nvswich": expected all, or a list of kind:number, uuid:GPU-…, bdf:0000:1b:00.0 or a kind (gpu, nvswitch, cpu, connectx, …), as in gpu:0,nvswitch; did you mean nvswitch?
DCGM_OTEL_NAMING="semconf": expected semconv, dcgm_exporter, dcgm_exporter:4.8 or dcgm_exporter:4.8.2; did you mean semconv?
DCGM_OTEL_PROFILE="fulll": expected minimal, standard or full; did you mean full?
DCGM_OTEL_ID_SOURCE: expected uuid, hashed_uuid:SALT (a salt of 16 bytes or more), pci_bdf or index; did you mean hashed_uuid?
DCGM_OTEL_COUNTER_ORIGIN="rebase": expected rebased or device; did you mean rebased?
DCGM_OTEL_MAX_SERIES="0": expected a whole number above 0, as in 2048
DCGM_OTEL_GROUPS="ecc=auto": expected on or off
DCGM_OTEL_METRICS="hw.pwer": expected the name of a metric, as in hw.gpu.utilization, or of a family of its series, as in hw.gpu.utilization/encoder; did you mean hw.power?"#
    );
    assert_eq!(printed, format!("Error: {error}"));
}

#[test]
fn an_unknown_variable_is_logged_and_in_the_health() {
    let warnings = crate::telemetry::tests::count_warnings(|| {
        let variables = environment([("DCGM_OTEL_INTERVALL", "5s")]);
        let provider = opentelemetry::metrics::noop::NoopMeterProvider::new();
        let builder = DcgmMeter::builder()
            .with_client(Fake::with_gpus(1))
            .clock(Clock::manual());
        let meter = builder.install_with(&provider, variables).unwrap();
        let warning =
            "DCGM_OTEL_INTERVALL: unknown variable, not used; did you mean DCGM_OTEL_INTERVAL?";
        let health = meter.health();
        assert_eq!(health.config_warnings, [warning]);
        let end = format!("; warning: {warning}");
        assert!(health.to_string().ends_with(&end), "{health}");
    });
    assert_eq!(warnings, 1);
}

#[test]
fn errors_of_code_and_environment_are_reported_together() {
    let builder = DcgmMeter::builder()
        .with_endpoint("unix://tmp/x")
        .with_interval(Duration::from_millis(10));
    let errors = builder
        .resolve(environment([("DCGM_OTEL_NAMING", "odd")]))
        .unwrap_err();
    let paths: Vec<_> = errors.iter().map(|error| error.path.as_str()).collect();
    assert_eq!(paths, ["DCGM_OTEL_NAMING", "interval", "endpoint"]);
}

#[test]
fn last_choice_of_the_client_applies() {
    let kind = |builder: DcgmMeterBuilder| builder.resolve([]).unwrap().client.backend().kind;
    let fake = || DcgmMeter::builder().with_client(Fake::with_gpus(1));
    assert_eq!(kind(fake()), BackendKind::Mock);
    assert_eq!(
        kind(fake().with_mode(Mode::Embedded)),
        BackendKind::Embedded
    );
    assert_eq!(
        kind(fake().with_endpoint("localhost:1")),
        BackendKind::Standalone
    );
    let last = DcgmMeter::builder()
        .with_mode(Mode::Embedded)
        .with_client(Fake::with_gpus(1));
    assert_eq!(kind(last), BackendKind::Mock);
    let last = DcgmMeter::builder()
        .with_endpoint("unix://x")
        .with_client(Fake::with_gpus(1));
    assert_eq!(kind(last), BackendKind::Mock);
    // An endpoint that is one makes up for one that was none.
    let builder = DcgmMeter::builder()
        .with_endpoint("unix://x")
        .with_endpoint("elsewhere:1");
    let config = builder.resolve([]).unwrap().config;
    let endpoint = "elsewhere:1".parse().unwrap();
    assert_eq!(config.mode(), Mode::Standalone { endpoint });
}

#[cfg(all(feature = "isolated", target_os = "linux"))]
#[test]
fn isolation_gives_the_meter_a_worker() {
    use crate::config::Isolation;

    let client = |builder: DcgmMeterBuilder| {
        let client = builder.resolve([]).unwrap().client;
        let debug = format!("{client:?}");
        debug.split(' ').next().unwrap().to_owned()
    };
    let worker = Isolation::Worker("/usr/bin/dcgm-worker".into());
    let builder = DcgmMeter::builder().with_isolation(worker);
    assert_eq!(client(builder.clone()), "IsolatedEngine");
    assert_eq!(
        client(builder.clone().with_mode(Mode::Embedded)),
        "IsolatedEngine"
    );
    assert_eq!(client(builder.with_isolation(Isolation::Off)), "Engine");
    let variables = environment([("DCGM_OTEL_ISOLATION", "worker:/usr/bin/dcgm-worker")]);
    let config = DcgmMeter::builder().resolve(variables).unwrap().config;
    assert_ne!(config.isolation(), &Isolation::Off);
}

#[test]
fn with_config_replaces_all_settings() {
    let config = Config::default().with_initial_delay(Duration::from_secs(7));
    let builder = DcgmMeter::builder()
        .with_endpoint("unix://x")
        .with_interval(Duration::from_secs(5))
        .with_config(config.clone());
    assert_eq!(builder.resolve([]).unwrap().config, config);
}
