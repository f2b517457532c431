//! Requests to the engine: a packet in, a packet out.

use crate::Flavour;
use crate::bits::Bits;
use crate::engine::{Code, Connection, Engine, Failure, Pair, Settings, Summary, st};
use crate::wire::Packet;

macro_rules! ops {
    ($($name:ident $number:literal;)*) => {
        /// The requests to an engine.
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        pub(crate) enum Op {
            $($name = $number,)*
        }

        impl Op {
            pub(crate) fn from_raw(raw: u32) -> Option<Self> {
                match raw {
                    $($number => Some(Self::$name),)*
                    _ => None,
                }
            }
        }
    };
}

ops! {
    Hello 1;
    Version 2;
    Healthy 3;
    Gpus 4;
    Entities 5;
    GpuStatus 6;
    Attributes 7;
    Hierarchy 8;
    Links 9;
    SetLink 10;
    Architecture 11;
    Cpus 12;
    Topology 13;
    CreateGroup 20;
    DestroyGroup 21;
    AddToGroup 22;
    RemoveFromGroup 23;
    GroupInfo 24;
    GroupIds 25;
    CreateFieldGroup 30;
    DestroyFieldGroup 31;
    FieldGroupInfo 32;
    FieldGroups 33;
    Watch 40;
    Unwatch 41;
    Update 42;
    Latest 50;
    Since 51;
    LatestOf 52;
    Fake 60;
    Inject 61;
    Modules 70;
    Memory 71;
    Config 72;
    SetHealth 80;
    Health 81;
    CheckHealth 82;
    SetPolicy 90;
    RegisterPolicy 91;
    UnregisterPolicy 92;
    Violation 93;
    Policies 94;
    ProfilingGroups 100;
    PauseProfiling 101;
    WatchUsage 200;
    StartJob 201;
    StopJob 202;
    RemoveJob 203;
    RemoveAllJobs 204;
    JobStats 205;
    Process 206;
    Summarize 207;
    History 208;
    FieldInfo 209;
    SelectGpus 110;
    PeerStatus 111;
    VgpuAttributes 112;
    SwitchBackend 113;
    EngineCpu 114;
    DenyModule 115;
    Environment 116;
    LogSeverity 117;
    EmptyCache 118;
    DetachDriver 119;
    AttachDriver 120;
    StartDiagnostic 210;
    StepDiagnostic 211;
    StopDiagnostic 212;
    DiagnosticHeartbeat 213;
    MultiNode 214;
    SetConfig 220;
    EnforceConfig 221;
    CreateInstance 222;
    DeleteInstance 223;
    PowerProfiles 224;
    SetPowerProfile 225;
}

/// The end of an answer.
#[derive(Debug)]
pub(crate) enum Answer {
    Packet(Packet),
    /// The real engine would be dead: the connection ends.
    Crash,
}

/// Who asks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Caller {
    pub(crate) connection: Connection,
    pub(crate) flavour: Flavour,
}

/// What an engine of one major answers a library of another, which speaks other versions of these
/// messages.
fn refusal(op: Op, library: Flavour, engine: Flavour) -> Option<Code> {
    if library.major() == engine.major() {
        return None;
    }
    match op {
        Op::Entities | Op::GroupInfo | Op::Links | Op::Config | Op::Since => Some(st::VER_MISMATCH),
        Op::CheckHealth => Some(st::FUNCTION_NOT_FOUND),
        Op::Latest | Op::LatestOf | Op::Attributes if library == Flavour::V4_6 => {
            Some(st::FUNCTION_NOT_FOUND)
        }
        Op::Topology if library == Flavour::V4_6 => Some(st::VER_MISMATCH),
        _ => None,
    }
}

/// The module that a request needs, of those that are loaded when they are first used.
const fn module_of(op: Op) -> Option<usize> {
    match op {
        Op::Memory | Op::EngineCpu => Some(3),
        Op::SetHealth | Op::Health | Op::CheckHealth => Some(4),
        Op::SetPolicy | Op::RegisterPolicy | Op::UnregisterPolicy => Some(5),
        Op::Config => Some(6),
        Op::Cpus => Some(9),
        _ => None,
    }
}

/// The answer of an engine that is detached from the driver, where it is another one.
const fn detached(op: Op) -> Option<Code> {
    match op {
        Op::Topology | Op::SelectGpus => Some(st::NOT_SUPPORTED),
        Op::ProfilingGroups => Some(st::GPUS_DETACHED),
        Op::Hierarchy | Op::PeerStatus => Some(st::NVML_NOT_LOADED),
        Op::SetPolicy => Some(st::NOT_CONFIGURED),
        Op::Config => Some(st::BADPARAM),
        // All is well.
        Op::CheckHealth => Some(st::OK),
        _ => None,
    }
}

/// `DCGM_GEGE_FLAG_ONLY_SUPPORTED`.
const ONLY_SUPPORTED: u32 = 1;

pub(crate) fn call(engine: &mut Engine, caller: Caller, request: &Packet, now: i64) -> Answer {
    let mut reply = Packet {
        id: request.id,
        op: request.op,
        ..Packet::default()
    };
    let Some(op) = Op::from_raw(request.op) else {
        reply.code = st::FUNCTION_NOT_FOUND;
        return Answer::Packet(reply);
    };
    reply.code = match refusal(op, caller.flavour, engine.flavour) {
        Some(code) => code,
        None => match answer(engine, caller, op, request, now, &mut reply) {
            Ok(()) => reply.code,
            Err(Failure::Code(code)) => code,
            Err(Failure::Crash) => return Answer::Crash,
        },
    };
    engine.note_answer(reply.code);
    Answer::Packet(reply)
}

/// Pairs as integers, from an index on.
fn pairs(request: &Packet, from: usize, count: usize) -> Vec<Pair> {
    (0..count)
        .map(|index| {
            (
                request.word(from + 2 * index),
                request.word(from + 2 * index + 1),
            )
        })
        .collect()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "field ids, sent as integers"
)]
fn fields(request: &Packet, from: usize) -> Vec<u16> {
    request
        .ints
        .iter()
        .skip(from)
        .map(|id| *id as u16)
        .collect()
}

fn push_text(reply: &mut Packet, text: &[u8]) {
    reply.texts.push(text.to_vec());
}

/// A count, then GPU, field and code of each.
fn push_errors(reply: &mut Packet, errors: &[(u32, i64, Code)]) {
    reply.ints.push(errors.len().try_into().unwrap_or(0));
    for (gpu, field, code) in errors {
        reply
            .ints
            .extend([i64::from(*gpu), *field, i64::from(*code)]);
    }
}

fn push_pair(reply: &mut Packet, pair: Pair) {
    reply.ints.extend([i64::from(pair.0), i64::from(pair.1)]);
}

#[expect(clippy::too_many_lines, reason = "a row a request")]
fn answer(
    engine: &mut Engine,
    caller: Caller,
    op: Op,
    request: &Packet,
    now: i64,
    reply: &mut Packet,
) -> Result<(), Failure> {
    let code = Failure::Code;
    let connection = caller.connection;
    if let Some(module) = module_of(op) {
        engine.use_module(module, now).map_err(code)?;
    }
    if let Some(code) = detached(op).filter(|_| engine.is_detached()) {
        reply.code = code;
        return Ok(());
    }
    match op {
        Op::Hello => reply.ints.push(engine.flavour.major().into()),
        Op::Violation | Op::Healthy | Op::Memory => {}
        Op::EngineCpu => {
            reply.code = engine.engine_cpu(request.word(0) != 0, now, &mut reply.ints);
        }
        Op::Version => push_text(reply, engine.build_info().as_bytes()),
        Op::Gpus => reply
            .ints
            .extend(engine.gpus(now).map_err(code)?.into_iter().map(i64::from)),
        Op::Entities => {
            let only_supported = request.word(1) & ONLY_SUPPORTED != 0;
            let ids = engine.list(request.word(0), only_supported, now);
            let ids = ids.map_err(code)?;
            reply.ints.extend(ids.into_iter().map(i64::from));
        }
        Op::GpuStatus => reply.ints.push(engine.status(request.word(0), now).into()),
        Op::Attributes => {
            let attributes = engine.attributes(request.word(0), now);
            reply.texts.extend(attributes.texts);
            reply.ints.extend(attributes.numbers.map(i64::from));
            for (memory, sm) in attributes.clocks {
                push_pair(reply, (memory, sm));
            }
        }
        Op::Hierarchy => {
            for row in engine.hierarchy(now).map_err(code)? {
                push_pair(reply, row.entity);
                push_pair(reply, row.parent);
                let rest = [row.gpu, row.number, row.compute, row.profile, row.slices];
                reply.ints.extend(rest.map(i64::from));
                reply.texts.push(row.uuid);
            }
        }
        Op::Links => {
            for list in engine.link_states(now) {
                reply.ints.push(list.len().try_into().unwrap_or(0));
                for (id, states) in list {
                    reply.ints.push(id.into());
                    reply.texts.push(
                        states
                            .into_iter()
                            .map(|state| state.try_into().unwrap_or(0))
                            .collect(),
                    );
                }
            }
        }
        Op::SetLink => {
            let entity = (request.word(0), request.word(1));
            reply.code = engine.set_link(entity, request.word(2), request.word(3), now);
        }
        Op::Architecture => {
            let architecture = engine.architecture(request.word(0), now);
            reply.ints.push(architecture.map_err(code)?.into());
        }
        Op::Cpus => {
            let cpus = engine.list(crate::engine::CPU, true, now).map_err(code)?;
            let cores = engine
                .list(crate::engine::CPU_CORE, true, now)
                .unwrap_or_default();
            let per_cpu = cores.len() / cpus.len().max(1);
            for (index, cpu) in cpus.into_iter().enumerate() {
                reply.ints.push(cpu.into());
                let own = cores.iter().skip(index * per_cpu).take(per_cpu);
                reply
                    .texts
                    .push(own.flat_map(|core| core.to_le_bytes()).collect());
            }
        }
        Op::Topology => {
            let topology = engine.topology(request.word(0), now).map_err(code)?;
            reply.ints.extend(topology.cpus.map(Bits::signed));
            for (gpu, path, links) in topology.paths {
                reply
                    .ints
                    .extend([i64::from(gpu), path.signed(), links.signed()]);
            }
        }
        Op::SelectGpus => {
            let hints = request.long(2);
            let (result, chosen) = engine.select_gpus(request.long(0), request.word(1), hints, now);
            reply.code = result;
            reply.ints.push(chosen.signed());
        }
        Op::PeerStatus => {
            for (gpu, row) in engine.peer_status(now).map_err(code)? {
                reply.ints.push(gpu.into());
                reply.texts.push(row);
            }
        }
        Op::VgpuAttributes => {
            let (result, is_real) = engine.vgpu_attributes(request.word(0), now);
            reply.code = result;
            reply.ints.push(is_real.into());
        }
        Op::SwitchBackend => {
            reply.ints.push(engine.has_switches(now).into());
            push_text(reply, b"NSCQ");
        }
        Op::PauseProfiling => reply.code = engine.pause_profiling(request.word(0) != 0),
        Op::DenyModule => reply.code = engine.deny_module(request.word(0)),
        Op::Environment => {
            let (result, value) = engine.environment(request.text(0));
            reply.ints.push(result.into());
            push_text(reply, &value);
        }
        Op::LogSeverity => {
            reply.code = engine.set_log_severity(request.int(0), request.int(1));
        }
        Op::EmptyCache => engine.empty_cache(),
        Op::DetachDriver => engine.detach_driver(now),
        Op::AttachDriver => engine.attach_driver(now),
        Op::CreateGroup => {
            let id = engine
                .create_group(connection, request.word(0), request.text(0), now)
                .map_err(code)?;
            reply.ints.push(id.signed());
        }
        Op::DestroyGroup => reply.code = engine.destroy_group(request.long(0)),
        Op::AddToGroup => {
            reply.code =
                engine.add_to_group(request.long(0), (request.word(1), request.word(2)), now);
        }
        Op::RemoveFromGroup => {
            reply.code =
                engine.remove_from_group(request.long(0), (request.word(1), request.word(2)));
        }
        Op::GroupInfo => {
            let (name, members) = engine.group(request.long(0), now).map_err(code)?;
            push_text(reply, &name);
            for pair in members {
                push_pair(reply, pair);
            }
        }
        Op::GroupIds => reply
            .ints
            .extend(engine.group_ids().into_iter().map(Bits::signed)),
        Op::CreateFieldGroup => {
            let made = engine.create_field_group(connection, &fields(request, 0), request.text(0));
            reply.ints.push(made.map_err(code)?.signed());
        }
        Op::DestroyFieldGroup => reply.code = engine.destroy_field_group(request.long(0)),
        Op::FieldGroupInfo => {
            let group = engine.field_group(request.long(0)).map_err(code)?;
            push_text(reply, &group.name);
            reply
                .ints
                .extend(group.fields.iter().map(|id| i64::from(*id)));
        }
        Op::FieldGroups => {
            for (id, group) in engine.field_groups() {
                reply.ints.push(id.signed());
                reply.ints.push(group.fields.len().try_into().unwrap_or(0));
                reply
                    .ints
                    .extend(group.fields.iter().map(|id| i64::from(*id)));
                reply.texts.push(group.name.clone());
            }
        }
        Op::Watch => {
            let groups = (request.long(0), request.long(1));
            let keep = f64::from_bits(request.long(3));
            reply.code = engine.watch(connection, groups, request.int(2), keep, now);
        }
        Op::Unwatch => {
            reply.code = engine.unwatch(connection, request.long(0), request.long(1), now);
        }
        Op::Update => engine.tick(now),
        Op::Latest => {
            reply.records = engine
                .latest_of_group(request.long(0), request.long(1), now)
                .map_err(code)?;
        }
        Op::Since => {
            let since = engine.since(request.long(0), request.long(1), request.int(2), now);
            reply.code = since.code;
            reply.records = since.records;
            reply.ints.push(since.next);
        }
        Op::LatestOf => {
            let count = request.word(1) as usize;
            let (pairs, fields) = (pairs(request, 2, count), fields(request, 2 + 2 * count));
            reply.records = engine.latest(&pairs, &fields, request.word(0), now)?;
        }
        Op::Fake => {
            let parent = (request.word(1), request.word(2));
            reply.ints.push(
                engine
                    .fake(request.word(0), parent, now)
                    .map_err(code)?
                    .into(),
            );
        }
        Op::Inject => {
            let record = request.records.first().ok_or(code(st::BADPARAM))?;
            let payload = record.payload.clone();
            reply.code = engine.inject(
                record.entity,
                record.field,
                record.kind,
                record.ts,
                payload,
                now,
            );
        }
        Op::Modules => {
            for (module, status) in engine.modules() {
                push_pair(reply, (module, status));
            }
        }
        Op::Config => {
            let (result, errors, settings) =
                engine.read_config(request.long(0), request.word(1), now);
            reply.code = result;
            push_errors(reply, &errors);
            for (gpu, settings) in settings {
                reply.ints.push(gpu.into());
                reply.ints.extend(settings.words().map(i64::from));
            }
        }
        Op::SetConfig => {
            let words = core::array::from_fn(|at| request.word(1 + at));
            let (wanted, is_budget) = (Settings::from_words(words), request.word(8) == 1);
            let (result, errors) = engine.set_config(request.long(0), wanted, is_budget, now);
            reply.code = result;
            push_errors(reply, &errors);
        }
        Op::EnforceConfig => reply.code = engine.enforce_config(request.long(0), now),
        Op::CreateInstance => {
            reply.code = engine.create_instance(request.word(0), request.word(1), request.word(2));
        }
        Op::DeleteInstance => {
            reply.code = engine.delete_instance((request.word(0), request.word(1)));
        }
        // H100 has none.
        Op::PowerProfiles => reply.code = engine.power_profiles(),
        Op::SetPowerProfile => {
            engine.group(request.long(0), now).map_err(code)?;
            reply.code = st::BADPARAM;
        }
        Op::SetHealth => {
            let times = (request.int(2), request.int(3));
            let (group, systems) = (request.long(0), request.word(1));
            reply.code = engine.set_health(connection, group, systems, times, now);
        }
        Op::Health => reply
            .ints
            .push(engine.health(request.long(0), now).map_err(code)?.into()),
        Op::CheckHealth => {
            let (result, worst, incidents) = engine.check_health(request.long(0), now);
            reply.code = result;
            reply.ints.push(worst.into());
            for incident in incidents {
                let numbers = [incident.system, incident.health, incident.code];
                reply.ints.extend(numbers.map(i64::from));
                push_pair(reply, incident.entity);
                reply.texts.push(incident.message.into_bytes());
            }
        }
        Op::SetPolicy => {
            let words = request.ints.get(1..).unwrap_or_default();
            reply.code = engine.set_policy(request.long(0), words, now);
        }
        Op::Policies => {
            for words in engine.policies(request.long(0), now).map_err(code)? {
                reply.ints.extend(words);
            }
        }
        Op::RegisterPolicy => {
            let (group, conditions, number) = (request.long(0), request.word(1), request.long(2));
            reply.code = engine.register_policy(connection, group, conditions, number, now);
        }
        Op::UnregisterPolicy => {
            reply.code = engine.unregister_policy(connection, request.long(0), now);
        }
        Op::WatchUsage => {
            let watch = (request.int(1), f64::from_bits(request.long(2)));
            reply.code = engine.watch_usage(connection, request.long(0), watch, now);
        }
        Op::StartJob => reply.code = engine.start_job(request.long(0), request.text(0), now),
        Op::StopJob => reply.code = engine.stop_job(request.text(0), now),
        Op::RemoveJob => reply.code = engine.remove_job(request.text(0)),
        Op::RemoveAllJobs => engine.remove_all_jobs(),
        Op::JobStats => {
            let (all, gpus) = engine.job_stats(request.text(0), now)?;
            all.push(&mut reply.ints);
            for gpu in gpus {
                gpu.push(&mut reply.ints);
            }
        }
        Op::Process => {
            let found = engine.process(request.long(0), request.word(1), now);
            let found = found.map_err(code)?;
            for gpu in found {
                gpu.push(&mut reply.ints);
            }
        }
        Op::Summarize => {
            let pair = (request.word(0), request.word(1));
            let field = u16::try_from(request.int(2)).unwrap_or(0);
            let period = (request.int(3), request.int(4));
            let (result, kind, summary) = engine.field_summary(pair, field, period);
            reply.code = result;
            reply.ints.extend(kind.map(i64::from));
            match summary {
                Some(Summary::Int(numbers)) => reply.ints.extend(numbers),
                Some(Summary::Double(numbers)) => {
                    let bits = numbers.map(|number| number.to_bits().signed());
                    reply.ints.extend(bits);
                }
                None => {}
            }
        }
        Op::History => {
            let pair = (crate::engine::GPU, request.word(0));
            let field = u16::try_from(request.int(1)).unwrap_or(0);
            let period = (request.int(2), request.int(3));
            let most = usize::try_from(request.int(5)).unwrap_or(0);
            let records = engine.history(pair, field, period, (request.word(4), most));
            reply.records = records.map_err(code)?;
        }
        Op::FieldInfo => {
            let pair = (request.word(0), request.word(1));
            let field = u16::try_from(request.int(2)).unwrap_or(0);
            let info = engine.field_info(pair, field).map_err(code)?;
            reply.ints.extend([
                info.oldest,
                info.newest,
                info.interval,
                info.keep,
                info.fetches,
                info.samples,
            ]);
            reply.ints.extend(info.watchers.into_iter().flatten());
        }
        Op::StartDiagnostic => {
            let names = request.texts.get(1..).unwrap_or_default();
            let target = (request.long(0), request.word(1));
            let id = engine.start_diagnostic(target, request.text(0), names, now);
            reply.ints.push(id.map_err(code)?.signed());
        }
        Op::StepDiagnostic => {
            let progress = engine.step_diagnostic(request.long(0), now).map_err(code)?;
            reply.ints.push(progress.is_over.into());
            reply.ints.push(progress.failing.map_or(-1, i64::from));
            reply.texts = progress.tests;
            for pair in progress.entities {
                push_pair(reply, pair);
            }
        }
        Op::StopDiagnostic => reply.code = engine.stop_diagnostic(),
        Op::DiagnosticHeartbeat => reply.code = engine.diagnostic_heartbeat(),
        Op::MultiNode => reply.code = engine.multi_node(),
        Op::ProfilingGroups => {
            let fields = engine
                .profiling_groups(request.word(0), now)
                .map_err(code)?;
            reply.ints.extend(fields.into_iter().map(i64::from));
        }
    }
    Ok(())
}
