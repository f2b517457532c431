//! Configuring and installing a meter.

use std::ffi::OsString;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use dcgm::{
    Backend, BackendKind, Client, Deadlines, EmbeddedMode, Endpoint, Engine, EngineOptions, Entity,
};
use opentelemetry::KeyValue;
use opentelemetry::metrics::MeterProvider;

use crate::catalogue;
use crate::clock::Clock;
use crate::config::{Config, ConfigError, ConfigErrors, InstallError, Key, Mode, endpoint_error};
use crate::health::HealthReporter;
use crate::hook::AttributeHook;
use crate::instruments::{MeterFeed, Registration};
use crate::meter::{DcgmMeter, SamplerFactory, SamplerThread};
use crate::telemetry::Telemetry;

/// Configures and installs a [`DcgmMeter`].
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
///     .from_env() // for what is not said here
///     .install(&provider)?;
/// assert_eq!(meter.config().interval(), Duration::from_secs(5));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct DcgmMeterBuilder {
    config: Config,
    /// What is wrong with the endpoint, which the settings cannot hold then.
    refused: Option<ConfigError>,
    /// Who answers instead of an engine.
    client: Option<Arc<dyn Client>>,
    /// What it does to attributes.
    hook: Option<AttributeHook>,
    /// Whether the environment may set what nobody has.
    environment: bool,
    clock: Clock,
}

impl DcgmMeterBuilder {
    /// These settings, in place of all that were given before; not in place of a
    /// [client](Self::with_client).
    pub fn with_config(mut self, config: Config) -> Self {
        self.config = config;
        self.refused = None;
        self
    }

    /// Takes from the `DCGM_OTEL_…` variables of the environment what is not given here.
    pub fn from_env(mut self) -> Self {
        self.environment = true;
        self
    }

    /// Reads from the host engine at `host:port` or `unix:///absolute/path`. Whether that is one is
    /// told by [`install`](Self::install).
    pub fn with_endpoint(mut self, endpoint: impl Into<String>) -> Self {
        let text = endpoint.into();
        match text.parse::<Endpoint>() {
            Ok(endpoint) => return self.with_mode(Mode::Standalone { endpoint }),
            Err(error) => {
                let path = Key::Endpoint.path();
                self.refused = Some(endpoint_error(path, &text, &error));
            }
        }
        self
    }

    /// Runs an engine within this process. There is one a process, shared by all.
    pub fn with_embedded_engine(self) -> Self {
        self.with_mode(Mode::Embedded)
    }

    /// Reads from a host engine, or from an engine in this process.
    pub fn with_mode(mut self, mode: Mode) -> Self {
        self.config = self.config.with_mode(mode);
        self.refused = None;
        self.client = None;
        self
    }

    /// Reads from this client: one that was made with other options, or `dcgm::mock::Mock`.
    ///
    /// The meter closes it when it ends.
    pub fn with_client(self, client: impl Client + 'static) -> Self {
        self.with_shared_client(Arc::new(client))
    }

    /// Reads from a client that others hold too. The meter closes it when it ends, all the same.
    pub fn with_shared_client(mut self, client: Arc<dyn Client>) -> Self {
        self.client = Some(client);
        self.refused = None;
        self
    }

    /// How often it samples, and has the engine sample: 1 s to 10 min, by default 15 s.
    pub fn with_interval(mut self, interval: Duration) -> Self {
        self.config = self.config.with_interval(interval);
        self
    }

    /// How long it waits before the first sample: by default 1 s.
    pub fn with_initial_delay(mut self, delay: Duration) -> Self {
        self.config = self.config.with_initial_delay(delay);
        self
    }

    /// Changes the attributes of each series: drops, adds or rewrites them. The function is given
    /// the metric's name, the entity and what the series would have; it runs on the meter's thread
    /// whenever the entities are gone through, never while exporting.
    ///
    /// Of two series that have the same attributes then, the second is dropped, and counted. If the
    /// function panics the attributes stay as they were, and the panic is counted.
    ///
    /// ```
    /// # use dcgm_otel::DcgmMeter;
    /// # use opentelemetry::KeyValue;
    /// let builder = DcgmMeter::builder().with_attribute_hook(|_metric, entity, attributes| {
    ///     attributes.retain(|one| one.key.as_str() != "hw.model");
    ///     attributes.push(KeyValue::new("slurm.job_id", format!("job-of-{}", entity.id)));
    /// });
    /// ```
    pub fn with_attribute_hook(
        mut self,
        rewrite: impl Fn(&str, &Entity, &mut Vec<KeyValue>) + Send + Sync + 'static,
    ) -> Self {
        self.hook = Some(AttributeHook::new(rewrite));
        self
    }

    /// The meter's name among several on one provider, of which each needs another: 1 to 64 bytes.
    /// It is the attribute `dcgm.meter.instance` of the scope. By default a meter has no name.
    ///
    /// Choose from few: a provider keeps what belongs to a name for good.
    pub fn with_instance(mut self, name: impl Into<String>) -> Self {
        self.config = self.config.with_instance(name);
        self
    }

    #[cfg(test)]
    pub(crate) fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Installs the meter. Returns at once, whatever the state of DCGM.
    ///
    /// # Errors
    ///
    /// [`InstallError::Config`] with everything that is wrong with the settings;
    /// [`InstallError::AlreadyInstalled`] while another meter of that name lives on the provider;
    /// [`InstallError::Thread`] if the system gives none.
    pub fn install<P: MeterProvider + ?Sized>(
        self,
        provider: &P,
    ) -> Result<DcgmMeter, InstallError> {
        let clock = self.clock.clone();
        let hook = self.hook.clone();
        let (config, client) = self
            .settled(|name: &str| std::env::var_os(name))
            .map_err(InstallError::Config)?;
        let backend = catch_unwind(AssertUnwindSafe(|| client.backend()))
            .unwrap_or_else(|_| Backend::new(BackendKind::Mock, "a client that panics"));
        let registration = Registration::for_provider(provider, config.instance());
        let now = clock.now();
        let telemetry = Telemetry::new(registration.counts(), &backend, now);
        let telemetry = Arc::new(telemetry);
        let shared = Arc::new(HealthReporter::new(Arc::clone(&telemetry), backend, now));
        let throttle = config.throttle_name();
        let metrics = catalogue::of(config.naming());
        let feed = Arc::new(MeterFeed::new(clock.clone(), metrics, throttle, telemetry));
        let attachment = registration
            .attach(Arc::clone(&feed))
            .ok_or(InstallError::AlreadyInstalled)?;

        let thread = SamplerThread::start(SamplerFactory {
            client,
            feed,
            shared: Arc::clone(&shared),
            clock: clock.clone(),
            config: config.clone(),
            hook,
            totals: attachment.binding.totals(metrics),
        })
        .map_err(InstallError::Thread)?;
        Ok(DcgmMeter::new(shared, clock, thread, attachment, config))
    }

    /// The settings with what the environment adds to them, and the client that they mean; or all
    /// that is wrong.
    fn settled(
        self,
        lookup: impl Fn(&str) -> Option<OsString>,
    ) -> Result<(Config, Arc<dyn Client>), ConfigErrors> {
        let mut errors = Vec::new();
        let mut config = self.config;
        if self.environment {
            let environment = crate::env::read(lookup, &mut errors);
            config = config.or(environment);
        }
        config.validate_into(&mut errors);
        errors.extend(self.refused);
        ConfigErrors::check(errors)?;
        let client = self.client.unwrap_or_else(|| engine(&config));
        Ok((config, client))
    }
}

fn engine(config: &Config) -> Arc<dyn Client> {
    let options = match config.mode() {
        Mode::Standalone { endpoint } => EngineOptions::standalone(endpoint),
        Mode::Embedded => EngineOptions::embedded(EmbeddedMode::Auto),
    };
    let deadlines = Deadlines::for_interval(config.interval());
    Arc::new(Engine::new(options.with_deadlines(deadlines)))
}

#[cfg(test)]
mod tests;
