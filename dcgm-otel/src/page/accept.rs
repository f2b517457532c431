//! The header `Accept` of a scrape.

/// A media range of an `Accept` header.
struct MediaRange<'a> {
    name: &'a str,
    version: Option<&'a str>,
    /// From 0, not acceptable, to 1.
    weight: f32,
}

impl<'a> MediaRange<'a> {
    fn parse(text: &'a str) -> Self {
        let mut parts = text.split(';').map(str::trim);
        let mut range = Self {
            name: parts.next().unwrap_or_default(),
            version: None,
            weight: 1.0,
        };
        for (key, value) in parts.filter_map(|part| part.split_once('=')) {
            let value = value.trim().trim_matches('"');
            if key.trim().eq_ignore_ascii_case("q") {
                range.weight = value.parse().unwrap_or(0.0);
            } else if key.trim().eq_ignore_ascii_case("version") {
                range.version = Some(value);
            }
        }
        range
    }

    fn is_named(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    fn is_openmetrics(&self) -> bool {
        self.is_named("application/openmetrics-text")
            && self.version.is_none_or(|version| version == "1.0.0")
    }

    fn is_text(&self) -> bool {
        ["text/plain", "text/*", "*/*"]
            .iter()
            .any(|name| self.is_named(name))
    }
}

/// Returns `true` if `accept` names OpenMetrics 1.0 and prefers it to plain text, or likes both
/// equally.
pub(super) fn prefers_openmetrics(accept: &str) -> bool {
    let (mut openmetrics, mut text) = (0.0, 0.0);
    for range in accept.split(',').map(MediaRange::parse) {
        if range.is_openmetrics() {
            openmetrics = range.weight.max(openmetrics);
        } else if range.is_text() {
            text = range.weight.max(text);
        }
    }
    openmetrics > 0.0 && openmetrics >= text
}

#[cfg(test)]
mod tests {
    use super::prefers_openmetrics;

    #[test]
    fn openmetrics_is_chosen_only_if_it_is_asked_for() {
        for (accept, expected) in [
            ("", false),
            ("*/*", false),
            ("text/html, text/plain, */*", false),
            ("application/openmetrics-text", true),
            (
                "Application/OpenMetrics-Text; Version=1.0.0 ; Q=0.9, text/plain;q=0.8",
                true,
            ),
            ("application/openmetrics-text; version=\"1.0.0\"", true),
            ("application/openmetrics-text;q=0.3,text/plain;q=0.8", false),
            ("application/openmetrics-text;q=0", false),
            ("application/openmetrics-text;q=much", false),
            ("application/openmetrics-text;q=NaN", false),
            // A release of the format that is not written here.
            (
                "application/openmetrics-text;version=0.0.1,text/plain;q=0.1",
                false,
            ),
            // Prometheus 2.45 and 3.
            (
                "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,\
                 text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
                true,
            ),
            (
                "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,\
                 application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;\
                 escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
                true,
            ),
            // With OpenMetrics turned off.
            ("text/plain;version=0.0.4;q=1,*/*;q=0.1", false),
            (";;,=,;q", false),
        ] {
            assert_eq!(prefers_openmetrics(accept), expected, "{accept}");
        }
    }
}
