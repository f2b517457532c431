//! A symbol table whose functions respond by the script of their thread.

use core::ffi::{c_char, c_int, c_uint, c_ushort, c_void};
use std::sync::OnceLock;

use dcgm_sys as sys;

use super::script::{self, Script, ScriptedResponse};
use super::usage;
use super::{field_policies, fixed_structs, id};
use crate::entity::EntityId;

pub(super) fn library() -> &'static sys::Library {
    static LIBRARY: OnceLock<sys::Library> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let symbols = sys::Symbols {
            dcgmEntitiesGetLatestValues: Some(latest),
            dcgmGetLatestValues_v2: Some(grouped),
            dcgmGetValuesSince_v2: Some(since),
            dcgmGetEntityGroupEntities: Some(list),
            dcgmGetDeviceAttributes: Some(attributes),
            dcgmGetGpuStatus: Some(status),
            dcgmGetGpuInstanceHierarchy: Some(instances),
            dcgmGetNvLinkLinkStatus: Some(links),
            DcgmFieldGetById: Some(usage::meta),
            dcgmGetCacheManagerFieldInfo: Some(usage::watchers),
            dcgmGetFieldSummary: Some(usage::summary),
            dcgmGetMultipleValuesForField: Some(usage::values),
            dcgmGetPidInfo: Some(usage::process),
            dcgmGroupGetAllIds: Some(usage::group_ids),
            dcgmGroupGetInfo: Some(usage::group_info),
            dcgmJobGetStats: Some(usage::job),
            dcgmHealthCheck: Some(health),
            dcgmActionValidate_v2: Some(diagnostic),
            dcgmRunMnDiagnostic: Some(multi_node),
            dcgmVersionInfo: Some(library_build),
            dcgmHostengineVersionInfo: Some(engine_build),
            dcgmPolicyCreate: Some(field_policies::create),
            dcgmPolicyGetOne: Some(field_policies::get_one),
            dcgmPolicyGetAll: Some(field_policies::get_all),
            dcgmPolicyGetViolations: Some(field_policies::get_violations),
            ..fixed_structs::symbols()
        };
        // SAFETY: each function writes only within the memory that its caller describes.
        unsafe { sys::Library::from_symbols(symbols) }
    })
}

/// Fills an array with scripted bytes.
fn fill<T, const N: usize>(script: &mut Script, array: &mut [T; N], make: impl Fn(u8, u8) -> T) {
    for item in array.iter_mut().take(16) {
        *item = make(script.byte(), script.byte());
    }
}

/// # Safety
///
/// As for the DCGM function.
unsafe extern "C" fn diagnostic(
    _: sys::dcgmHandle_t,
    _: *mut sys::dcgmRunDiag_v10,
    response: *mut sys::dcgmDiagResponse_v12,
) -> sys::dcgmReturn_t {
    use sys::Versioned as _;
    // SAFETY: every version of the struct begins with its version.
    let version = unsafe { response.cast::<c_uint>().read() };
    macro_rules! fill_by_test {
        ($response:ident) => {{
            // SAFETY: the struct has the version that it states.
            let response = unsafe { &mut *response.cast::<sys::$response>() };
            script::with(|script| {
                response.numTests = script.byte();
                response.numErrors = script.byte();
                response.numInfo = script.byte();
                response.numCategories = script.byte();
                response.numEntities = u16::from_ne_bytes([script.byte(), script.byte()]);
                response.numResults = u16::from_ne_bytes([script.byte(), script.byte()]);
                for test in response.tests.iter_mut().take(4) {
                    test.result = u32::from(script.byte());
                    test.numErrors = script.byte();
                    test.numInfo = script.byte();
                    test.categoryIndex = script.byte();
                    test.numResults = u16::from_ne_bytes([script.byte(), script.byte()]);
                    fill(script, &mut test.name, |byte, _| {
                        i8::from_ne_bytes([byte]) as c_char
                    });
                    fill(script, &mut test.errorIndices, |byte, _| byte);
                    fill(script, &mut test.infoIndices, |byte, _| byte);
                    fill(script, &mut test.resultIndices, |one, two| {
                        u16::from_ne_bytes([one, two])
                    });
                }
                for error in response.errors.iter_mut().take(2) {
                    error.entity = script.pair();
                    error.testId = u32::from(script.byte());
                    fill(script, &mut error.msg, |byte, _| {
                        i8::from_ne_bytes([byte]) as c_char
                    });
                }
                script.code()
            })
        }};
    }
    if version == sys::dcgmDiagResponse_v12::VERSION {
        return fill_by_test!(dcgmDiagResponse_v12);
    }
    if version == sys::dcgmDiagResponse_v11::VERSION {
        return fill_by_test!(dcgmDiagResponse_v11);
    }
    // SAFETY: the struct has the version that it states.
    let response = unsafe { &mut *response.cast::<sys::dcgmDiagResponse_v9>() };
    script::with(|script| {
        response.gpuCount = u32::from_ne_bytes([script.byte(), script.byte(), 0, script.byte()]);
        response.levelOneTestCount =
            u32::from_ne_bytes([script.byte(), 0, script.byte(), script.byte()]);
        for gpu in response.perGpuResponses.iter_mut().take(2) {
            gpu.gpuId = u32::from(script.byte());
            for result in gpu.results.iter_mut().take(2) {
                result.status = u32::from(script.byte());
                result.error[0].code = u32::from(script.byte());
                result.error[0].gpuId = i32::from(script.byte()) - 2;
            }
        }
        script.code()
    })
}

/// # Safety
///
/// As for the DCGM function.
unsafe extern "C" fn multi_node(
    _: sys::dcgmHandle_t,
    _: *const sys::dcgmRunMnDiag_v1,
    response: *mut sys::dcgmMnDiagResponse_v1,
) -> sys::dcgmReturn_t {
    use sys::Versioned as _;
    // SAFETY: every version of the struct begins with its version.
    let version = unsafe { response.cast::<c_uint>().read() };
    macro_rules! fill_by_host {
        ($response:ident, $hosts:expr) => {{
            // SAFETY: the struct has the version that it states.
            let response = unsafe { &mut *response.cast::<sys::$response>() };
            script::with(|script| {
                response.numHosts = $hosts(script.byte(), script.byte());
                response.numTests = script.byte();
                let mut short = || u16::from_ne_bytes([script.byte() % 8, script.byte()]);
                response.numErrors = short();
                response.numInfos = short();
                response.numEntities = short();
                response.numResults = short();
                for host in response.hosts.iter_mut().take(2) {
                    host.numEntities = u32::from(script.byte()) << (script.byte() % 24);
                    host.entityIndices[0] = u32::from(script.byte()) << (script.byte() % 24);
                }
                for test in response.tests.iter_mut().take(2) {
                    test.numErrors = script.byte();
                    fill(script, &mut test.errorIndices, |byte, _| byte);
                    fill(script, &mut test.infoIndices, |byte, _| byte);
                }
                for result in response.results.iter_mut().take(4) {
                    result.entity = script.pair();
                    result.hostId = u32::from(script.byte());
                    result.testId = u32::from(script.byte()) << (script.byte() % 24);
                }
                script.code()
            })
        }};
    }
    if version == sys::dcgmMnDiagResponse_v1::VERSION {
        fill_by_host!(dcgmMnDiagResponse_v1, |byte, _| byte)
    } else {
        fill_by_host!(dcgmMnDiagResponse_v2, |one, two| u16::from_ne_bytes([
            one, two
        ]))
    }
}

pub(super) fn chars<const N: usize>(bytes: &[u8; N]) -> [c_char; N] {
    bytes.map(|byte| i8::from_ne_bytes([byte]) as c_char)
}

/// # Safety
///
/// As for the DCGM function.
unsafe extern "C" fn latest(
    _: sys::dcgmHandle_t,
    entities: *mut sys::dcgmGroupEntityPair_t,
    entity_count: c_uint,
    fields: *mut c_ushort,
    field_count: c_uint,
    _: c_uint,
    values: *mut sys::dcgmFieldValue_v2,
) -> sys::dcgmReturn_t {
    let (rows, columns) = (entity_count as usize, field_count as usize);
    // SAFETY: the caller states the number of entities.
    let entities = unsafe { core::slice::from_raw_parts(entities, rows) };
    // SAFETY: the caller states the number of fields.
    let fields = unsafe { core::slice::from_raw_parts(fields, columns) };
    // SAFETY: a value for each pair.
    let values = unsafe { core::slice::from_raw_parts_mut(values, rows * columns) };
    script::with(|script| {
        for (at, value) in values.iter_mut().enumerate() {
            let (entity, field) = (id(&entities[at / columns]), fields[at % columns]);
            let response = answer(script, (entity, field), (id(&entities[0]), fields[0]));
            if let Some(response) = &response {
                value.version = u32::from(script.byte()).max(1);
                value.entityGroupId = response.entity.kind.raw();
                value.entityId = response.entity.id;
                value.fieldId = response.field;
                value.fieldType = response.kind;
                value.status = response.status;
                value.unused = u32::MAX;
                value.ts = response.time;
                value.value.blob = chars(&response.payload);
            }
            script::record_response(response);
        }
        script.code()
    })
}

/// Returns the response for a pair: none, that of another pair, that of the first pair again, or its own.
fn answer(
    script: &mut Script,
    pair: (EntityId, u16),
    first: (EntityId, u16),
) -> Option<ScriptedResponse> {
    let (entity, field) = match script.byte() % 8 {
        0 => return None,
        1 => (id(&script.pair()), pair.1),
        2 => (pair.0, script.field()),
        3 => first,
        _ => pair,
    };
    Some(script.record(entity, field))
}

/// # Safety
///
/// As for the DCGM function.
unsafe extern "C" fn grouped(
    _: sys::dcgmHandle_t,
    _: sys::dcgmGpuGrp_t,
    _: sys::dcgmFieldGrp_t,
    callback: sys::dcgmFieldValueEntityEnumeration_f,
    user: *mut c_void,
) -> sys::dcgmReturn_t {
    let Some(callback) = callback else {
        return sys::DCGM_ST_BADPARAM;
    };
    let (entities, fields) = script::held();
    // In the order of the group, or in reverse.
    let turned = script::with(|script| script.byte() % 2 == 1);
    let last = entities.len() - 1;
    for at in 0..entities.len() {
        let entity = &entities[if turned { last - at } else { at }];
        for field in &fields {
            let response = script::with(|script| {
                let response = answer(script, (id(entity), *field), (id(&entities[0]), fields[0]));
                response.map(|response| (response, script.byte()))
            });
            let Some((response, version)) = response else {
                continue;
            };
            let mut value = value(&response, version);
            let (kind, id) = (response.entity.kind.raw(), response.entity.id);
            script::record_response(Some(response));
            // SAFETY: one value.
            if unsafe { callback(kind, id, &raw mut value, 1, user) } != 0 {
                return sys::DCGM_ST_OK;
            }
        }
    }
    script::with(Script::code)
}

/// # Safety
///
/// As for the DCGM function.
unsafe extern "C" fn since(
    _: sys::dcgmHandle_t,
    _: sys::dcgmGpuGrp_t,
    _: sys::dcgmFieldGrp_t,
    _: i64,
    next: *mut i64,
    callback: sys::dcgmFieldValueEntityEnumeration_f,
    user: *mut c_void,
) -> sys::dcgmReturn_t {
    let Some(callback) = callback else {
        return sys::DCGM_ST_BADPARAM;
    };
    for _ in 0..script::with(|script| script.byte() % 4) {
        let (entity, mut values) = script::with(|script| {
            let entity = id(&script.pair());
            let mut values = Vec::new();
            for _ in 0..script.byte() % 4 {
                let field = script.field();
                let response = script.record(entity, field);
                values.push(value(&response, script.byte()));
                script::record_response(Some(response));
            }
            (entity, values)
        });
        let count = match c_int::try_from(values.len()) {
            Ok(0) => -script::with(|script| c_int::from(script.byte())),
            count => count.unwrap_or(0),
        };
        let (kind, values) = (entity.kind.raw(), values.as_mut_ptr());
        // SAFETY: `values` holds `count` values, or the count is of none.
        if unsafe { callback(kind, entity.id, values, count, user) } != 0 {
            break;
        }
    }
    let (time, code) = script::with(|script| (script.time(), script.code()));
    // SAFETY: the pointer of the caller is valid.
    unsafe { next.write(time) };
    code
}

pub(super) fn value(response: &ScriptedResponse, version: u8) -> sys::dcgmFieldValue_v1 {
    let mut value = *super::super::new_zeroed::<sys::dcgmFieldValue_v1>();
    value.version = version.into();
    value.fieldId = response.field;
    value.fieldType = response.kind;
    value.status = response.status;
    value.ts = response.time;
    value.value.blob = chars(&response.payload);
    value
}

/// # Safety
///
/// As for the DCGM function.
unsafe extern "C" fn list(
    _: sys::dcgmHandle_t,
    _: sys::dcgm_field_entity_group_t,
    entities: *mut c_uint,
    count: *mut c_int,
    _: c_uint,
) -> sys::dcgmReturn_t {
    // SAFETY: the pointer of the caller is valid, and states the capacity.
    let count = unsafe { &mut *count };
    let room = usize::try_from(*count).unwrap_or(0);
    // SAFETY: the caller states the capacity.
    let entities = unsafe { core::slice::from_raw_parts_mut(entities, room) };
    script::with(|script| {
        entities.fill_with(|| script.pair().entityId);
        let said = script.count(u32::try_from(room).unwrap_or(0));
        *count = c_int::from_ne_bytes(said.to_ne_bytes());
        script.code()
    })
}

/// # Safety
///
/// As for the DCGM function.
unsafe extern "C" fn attributes(
    _: sys::dcgmHandle_t,
    _: c_uint,
    attributes: *mut sys::dcgmDeviceAttributes_v3,
) -> sys::dcgmReturn_t {
    // SAFETY: the pointer of the caller is valid.
    let attributes = unsafe { &mut *attributes };
    script::with(|script| {
        attributes.version = script.byte().into();
        let texts = &mut attributes.identifiers;
        for text in [
            &mut texts.brandName,
            &mut texts.deviceName,
            &mut texts.pciBusId,
            &mut texts.serial,
            &mut texts.uuid,
            &mut texts.vbios,
            &mut texts.driverVersion,
        ] {
            let mut bytes = [0; 256];
            script.text(&mut bytes);
            *text = chars(&bytes);
        }
        script.code()
    })
}

/// # Safety
///
/// As for the DCGM function.
unsafe extern "C" fn status(
    _: sys::dcgmHandle_t,
    _: c_uint,
    status: *mut sys::DcgmEntityStatus_t,
) -> sys::dcgmReturn_t {
    script::with(|script| {
        // SAFETY: the pointer of the caller is valid.
        unsafe { status.write(u32::from_ne_bytes(script.bytes())) };
        script.code()
    })
}

/// # Safety
///
/// As for the DCGM function.
unsafe extern "C" fn instances(
    _: sys::dcgmHandle_t,
    hierarchy: *mut sys::dcgmMigHierarchy_v2,
) -> sys::dcgmReturn_t {
    // SAFETY: the pointer of the caller is valid.
    let hierarchy = unsafe { &mut *hierarchy };
    script::with(|script| {
        hierarchy.count = script.count(448);
        let filled = usize::from(script.byte() % 8);
        for row in hierarchy.entityList.iter_mut().take(filled) {
            row.entity = script.pair();
            row.parent = script.pair();
            row.info.nvmlInstanceId = u32::from_ne_bytes(script.bytes());
            row.info.nvmlComputeInstanceId = u32::from_ne_bytes(script.bytes());
            row.info.nvmlProfileSlices = u32::from_ne_bytes(script.bytes());
        }
        script.code()
    })
}

/// # Safety
///
/// As for the DCGM function: a struct of one of the three versions, each of which begins with its
/// version.
unsafe extern "C" fn links(
    _: sys::dcgmHandle_t,
    status: *mut sys::dcgmNvLinkStatus_v5,
) -> sys::dcgmReturn_t {
    use sys::Versioned as _;
    // SAFETY: every version begins with this word.
    let version = unsafe { status.cast::<c_uint>().read() };
    macro_rules! answer {
        ($status:expr) => {{
            let status = $status;
            script::with(|script| {
                status.numGpus = script.count(32);
                status.numNvSwitches = script.count(12);
                for gpu in status.gpus.iter_mut().take(3) {
                    gpu.entityId = script.pair().entityId;
                    gpu.linkState.fill(u32::from(script.byte()));
                }
                for switch in status.nvSwitches.iter_mut().take(2) {
                    switch.entityId = script.pair().entityId;
                    switch.linkState.fill(u32::from_ne_bytes(script.bytes()));
                }
                script.code()
            })
        }};
    }
    if script::with(Script::byte) > 200 {
        return sys::DCGM_ST_VER_MISMATCH;
    }
    if version == sys::dcgmNvLinkStatus_v5::VERSION {
        // SAFETY: the struct has the version that it states.
        answer!(unsafe { &mut *status })
    } else if version == sys::dcgmNvLinkStatus_v4::VERSION {
        // SAFETY: the struct has the version that it states.
        answer!(unsafe { &mut *status.cast::<sys::dcgmNvLinkStatus_v4>() })
    } else {
        // SAFETY: the struct has the version that it states.
        answer!(unsafe { &mut *status.cast::<sys::dcgmNvLinkStatus_v3>() })
    }
}

fn build(info: &mut sys::dcgmVersionInfo_v2) -> sys::dcgmReturn_t {
    script::with(|script| {
        let mut bytes = [0; 512];
        script.text(&mut bytes);
        info.rawBuildInfoString = chars(&bytes);
        script.code()
    })
}

/// # Safety
///
/// As for the DCGM function.
unsafe extern "C" fn library_build(info: *mut sys::dcgmVersionInfo_v2) -> sys::dcgmReturn_t {
    // SAFETY: the pointer of the caller is valid.
    build(unsafe { &mut *info })
}

/// # Safety
///
/// As for the DCGM function.
unsafe extern "C" fn engine_build(
    _: sys::dcgmHandle_t,
    info: *mut sys::dcgmVersionInfo_v2,
) -> sys::dcgmReturn_t {
    // SAFETY: the pointer of the caller is valid.
    build(unsafe { &mut *info })
}

/// Writes any bytes over the beginning of the reply, its count and a few incidents among them.
///
/// # Safety
///
/// As for the DCGM function.
unsafe extern "C" fn health(
    _: sys::dcgmHandle_t,
    _: sys::dcgmGpuGrp_t,
    reply: *mut sys::dcgmHealthResponse_v5,
) -> sys::dcgmReturn_t {
    // SAFETY: the caller passes one of these, or the smaller one, which begins the same and has room
    // for more incidents than are written.
    let small = unsafe { &mut *reply.cast::<sys::dcgmHealthResponse_v4>() };
    script::with(|script| {
        small.overallHealth = script.byte().into();
        small.incidentCount = match script.byte() {
            255 => u32::MAX,
            254 => 1025,
            253 => 65,
            count => count.into(),
        };
        for incident in small.incidents.iter_mut().take(4) {
            let pair = script.pair();
            incident.system = u32::from(script.byte()) << (script.byte() % 32);
            incident.health = script.byte().into();
            incident.error.code = script.field().into();
            incident.entityInfo = pair;
            // Without an end, and with any characters.
            let fill = i8::from_ne_bytes([script.byte()]) as c_char;
            incident.error.msg = [fill; 1024];
        }
        script.code()
    })
}
