//! Cases 6 to 6e: values, from watches and by hand.

use std::time::Duration;

use dcgm_sys::{self as sys, Versioned};

use crate::entities::seen_group;
use crate::groups::seen_field_group;
use crate::record::{Calls, collect, zeroed};
use crate::run::{Injected, Row, Run, Seen};
use crate::seen;

const ALL_GPUS: usize = 0x7fff_ffff;
const ALL_SWITCHES: usize = 0x7fff_fffe;
const NO_GROUP: usize = 9999;
const GPU: u32 = 1;
const SECOND: i64 = 1_000_000;
const CASE_6: [u16; 8] = [150, 155, 50, 230, 156, 300, 1002, 1];
const CASE_6D: [u16; 7] = [150, 155, 50, 230, 156, 191, 240];

fn set_up(run: &mut Run<'_>, fields: &[u16], gpus: &[u32]) {
    if run.handle != 0 {
        return;
    }
    run.begin();
    let both = [run.g0, run.g1];
    let members: Vec<_> = gpus.iter().map(|gpu| (GPU, both[*gpu as usize])).collect();
    let (group, empty) = (run.group("values", &members), run.group("empty", &[]));
    run.set("g", group);
    run.set("ge", empty);
    if !fields.is_empty() {
        let id = run.field_group("values", fields);
        run.set("fg", id);
    }
}

/// The injection's library stamped fields 156 and 300 with the time 1 in these recordings: they
/// hold as many such samples as it was asked, and the engine's own watches asked too.
fn depends_on_the_injections_times(run: &Run<'_>, name: &str) -> bool {
    run.file.ends_with("h2real")
        && (name.contains("GetValuesSince_v2") && !name.starts_with("unwatched"))
}

pub(crate) fn case6(run: &mut Run<'_>, row: &Row) -> Seen {
    set_up(run, &CASE_6, &[0, 1]);
    let name = row.name();
    let (g, fg, g0, g1) = (run.id("g"), run.id("fg"), run.g0, run.g1);
    if depends_on_the_injections_times(run, name) && !name.starts_with("watched+updated") {
        return Err("the injected NVML stamped samples with the time 1");
    }
    if name.starts_with("1s after unwatch") {
        run.control.advance(Duration::from_secs(1));
    }
    if let Some(which) = name
        .strip_prefix("injected sentinel ")
        .and_then(|rest| rest.split(' ').next())
    {
        inject_sentinel(run, which);
    }
    if name.ends_with("GetLatestValues_v2") && !name.contains("ALL") {
        return run.seen_latest(g, fg);
    }
    if let Some((_, flags)) = name.split_once("EntitiesGetLatestValues flags=") {
        return run.seen_entities(&[(GPU, g0), (GPU, g1)], &CASE_6, flags.parse().unwrap());
    }
    if name.ends_with("GetValuesSince_v2(since=0)") {
        return run.seen_since(g, fg, 0);
    }
    if name.starts_with("inject") || name.starts_with("Inject") {
        return injection(run, name, (g0, g1));
    }
    let lib = run.lib;
    let answering = |answer| {
        let mut calls = Calls {
            answer,
            ..Calls::default()
        };
        let user = (&raw mut calls).cast();
        let code = lib.dcgmGetLatestValues_v2(run.handle, g, fg, Some(collect), user);
        seen! {"ret": code, "cb_calls": calls.values.len(), "values": calls.values}
    };
    match name {
        "WatchFields" => seen! {"ret": lib.dcgmWatchFields(run.handle, g, fg, SECOND, 3600.0, 100)},
        "UpdateAllFields(1)" => seen! {"ret": lib.dcgmUpdateAllFields(run.handle, 1)},
        "cb returns -1" => answering(-1),
        "cb returns +1" => answering(1),
        "NULL cb" => {
            let user = core::ptr::null_mut();
            seen! {"ret": lib.dcgmGetLatestValues_v2(run.handle, g, fg, None, user)}
        }
        "bad group" => run.seen_latest(NO_GROUP, fg),
        "bad fieldgroup" => run.seen_latest(g, NO_GROUP),
        "ALL_GPUS" => run.seen_latest(ALL_GPUS, fg),
        "ALL_NVSWITCHES (none)" => run.seen_latest(ALL_SWITCHES, fg),
        "empty group" => run.seen_latest(run.id("ge"), fg),
        "Entities bad gpu 77/switch 5/none, field 150+9999" => {
            run.seen_entities(&[(GPU, 77), (3, 5), (0, 0)], &[150, 9999], 0)
        }
        "Entities LIVE bad gpu 77" => run.seen_entities(&[(GPU, 77)], &[150], 1),
        "Entities count 0" => run.seen_entities(&[], &[150], 0),
        "Entities fieldcount 0" => run.seen_entities(&[(GPU, 77)], &[], 0),
        "Entities NULL values" => {
            let mut pair = sys::dcgmGroupEntityPair_t {
                entityGroupId: GPU,
                entityId: 77,
            };
            let (mut field, values) = (150, core::ptr::null_mut());
            let (pair, field) = (&raw mut pair, &raw mut field);
            seen! {"ret": lib.dcgmEntitiesGetLatestValues(run.handle, pair, 1, field, 1, 0, values)}
        }
        "Unwatch" => seen! {"ret": lib.dcgmUnwatchFields(run.handle, g, fg)},
        _ => Err("call not known"),
    }
}

/// One a millisecond, the first a millisecond from when they began.
fn inject_sentinel(run: &mut Run<'_>, which: &str) {
    let names = ["BLANK", "NOT_FOUND", "NOT_SUPPORTED", "NOT_PERMISSIONED"];
    let texts = [
        "<<<NULL>>>",
        "<<<NOT_FOUND>>>",
        "<<<NOT_SUPPORTED>>>",
        "<<<NOT_PERM>>>",
    ];
    let index = names.iter().position(|name| *name == which).unwrap();
    if index == 0 {
        run.vars.insert("t", run.now());
    }
    let at = run.var("t") + SECOND / 1000;
    run.vars.insert("t", at);
    let offset = i32::try_from(index).unwrap();
    let gpu = (GPU, run.g0);
    let injected = [
        (
            150,
            Injected::Int(0x7fff_ffff_ffff_fff0 + i64::from(offset)),
        ),
        (
            155,
            Injected::Double(140_737_488_355_328.0 + f64::from(offset)),
        ),
        (50, Injected::Text(texts[index])),
    ];
    for (field, value) in injected {
        assert_eq!(run.inject(gpu, field, &value, at), 0);
    }
}

fn injection(run: &mut Run<'_>, name: &str, (g0, g1): (u32, u32)) -> Seen {
    let now = run.now();
    if name == "inject i64 temp" {
        // Ten seconds before.
        run.vars.insert("t0", now - 10 * SECOND);
    }
    let t0 = run.var("t0");
    let inject =
        |gpu, field, value: &Injected, ts| seen! {"ret": run.inject((GPU, gpu), field, value, ts)};
    let int = Injected::Int;
    match name {
        "inject i64 temp" => inject(g0, 150, &int(55), t0),
        "inject dbl power" => inject(g0, 155, &Injected::Double(123.5), t0),
        "inject str name" => inject(g0, 50, &Injected::Text("NVIDIA Fake"), t0),
        "inject xid" => inject(g0, 230, &int(79), t0),
        "inject prof" => inject(g0, 1002, &Injected::Double(0.5), t0),
        "inject ts=0" => inject(g1, 150, &int(66), 0),
        "inject future ts" => inject(g1, 156, &int(777), now + 60 * SECOND),
        "inject wrong type (dbl into i64 temp)" => inject(g1, 150, &Injected::Double(1.5), now),
        "inject bad version" => {
            let mut value = zeroed::<sys::dcgmFieldValue_v1>();
            seen! {"ret": run.lib.dcgmInjectFieldValue(run.handle, g0, &raw mut *value)}
        }
        "inject bad gpu 77" => inject(77, 150, &int(1), 0),
        "inject unknown field 9999" => inject(g0, 9999, &int(1), 0),
        "inject with status=-18" => {
            let mut value = zeroed::<sys::dcgmFieldValue_v1>();
            value.version = sys::dcgmFieldValue_v1::VERSION;
            value.fieldId = 230;
            value.fieldType = u16::from(b'i');
            value.status = -18;
            value.ts = now;
            value.value.i64 = 1;
            seen! {"ret": run.lib.dcgmInjectFieldValue(run.handle, g1, &raw mut *value)}
        }
        "inject NaN" => inject(
            g0,
            155,
            &Injected::Double(f64::NAN),
            run.var("t") + SECOND / 200,
        ),
        "inject older ts than latest" => inject(g0, 150, &int(11), t0 - 5 * SECOND),
        "inject older than newest" => inject(g0, 150, &int(11), now - 3 * SECOND),
        _ => Err("call not known"),
    }
}

/// A watch of 100 ms, and a value by hand.
pub(crate) fn case6b(run: &mut Run<'_>, row: &Row) -> Seen {
    let first = run.handle == 0;
    set_up(run, &[150, 155], &[0]);
    let (g, fg) = (run.id("g"), run.id("fg"));
    if first {
        let _ = run
            .lib
            .dcgmWatchFields(run.handle, g, fg, SECOND / 10, 3600.0, 0);
        run.control.advance(Duration::from_millis(20));
        assert_eq!(
            run.inject((GPU, run.g0), 150, &Injected::Int(55), run.now()),
            0
        );
        run.control.advance(Duration::from_millis(10));
    }
    match row.name() {
        "t+0ms" => run.seen_latest(g, fg),
        "t+300ms" | "t+600ms" | "t+900ms" => {
            run.control.advance(Duration::from_millis(300));
            run.seen_latest(g, fg)
        }
        "UpdateAllFields(1)" => seen! {"ret": run.lib.dcgmUpdateAllFields(run.handle, 1)},
        "after update" => run.seen_latest(g, fg),
        "since 0" => {
            run.control.advance(Duration::from_millis(300));
            run.seen_since(g, fg, 0)
        }
        _ => Err("call not known"),
    }
}

pub(crate) fn case6l(run: &mut Run<'_>, row: &Row) -> Seen {
    set_up(run, &[], &[]);
    if row.name().starts_with("EntitiesGetLatestValues LIVE") {
        let before = run.control.crashes();
        let seen = run.seen_entities(&[(GPU, run.g0)], &[1002], 1);
        assert_eq!(
            run.control.crashes(),
            before + 1,
            "the real engine dies of this"
        );
        return seen;
    }
    run.seen_devices(run.handle)
}

/// Two connections, and what is shared.
pub(crate) fn case6c(run: &mut Run<'_>, row: &Row) -> Seen {
    let first = run.handle == 0;
    set_up(run, &[150], &[0]);
    if first {
        run.set("a", run.handle);
        assert_eq!(run.inject((GPU, 0), 150, &Injected::Int(42), run.now()), 0);
        let (code, b) = run.connect(5000);
        assert_eq!(code, 0);
        run.set("b", b);
    }
    let lib = run.lib;
    let (a, b, g, fg) = (run.id("a"), run.id("b"), run.id("g"), run.id("fg"));
    let latest = |handle| {
        let (code, calls) = run.latest(handle, g, fg);
        seen! {"ret": code, "cb_calls": calls.values.len(), "values": calls.values}
    };
    match row.name() {
        "other connection uses A's group+fieldgroup ids" => latest(b),
        "B destroys A's group" => seen! {"ret": lib.dcgmGroupDestroy(b, g)},
        "A uses destroyed group" => latest(a),
        "A disconnects (persist=0)" => {
            let again = run.group("of a", &[(GPU, 0)]);
            run.set("g", again);
            let seen = seen! {"ret": lib.dcgmDisconnect(a)};
            run.handle = b;
            wait_for_connections(run, 1);
            seen
        }
        "B uses A's group after A's disconnect" => latest(b),
        "GroupGetInfo of disconnected A's group" => {
            seen_group(run, g, sys::dcgmGroupInfo_v3::VERSION)
        }
        "FieldGroupGetInfo of disconnected A's fg" => seen_field_group(run, fg),
        "fieldgroup create (persist conn)" => {
            let (code, p) = run.connect_to(&run.address.clone(), 5000, false, true);
            assert_eq!(code, 0);
            run.handle = p;
            run.set("p", p);
            let (code, id) = run.create_field_group(Some("fg6cp"), &[150]);
            run.set("fg", id);
            let group = run.group("of p", &[(GPU, 0)]);
            run.set("g", group);
            assert_eq!(lib.dcgmWatchFields(p, group, id, SECOND, 60.0, 0), 0);
            seen! {"ret": code}
        }
        "persistAfterDisconnect=1: GroupGetInfo after disconnect" => {
            assert_eq!(lib.dcgmDisconnect(run.id("p")), 0);
            run.handle = b;
            wait_for_connections(run, 1);
            seen_group(run, g, sys::dcgmGroupInfo_v3::VERSION)
        }
        "persist: latest via B" => latest(b),
        "persist: recreate field group same name" => {
            seen! {"ret": run.create_field_group(Some("fg6cp"), &[150]).0}
        }
        _ => Err("call not known"),
    }
}

/// The engine sees the end of a connection a moment after the client made it.
fn wait_for_connections(run: &Run<'_>, count: u64) {
    let started = std::time::Instant::now();
    while run.control.open().connections != count {
        assert!(
            started.elapsed() < Duration::from_secs(10),
            "the engine did not see it"
        );
        std::thread::yield_now();
    }
}

pub(crate) fn case6d(run: &mut Run<'_>, row: &Row) -> Seen {
    let lib = run.lib;
    let name = row.name();
    if name == "fg" {
        set_up(run, &[], &[0, 1]);
        let (code, id) = run.create_field_group(Some("fg6d"), &CASE_6D);
        run.set("fg", id);
        // ECC modes are not watched here, yet every GPU of the recording has one.
        return seen! {"ret": code};
    }
    let (g, fg, g0) = (run.id("g"), run.id("fg"), run.g0);
    if name.starts_with("1.2s later (AUTO") {
        run.control.advance(Duration::from_millis(1200));
    }
    if name.starts_with("1.5s after") {
        run.control.advance(Duration::from_millis(1500));
    }
    if name.starts_with("after 8 injects keepSamples") {
        for value in 100..108 {
            assert_eq!(
                run.inject((GPU, g0), 150, &Injected::Int(value), run.now()),
                0
            );
            run.control.advance(Duration::from_micros(10));
        }
    }
    if name.ends_with("GetLatestValues_v2") {
        return run.seen_latest(g, fg);
    }
    if name.ends_with("GetValuesSince_v2(since=0)") {
        let seen = run.seen_since(g, fg, 0);
        // What the recording goes on from.
        if name.starts_with("updated") {
            run.vars.insert("since", run.var("next"));
        }
        return seen;
    }
    if name.ends_with("GetValuesSince_v2(since=t)") {
        return run.seen_since(g, fg, run.var("since"));
    }
    if name.starts_with("inject") {
        return injection(run, name, (g0, run.g1));
    }
    if let Some(field) = name
        .strip_prefix("LIVE field ")
        .or(name.strip_prefix("CACHED field "))
    {
        let field = field.split(' ').next().unwrap().parse().unwrap();
        return run.seen_entities(&[(GPU, g0)], &[field], name.starts_with("LIVE").into());
    }
    if let Some(rest) = name.strip_prefix("entity (") {
        let (pair, flags) = rest.split_once(") field 150 flags=").unwrap();
        let (kind, id) = pair.split_once(',').unwrap();
        let pair = (kind.parse().unwrap(), id.parse().unwrap());
        return run.seen_entities(&[pair], &[150], flags.parse().unwrap());
    }
    let partial = [150, 1002, 155];
    match name {
        "WatchFields(1s,keepAge 3600,keepSamples 5)" => {
            seen! {"ret": lib.dcgmWatchFields(run.handle, g, fg, SECOND, 3600.0, 5)}
        }
        "UpdateAllFields(1)" => seen! {"ret": lib.dcgmUpdateAllFields(run.handle, 1)},
        "good gpu + gpu 77, cached" => run.seen_entities(&[(GPU, g0), (GPU, 77)], &[150, 155], 0),
        "good gpu, fields 150+9999, cached" => run.seen_entities(&[(GPU, g0)], &[150, 9999], 0),
        "good gpu, fields 150+9999, LIVE" => run.seen_entities(&[(GPU, g0)], &[150, 9999], 1),
        "Unwatch" => seen! {"ret": lib.dcgmUnwatchFields(run.handle, g, fg)},
        "dcgmEntityGetLatestValues" | "dcgmGetLatestValuesForFields" => seen_v1(run, name),
        "WatchFields [150,1002(PROF),155]" => {
            let id = run.field_group("partial", &partial);
            run.set("fp", id);
            seen! {"ret": lib.dcgmWatchFields(run.handle, g, id, SECOND, 3600.0, 5)}
        }
        "after partial watch" => run.seen_latest(g, run.id("fp")),
        "GetValuesSince_v2 with one unwatched field" => {
            let fields = run.id("fp");
            run.seen_since(g, fields, 0)
        }
        "Unwatch [150,1002,155]" => {
            seen! {"ret": lib.dcgmUnwatchFields(run.handle, g, run.id("fp"))}
        }
        _ => Err("call not known"),
    }
}

/// The two calls that fill structs of the first version.
fn seen_v1(run: &Run<'_>, name: &str) -> Seen {
    let mut fields = [150_u16, 155];
    let mut values = [*zeroed::<sys::dcgmFieldValue_v1>(); 2];
    let gpu = i32::try_from(run.g0).unwrap();
    let (fields, out) = (fields.as_mut_ptr(), values.as_mut_ptr());
    let code = if name == "dcgmEntityGetLatestValues" {
        run.lib
            .dcgmEntityGetLatestValues(run.handle, GPU, gpu, fields, 2, out)
    } else {
        run.lib
            .dcgmGetLatestValuesForFields(run.handle, gpu, fields, 2, out)
    };
    let mut calls = Calls::default();
    for value in &mut values {
        // SAFETY: the callback takes one value, and a `Calls`.
        unsafe { collect(GPU, run.g0, value, 1, (&raw mut calls).cast()) };
    }
    seen! {"ret": code, "values": calls.values}
}

/// Retention: a watch each, of 100 ms.
pub(crate) fn case6e(run: &mut Run<'_>, row: &Row) -> Seen {
    set_up(run, &[], &[0]);
    let name = row.name();
    let mut words = name.split_whitespace();
    let number = |prefix: &str| -> f64 {
        let found = name
            .split_whitespace()
            .find_map(|word| word.strip_prefix(prefix));
        found.unwrap().parse().unwrap()
    };
    let field = name
        .split_whitespace()
        .find_map(|word| word.strip_prefix('f')?.parse::<u16>().ok())
        .unwrap();
    if words.next() == Some("watch") {
        run.pace = Duration::ZERO;
        let fields = run.field_group(name, &[field]);
        run.vars
            .insert(name_of(field), i64::try_from(fields).unwrap());
        let (g, keep) = (run.id("g"), number("keepAge="));
        #[expect(clippy::cast_possible_truncation, reason = "a small number")]
        let samples = number("keepSamples=") as i32;
        return seen! {"ret": run.lib.dcgmWatchFields(run.handle, g, fields, SECOND / 10, keep, samples)};
    }
    if name.starts_with("after") && field == 150 {
        run.control.advance(Duration::from_secs(3));
    }
    if matches!(field, 150 | 155) {
        return Err("the engine held samples of an earlier recording");
    }
    let (g, fields) = (run.id("g"), run.id(name_of(field)));
    let seen = run.seen_since(g, fields, 0)?;
    let count = seen.get("cb_calls").unwrap().clone();
    seen! {"r": seen.get("ret").unwrap().clone(), "samples": count}
}

fn name_of(field: u16) -> &'static str {
    match field {
        150 => "f150",
        155 => "f155",
        203 => "f203",
        100 => "f100",
        101 => "f101",
        252 => "f252",
        _ => "f250",
    }
}
