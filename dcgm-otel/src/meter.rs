//! An installed meter: the guard that the host program keeps.

use std::mem::ManuallyDrop;
use std::sync::Arc;
use std::time::{Duration, Instant};

#[cfg(feature = "prometheus")]
use opentelemetry::KeyValue;

use crate::attribution::poller::{PolledSource, Pollers};
use crate::clock::Clock;
use crate::clock::add_delay;
use crate::config::Config;
use crate::error_kind::{ErrorKind, SampleError};
use crate::health::{Health, HealthReporter, SourceHealth};
#[cfg(test)]
use crate::instruments::MeterFeed;
use crate::instruments::{Attachment, Registration};
#[cfg(any(feature = "prometheus-client", feature = "prometheus-registry"))]
use crate::page::MeterCollector;
#[cfg(feature = "prometheus")]
use crate::page::{Page, PageFormat};
use crate::sampling::OwnCounts;

mod thread;

pub use thread::ShutdownError;
pub(crate) use thread::{SamplerFactory, SamplerThread};

/// GPU metrics on a provider, for as long as this value lives.
///
/// One background thread, `dcgm-meter`, samples at a fixed interval. Exporting reads the last
/// samples and never calls DCGM.
///
/// # Shutting down
///
/// Dropping the meter removes its series and stops the thread. **Flush the provider first, then drop
/// the meter**, then shut the provider down: an export after the drop has no GPU data. If no reader has
/// collected the meter's samples by then, the drop logs a warning.
///
/// ```
/// # use dcgm::mock::Mock;
/// # use opentelemetry_sdk::metrics::SdkMeterProvider;
/// # let provider = SdkMeterProvider::builder().build();
/// # let meter = dcgm_otel::DcgmMeter::builder().with_client(Mock::named("1xl4").unwrap()).install(&provider)?;
/// provider.force_flush()?; // exports the last GPU data
/// meter.shutdown()?; // or drop(meter), which ignores errors
/// provider.shutdown()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// `drop` and [`shutdown`](Self::shutdown) block until the thread has ended: usually some
/// milliseconds, at most 850 ms. After 250 ms a call into DCGM that hangs is cancelled; if the
/// thread has not ended 600 ms later, the thread is abandoned.
///
/// In a fork of the process, the meter has no thread and exports nothing. Dropping the meter does not
/// block there, and another meter can be installed in its place.
///
/// After a meter was dropped, another one can be installed on the provider. Its counters continue
/// from the exported totals; if there was a collect in between, they start at 0.
///
/// # Examples
///
/// ```
/// use dcgm::mock::Mock;
/// use dcgm_otel::DcgmMeter;
/// use opentelemetry_sdk::metrics::SdkMeterProvider;
///
/// let provider = SdkMeterProvider::builder().build(); // with your reader
/// let meter = DcgmMeter::builder().with_client(Mock::named("1xl4").unwrap()).install(&provider)?;
/// assert!(!meter.config().effective().settings.is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[must_use = "the metrics end when the meter is dropped"]
pub struct DcgmMeter {
    shared: Arc<HealthReporter>,
    clock: Clock,
    /// `None` once the meter is being dropped.
    thread: Option<SamplerThread>,
    pollers: Option<Pollers>,
    sources: Arc<[Arc<PolledSource>]>,
    attachment: Attachment,
    config: Config,
    /// Counts of the metrics of dcgm-exporter itself.
    counts: OwnCounts,
    #[cfg(feature = "prometheus")]
    page: Arc<Page>,
}

impl DcgmMeter {
    pub(crate) fn new(
        shared: Arc<HealthReporter>,
        clock: Clock,
        (thread, pollers, attachment): (SamplerThread, Pollers, Attachment),
        config: Config,
        counts: OwnCounts,
    ) -> Self {
        #[cfg(feature = "prometheus")]
        let page = Arc::new(Page::new(Arc::clone(&attachment.feed), &[]));
        Self {
            shared,
            clock,
            thread: Some(thread),
            sources: Arc::clone(pollers.states()),
            pollers: Some(pollers),
            attachment,
            config,
            counts,
            #[cfg(feature = "prometheus")]
            page,
        }
    }

    /// Returns the settings that the meter runs with. If the program has set a
    /// [client](crate::DcgmMeterBuilder::with_client), the settings `mode` and `endpoint` have no effect.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// Returns the meter's state at this moment. Does not block. In a fork of the process the state
    /// is [`Stopped`](crate::MeterState::Stopped).
    ///
    /// ```
    /// # use dcgm::mock::Mock;
    /// # use opentelemetry_sdk::metrics::SdkMeterProvider;
    /// # let provider = SdkMeterProvider::builder().build();
    /// use dcgm_otel::DcgmMeter;
    ///
    /// let meter = DcgmMeter::builder().with_client(Mock::named("1xl4").unwrap()).install(&provider)?;
    /// meter.sample_now()?;
    /// let health = meter.health();
    /// assert!(health.is_ready() && health.is_simulated());
    /// println!("{health}"); // the body of a readiness probe
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn health(&self) -> Health {
        let now = self.clock.now();
        let mut health = if self.attachment.feed.is_forked() {
            self.shared.health_in_fork(now)
        } else {
            self.shared.current_health(now)
        };
        let warnings = self.config.warnings().iter();
        let sources = self.sources.iter();
        let describe = |source: &Arc<PolledSource>| SourceHealth {
            name: source.name().to_owned(),
            age: source
                .answered()
                .map(|at| now.saturating_duration_since(at)),
            allocations: source.answer().len(),
            unresolved: source.unresolved(),
            errors: source.errors(),
            error: source.describe_error(now),
        };
        health.attribution = sources.map(describe).collect();
        health.config_warnings = warnings.map(ToString::to_string).collect();
        health
    }

    /// Blocks until the meter is ready or `timeout` elapses; returns `true` if it is ready.
    ///
    /// ```
    /// # use dcgm::mock::Mock;
    /// # use opentelemetry_sdk::metrics::SdkMeterProvider;
    /// # let provider = SdkMeterProvider::builder().build();
    /// use std::time::Duration;
    /// use dcgm_otel::DcgmMeter;
    ///
    /// let meter = DcgmMeter::builder()
    ///     .with_client(Mock::named("1xl4").unwrap())
    ///     .with_initial_delay(Duration::ZERO)
    ///     .install(&provider)?;
    /// assert!(meter.wait_ready(Duration::from_secs(60)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn wait_ready(&self, timeout: Duration) -> bool {
        if self.attachment.feed.is_forked() {
            return false;
        }
        self.shared.wait_ready(add_delay(Instant::now(), timeout))
    }

    /// Samples now, without waiting for the initial delay or the interval; the next collect exports
    /// the result. Blocks until the sample is taken or has failed. The wait is bounded, because every
    /// call into DCGM has a deadline.
    ///
    /// # Errors
    ///
    /// The reason why there are no fresh values.
    pub fn sample_now(&self) -> Result<(), SampleError> {
        match &self.thread {
            Some(thread) if !self.attachment.feed.is_forked() => thread.request_sample(),
            _ => Err(SampleError::from_client(
                ErrorKind::Init,
                &dcgm::Error::Forked,
            )),
        }
    }

    /// Forgets a lost device, after it was removed on purpose: its `hw.status` is no longer `failed`, and
    /// its counters end. `hw_id` is the attribute `hw.id` of the device. Returns `false` if no such
    /// device is lost. A device that is back later has its series again.
    ///
    /// Blocks like [`sample_now`](Self::sample_now), as it takes a sample.
    ///
    /// ```
    /// # use opentelemetry_sdk::metrics::SdkMeterProvider;
    /// use dcgm::EntityId;
    /// use dcgm::mock::Mock;
    /// use dcgm_otel::DcgmMeter;
    ///
    /// # let provider = SdkMeterProvider::builder().build();
    /// let mock = Mock::named("8xh100").unwrap();
    /// let uuid = mock.model().host().entity(EntityId::gpu(3)).unwrap().uuid.clone().unwrap();
    /// let meter = DcgmMeter::builder().with_client(mock).install(&provider)?;
    /// meter.sample_now()?;
    /// // It is there.
    /// assert!(!meter.forget(&uuid));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[expect(clippy::must_use_candidate, reason = "it is called for its effect")]
    pub fn forget(&self, hw_id: &str) -> bool {
        match &self.thread {
            Some(thread) if !self.attachment.feed.is_forked() => thread.forget_device(hw_id),
            _ => false,
        }
    }

    /// Removes the meter's series and stops its thread, as dropping the meter does, and reports
    /// whether the thread ended.
    ///
    /// Flush the provider first: see [Shutting down](Self#shutting-down). Blocks for at most
    /// 850 ms; in async code call it on a blocking thread.
    ///
    /// # Errors
    ///
    /// [`ShutdownError`] if the thread had panicked, or did not end and was abandoned. The series
    /// are gone in either case.
    pub fn shutdown(mut self) -> Result<(), ShutdownError> {
        self.stop_thread()
    }

    /// Stops the meter for another one, which begins with its totals.
    pub(crate) fn stop_for_replacement(&mut self) -> (Registration, OwnCounts) {
        // Logged already.
        let _ = self.stop_thread();
        (self.attachment.registration(), Arc::clone(&self.counts))
    }

    fn stop_thread(&mut self) -> Result<(), ShutdownError> {
        self.attachment.detach();
        let thread = self.thread.take();
        let pollers = self.pollers.take();
        if self.attachment.feed.is_forked() {
            // The thread does not exist here, and may have held a lock of the channels at the fork.
            let _never_dropped = ManuallyDrop::new((thread, pollers));
            return Ok(());
        }
        drop(pollers);
        let Some(thread) = thread else { return Ok(()) };
        self.attachment.feed.telemetry().warn_if_never_collected();
        thread.stop()
    }
}

#[cfg(feature = "prometheus")]
impl DcgmMeter {
    /// Returns the meter with the labels that each series of its pages has.
    pub(crate) fn with_page_labels(mut self, labels: &[KeyValue]) -> Self {
        self.page = Arc::new(Page::new(Arc::clone(&self.attachment.feed), labels));
        self
    }

    /// Turns the warnings about missing collects off.
    pub(crate) fn expect_no_reader(&self) {
        self.attachment.feed.telemetry().expect_no_reader();
    }

    /// Returns `true` unless the warnings about missing collects are off.
    pub(crate) fn expects_reader(&self) -> bool {
        !self.attachment.feed.telemetry().is_without_reader()
    }

    /// Replaces the text of `page` by the metrics in Prometheus's text format 0.0.4, as
    /// [`PageFormat::Text`].
    ///
    /// The page has the last samples and the `dcgm.meter.*` metrics, without an SDK between them and
    /// the text. Names, labels, types, help, numbers and their order are those of
    /// `opentelemetry-prometheus` without scope labels and `target_info`, except that a name that ends
    /// with `ratio` does not get a second `_ratio`. Gauges that have expired are left out.
    ///
    /// Does not wait for DCGM, takes no lock and does not panic. It counts as a collect in
    /// [`Health::collections`]. The labels are formatted only when the series have changed; between
    /// such changes nothing is allocated if `page` has enough capacity, so keep the `String`. In a fork
    /// of the process the page is empty.
    ///
    /// ```
    /// use dcgm::mock::Mock;
    /// use dcgm_otel::DcgmMeter;
    ///
    /// let meter = DcgmMeter::builder().with_client(Mock::named("1xl4").unwrap()).start()?;
    /// meter.sample_now()?;
    /// let mut page = String::new();
    /// meter.prometheus_text(&mut page);
    /// assert!(page.contains("# TYPE hw_gpu_utilization_ratio gauge\nhw_gpu_utilization_ratio{"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn prometheus_text(&self, page: &mut String) {
        self.page.write(PageFormat::Text, page);
    }

    /// Replaces the text of `page` by the metrics in OpenMetrics 1.0, as [`PageFormat::OpenMetrics`].
    ///
    /// The series are those of [`prometheus_text`](Self::prometheus_text). Metrics with a unit have a
    /// `# UNIT` line. In a fork of the process the page has no series.
    ///
    /// ```
    /// # use dcgm::mock::Mock;
    /// # let meter = dcgm_otel::DcgmMeter::builder().with_client(Mock::named("1xl4").unwrap()).start()?;
    /// # meter.sample_now()?;
    /// let mut page = String::new();
    /// meter.openmetrics_text(&mut page);
    /// assert!(page.ends_with("\n# EOF\n"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn openmetrics_text(&self, page: &mut String) {
        self.page.write(PageFormat::OpenMetrics, page);
    }

    /// Returns a collector that adds the metrics of this meter to a registry of the crate `prometheus` or
    /// `prometheus-client`.
    ///
    /// The metrics end with the meter: from then on the collector collects nothing, and keeps nothing of
    /// the meter alive.
    #[cfg(any(feature = "prometheus-client", feature = "prometheus-registry"))]
    #[must_use]
    pub fn collector(&self) -> MeterCollector {
        MeterCollector::new(&self.page)
    }
}

#[cfg(test)]
impl DcgmMeter {
    /// Returns the number of instruments that the provider has for meters of this scope.
    pub(crate) fn instruments(&self) -> usize {
        self.attachment.binding.last_ordinal() + 1
    }

    /// Returns `true` if it has warned that nothing collects.
    pub(crate) fn has_warned(&self) -> bool {
        self.attachment.feed.telemetry().has_warned()
    }

    /// Polls the sources of allocations, and waits for those that return.
    pub(crate) fn poll_sources(&self) {
        let pollers = self.pollers.as_ref();
        pollers.unwrap().poll_now(Duration::from_millis(200));
    }

    /// Returns the feed, into which a test can inject panics.
    pub(crate) fn feed(&self) -> &Arc<MeterFeed> {
        &self.attachment.feed
    }

    pub(crate) fn binding_references(&self) -> usize {
        Arc::strong_count(&self.attachment.binding)
    }
}

impl Drop for DcgmMeter {
    fn drop(&mut self) {
        // Logged already; `shutdown` returns it.
        let _ = self.stop_thread();
    }
}
