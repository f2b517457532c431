//! The flags and variables of dcgm-exporter.
//!
//! A flag wins over its variable. What sets the meter becomes a setting, with the same precedence as the
//! flags of this example. What has no meaning here is accepted and named in one line of the log; what
//! would be missed is refused.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use dcgm_otel::attribution::{HpcJobs, Kubelet};
use dcgm_otel::{Config, DcgmMeterBuilder, DeviceFilter, ExporterCsv, Naming, SharedDevices};

const ENGINE_HELP: &str = "Read from this host engine, as in localhost:5555 or unix:///path";

/// The flags of dcgm-exporter that have an effect.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Flags of dcgm-exporter")]
pub(crate) struct ExporterFlags {
    /// Export the metrics of this CSV file
    #[arg(short = 'f', long, value_name = "FILE")]
    pub(crate) collectors: Option<PathBuf>,
    /// Serve on this address, as in :9400
    #[arg(short, long, value_name = "ADDRESS", value_parser = parse_go_address, conflicts_with = "listen")]
    pub(crate) address: Option<SocketAddr>,
    /// Sample every so many milliseconds
    #[arg(short, long, value_name = "MS", conflicts_with = "interval")]
    collect_interval: Option<u64>,
    /// The host engine to read from
    #[arg(short, long, value_name = "HOST:PORT", help = ENGINE_HELP, conflicts_with_all = ["endpoint", "embedded", "simulate"])]
    remote_hostengine_info: Option<String>,
    /// GPUs: f for all, g or g:0-3 for GPUs, i or i:0,1 for GPU instances
    #[arg(short, long, value_name = "DEVICES")]
    devices: Option<String>,
    /// NVSwitches: f, or g:0-3
    #[arg(short, long, value_name = "DEVICES")]
    switch_devices: Option<String>,
    /// CPUs: f, g:0 for CPUs or i:0-7 for their cores
    #[arg(short = 'p', long, value_name = "DEVICES")]
    cpu_devices: Option<String>,
    /// Leave the label of the host out
    #[arg(short, long, num_args = 0..=1, default_missing_value = "true", require_equals = true, value_parser = parse_bool)]
    no_hostname: Option<bool>,
    /// Replace blanks in the label modelName by hyphens (-rbmn, too)
    #[arg(long, num_args = 0..=1, default_missing_value = "true", require_equals = true, value_parser = parse_bool)]
    replace_blanks_in_model_name: Option<bool>,
    /// Name the label of the UUID as dcgm-exporter 1.x did
    #[arg(short = 'o', long, num_args = 0..=1, default_missing_value = "true", require_equals = true, value_parser = parse_bool)]
    use_old_namespace: Option<bool>,
    /// Count XIDs in so many milliseconds
    #[arg(short = 'x', long, value_name = "MS")]
    xid_count_window_size: Option<u64>,
    /// Count reasons of the clocks in so many milliseconds
    #[arg(long, value_name = "MS")]
    clock_events_count_window_size: Option<u64>,
    /// TLS and passwords, in the format of Prometheus's exporters
    #[arg(long, value_name = "FILE")]
    pub(crate) web_config_file: Option<PathBuf>,
    /// Log more
    #[arg(long, num_args = 0..=1, default_missing_value = "true", require_equals = true, value_parser = parse_bool)]
    debug: Option<bool>,
    /// Label the series of a GPU with its pod
    #[arg(short, long, num_args = 0..=1, default_missing_value = "true", require_equals = true, value_parser = parse_bool)]
    pub(crate) kubernetes: Option<bool>,
    /// Socket of the kubelet, with -k
    #[arg(long, value_name = "PATH")]
    pub(crate) pod_resources_kubelet_socket: Option<PathBuf>,
    /// More resources that are GPUs, with -k
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub(crate) nvidia_resource_names: Vec<String>,
    /// Label the series of a GPU with the labels of its pod, with -k and where the kubelet has the Pods API
    #[arg(long, num_args = 0..=1, default_missing_value = "true", require_equals = true, value_parser = parse_bool)]
    kubernetes_enable_pod_labels: Option<bool>,
    /// Copy each series of a shared GPU for each pod, with -k; sums over pods are then too large
    #[arg(long, num_args = 0..=1, default_missing_value = "true", require_equals = true, value_parser = parse_bool)]
    kubernetes_virtual_gpus: Option<bool>,
    /// Label the series of a GPU with its jobs, from the files of this directory
    #[arg(long, value_name = "DIRECTORY")]
    pub(crate) hpc_job_mapping_dir: Option<PathBuf>,
}

/// Why a flag has no effect here.
const OTHERS: &str = "the meter does this by itself or not at all";

/// A flag of dcgm-exporter that is accepted without an effect.
struct Ignored {
    flag: &'static str,
    variable: &'static str,
    /// Set if the flag takes a value that must follow.
    takes_value: bool,
}

const fn ignored(flag: &'static str, variable: &'static str, takes_value: bool) -> Ignored {
    Ignored {
        flag,
        variable,
        takes_value,
    }
}

#[rustfmt::skip] // One row a flag.
const IGNORED: &[Ignored] = &[
    ignored("--web-read-timeout",              "DCGM_EXPORTER_WEB_READ_TIMEOUT",              true),
    ignored("--web-write-timeout",             "DCGM_EXPORTER_WEB_WRITE_TIMEOUT",             true),
    ignored("--max-concurrent-scrapes",        "DCGM_EXPORTER_MAX_CONCURRENT_SCRAPES",        true),
    ignored("--enable-exporter-metrics",       "DCGM_EXPORTER_ENABLE_EXPORTER_METRICS",       false),
    ignored("--watch-max-keep-age",            "DCGM_EXPORTER_WATCH_MAX_KEEP_AGE",            true),
    ignored("--watch-max-keep-samples",        "DCGM_EXPORTER_WATCH_MAX_KEEP_SAMPLES",        true),
    ignored("--kubernetes-gpu-id-type",        "DCGM_EXPORTER_KUBERNETES_GPU_ID_TYPE",        true),
    ignored("--kubernetes-enable-pod-uid",     "DCGM_EXPORTER_KUBERNETES_ENABLE_POD_UID",     false),
    ignored("--kubernetes-enable-dra",         "KUBERNETES_ENABLE_DRA",                       false),
    ignored("--fake-gpus",                     "DCGM_EXPORTER_USE_FAKE_GPUS",                 false),
    ignored("--enable-gpu-bind-unbind-watch",  "DCGM_EXPORTER_ENABLE_GPU_BIND_UNBIND_WATCH",  false),
    ignored("--gpu-bind-unbind-poll-interval", "DCGM_EXPORTER_GPU_BIND_UNBIND_POLL_INTERVAL", true),
    ignored("--disable-startup-validate",      "DISABLE_STARTUP_VALIDATE",                    false),
    ignored("--enable-dcgm-log",               "DCGM_EXPORTER_ENABLE_DCGM_LOG",               false),
    ignored("--dcgm-log-level",                "DCGM_EXPORTER_DCGM_LOG_LEVEL",                true),
    ignored("--log-format",                    "DCGM_EXPORTER_LOG_FORMAT",                    true),
    ignored("--enable-pprof",                  "DCGM_EXPORTER_ENABLE_PPROF",                  false),
    ignored("--dump-enabled",                  "DCGM_EXPORTER_DUMP_ENABLED",                  false),
    ignored("--dump-directory",                "DCGM_EXPORTER_DUMP_DIRECTORY",                true),
    ignored("--dump-retention",                "DCGM_EXPORTER_DUMP_RETENTION",                true),
    ignored("--dump-compression",              "DCGM_EXPORTER_DUMP_COMPRESSION",              false),
];

/// A flag of dcgm-exporter that is refused, its variable, the values without an effect, and the reason.
type Refused = (
    &'static str,
    &'static str,
    &'static [&'static str],
    &'static str,
);

const OFF: &[&str] = &["", "0", "f", "false", "none"];

#[rustfmt::skip] // One row a flag.
const REFUSED: &[Refused] = &[
    ("--config-file",                         "DCGM_EXPORTER_CONFIG_FILE",                         &[""], "give the CSV file of the metrics with -f, and the settings as flags"),
    ("--configmap-data",                      "DCGM_EXPORTER_CONFIGMAP_DATA",                      OFF, "mount the ConfigMap, and give its file with -f"),
    ("-m",                                    "",                                                  OFF, "mount the ConfigMap, and give its file with -f"),
    ("--web-systemd-socket",                  "DCGM_EXPORTER_SYSTEMD_SOCKET",                      OFF, "give an address with -a"),
    ("--container-labels",                    "DCGM_EXPORTER_CONTAINER_LABELS",                    OFF, "there are no labels of containers outside Kubernetes"),
    ("--container-runtime-socket",            "DCGM_CONTAINER_RUNTIME_SOCKET",                     &[""], "there are no labels of containers outside Kubernetes"),
    ("--kubernetes-pod-label-allowlist-regex","DCGM_EXPORTER_KUBERNETES_POD_LABEL_ALLOWLIST_REGEX", &[""], "all labels are selected, by --kubernetes-enable-pod-labels"),
];

/// The command line without what has no effect, and what that was.
#[derive(Debug)]
pub(crate) struct CommandLine {
    pub(crate) arguments: Vec<OsString>,
    /// Flags and variables without an effect.
    pub(crate) ignored: Vec<String>,
}

/// Sorts the arguments: takes out the flags without an effect, and adds the values of variables that no
/// flag sets. An empty variable counts as not set.
pub(crate) fn read_command_line(
    arguments: impl IntoIterator<Item = OsString>,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<CommandLine, String> {
    let mut line = CommandLine {
        arguments: Vec::new(),
        ignored: Vec::new(),
    };
    let mut arguments = arguments.into_iter();
    line.arguments.extend(arguments.next());
    let mut names: Vec<String> = Vec::new();
    while let Some(argument) = arguments.next() {
        let text = argument.to_string_lossy().into_owned();
        let (name, value) = match text.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (&*text, None),
        };
        names.push(name.to_owned());
        if let Some(row) = IGNORED.iter().find(|row| row.flag == name) {
            line.ignored.push(name.to_owned());
            if row.takes_value && value.is_none() {
                arguments.next();
            }
        } else if let Some((flag, _, off, why)) = REFUSED.iter().find(|row| row.0 == name) {
            // The value of the one with a short form can follow.
            let follows = value.is_none() && ["--configmap-data", "-m"].contains(flag);
            let next = if follows { arguments.next() } else { None };
            let value = value.or(next.map(|next| next.to_string_lossy().into_owned()));
            if value.is_none_or(|value| !off.contains(&&*value)) {
                return Err(format!("{flag} is not supported: {why}"));
            }
        } else if name == "-rbmn" {
            line.arguments.push("--replace-blanks-in-model-name".into());
        } else {
            line.arguments.push(argument);
        }
    }
    let set = |name: &str| variable(name).filter(|text| !text.is_empty());
    for row in IGNORED {
        if set(row.variable).is_some() {
            line.ignored.push(row.variable.to_owned());
        }
    }
    for (_, name, off, why) in REFUSED {
        let value = set(name).filter(|value| !off.contains(&&*value.to_ascii_lowercase()));
        if value.is_some() {
            return Err(format!("{name} is not supported: {why}"));
        }
    }
    for (name, flags) in VARIABLES {
        let is_given = flags
            .iter()
            .any(|flag| names.iter().any(|name| is_flag(name, flag)));
        if let (Some(value), Some(flag), false) = (set(name), flags.first(), is_given) {
            line.arguments.push(format!("{flag}={value}").into());
        }
    }
    Ok(line)
}

/// Returns `true` if an argument is a flag; the value of a short one may follow at once.
fn is_flag(argument: &str, flag: &str) -> bool {
    argument == flag || flag.len() == 2 && !argument.starts_with("--") && argument.starts_with(flag)
}

/// The variables of dcgm-exporter, each with its flag and with the flags that replace it.
#[rustfmt::skip] // One row a variable.
const VARIABLES: &[(&str, &[&str])] = &[
    ("DCGM_EXPORTER_COLLECTORS",                     &["--collectors", "-f"]),
    ("DCGM_EXPORTER_LISTEN",                         &["--address", "-a", "--listen"]),
    ("DCGM_EXPORTER_INTERVAL",                       &["--collect-interval", "-c", "--interval"]),
    ("DCGM_REMOTE_HOSTENGINE_INFO",                  &["--remote-hostengine-info", "-r", "--endpoint", "--embedded", "--simulate"]),
    ("DCGM_EXPORTER_DEVICES_STR",                    &["--devices", "-d"]),
    ("DCGM_EXPORTER_OTHER_DEVICES_STR",              &["--switch-devices", "-s"]),
    ("DCGM_EXPORTER_CPU_DEVICES_STR",                &["--cpu-devices", "-p"]),
    ("DCGM_EXPORTER_NO_HOSTNAME",                    &["--no-hostname", "-n"]),
    ("DCGM_EXPORTER_REPLACE_BLANKS_IN_MODEL_NAME",   &["--replace-blanks-in-model-name", "-rbmn"]),
    ("DCGM_EXPORTER_USE_OLD_NAMESPACE",              &["--use-old-namespace", "-o"]),
    ("DCGM_EXPORTER_XID_COUNT_WINDOW_SIZE",          &["--xid-count-window-size", "-x"]),
    ("DCGM_EXPORTER_CLOCK_EVENTS_COUNT_WINDOW_SIZE", &["--clock-events-count-window-size"]),
    ("DCGM_EXPORTER_WEB_CONFIG_FILE",                &["--web-config-file"]),
    ("DCGM_EXPORTER_DEBUG",                          &["--debug"]),
    ("DCGM_EXPORTER_KUBERNETES",                     &["--kubernetes", "-k"]),
    ("DCGM_POD_RESOURCES_KUBELET_SOCKET",            &["--pod-resources-kubelet-socket"]),
    ("NVIDIA_RESOURCE_NAMES",                        &["--nvidia-resource-names"]),
    ("DCGM_EXPORTER_KUBERNETES_ENABLE_POD_LABELS",   &["--kubernetes-enable-pod-labels"]),
    ("KUBERNETES_VIRTUAL_GPUS",                      &["--kubernetes-virtual-gpus"]),
    ("DCGM_HPC_JOB_MAPPING_DIR",                     &["--hpc-job-mapping-dir"]),
];

/// Describes what is ignored, in one line.
pub(crate) fn ignored_line(ignored: &[String]) -> Option<String> {
    (!ignored.is_empty()).then(|| format!("no effect here: {} ({OTHERS})", ignored.join(", ")))
}

impl ExporterFlags {
    /// Returns `true` if the log is to have more.
    pub(crate) fn is_debug(&self) -> bool {
        self.debug == Some(true)
    }

    /// Returns `true` if a flag was given that only makes sense with the names of dcgm-exporter.
    fn needs_exporter_naming(&self) -> bool {
        self.collectors.is_some()
            || self.xid_count_window_size.is_some()
            || self.clock_events_count_window_size.is_some()
            || self.changes_labels()
    }

    fn changes_labels(&self) -> bool {
        let flags = [
            self.no_hostname,
            self.replace_blanks_in_model_name,
            self.use_old_namespace,
        ];
        flags.contains(&Some(true))
    }

    /// Adds what the flags set. `naming` is the flag for it: without one, some flags choose that of
    /// dcgm-exporter's newest version. Reads the file of metrics.
    pub(crate) fn apply(
        &self,
        mut config: Config,
        naming: Option<Naming>,
    ) -> Result<Config, Box<dyn std::error::Error>> {
        let is_set = std::env::var_os("DCGM_OTEL_NAMING").is_some_and(|text| !text.is_empty());
        match naming {
            Some(naming) => config = config.with_naming(naming),
            None if self.needs_exporter_naming() && !is_set => {
                config = config.with_naming(Naming::DcgmExporter);
            }
            None => {}
        }
        if let Some(path) = &self.collectors {
            config = config.with_exporter_csv(ExporterCsv::read(path)?);
        }
        if let Some(ms) = self.collect_interval {
            config = config.with_interval(Duration::from_millis(ms));
        }
        if let Some(address) = &self.remote_hostengine_info {
            config = config.with_endpoint(parse_engine(address)?);
        }
        if let Some(ms) = self.xid_count_window_size {
            config = config.with_xid_window(Duration::from_millis(ms));
        }
        if let Some(ms) = self.clock_events_count_window_size {
            config = config.with_clock_event_window(Duration::from_millis(ms));
        }
        if let Some(devices) = self.device_filter()? {
            config = config.with_devices(devices);
        }
        if self.kubernetes_virtual_gpus == Some(true) {
            config = config.with_shared_devices(SharedDevices::Copies);
        }
        Ok(config)
    }

    /// Returns the devices that the three flags select; `None` for all.
    fn device_filter(&self) -> Result<Option<DeviceFilter>, String> {
        let flags = [
            ("--devices", &self.devices, ["gpu", "gpu_instance"]),
            (
                "--switch-devices",
                &self.switch_devices,
                ["nvswitch", "link"],
            ),
            ("--cpu-devices", &self.cpu_devices, ["cpu", "cpu_core"]),
        ];
        let mut selectors = Vec::new();
        let mut is_all = true;
        for (flag, text, [whole, part]) in flags {
            let text = text.as_deref().unwrap_or("f");
            let wrong = || format!("{flag} {text}: expected f, g, g:0-3, i or i:0,1");
            for item in text.split('+') {
                let (letter, list) = match item.split_once(':') {
                    Some((letter, list)) => (letter, Some(list)),
                    None => (item, None),
                };
                let kind = match letter {
                    "f" if list.is_none() => {
                        selectors.push(whole.to_owned());
                        continue;
                    }
                    "g" => whole,
                    "i" => part,
                    _ => return Err(wrong()),
                };
                is_all = false;
                match list {
                    None => selectors.push(kind.to_owned()),
                    Some(list) => {
                        let numbers = parse_numbers(list).ok_or_else(wrong)?;
                        selectors.extend(numbers.map(|number| format!("{kind}:{number}")));
                    }
                }
            }
        }
        if is_all {
            return Ok(None);
        }
        let filter = selectors.join(",").parse::<DeviceFilter>();
        filter.map(Some).map_err(|error| error.to_string())
    }

    /// Returns the function that changes the labels, if a flag changes any.
    pub(crate) fn label_hook(
        &self,
    ) -> Option<impl Fn(&mut Vec<opentelemetry::KeyValue>) + Send + Sync + 'static> {
        let (no_hostname, no_blanks, is_old) = (
            self.no_hostname == Some(true),
            self.replace_blanks_in_model_name == Some(true),
            self.use_old_namespace == Some(true),
        );
        self.changes_labels()
            .then_some(move |labels: &mut Vec<opentelemetry::KeyValue>| {
                if no_hostname {
                    labels.retain(|one| !one.key.as_str().eq_ignore_ascii_case("hostname"));
                }
                for one in labels {
                    let key = one.key.as_str();
                    if no_blanks && (key == "modelName" || key == "model_name") {
                        one.value = one.value.as_str().replace(' ', "-").into();
                    } else if is_old && key == "UUID" {
                        one.key = "uuid".into();
                    }
                }
            })
    }

    /// Adds the sources of pods and jobs that the flags name.
    pub(crate) fn add_sources(&self, mut builder: DcgmMeterBuilder) -> DcgmMeterBuilder {
        if self.kubernetes == Some(true) {
            let mut kubelet = Kubelet::new();
            if let Some(socket) = &self.pod_resources_kubelet_socket {
                kubelet = kubelet.with_socket(socket);
            }
            for name in &self.nvidia_resource_names {
                kubelet = kubelet.with_resource_name(name);
            }
            if self.kubernetes_enable_pod_labels == Some(true) {
                kubelet = kubelet.with_pod_label("*");
            }
            builder = builder.with_attribution(kubelet);
        }
        match &self.hpc_job_mapping_dir {
            Some(directory) => builder.with_attribution(HpcJobs::new(directory)),
            None => builder,
        }
    }
}

/// Parses a list of numbers and ranges, as in `0-3,5`; at most 1024.
fn parse_numbers(list: &str) -> Option<impl Iterator<Item = u32>> {
    let mut numbers = Vec::new();
    for item in list.split(',') {
        let (first, end) = item.split_once('-').unwrap_or((item, item));
        let (first, end): (u32, u32) = (first.trim().parse().ok()?, end.trim().parse().ok()?);
        if first > end || end - first >= 1024 {
            return None;
        }
        numbers.extend(first..=end);
    }
    (numbers.len() <= 1024).then(|| numbers.into_iter())
}

/// Parses the address of an engine as dcgm-exporter does.
fn parse_engine(address: &str) -> Result<dcgm::Endpoint, String> {
    let text = address.strip_prefix("tcp://").unwrap_or(address);
    if text.starts_with("vsock://") {
        return Err(format!(
            "--remote-hostengine-info {address}: VSOCK is not supported"
        ));
    }
    let parsed = text.parse::<dcgm::Endpoint>();
    parsed.map_err(|error| format!("--remote-hostengine-info {address}: {error}"))
}

/// Parses an address that may have no host: `:9400` is every address.
fn parse_go_address(text: &str) -> Result<SocketAddr, String> {
    match text.strip_prefix(':') {
        Some(port) => dcgm_examples::parse_address(&format!("[::]:{port}")),
        None => dcgm_examples::parse_address(&text.replace("localhost:", "127.0.0.1:")),
    }
}

fn parse_bool(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "1" | "t" | "true" => Ok(true),
        "0" | "f" | "false" => Ok(false),
        _ => Err("expected true or false".to_owned()),
    }
}
