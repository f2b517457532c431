//! The pages, and what they show.

use std::sync::Arc;

use dcgm_examples::{heading, status};
use dcgm_otel::{DcgmMeter, PageFormat};
use hyper::body::Incoming;
use hyper::header::{ACCEPT, ALLOW, AUTHORIZATION, CONTENT_TYPE, WWW_AUTHENTICATE};
use hyper::{Method, Request, Response};
use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard, Semaphore};

use crate::web_config::{WebConfig, WebConfigFile};

const PATHS: [&str; 4] = ["/", "/metrics", "/healthz", "/readyz"];
const INDEX: &str = "<!doctype html>\n<title>GPU metrics</title>\n<p><a href=\"/metrics\">/metrics</a>, \
    <a href=\"/healthz\">/healthz</a>, <a href=\"/readyz\">/readyz</a></p>\n";

/// Passwords that are checked at the same time: each takes a core for tens of milliseconds.
const MAX_CHECKS: usize = 1;

/// The meter, and who may read it.
pub(crate) struct Pages {
    /// Replaced at a reload.
    meter: RwLock<DcgmMeter>,
    pub(crate) web: WebConfigFile,
    checks: Semaphore,
}

impl Pages {
    pub(crate) fn new(meter: DcgmMeter, web: WebConfigFile) -> Self {
        Self {
            meter: RwLock::new(meter),
            web,
            checks: Semaphore::new(MAX_CHECKS),
        }
    }

    /// Returns the meter, after a reload that is under way.
    pub(crate) async fn meter(&self) -> RwLockReadGuard<'_, DcgmMeter> {
        self.meter.read().await
    }

    /// Returns the meter outside of the server.
    pub(crate) fn meter_now(&self) -> RwLockReadGuard<'_, DcgmMeter> {
        self.meter.blocking_read()
    }

    /// Returns the meter to replace. Pages wait until it is dropped.
    pub(crate) fn meter_to_replace(&self) -> RwLockWriteGuard<'_, DcgmMeter> {
        self.meter.blocking_write()
    }

    pub(crate) async fn respond(
        &self,
        request: &Request<Incoming>,
    ) -> Result<Response<String>, hyper::http::Error> {
        let web = self.web.current();
        let mut response = Response::builder();
        for (name, value) in &web.headers {
            response = response.header(name, value);
        }
        if !self.is_allowed(&web, request).await {
            return response
                .status(401)
                .header(WWW_AUTHENTICATE, "Basic")
                .body("a user name and a password are needed\n".to_owned());
        }
        let meter = self.meter().await;
        let reads = [Method::GET, Method::HEAD].contains(request.method());
        let health = meter.health();
        let mut kind = PageFormat::Text.content_type();
        let (code, text) = match request.uri().path() {
            path if !PATHS.contains(&path) => (404, "no such page\n".to_owned()),
            _ if !reads => (405, "GET only\n".to_owned()),
            "/" => {
                kind = "text/html; charset=utf-8";
                (200, INDEX.to_owned())
            }
            "/metrics" => {
                let format = preferred_format(request);
                kind = format.content_type();
                (200, metrics(&meter, format))
            }
            "/readyz" if !health.is_ready() => (503, status(&health) + "\n"),
            _ => (200, status(&health) + "\n"),
        };
        response
            .status(code)
            .header(CONTENT_TYPE, kind)
            .header(ALLOW, "GET, HEAD")
            .body(text)
    }

    /// Returns `true` for the right password, or if none is needed.
    async fn is_allowed(&self, web: &Arc<WebConfig>, request: &Request<Incoming>) -> bool {
        if !web.needs_password() {
            return true;
        }
        let header = request.headers().get(AUTHORIZATION);
        let Some(header) = header.and_then(|value| value.to_str().ok()) else {
            return false;
        };
        if web.is_accepted(header) {
            return true;
        }
        let Ok(_permit) = self.checks.acquire().await else {
            return false;
        };
        let (web, header) = (Arc::clone(web), header.to_owned());
        let checked = tokio::task::spawn_blocking(move || web.check(&header));
        checked.await.unwrap_or(false)
    }
}

/// Writes the page in a format.
pub(crate) fn metrics(meter: &DcgmMeter, format: PageFormat) -> String {
    let mut page = String::new();
    if format == PageFormat::OpenMetrics {
        // The format has no comments, so the heading is left out.
        meter.openmetrics_text(&mut page);
    } else {
        meter.prometheus_text(&mut page);
        page.insert_str(0, &format!("# {}\n", heading(&meter.health())));
    }
    page
}

/// Prometheus asks for OpenMetrics, and a person with a browser or curl does not.
fn preferred_format(request: &Request<Incoming>) -> PageFormat {
    let accepted = request.headers().get_all(ACCEPT).iter();
    let accepted: Vec<_> = accepted.filter_map(|value| value.to_str().ok()).collect();
    PageFormat::negotiate(&accepted.join(","))
}
