//! Configuring and installing a meter.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use dcgm::{
    Backend, BackendKind, Client, Deadlines, EmbeddedMode, Endpoint, Engine, EngineOptions, Entity,
};
use opentelemetry::KeyValue;
use opentelemetry::metrics::MeterProvider;

use crate::attribution::Attribution;
use crate::attribution::poller::{Pollers, SharedSource};
use crate::clock::Clock;
use crate::config::{
    AttributionExport, Config, ConfigError, ConfigErrors, CounterOrigin, CustomMetric,
    DeviceFilter, ExporterCsv, Group, GroupSwitch, IdSource, InstallError, Isolation, MetricSwitch,
    Mode, Naming, Profile, SharedDevices, StaticScope, ThrottleName, Variable, endpoint_error,
    for_each_setting,
};
use crate::health::HealthReporter;
use crate::hook::AttributeHook;
use crate::instruments::{MeterFeed, Registration};
use crate::logging::write_line;
use crate::meter::{DcgmMeter, SamplerFactory, SamplerThread};
use crate::sampling::OwnCounts;
use crate::telemetry::Telemetry;

/// Configures and installs a [`DcgmMeter`].
///
/// Settings that are not set here are taken from the `DCGM_OTEL_…` variables of the environment,
/// unless [`without_env`](Self::without_env) is called; [`DcgmMeter::install`] does the same. The
/// table at [`Config`] lists the variables.
///
/// ```
/// # use dcgm::mock::Mock;
/// # use opentelemetry_sdk::metrics::SdkMeterProvider;
/// # let provider = SdkMeterProvider::builder().build();
/// use std::time::Duration;
/// use dcgm_otel::DcgmMeter;
///
/// let meter = DcgmMeter::builder()
///     .with_endpoint("unix:///tmp/nv-hostengine")
///     .with_interval(Duration::from_secs(5))
///     .install(&provider)?;
/// assert_eq!(meter.config().interval(), Duration::from_secs(5));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct DcgmMeterBuilder {
    config: Config,
    /// The error of an endpoint that could not be parsed, until `install` reports it.
    endpoint_error: Option<ConfigError>,
    client: Option<Arc<dyn Client>>,
    hook: Option<AttributeHook>,
    sources: Vec<SharedSource>,
    ignores_env: bool,
    clock: Clock,
    #[cfg(feature = "prometheus")]
    page_labels: Vec<KeyValue>,
}

/// Makes the setters of the settings that need no more than a value.
macro_rules! define_setters {
    ($(
        $(#[doc = $more:literal])*
        $key:ident, $setter:ident: $access:ident($type:ty = $default:expr),
        $variable:tt, $naming:ident, $check:ident, $expected:literal, $example:literal, $summary:literal;
    )*) => {
        $(define_setters! { @setter $access $key $setter $type, $summary, [$($more)*] })*
    };
    (@setter value $($rest:tt)*) => { define_setters! { @plain $($rest)* } };
    (@setter reference $($rest:tt)*) => { define_setters! { @plain $($rest)* } };
    (@setter $custom:ident $($rest:tt)*) => {};
    (@plain $key:ident $setter:ident $type:ty, $summary:literal, [$($more:literal)*]) => {
        impl DcgmMeterBuilder {
            #[doc = concat!("Sets ", $summary, ".")]
            $(#[doc = $more])*
            pub fn $setter(mut self, $key: $type) -> Self {
                self.config = self.config.$setter($key);
                self
            }
        }
    };
}

for_each_setting!(define_setters);

impl DcgmMeterBuilder {
    /// Replaces all settings with those of `config`. A [client](Self::with_client) that was set before
    /// stays.
    pub fn with_config(mut self, config: Config) -> Self {
        self.config = config;
        self.endpoint_error = None;
        self
    }

    /// Ignores the environment: settings that neither code nor a document sets have their defaults. Use
    /// this in tests, and in programs that do not trust their environment.
    pub fn without_env(mut self) -> Self {
        self.ignores_env = true;
        self
    }

    /// Sets the endpoint of the host engine, `host:port` or `unix:///absolute/path`, and the mode to
    /// standalone. An invalid endpoint is reported by [`install`](Self::install).
    pub fn with_endpoint(mut self, endpoint: impl Into<String>) -> Self {
        let text = endpoint.into();
        match text.parse::<Endpoint>() {
            Ok(endpoint) => return self.with_mode(Mode::Standalone { endpoint }),
            Err(error) => self.endpoint_error = Some(endpoint_error(&text, &error)),
        }
        self
    }

    /// Sets the source of the samples: a host engine, or an engine in this process.
    pub fn with_mode(mut self, mode: Mode) -> Self {
        self.config = self.config.with_mode(mode);
        self.endpoint_error = None;
        self.client = None;
        self
    }

    /// Sets the client that the meter reads from, for example an `Engine` with your own options, or a
    /// `dcgm::mock::Mock`. A later call of [`with_mode`](Self::with_mode) or
    /// [`with_endpoint`](Self::with_endpoint) replaces the client.
    ///
    /// The meter closes the client when the meter ends.
    pub fn with_client(self, client: impl Client + 'static) -> Self {
        self.with_shared_client(Arc::new(client))
    }

    /// Sets a client that the meter shares with other parts of the program. The meter closes the client
    /// when the meter ends; the other parts then have to connect again.
    pub fn with_shared_client(mut self, client: Arc<dyn Client>) -> Self {
        self.client = Some(client);
        self.endpoint_error = None;
        self
    }

    /// Sets the age at which a sample expires: see [`Config::with_max_age`].
    pub fn with_max_age(mut self, age: Duration) -> Self {
        self.config = self.config.with_max_age(age);
        self
    }

    /// Turns a group of metrics on or off: see [`Config::with_group`].
    pub fn with_group(mut self, group: Group, switch: GroupSwitch) -> Self {
        self.config = self.config.with_group(group, switch);
        self
    }

    /// Turns a metric, or a part of it, on or off: see [`Config::with_metric`].
    pub fn with_metric(mut self, name: impl Into<String>, switch: MetricSwitch) -> Self {
        self.config = self.config.with_metric(name, switch);
        self
    }

    /// Sets the maximum number of series of a group: see [`Config::with_group_series`].
    pub fn with_group_series(mut self, group: Group, series: usize) -> Self {
        self.config = self.config.with_group_series(group, series);
        self
    }

    /// Adds a metric of a field that the catalogue does not have: see [`Config::with_custom_metric`].
    pub fn with_custom_metric(mut self, metric: CustomMetric) -> Self {
        self.config = self.config.with_custom_metric(metric);
        self
    }

    /// Adds minimum, maximum and mean of some metrics between two ticks: see [`Config::with_peaks`].
    pub fn with_peaks(mut self) -> Self {
        self.config = self.config.with_peaks();
        self
    }

    /// Adds the metrics of peaks with a sampling period: see [`Config::with_peak_period`].
    pub fn with_peak_period(mut self, period: Duration) -> Self {
        self.config = self.config.with_peak_period(period);
        self
    }

    /// Sets the file that selects the metrics, in dcgm-exporter's format: see
    /// [`Config::with_exporter_csv`].
    pub fn with_exporter_csv(mut self, csv: ExporterCsv) -> Self {
        self.config = self.config.with_exporter_csv(csv);
        self
    }

    /// Adds an attribute that is always the same: see [`Config::with_attribute`].
    pub fn with_attribute(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.config = self.config.with_attribute(key, value);
        self
    }

    /// Sets the name that distinguishes this meter from others on the same provider: see
    /// [`Config::with_instance`].
    pub fn with_instance(mut self, name: impl Into<String>) -> Self {
        self.config = self.config.with_instance(name);
        self
    }

    /// Sets a function that adds, removes or changes the attributes of each series. `rewrite` receives
    /// the name of the metric, the entity and the attributes. It runs on the meter's thread, once per
    /// series each time the meter connects or enumerates the entities again, and never during a collect. So
    /// it is for what does not change: for workloads there is [`with_attribution`](Self::with_attribution).
    ///
    /// If `rewrite` gives two series of a metric the same attributes, the second series is dropped and
    /// counted in [`Health::series_dropped`](crate::Health::series_dropped). If `rewrite` panics, the
    /// attributes stay unchanged and the panic is counted as
    /// [`ErrorKind::Panic`](crate::ErrorKind::Panic).
    ///
    /// ```
    /// # use dcgm_otel::DcgmMeter;
    /// # use opentelemetry::KeyValue;
    /// let builder = DcgmMeter::builder().with_attribute_hook(|_metric, entity, attributes| {
    ///     attributes.retain(|one| one.key.as_str() != "hw.model");
    ///     attributes.push(KeyValue::new("rack.slot", format!("slot-of-{}", entity.id)));
    /// });
    /// ```
    pub fn with_attribute_hook(
        mut self,
        rewrite: impl Fn(&str, &Entity, &mut Vec<KeyValue>) + Send + Sync + 'static,
    ) -> Self {
        self.hook = Some(AttributeHook::new(rewrite));
        self
    }

    /// Adds a source of allocations: which workload holds which GPU, so that series have the attributes
    /// of workloads. The module [`attribution`](crate::attribution) tells what becomes of them. The
    /// attributes of several sources are joined; of two with one key that of the source that was added
    /// first is used, and the meter's own before either.
    ///
    /// Each source is called on a thread of its own, `dcgm-meter-attr`, at once and then every
    /// [`attribution_interval`](Config::attribution_interval). Nothing waits for it. Clones of this
    /// builder share the source.
    ///
    /// ```
    /// # use dcgm::mock::Mock;
    /// # use opentelemetry_sdk::metrics::SdkMeterProvider;
    /// # let provider = SdkMeterProvider::builder().build();
    /// use std::time::Duration;
    ///
    /// use dcgm_otel::DcgmMeter;
    /// use dcgm_otel::attribution::{Allocation, Attribution, AttributionError, Device, GpuName};
    /// use dcgm_otel::opentelemetry::KeyValue;
    ///
    /// #[derive(Debug)]
    /// struct Teams;
    ///
    /// impl Attribution for Teams {
    ///     fn name(&self) -> &'static str {
    ///         "teams"
    ///     }
    ///
    ///     fn allocations(&mut self, _timeout: Duration) -> Result<Vec<Allocation>, AttributionError> {
    ///         let gpu = Device::Gpu(GpuName::Index(0));
    ///         Ok(vec![Allocation::new(gpu, [KeyValue::new("team", "vision")])])
    ///     }
    /// }
    ///
    /// let meter = DcgmMeter::builder()
    ///     .with_client(Mock::named("1xl4").unwrap())
    ///     .with_attribution(Teams)
    ///     .install(&provider)?;
    /// assert_eq!(meter.health().attribution[0].name, "teams");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn with_attribution(mut self, source: impl Attribution) -> Self {
        self.sources.push(SharedSource::new(source));
        self
    }

    /// Sets labels that every series has on the pages of [`DcgmMeter::prometheus_text`] and
    /// [`DcgmMeter::openmetrics_text`], as resource attributes have that an exporter for Prometheus
    /// selects. They have no effect on a provider. A later call replaces the labels.
    ///
    /// ```
    /// # use dcgm::mock::Mock;
    /// # use dcgm_otel::DcgmMeter;
    /// use opentelemetry::KeyValue;
    ///
    /// let builder = DcgmMeter::builder().with_prometheus_labels([KeyValue::new("rack", "r7")]);
    /// # let meter = builder.with_client(Mock::named("1xl4")?).start()?;
    /// # meter.sample_now()?;
    /// # let mut page = String::new();
    /// # meter.prometheus_text(&mut page);
    /// # assert!(page.lines().all(|line| line.starts_with('#') || line.contains("rack=\"r7\"} ")));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[cfg(feature = "prometheus")]
    pub fn with_prometheus_labels(mut self, labels: impl IntoIterator<Item = KeyValue>) -> Self {
        self.page_labels = labels.into_iter().collect();
        self
    }

    #[cfg(test)]
    pub(crate) fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Installs the meter. Returns at once, whatever the state of DCGM: the meter's thread connects,
    /// and retries until it succeeds.
    ///
    /// Reads the environment for settings that are not set in code, as [`DcgmMeter::install`] does,
    /// unless [`without_env`](Self::without_env) was called.
    ///
    /// # Errors
    ///
    /// [`InstallError::Config`] with all invalid settings and variables;
    /// [`InstallError::AlreadyInstalled`] if the provider already has a meter with the same
    /// [name](Self::with_instance); [`InstallError::Thread`] if the thread could not be started.
    pub fn install<P: MeterProvider + ?Sized>(
        self,
        provider: &P,
    ) -> Result<DcgmMeter, InstallError> {
        self.install_with(provider, std::env::vars_os())
    }

    /// Starts the meter without a provider, for a program that serves
    /// [`DcgmMeter::prometheus_text`] or reads [`DcgmMeter::health`] and has no use for an SDK.
    ///
    /// Everything else is as with [`install`](Self::install): returns at once, and reads the
    /// environment unless [`without_env`](Self::without_env) was called. Meters that are started are
    /// independent of each other and need no [name](Self::with_instance).
    ///
    /// # Errors
    ///
    /// [`InstallError::Config`] with all invalid settings and variables; [`InstallError::Thread`] if
    /// the thread could not be started.
    #[cfg(feature = "prometheus")]
    pub fn start(self) -> Result<DcgmMeter, InstallError> {
        // It drops the callbacks, so that nothing but the meter keeps the feed.
        let meter = self.install(&opentelemetry::metrics::NoopMeterProvider::new())?;
        meter.expect_no_reader();
        Ok(meter)
    }

    /// Installs the meter with the variables of an environment.
    pub(crate) fn install_with<P: MeterProvider + ?Sized>(
        self,
        provider: &P,
        variables: impl IntoIterator<Item = Variable>,
    ) -> Result<DcgmMeter, InstallError> {
        let resolved = self.resolve(variables).map_err(InstallError::Config)?;
        let registration = Registration::for_provider(provider, resolved.config.instance());
        resolved.launch(registration, OwnCounts::default())
    }

    /// Returns the settings, completed from the environment, and the client that they select.
    fn resolve(
        self,
        variables: impl IntoIterator<Item = Variable>,
    ) -> Result<ResolvedBuilder, ConfigErrors> {
        let mut errors = Vec::new();
        let mut config = self.config;
        if !self.ignores_env {
            config.fill_from(crate::env::read_variables(variables, &mut errors));
        }
        config.validate_into(&mut errors);
        errors.extend(self.endpoint_error);
        ConfigErrors::check(errors)?;
        if crate::naming::intern_metrics(&config).is_none() {
            return Err(ConfigErrors::from_list(vec![config.too_many_tables()]));
        }
        Ok(ResolvedBuilder {
            client: self.client.unwrap_or_else(|| engine_client(&config)),
            config,
            clock: self.clock,
            hook: self.hook,
            sources: self.sources,
            #[cfg(feature = "prometheus")]
            page_labels: self.page_labels,
        })
    }
}

/// A builder whose settings are valid.
#[derive(Debug)]
struct ResolvedBuilder {
    client: Arc<dyn Client>,
    config: Config,
    clock: Clock,
    hook: Option<AttributeHook>,
    sources: Vec<SharedSource>,
    #[cfg(feature = "prometheus")]
    page_labels: Vec<KeyValue>,
}

impl ResolvedBuilder {
    /// Starts the meter. `counts` are those of the meter before.
    fn launch(
        self,
        registration: Registration,
        counts: OwnCounts,
    ) -> Result<DcgmMeter, InstallError> {
        let Self {
            client,
            config,
            clock,
            hook,
            sources,
            ..
        } = self;
        for warning in config.warnings() {
            write_line(|| tracing::warn!("environment variable not used: {warning}"));
        }
        let backend = catch_unwind(AssertUnwindSafe(|| client.backend()))
            .unwrap_or_else(|_| Backend::new(BackendKind::Mock, "a client that panics"));
        let now = clock.now();
        let telemetry = Telemetry::new(registration.counts(), &backend, now);
        let telemetry = Arc::new(telemetry);
        let shared = Arc::new(HealthReporter::new(Arc::clone(&telemetry), backend, now));
        let throttle = config.throttle_name();
        let metrics = crate::naming::metrics_for(&config);
        let feed = Arc::new(MeterFeed::new(clock.clone(), metrics, throttle, telemetry));
        let attachment = registration
            .attach_feed(Arc::clone(&feed))
            .ok_or(InstallError::AlreadyInstalled)?;

        let interval = config.attribution_interval();
        let pollers = Pollers::start(&sources, interval, &clock).map_err(InstallError::Thread)?;
        let thread = SamplerThread::start(SamplerFactory {
            client,
            feed,
            shared: Arc::clone(&shared),
            clock: clock.clone(),
            config: config.clone(),
            hook,
            totals: attachment.binding.last_totals(metrics),
            sources: Arc::clone(pollers.states()),
            counts: Arc::clone(&counts),
        })
        .map_err(InstallError::Thread)?;
        let parts = (thread, pollers, attachment);
        let meter = DcgmMeter::new(shared, clock, parts, config, counts);
        #[cfg(feature = "prometheus")]
        let meter = meter.with_page_labels(&self.page_labels);
        Ok(meter)
    }
}

fn engine_client(config: &Config) -> Arc<dyn Client> {
    let options = match config.mode() {
        Mode::Standalone { endpoint } => EngineOptions::standalone(endpoint),
        Mode::Embedded => EngineOptions::embedded(EmbeddedMode::Auto),
    };
    let options = options.with_deadlines(Deadlines::for_interval(config.interval()));
    #[cfg(all(feature = "isolated", target_os = "linux"))]
    if let Some(worker) = config.isolation().worker_program() {
        return Arc::new(dcgm::isolated::IsolatedEngine::new(options, worker));
    }
    Arc::new(Engine::new(options))
}

impl DcgmMeter {
    /// Replaces the meter by another one with the settings of `builder`, on the same provider: totals go
    /// on. For a program that reads its configuration again, without a restart.
    ///
    /// Invalid settings leave the meter as it is. Blocks like [`shutdown`](Self::shutdown), for at most
    /// 850 ms. Gauges have no value until the new meter has sampled, as after its start:
    /// [`wait_ready`](Self::wait_ready) waits for that. The name of the
    /// [instance](DcgmMeterBuilder::with_instance) cannot change.
    ///
    /// ```
    /// # use dcgm::mock::Mock;
    /// # use opentelemetry_sdk::metrics::SdkMeterProvider;
    /// use std::time::Duration;
    /// use dcgm_otel::DcgmMeter;
    ///
    /// # let provider = SdkMeterProvider::builder().build();
    /// let builder = DcgmMeter::builder().with_client(Mock::named("1xl4").unwrap());
    /// let mut meter = builder.clone().install(&provider)?;
    /// meter.replace(builder.clone().with_interval(Duration::from_secs(5)))?;
    /// assert!(meter.replace(builder.with_interval(Duration::ZERO)).is_err());
    /// assert_eq!(meter.config().interval(), Duration::from_secs(5));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`InstallError::Config`] with all invalid settings and variables; [`InstallError::Thread`] if the
    /// new thread could not be started: then the meter has stopped.
    pub fn replace(&mut self, builder: DcgmMeterBuilder) -> Result<(), InstallError> {
        let resolved = builder.resolve(std::env::vars_os());
        let resolved = resolved.map_err(InstallError::Config)?;
        let (registration, counts) = self.stop_for_replacement();
        let meter = resolved.launch(registration, counts)?;
        #[cfg(feature = "prometheus")]
        if !self.expects_reader() {
            meter.expect_no_reader();
        }
        *self = meter;
        Ok(())
    }

    /// Installs a meter with the default settings and those of the environment.
    ///
    /// This is `DcgmMeter::builder().install(provider)`: without a `DCGM_OTEL_…` variable the meter
    /// reads from the host engine at `localhost:5555` every 15 s. [`Config`] lists the variables.
    ///
    /// Returns at once, whatever the state of DCGM: the meter's thread connects, and retries until
    /// it succeeds.
    ///
    /// # Errors
    ///
    /// [`InstallError::Config`] with all invalid variables; [`InstallError::AlreadyInstalled`] if the
    /// provider already has a meter without a name; [`InstallError::Thread`] if the thread could not be
    /// started.
    pub fn install<P: MeterProvider + ?Sized>(provider: &P) -> Result<Self, InstallError> {
        Self::builder().install(provider)
    }

    /// Returns a builder with the default settings.
    pub fn builder() -> DcgmMeterBuilder {
        DcgmMeterBuilder::default()
    }
}

#[cfg(test)]
mod tests;
