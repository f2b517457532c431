//! Numbers and names in docs/GUIDE.md.

use std::fs;
use std::path::Path;

use crate::config::Config;
use crate::error_kind::ErrorKind;
use crate::testing::Harness;

/// The guide; `None` in a copy of the package without the workspace.
fn guide() -> Option<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/GUIDE.md");
    let guide = fs::read_to_string(path).ok();
    if guide.is_none() {
        println!("skipped: docs/GUIDE.md is not a part of the package");
    }
    guide
}

/// Number of series of a host, and of its largest metric.
fn counted(host: &str, config: Config) -> (usize, usize) {
    let series = Harness::sampled_with(host, config).points_per_metric();
    let most = series.values().copied().max().unwrap_or(0);
    (series.values().sum(), most)
}

#[test]
fn the_guide_says_how_many_series_a_host_has() {
    let Some(guide) = guide() else { return };
    let mut said = Vec::new();
    for host in ["1xl4", "8xl4", "8xh100", "gb200", "32xh100", "8xh100-mig7"] {
        let (shown, most) = counted(host, Config::default());
        let unlimited = Config::default().with_max_series(8192);
        let (all, _) = counted(host, unlimited.with_max_instrument_series(8192));
        said.push(if shown == all {
            format!("| `{host}` | {all} | {most} |")
        } else {
            format!("| `{host}` | {shown} of {all} | {most} |")
        });
    }
    let (of_eight, _) = counted("8xh100", Config::default());
    let (of_tray, _) = counted("gb200", Config::default());
    said.extend([
        format!("100 × {of_eight} = {}", thousands(100 * of_eight)),
        format!(
            "{} points a second. A GB200",
            thousands((100 * of_eight).div_ceil(15))
        ),
        format!(
            "18 × {of_tray} = {} series, and {} points",
            thousands(18 * of_tray),
            18 * of_tray / 15 + 1
        ),
    ]);
    said.retain(|one| !guide.contains(one));
    assert!(said.is_empty(), "the guide does not say {said:#?}");
}

fn thousands(number: usize) -> String {
    format!("{},{:03}", number / 1000, number % 1000)
}

#[test]
fn the_guide_says_what_to_set_for_each_kind_of_error() {
    let Some(guide) = guide() else { return };
    for kind in ErrorKind::ALL {
        assert!(guide.contains(&format!("\n| `{kind}` | ")), "{kind}");
    }
}
