//! Summaries and history of a field: recorded calls of `dcgmGetFieldSummary` and
//! `dcgmGetMultipleValuesForField` on injected samples.

use core::ffi::c_int;

use dcgm_sys::{self as sys, Versioned};
use serde_json::{Value, json};

use crate::record::zeroed;
use crate::run::{Injected, Row, Run};

const SUMMARIES: &str = include_str!("../../data/summary.jsonl");
const HISTORY: &str = include_str!("../../data/history.jsonl");
/// Rows that must be reproduced.
pub(crate) const PINNED: usize = 77;
const INT_BLANK: i64 = 0x7fff_ffff_ffff_fff0;
const DOUBLE_BLANK: f64 = 140_737_488_355_328.0;

/// Makes the calls of all rows again. Returns the number of rows, and how those that differ do.
pub(crate) fn replay(run: &mut Run<'_>) -> (usize, Vec<String>) {
    run.begin_with("8xh100");
    let base = run.now() - 60_000_000;
    for gpu in 8..25 {
        assert_eq!(run.fake(1, (0, 0)), (0, gpu));
    }
    let (mut all, mut wrong) = (0, Vec::new());
    let mut compare = |line: &str, make: &dyn Fn(&Row) -> Value| {
        let row = Row(serde_json::from_str(line).unwrap());
        all += 1;
        for (key, value) in make(&row).as_object().unwrap() {
            let recorded = row.0.get(key).unwrap_or(&Value::Null);
            if recorded != value {
                let name = row.name();
                wrong.push(format!(
                    "{name}: {key}\n  recorded {recorded}\n  here     {value}"
                ));
            }
        }
    };
    for line in SUMMARIES.lines() {
        compare(line, &|row| summarize(run, row, base));
    }
    // The samples of the recording's history.
    for (seconds, clock) in [(0, 10), (1, 20), (3, 40), (6, 10)] {
        let at = base + seconds * 1_000_000;
        assert_eq!(run.inject((1, 13), 100, &Injected::Int(clock), at), 0);
    }
    for line in HISTORY.lines() {
        compare(line, &|row| list_samples(run, row, base));
    }
    (all, wrong)
}

fn summarize(run: &Run<'_>, row: &Row, base: i64) -> Value {
    let mut request = zeroed::<sys::dcgmFieldSummaryRequest_v1>();
    if let Some(version) = row.0.get("version") {
        request.version = u32::try_from(version.as_u64().unwrap()).unwrap();
        return json!({"ret": run.lib.dcgmGetFieldSummary(run.handle, &raw mut *request)});
    }
    let number = |at: &str, index: usize| row.0[at][index].as_u64().unwrap();
    let entity = (
        u32::try_from(number("entity", 0)).unwrap(),
        u32::try_from(number("entity", 1)).unwrap(),
    );
    let field = u16::try_from(row.int("field")).unwrap();
    let is_double = row.text("type") == "d";
    for sample in row.0["inject"].as_array().unwrap() {
        let value = match &sample[1] {
            Value::String(text) => Injected::Double(text.parse().unwrap()),
            number if is_double => Injected::Double(number.as_f64().unwrap()),
            number => Injected::Int(number.as_i64().unwrap()),
        };
        let at = base + sample[0].as_i64().unwrap();
        assert_eq!(run.inject(entity, field, &value, at), 0, "{}", row.name());
    }
    request.version = sys::dcgmFieldSummaryRequest_v1::VERSION;
    request.fieldId = field;
    (request.entityGroupId, request.entityId) = entity;
    request.summaryTypeMask = u32::try_from(row.int("mask")).unwrap();
    let time = |index: usize| row.0["window"][index].as_i64().map_or(0, |at| base + at);
    request.startTime = u64::try_from(time(0)).unwrap();
    request.endTime = u64::try_from(time(1)).unwrap();
    let code = run.lib.dcgmGetFieldSummary(run.handle, &raw mut *request);
    let response = &request.response;
    let count = usize::try_from(response.summaryCount).unwrap();
    let values = response.values[..count].iter().map(|value| {
        if is_double {
            // SAFETY: the field type tells which part of the union it is.
            let number = unsafe { value.fp64 };
            match number {
                _ if number.is_nan() => json!("NaN"),
                _ if number.is_infinite() => json!("Infinity"),
                _ if number.to_bits() == DOUBLE_BLANK.to_bits() => json!("BLANK"),
                _ => json!(number),
            }
        } else {
            // SAFETY: as above.
            match unsafe { value.i64 } {
                INT_BLANK => json!("BLANK"),
                number => json!(number),
            }
        }
    });
    let kind = char::from_u32(response.fieldType).filter(|kind| *kind != '\0');
    let kind = kind.map_or(String::new(), String::from);
    json!({"ret": code, "type": kind, "values": values.collect::<Vec<_>>()})
}

fn list_samples(run: &Run<'_>, row: &Row, base: i64) -> Value {
    let mut values = [0; 10].map(|_: u8| *zeroed::<sys::dcgmFieldValue_v1>());
    let mut count = c_int::try_from(row.int("asked")).unwrap();
    // 0 is an open end.
    let time = |index: usize| match row.0["window"][index].as_i64() {
        Some(0) | None => 0,
        Some(at) => base + at,
    };
    let code = run.lib.dcgmGetMultipleValuesForField(
        run.handle,
        c_int::try_from(row.int("gpu")).unwrap(),
        u16::try_from(row.int("field")).unwrap(),
        &raw mut count,
        time(0),
        time(1),
        u32::try_from(row.int("order")).unwrap(),
        values.as_mut_ptr(),
    );
    let found = values.iter().take(usize::try_from(count).unwrap_or(0));
    let samples = found.map(|value| {
        // SAFETY: all rows with samples are of a field of whole numbers.
        let number = match unsafe { value.value.i64 } {
            INT_BLANK => json!("BLANK"),
            number => json!(number),
        };
        let at = if value.ts == 0 { 0 } else { value.ts - base };
        json!([at, value.status, number])
    });
    json!({"ret": code, "count": count, "samples": samples.collect::<Vec<_>>()})
}
