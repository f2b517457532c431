//! The page that Prometheus scrapes, written from a snapshot without an SDK.
//!
//! ```text
//!  layout changed                        each page
//!    Layout × instruments                  Snapshot ──numbers──┐
//!         └──► PageLayout ──prefixes───────────────────────────┴──► text
//!              (headers, `name{labels} `, sorted)
//! ```
//!
//! Nearly all of a page is the same each time: only the numbers change. So headers and line prefixes
//! are made once per [`Layout`](crate::pipeline::snapshot::Layout), which is replaced only when the
//! series change, and a page copies them and formats the numbers.
//!
//! The pages are those of `opentelemetry-prometheus` and the crate `prometheus`, down to the order of
//! the lines. Their rules are in [`names`] and [`number`].

use std::fmt;
use std::sync::Arc;

use arc_swap::ArcSwapOption;
use opentelemetry::KeyValue;

use crate::instruments::MeterFeed;

mod accept;
#[cfg(any(feature = "prometheus-client", feature = "prometheus-registry"))]
mod collector;
mod families;
mod layout;
mod names;
mod number;
#[cfg(test)]
#[cfg(not(shuttle))]
mod tests;

#[cfg(any(feature = "prometheus-client", feature = "prometheus-registry"))]
pub use collector::MeterCollector;
use families::{Families, Numbers};
use layout::PageLayout;
use names::PageLabel;

/// A format of the page that Prometheus scrapes.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum PageFormat {
    /// Prometheus's text format 0.0.4: [`DcgmMeter::prometheus_text`](crate::DcgmMeter::prometheus_text).
    #[default]
    Text,
    /// OpenMetrics 1.0: [`DcgmMeter::openmetrics_text`](crate::DcgmMeter::openmetrics_text).
    OpenMetrics,
}

impl PageFormat {
    /// Returns the format that the value of an `Accept` header prefers. Without a mention of
    /// OpenMetrics this is the text format.
    ///
    /// ```
    /// use dcgm_otel::PageFormat;
    ///
    /// let prometheus = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
    /// assert_eq!(PageFormat::negotiate(prometheus), PageFormat::OpenMetrics);
    /// assert_eq!(PageFormat::negotiate("*/*"), PageFormat::Text);
    /// ```
    #[must_use]
    pub fn negotiate(accept: &str) -> Self {
        if accept::prefers_openmetrics(accept) {
            Self::OpenMetrics
        } else {
            Self::Text
        }
    }

    /// Returns the value of the header `Content-Type` for a page of this format.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain; version=0.0.4",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

/// Exports a meter without an SDK: writes its pages, and keeps the layout of the last one.
pub(crate) struct Page {
    feed: Arc<MeterFeed>,
    /// Labels of all series.
    labels: Box<[PageLabel]>,
    /// Two threads may make it at the same time, and then one of the two is kept. In a fork of
    /// the process, a lock could never be released.
    layout: ArcSwapOption<PageLayout>,
    /// The same for collectors.
    #[cfg(any(feature = "prometheus-client", feature = "prometheus-registry"))]
    families: ArcSwapOption<Families>,
}

impl Page {
    /// Exports the meter of this feed. Its series all have `labels`.
    pub(crate) fn new(feed: Arc<MeterFeed>, labels: &[KeyValue]) -> Self {
        Self {
            feed,
            labels: names::labels(labels, &[]).into(),
            layout: ArcSwapOption::empty(),
            #[cfg(any(feature = "prometheus-client", feature = "prometheus-registry"))]
            families: ArcSwapOption::empty(),
        }
    }

    /// Replaces the text of `page` by what the callbacks would observe at this moment.
    pub(crate) fn write(&self, format: PageFormat, page: &mut String) {
        page.clear();
        if let Some((snapshot, now)) = self.feed.begin_collect() {
            let numbers = Numbers {
                snapshot: &snapshot,
                telemetry: self.feed.telemetry(),
                now,
            };
            let known = self.layout.load();
            match &*known {
                Some(layout) if layout.is_current(&snapshot, numbers.telemetry) => {
                    layout.write(format, &numbers, page);
                }
                _ => {
                    let families = Families::new(&self.feed, &snapshot, now, &self.labels);
                    let layout = PageLayout::new(&families);
                    layout.write(format, &numbers, page);
                    self.layout.store(Some(Arc::new(layout)));
                }
            }
        }
        if format == PageFormat::OpenMetrics {
            page.push_str("# EOF\n");
        }
    }
}

impl fmt::Debug for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Page")
            .field("labels", &self.labels)
            .finish_non_exhaustive()
    }
}
