//! A library that lacks a function of the path.

use std::sync::atomic::Ordering;

use dcgm::{Error, LoadError};
use dcgm_otel::{DcgmMeter, ErrorKind};
use dcgm_simulator::Flavour;
use opentelemetry_sdk::metrics::SdkMeterProvider;

use crate::bench::{Bench, PANICS, Reach, count_panics};
use crate::codes::is_called;
use crate::session;
use crate::table::{Hides, ROWS, Row, Step, host};

/// Where its lack shows first; `None` if it is done without.
fn shows(row: &Row) -> Option<Step> {
    match row.hides {
        Hides::Nothing | Hides::TooOld => Some(row.step),
        Hides::Detail
        | Hides::Lists
        | Hides::Unsupported
        | Hides::Shortcut
        | Hides::Profiler
        | Hides::Release
        | Hides::Pointer
        | Hides::End => None,
    }
}

fn combination(bench: &Bench, row: &Row) {
    let what = format!("{:?} without {}", bench.flavour, row.function);
    if row.hides == Hides::Shortcut {
        assert!(bench.control.set_host(host(row)));
    }
    let required = dcgm_sys::Library::REQUIRED.contains(&row.function);
    let before = bench.control.open();
    let engine = bench.engine();
    let failures = session::run(&engine);
    for (step, error) in &failures {
        let is_expected = match error {
            Error::Load(LoadError::NotDcgm { .. }) => required,
            Error::SymbolMissing(missing) => missing.function == row.function,
            _ => false,
        };
        assert!(is_expected, "{what}: {step:?} says {error:?}");
    }
    let shown = failures.first().map(|(step, _)| *step);
    let wanted = if required {
        Some(Step::Connect)
    } else {
        shows(row)
    };
    assert_eq!(shown, wanted, "{what}: {failures:?}");
    drop(engine);
    bench.settles_at(before, &what);

    if bench.reach == Reach::Embedded {
        return;
    }
    let provider = SdkMeterProvider::builder().build();
    let meter = DcgmMeter::builder()
        .with_client(bench.engine())
        .with_initial_delay(std::time::Duration::from_secs(600))
        .install(&provider)
        .expect("installed");
    let outcome = meter.sample_now().map_err(|failure| failure.kind);
    // An engine that will not watch may have values all the same, as of itself.
    let outcome = match outcome {
        Ok(()) if meter.health().errors(ErrorKind::Watch) > 0 => Err(ErrorKind::Watch),
        outcome => outcome,
    };
    // Hosts without events have metrics, too.
    let wanted = match wanted {
        None | Some(Step::WatchEvents) => Ok(()),
        Some(_) if required => Err(ErrorKind::Init),
        Some(_) => Err(row.kind),
    };
    assert_eq!(outcome, wanted, "{what}: {}", meter.health());
    drop(meter);
    bench.settles_at(before, &what);
    assert_eq!(bench.control.panics(), 0, "{what}: the simulator panicked");
}

#[test]
fn a_missing_function_is_reported_by_name_or_replaced() {
    count_panics();
    let mut work = Vec::new();
    for flavour in crate::flavours() {
        for row in ROWS.iter().filter(|row| is_called(row, Reach::Standalone)) {
            work.push((*flavour, row));
        }
    }
    let done = crate::share(2, work, |(flavour, row)| {
        combination(
            &Bench::new(flavour, Reach::Standalone, Some(row.function)),
            row,
        );
        1
    });
    let _alone = crate::EMBEDDED
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    let only = ROWS.iter().filter(|row| !is_called(row, Reach::Standalone));
    let mut embedded = 0;
    // Without a way to stop it, the engine would run on, and be the process's for the other tests.
    for row in only.filter(|row| row.hides != Hides::End) {
        let bench = Bench::new(Flavour::V4_6, Reach::Embedded, Some(row.function));
        combination(&bench, row);
        embedded += 1;
    }
    println!("missing: {done} combinations with a host engine, {embedded} embedded");
    assert_eq!(PANICS.load(Ordering::SeqCst), 0);
}
