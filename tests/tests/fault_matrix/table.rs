//! The expected effect of a fault in each function: one row per function.

use dcgm::{ErrorClass, ReturnCode};
use dcgm_otel::ErrorKind;

/// The steps of a session, in order.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Step {
    Connect,
    Version,
    List,
    Entities,
    Links,
    Watch,
    /// A watch of profiling fields alone.
    WatchProfiling,
    WatchEvents,
    Latest,
    /// The same once more, which is worth a group then.
    LatestAgain,
    Events,
    Update,
    /// Listing and reading once more, after the watches and the query were dropped.
    Again,
}

/// The way in which a return code is hidden from the caller.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Hides {
    /// Nothing: each code is an error.
    Nothing,
    /// Only this entity or kind is missing: all but the end of the connection and DCGM's timeout.
    Detail,
    /// "Not supported", which means that there is none.
    Unsupported,
    /// An engine that is too old is asked in another way.
    TooOld,
    /// Fields that are not read by groups are read by lists: all but the end of the connection and
    /// DCGM's timeout.
    Lists,
    /// A call that only saves other calls: all but the end of the connection and DCGM's timeout.
    Shortcut,
    /// A GPU without a profiler is an error; one whose profiler is unknown is tried. Otherwise like
    /// `Shortcut`.
    Profiler,
    /// A watch is given back, which returns no error. The next call finds the end of the
    /// connection.
    Release,
    /// It answers no code but a pointer: whatever the fault, the field is unknown.
    Pointer,
    /// The end of a connection, which returns no error.
    End,
}

/// A function, where its failure shows first, and what hides it there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    pub(crate) function: &'static str,
    pub(crate) step: Step,
    pub(crate) hides: Hides,
    /// The meter's kind, if the error itself does not say more.
    pub(crate) kind: ErrorKind,
    pub(crate) only: Only,
}

/// Where a function is called at all.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Only {
    Standalone,
    Embedded,
    Both,
}

const fn row(function: &'static str, step: Step, hides: Hides, kind: ErrorKind, only: Only) -> Row {
    Row {
        function,
        step,
        hides,
        kind,
        only,
    }
}

/// Every function of libdcgm that the telemetry path calls.
#[rustfmt::skip] // One row a function.
pub(crate) const ROWS: &[Row] = &[
    row("dcgmVersionInfo",             Step::Connect,     Hides::Nothing,     ErrorKind::Connect,   Only::Both),
    row("dcgmInit",                    Step::Connect,     Hides::Nothing,     ErrorKind::Connect,   Only::Both),
    row("dcgmStartEmbedded_v2",        Step::Connect,     Hides::Nothing,     ErrorKind::Connect,   Only::Embedded),
    row("dcgmConnect_v2",              Step::Connect,     Hides::Nothing,     ErrorKind::Connect,   Only::Standalone),
    row("dcgmHostengineVersionInfo",   Step::Connect,     Hides::Nothing,     ErrorKind::Connect,   Only::Both),
    row("dcgmGetEntityGroupEntities",  Step::List,        Hides::Nothing,     ErrorKind::Enumerate, Only::Both),
    row("dcgmGetDeviceAttributes",     Step::Entities,    Hides::Detail,      ErrorKind::Enumerate, Only::Both),
    row("dcgmGetGpuStatus",            Step::Entities,    Hides::Detail,      ErrorKind::Enumerate, Only::Both),
    row("dcgmGetGpuInstanceHierarchy", Step::Entities,    Hides::Detail,      ErrorKind::Enumerate, Only::Both),
    row("dcgmGetNvLinkLinkStatus",     Step::Links,       Hides::Unsupported, ErrorKind::Enumerate, Only::Both),
    row("DcgmFieldGetById",            Step::Watch,       Hides::Pointer,     ErrorKind::Watch,     Only::Both),
    row("dcgmGroupCreate",             Step::Watch,       Hides::Nothing,     ErrorKind::Watch,     Only::Both),
    row("dcgmGroupAddEntity",          Step::Watch,       Hides::Nothing,     ErrorKind::Watch,     Only::Both),
    row("dcgmGroupGetInfo",            Step::Watch,       Hides::Shortcut,    ErrorKind::Watch,     Only::Both),
    row("dcgmGroupRemoveEntity",       Step::Watch,       Hides::Shortcut,    ErrorKind::Watch,     Only::Both),
    row("dcgmFieldGroupCreate",        Step::Watch,       Hides::Nothing,     ErrorKind::Watch,     Only::Both),
    row("dcgmWatchFields",             Step::Watch,       Hides::Nothing,     ErrorKind::Watch,     Only::Both),
    row("dcgmProfGetSupportedMetricGroups", Step::WatchProfiling, Hides::Profiler, ErrorKind::Watch,  Only::Both),
    row("dcgmGetValuesSince_v2",       Step::WatchEvents, Hides::Nothing,     ErrorKind::Watch,     Only::Both),
    row("dcgmEntitiesGetLatestValues", Step::Latest,      Hides::TooOld,      ErrorKind::Read,      Only::Both),
    row("dcgmGetLatestValues_v2",      Step::LatestAgain, Hides::Lists,       ErrorKind::Read,      Only::Both),
    row("dcgmUpdateAllFields",         Step::Update,      Hides::Nothing,     ErrorKind::Read,      Only::Embedded),
    row("dcgmUnwatchFields",           Step::Again,       Hides::Release,     ErrorKind::Read,      Only::Both),
    row("dcgmFieldGroupDestroy",       Step::Again,       Hides::Release,     ErrorKind::Read,      Only::Both),
    row("dcgmGroupDestroy",            Step::Again,       Hides::Release,     ErrorKind::Read,      Only::Both),
    row("dcgmDisconnect",              Step::Again,       Hides::End,         ErrorKind::Read,      Only::Standalone),
    row("dcgmStopEmbedded",            Step::Again,       Hides::End,         ErrorKind::Read,      Only::Embedded),
];

/// Returns the host on which a function is called at all.
pub(crate) fn host(row: &Row) -> &'static str {
    match row.function {
        // Only where there are instances.
        "dcgmGetGpuInstanceHierarchy" => "8xh100-mig7",
        // Only where a group has many members.
        "dcgmGroupGetInfo" | "dcgmGroupRemoveEntity" => "8xh100",
        _ => "1xl4",
    }
}

/// Returns `true` if a meter on that host calls the function.
pub(crate) fn is_called_by_a_meter(row: &Row) -> bool {
    // A meter watches all GPUs of a host, so it removes none from a group; and it calls the other
    // only on a host with instances.
    let is_never = ["dcgmGetGpuInstanceHierarchy", "dcgmGroupRemoveEntity"];
    !is_never.contains(&row.function)
}

/// Returns `true` for codes that end a session during any call.
pub(crate) fn ends(code: ReturnCode) -> bool {
    code.class() == Some(ErrorClass::Disconnected)
}

/// Where a code shows that a function always answers; `None` if nowhere.
pub(crate) fn shows(row: &Row, code: ReturnCode) -> Option<Step> {
    let serious = ends(code) || code == ReturnCode::TIMEOUT;
    match row.hides {
        Hides::Nothing | Hides::Pointer => Some(row.step),
        Hides::Detail | Hides::Lists | Hides::Shortcut => serious.then_some(row.step),
        Hides::Unsupported => (code.class() != Some(ErrorClass::Unsupported)).then_some(row.step),
        Hides::Profiler => (serious || code == ReturnCode::MODULE_NOT_LOADED).then_some(row.step),
        // What a GPU is, is asked by it too, and missed as a detail.
        Hides::TooOld if serious => Some(Step::Entities),
        Hides::TooOld => {
            let unknown = [ReturnCode::FUNCTION_NOT_FOUND, ReturnCode::VER_MISMATCH];
            (!unknown.contains(&code)).then_some(row.step)
        }
        Hides::Release => ends(code).then_some(row.step),
        Hides::End => None,
    }
}
