//! Few calls open a session, and none of them is known to be refused.

use std::time::Duration;

use crate::bench::{Bench, FLAVOURS};

/// The most calls that a session's opening may take on a host, with the second look at its profiling
/// fields, by function: listings and identities are one a GPU or a kind.
const MOST: [(&str, u64); 4] = [
    ("8xh100", 120),
    ("8xh100-mig7", 200),
    ("gb200", 120),
    ("1xl4", 80),
];

#[test]
fn a_session_opens_by_few_calls() {
    println!(
        "{:<12} {:<6} {:>6} {:>6} {:>8} {:>8} {:>8} {:>9}",
        "host", "dcgm", "calls", "add", "groups", "watches", "unwatch", "a tick"
    );
    for flavour in FLAVOURS {
        for (host, most) in MOST {
            let bench = Bench::new(host, flavour);
            bench.control.reset_calls();
            bench.run(Duration::ZERO);
            let calls = |name| bench.control.calls(name);
            // That libdcgm knows a field it says without asking the engine.
            let all = calls("") - calls("DcgmFieldGetById");
            let add = calls("dcgmGroupAddEntity");
            let [groups, watches, unwatches] = [
                calls("dcgmGroupCreate"),
                calls("dcgmWatchFields"),
                calls("dcgmUnwatchFields"),
            ];
            bench.control.reset_calls();
            bench.tick();
            let tick = bench.control.calls("");
            println!(
                "{host:<12} {:<6} {all:>6} {add:>6} {groups:>8} {watches:>8} {unwatches:>8} {tick:>9}",
                flavour.version()
            );
            assert!(all <= most, "{host} {flavour:?}: {all}");
            // Of an entity alone, such as the one through which fields of the host are read.
            assert!(add <= 24, "{host} {flavour:?}: {add}");
        }
    }
}
