//! Diagnostics: the request and the response, in the versions of 3.3, 4.0 and 4.3.

use core::ffi::c_char;
use std::sync::Arc;
use std::time::Duration;

use dcgm_sys as sys;
use sys::Versioned as _;

use super::{EngineHandle, call, new_zeroed, text};
use crate::diagnostics::{
    DiagnosticError, DiagnosticLevel, DiagnosticNote, DiagnosticReport, DiagnosticRequest,
    EntityOutcome, FailureCode, HostReport, MultiNodeReport, MultiNodeRequest, TestOutcome,
    TestParameter, TestReport, TestSelection, TestedEntity, worst_outcome,
};
use crate::entity::{EntityId, EntityKind};
use crate::error::{Error, Result};

/// The version of the structs of a diagnostic.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum DiagnosticStructs {
    /// A list of GPUs, results by GPU and index.
    V3_3,
    /// A list of entities, results by name.
    V4_0,
    /// The same, with more notes.
    V4_3,
}

/// The version of the structs of a diagnostic of several hosts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum MultiNodeStructs {
    /// 72 hosts.
    V1,
    /// 576 hosts.
    V2,
}

/// The names of the software tests of 3.3, by index.
const SOFTWARE_TESTS: [&str; 11] = [
    "denylist",
    "nvml_library",
    "cuda_main_library",
    "cuda_runtime_library",
    "permissions",
    "persistence_mode",
    "environment",
    "page_retirement",
    "graphics_processes",
    "inforom",
    "fabric_manager",
];

/// The names of the tests of a GPU in 3.3, by index.
const GPU_TESTS: [&str; 13] = [
    "memory",
    "diagnostic",
    "pcie",
    "sm_stress",
    "targeted_stress",
    "targeted_power",
    "memory_bandwidth",
    "memtest",
    "pulse_test",
    "eud",
    "nvbandwidth",
    "nccl_tests",
    "rist",
];

/// Writes a text and its NUL into a zeroed array.
fn put_text(into: &mut [c_char], from: &str, too_long: &'static str) -> Result<()> {
    if from.len() >= into.len() {
        return Err(Error::Request(too_long));
    }
    if from.bytes().any(|byte| byte == 0) {
        return Err(Error::Request(
            "a text of a diagnostic contains a NUL character",
        ));
    }
    for (to, byte) in into.iter_mut().zip(from.bytes()) {
        *to = i8::from_ne_bytes([byte]) as c_char;
    }
    Ok(())
}

/// Writes texts into the rows of a zeroed array.
fn put_rows<const N: usize>(
    into: &mut [[c_char; N]],
    from: impl ExactSizeIterator<Item = String>,
    too_many: &'static str,
    too_long: &'static str,
) -> Result<()> {
    if from.len() > into.len() {
        return Err(Error::Request(too_many));
    }
    for (row, text) in into.iter_mut().zip(from) {
        put_text(row, &text, too_long)?;
    }
    Ok(())
}

fn put_parameters<const N: usize>(
    into: &mut [[c_char; N]],
    parameters: &[TestParameter],
) -> Result<()> {
    // DCGM joins the parameters by semicolons.
    let is_joined = |one: &TestParameter| one.text().contains(';');
    if parameters.iter().any(is_joined) {
        return Err(Error::Request("a parameter of a test contains a semicolon"));
    }
    put_rows(
        into,
        parameters.iter().map(TestParameter::text),
        "a diagnostic has too many parameters",
        "a parameter of a test is too long",
    )
}

/// Returns the list of entities, as DCGM writes it: a GPU is a number.
fn entity_list(entities: &[EntityId], structs: DiagnosticStructs) -> Result<String> {
    let name = |entity: &EntityId| match entity.kind {
        EntityKind::GPU => Ok(entity.id.to_string()),
        EntityKind::CPU if structs != DiagnosticStructs::V3_3 => Ok(format!("cpu:{}", entity.id)),
        EntityKind::CPU => Err(Error::Request(
            "a diagnostic of CPUs needs DCGM 4.0 or later",
        )),
        _ => Err(Error::Request("a diagnostic is of GPUs and CPUs")),
    };
    let names: Result<Vec<_>> = entities.iter().map(name).collect();
    Ok(names?.join(","))
}

const fn level_number(level: DiagnosticLevel) -> sys::dcgmPolicyValidation_t {
    match level {
        DiagnosticLevel::Short => sys::DCGM_POLICY_VALID_SV_SHORT,
        DiagnosticLevel::Medium => sys::DCGM_POLICY_VALID_SV_MED,
        DiagnosticLevel::Long => sys::DCGM_POLICY_VALID_SV_LONG,
        DiagnosticLevel::ExtraLong => sys::DCGM_POLICY_VALID_SV_XLONG,
    }
}

fn whole_seconds(time: Duration) -> u32 {
    u32::try_from(time.as_secs()).unwrap_or(u32::MAX).max(1)
}

/// Makes the request in one version of the struct; the entities are in the member `$list`.
macro_rules! run_request {
    ($version:ident, $list:ident, $request:expr, $structs:expr) => {{
        let request: &DiagnosticRequest = $request;
        let mut run = new_zeroed::<sys::$version>();
        run.version = sys::$version::VERSION;
        // 0 would be a level of the log.
        run.debugLevel = u32::from_ne_bytes(sys::DCGM_INT32_BLANK.to_ne_bytes());
        run.timeoutSeconds = whole_seconds(request.deadline);
        if request.stops_at_failure {
            run.flags |= sys::DCGM_RUN_FLAGS_FAIL_EARLY;
        }
        if request.ends_with_client {
            run.flags |= sys::DCGM_RUN_FLAGS_ENABLE_HEARTBEAT;
        }
        if request.entities.is_empty() {
            run.groupId = sys::DCGM_GROUP_ALL_GPUS as sys::dcgmGpuGrp_t;
        } else {
            // With a group, the engine does not look at the list.
            run.groupId = sys::DCGM_GROUP_NULL as sys::dcgmGpuGrp_t;
            let list = entity_list(&request.entities, $structs)?;
            put_text(&mut run.$list, &list, "a diagnostic has too many entities")?;
        }
        match &request.tests {
            TestSelection::Level(level) => run.validate = level_number(*level),
            TestSelection::Named(names) if names.iter().all(String::is_empty) => {
                return Err(Error::Request("a diagnostic without a test"));
            }
            TestSelection::Named(names) => put_rows(
                &mut run.testNames,
                names.iter().cloned(),
                "a diagnostic has too many tests",
                "the name of a test is too long",
            )?,
        }
        put_parameters(&mut run.testParms, &request.parameters)?;
        run
    }};
}

/// Calls the function with a request and a response.
macro_rules! run_and_report {
    ($engine:expr, $run:expr, $response:ident, $report:ident) => {{
        let mut run = $run;
        let mut response = new_zeroed::<sys::$response>();
        response.version = sys::$response::VERSION;
        // SAFETY: both structs have the version that their first word states, and live as long as the call.
        unsafe {
            call!(
                $engine.library(),
                dcgmActionValidate_v2(
                    $engine.handle(),
                    (&raw mut *run).cast(),
                    (&raw mut *response).cast(),
                )
            )
        }?;
        Ok($report(&response))
    }};
}

impl EngineHandle {
    /// Runs a diagnostic; the call lasts until it ends.
    pub(crate) fn run_diagnostic(
        &self,
        request: &DiagnosticRequest,
        structs: DiagnosticStructs,
    ) -> Result<DiagnosticReport> {
        match structs {
            DiagnosticStructs::V3_3 => {
                let run = run_request!(dcgmRunDiag_v7, gpuList, request, structs);
                run_and_report!(self, run, dcgmDiagResponse_v9, report_by_gpu)
            }
            DiagnosticStructs::V4_0 => {
                let run = run_request!(dcgmRunDiag_v9, entityIds, request, structs);
                run_and_report!(self, run, dcgmDiagResponse_v11, report_v11)
            }
            DiagnosticStructs::V4_3 => {
                let run = run_request!(dcgmRunDiag_v10, entityIds, request, structs);
                run_and_report!(self, run, dcgmDiagResponse_v12, report_v12)
            }
        }
    }

    /// Stops the diagnostic that the engine runs.
    pub(crate) fn stop_diagnostic(&self) -> Result<()> {
        // SAFETY: the function has only the handle.
        unsafe { call!(self.library(), dcgmStopDiagnostic(self.handle())) }
    }

    /// Says that the client of a diagnostic lives.
    pub(crate) fn send_diagnostic_heartbeat(&self) -> Result<()> {
        // SAFETY: the function has only the handle.
        unsafe { call!(self.library(), dcgmDiagSendHeartbeat(self.handle())) }
    }

    /// Returns an error if the library cannot say that the client lives. Makes no call.
    pub(crate) fn check_diagnostic_heartbeat(&self) -> Result<()> {
        let row = sys::Symbols::ROWS
            .iter()
            .zip(self.library().symbols().presence());
        let missing = row
            .map(|(_, found)| found)
            .find(|(row, found)| row.name == "dcgmDiagSendHeartbeat" && !found);
        match missing {
            Some(_) => Err(Error::Request(
                "this libdcgm has no heartbeat for a diagnostic, which DCGM 4.4.2 added",
            )),
            None => Ok(()),
        }
    }

    /// Runs a diagnostic on several hosts; the call lasts until it ends.
    pub(crate) fn run_multi_node_diagnostic(
        &self,
        request: &MultiNodeRequest,
        structs: MultiNodeStructs,
    ) -> Result<MultiNodeReport> {
        macro_rules! run {
            ($version:ident, $response:ident, $report:ident) => {{
                let mut run = new_zeroed::<sys::$version>();
                run.version = sys::$version::VERSION;
                put_rows(
                    &mut run.hostList,
                    request.hosts.iter().cloned(),
                    "a diagnostic has too many hosts",
                    "the name of a host is too long",
                )?;
                put_text(
                    &mut run.testName,
                    &request.test,
                    "the name of a test is too long",
                )?;
                put_parameters(&mut run.testParms, &request.parameters)?;
                let mut response = new_zeroed::<sys::$response>();
                response.version = sys::$response::VERSION;
                // SAFETY: both structs have the version that their first word states.
                unsafe {
                    call!(
                        self.library(),
                        dcgmRunMnDiagnostic(
                            self.handle(),
                            (&raw const *run).cast(),
                            (&raw mut *response).cast(),
                        )
                    )
                }?;
                Ok($report(&response))
            }};
        }
        match structs {
            MultiNodeStructs::V1 => run!(dcgmRunMnDiag_v1, dcgmMnDiagResponse_v1, hosts_v1),
            MultiNodeStructs::V2 => run!(dcgmRunMnDiag_v2, dcgmMnDiagResponse_v2, hosts_v2),
        }
    }

    /// Stops the diagnostic on several hosts.
    pub(crate) fn stop_multi_node_diagnostic(&self) -> Result<()> {
        // SAFETY: the function has only the handle.
        unsafe { call!(self.library(), dcgmStopMnDiagnostic(self.handle())) }
    }
}

/// Returns the entity of a pair; `None` for the host.
fn entity_of(pair: sys::dcgmGroupEntityPair_t) -> Option<EntityId> {
    let kind = EntityKind::from_raw(pair.entityGroupId);
    (kind != EntityKind::HOST).then(|| EntityId::new(kind, pair.entityId))
}

fn outcome_of(entity: sys::dcgmGroupEntityPair_t, result: u32) -> EntityOutcome {
    let kind = EntityKind::from_raw(entity.entityGroupId);
    EntityOutcome::new(
        EntityId::new(kind, entity.entityId),
        TestOutcome::from_raw(result),
    )
}

/// Returns the items that the first `count` indices name. Indices and counts that are too large are
/// left out: they come from another process.
fn named<'a, T>(
    indices: impl IntoIterator<Item = usize> + 'a,
    count: usize,
    items: &'a [T],
) -> impl Iterator<Item = &'a T> {
    indices
        .into_iter()
        .take(count)
        .filter_map(|index| items.get(index))
}

/// Makes a function that reads the response of 4.x in one version.
macro_rules! report_by_test {
    ($function:ident, $response:ident) => {
        fn $function(response: &sys::$response) -> DiagnosticReport {
            let error_of = |error: &sys::dcgmDiagError_v1| {
                DiagnosticError::new(
                    entity_of(error.entity),
                    FailureCode::from_raw(error.code),
                    text::message(&error.msg),
                )
            };
            let categories = response
                .categories
                .iter()
                .take(usize::from(response.numCategories));
            let categories: Vec<_> = categories.map(|name| text::identity_text(name)).collect();
            let tests = response.tests.iter().take(usize::from(response.numTests));
            let tests = tests.map(|test| {
                let errors = named(
                    test.errorIndices.iter().copied().map(usize::from),
                    usize::from(test.numErrors),
                    &response.errors,
                );
                let notes = named(
                    test.infoIndices.iter().copied().map(usize::from),
                    usize::from(test.numInfo),
                    &response.info,
                );
                let results = named(
                    test.resultIndices.iter().copied().map(usize::from),
                    usize::from(test.numResults),
                    &response.results,
                );
                TestReport {
                    name: text::message(&test.name),
                    category: categories
                        .get(usize::from(test.categoryIndex))
                        .cloned()
                        .flatten(),
                    outcome: TestOutcome::from_raw(test.result),
                    entities: results
                        .map(|one| outcome_of(one.entity, one.result))
                        .collect(),
                    errors: errors.map(error_of).collect(),
                    notes: notes
                        .map(|note| {
                            DiagnosticNote::new(entity_of(note.entity), text::message(&note.msg))
                        })
                        .collect(),
                }
            });
            let entities = response.entities.iter();
            let entities = entities.take(usize::from(response.numEntities));
            let of_system = |error: &&sys::dcgmDiagError_v1| {
                error.testId == sys::DCGM_DIAG_RESPONSE_SYSTEM_ERROR
            };
            let errors = response.errors.iter().take(usize::from(response.numErrors));
            DiagnosticReport {
                tests: tests.collect(),
                entities: entities
                    .map(|one| {
                        let kind = EntityKind::from_raw(one.entity.entityGroupId);
                        TestedEntity::new(
                            EntityId::new(kind, one.entity.entityId),
                            text::identity_text(&one.serialNum),
                            text::identity_text(&one.skuDeviceId),
                        )
                    })
                    .collect(),
                errors: errors.filter(of_system).map(error_of).collect(),
                engine_version: text::identity_text(&response.dcgmVersion),
                driver_version: text::identity_text(&response.driverVersion),
            }
        }
    };
}

report_by_test!(report_v11, dcgmDiagResponse_v11);
report_by_test!(report_v12, dcgmDiagResponse_v12);

/// Reads the errors and the note of a test of 3.3.
fn details_by_gpu(
    result: &sys::dcgmDiagTestResult_v3,
    entity: Option<EntityId>,
    errors: &mut Vec<DiagnosticError>,
    notes: &mut Vec<DiagnosticNote>,
) {
    errors.extend(
        result
            .error
            .iter()
            .filter_map(|error| error_by_gpu(error, entity)),
    );
    if let Some(note) = text::identity_text(&result.info) {
        notes.push(DiagnosticNote::new(entity, note));
    }
}

/// Returns an error of 3.3; `None` if its place is empty.
fn error_by_gpu(
    error: &sys::dcgmDiagErrorDetail_v2,
    entity: Option<EntityId>,
) -> Option<DiagnosticError> {
    let message = text::message(&error.msg);
    if error.code == 0 && message.is_empty() {
        return None;
    }
    let gpu = u32::try_from(error.gpuId).ok().map(EntityId::gpu);
    // A zeroed place of an error of the host is not GPU 0.
    let entity = entity.or(gpu.filter(|gpu| gpu.id != 0));
    Some(DiagnosticError::new(
        entity,
        FailureCode::from_raw(error.code),
        message,
    ))
}

/// Reads the response of 3.3: the tests of the host, and those of each GPU by index.
fn report_by_gpu(response: &sys::dcgmDiagResponse_v9) -> DiagnosticReport {
    let count = |count: u32| usize::try_from(count).unwrap_or(usize::MAX);
    let mut report = DiagnosticReport {
        errors: error_by_gpu(&response.systemError, None)
            .into_iter()
            .collect(),
        engine_version: text::identity_text(&response.dcgmVersion),
        driver_version: text::identity_text(&response.driverVersion),
        ..DiagnosticReport::default()
    };
    let software = response
        .levelOneResults
        .iter()
        .take(count(response.levelOneTestCount));
    for (index, result) in software.enumerate() {
        let (mut errors, mut notes) = (Vec::new(), Vec::new());
        details_by_gpu(result, None, &mut errors, &mut notes);
        report.tests.push(TestReport {
            name: SOFTWARE_TESTS
                .get(index)
                .map_or_else(|| format!("software-{index}").into(), |name| (*name).into()),
            category: None,
            outcome: TestOutcome::from_raw(result.status),
            entities: Vec::new(),
            errors,
            notes,
        });
    }
    let gpus = || {
        let gpus = response.perGpuResponses.iter();
        gpus.take(count(response.gpuCount))
    };
    for (index, name) in GPU_TESTS.iter().enumerate() {
        let (mut entities, mut errors, mut notes) = (Vec::new(), Vec::new(), Vec::new());
        for gpu in gpus() {
            let Some(result) = gpu.results.get(index) else {
                continue;
            };
            let entity = EntityId::gpu(gpu.gpuId);
            entities.push(EntityOutcome::new(
                entity,
                TestOutcome::from_raw(result.status),
            ));
            details_by_gpu(result, Some(entity), &mut errors, &mut notes);
        }
        let was_run = |one: &EntityOutcome| one.outcome != TestOutcome::NOT_RUN;
        if entities.iter().any(was_run) {
            report.tests.push(TestReport {
                name: Arc::from(*name),
                category: None,
                outcome: worst_outcome(entities.iter().map(|one| one.outcome), false),
                entities,
                errors,
                notes,
            });
        }
    }
    let serials = response.devSerials.iter().zip(&response.devIds);
    report.entities = gpus()
        .zip(serials)
        .map(|(gpu, (serial, device))| {
            TestedEntity::new(
                EntityId::gpu(gpu.gpuId),
                text::identity_text(serial),
                text::identity_text(device),
            )
        })
        .collect();
    report
}

/// Makes a function that reads the response of several hosts in one version.
macro_rules! report_by_host {
    ($function:ident, $response:ident) => {
        fn $function(response: &sys::$response) -> MultiNodeReport {
            let error_of = |error: &sys::dcgmMnDiagError_v1| {
                DiagnosticError::new(
                    entity_of(error.entity),
                    FailureCode::from_raw(error.code),
                    text::message(&error.msg),
                )
            };
            let tests = response.tests.iter().take(usize::from(response.numTests));
            let tests = tests.map(|test| TestReport {
                name: text::message(&test.name),
                category: None,
                outcome: TestOutcome::from_raw(test.result),
                entities: Vec::new(),
                errors: named(
                    test.errorIndices.iter().copied().map(usize::from),
                    usize::from(test.numErrors),
                    &response.errors,
                )
                .map(error_of)
                .collect(),
                notes: named(
                    test.infoIndices.iter().copied().map(usize::from),
                    usize::from(test.numInfo),
                    &response.info,
                )
                .map(|note| DiagnosticNote::new(entity_of(note.entity), text::message(&note.msg)))
                .collect(),
            });
            let tests: Vec<_> = tests.collect();
            let hosts = response.hosts.iter().take(usize::from(response.numHosts));
            let hosts = hosts.map(|host| {
                let indices = host.entityIndices.iter();
                let entities = named(
                    indices.map(|index| usize::try_from(*index).unwrap_or(usize::MAX)),
                    usize::try_from(host.numEntities).unwrap_or(usize::MAX),
                    &response.entities,
                );
                let tested = |one: &sys::dcgmMnDiagEntity_v1| {
                    let kind = EntityKind::from_raw(one.entity.entityGroupId);
                    TestedEntity::new(
                        EntityId::new(kind, one.entity.entityId),
                        text::identity_text(&one.serialNum),
                        text::identity_text(&one.skuDeviceId),
                    )
                };
                HostReport {
                    name: text::message(&host.hostname),
                    engine_version: text::identity_text(&host.dcgmVersion),
                    driver_version: text::identity_text(&host.driverVersion),
                    entities: entities.map(tested).collect(),
                    outcomes: Vec::new(),
                    errors: Vec::new(),
                }
            });
            let mut hosts: Vec<_> = hosts.collect();
            let place = |id: u32| usize::try_from(id).unwrap_or(usize::MAX);
            let results = response.results.iter();
            for one in results.take(usize::from(response.numResults)) {
                if let Some(host) = hosts.get_mut(place(one.hostId)) {
                    if tests.get(place(one.testId)).is_some() {
                        let outcome = outcome_of(one.entity, one.result);
                        host.outcomes.push((place(one.testId), outcome));
                    }
                }
            }
            let errors = response.errors.iter();
            for error in errors.take(usize::from(response.numErrors)) {
                if let Some(host) = hosts.get_mut(place(error.hostId)) {
                    host.errors.push(error_of(error));
                }
            }
            MultiNodeReport { hosts, tests }
        }
    };
}

report_by_host!(hosts_v1, dcgmMnDiagResponse_v1);
report_by_host!(hosts_v2, dcgmMnDiagResponse_v2);

#[cfg(test)]
mod tests;
