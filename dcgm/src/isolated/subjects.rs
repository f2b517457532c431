//! The subjects of DCGM over a worker: health, jobs, topology and the others.
//!
//! A row of the table is a method: its number in requests, its arguments and result, the deadline and the
//! operation that an [`Engine`] has for it. From the rows come the methods of [`IsolatedEngine`] and what the
//! worker does for them. The methods that create objects are written out: what they return ends in the
//! worker when it is dropped here.

use core::ops::ControlFlow;
use std::borrow::Borrow as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use super::IsolatedEngine;
use super::frame::Op;
use super::session::RemoteObject;
use super::wire::{Decoded, Input, Wire, put_bytes, put_slice};
use crate::config::{ConfigClient, GpuConfig, PowerProfiles};
use crate::diagnostics::{
    DiagnosticProgress, DiagnosticReport, DiagnosticRequest, DiagnosticsClient, MultiNodeReport,
    MultiNodeRequest,
};
use crate::engine::Engine;
use crate::entity::EntityId;
use crate::error::{Error, Operation, Result};
use crate::field::FieldId;
use crate::field_policies::{
    FieldPolicy, FieldPolicyClient, FieldPolicyId, FieldViolation, StoredFieldPolicy,
};
use crate::health::{
    HealthClient, HealthCode, HealthCodeInfo, HealthReport, HealthRequest, HealthWatch,
};
use crate::history::{
    FieldMeta, FieldSummary, FieldWatchers, HistoryClient, SampleOrder, TimeWindow,
};
use crate::host_engine::{CpuUsage, HostEngineClient, LogSeverity, Logger, Module};
use crate::jobs::{JobId, JobRequest, JobStats, JobWatch, JobsClient};
use crate::policy::{Policy, PolicyClient, PolicyConditions, PolicyEvents};
use crate::processes::{ProcessStats, ProcessWatch, ProcessesClient};
use crate::profiling::{MetricGroup, ProfilingClient, ProfilingPause};
use crate::sample::{Samples, Timestamp};
use crate::topology::{
    ChipArchitecture, CpuSocket, GpuAttributes, GpuTopology, NvSwitchBackend, P2pMatrix,
    TopologyClient, UnhealthyGpus, VgpuAttributes, VgpuInstanceAttributes,
};
use crate::watch::{Refusal, Watch, WatchRequest};
#[cfg(feature = "admin")]
use crate::{
    admin::{
        AdminClient, ComputeInstanceProfile, ConfigOutcome, GpuInstanceProfile, PowerProfileChange,
    },
    config::{GpuSettings, PowerProfile},
    entity::LinkState,
    host_engine::ModuleId,
};
#[cfg(feature = "testing")]
use crate::{
    testing::{FakeEntity, TestingClient},
    value::{NoValue, OwnedValue},
};

#[cfg(feature = "testing")]
type At = Option<Timestamp>;

/// An argument that is borrowed, as in `&[EntityId]`.
trait Borrowed {
    fn put(&self, out: &mut Vec<u8>);
}

impl Borrowed for str {
    fn put(&self, out: &mut Vec<u8>) {
        put_bytes(self.as_bytes(), out);
    }
}

impl Borrowed for Path {
    fn put(&self, out: &mut Vec<u8>) {
        put_bytes(self.as_os_str().as_bytes(), out);
    }
}

impl<T: Wire> Borrowed for [T] {
    fn put(&self, out: &mut Vec<u8>) {
        put_slice(self, out);
    }
}

impl<T: Wire> Borrowed for T {
    fn put(&self, out: &mut Vec<u8>) {
        Wire::encode(self, out);
    }
}

macro_rules! subjects {
    ($(
        $(#[$attribute:meta])*
        $trait:ident {
            $(
                $(#[$condition:meta])*
                $number:literal $method:ident(
                    $($argument:ident: $(& $borrowed:tt)? $($owned:ident)?),*
                ) -> $result:ty, $deadline:ident $operation:ident;
            )*
            $({ $($written:tt)* })?
        }
    )*) => {
        $(
            $(#[$attribute])*
            impl $trait for IsolatedEngine {
                $(
                    $(#[$condition])*
                    fn $method(
                        &self,
                        $($argument: $(& $borrowed)? $($owned)?),*
                    ) -> Result<$result> {
                        let limit = self.options.deadlines.$deadline;
                        let encode = |out: &mut Vec<u8>| {
                            out.push($number);
                            $(subjects! { @encode $argument, out, $(& $borrowed)? $($owned)? })*
                        };
                        self.shared
                            .call((Operation::$operation, limit), Op::Subject, encode, Wire::decode)
                    }
                )*
                $($($written)*)?
            }
        )*

        /// Executes a method in the worker, and appends its result.
        pub(super) fn execute_method(
            engine: &Engine,
            input: &mut Input<'_>,
            out: &mut Vec<u8>,
        ) -> Decoded<()> {
            match u8::decode(input)? {
                $($(
                    $(#[$condition])*
                    $number => {
                        $(subjects! { @decode $argument, input, $(& $borrowed)? $($owned)? })*
                        $trait::$method(engine, $($argument),*).encode(out);
                    }
                )*)*
                // The worker can have been built without a feature that the program has.
                _ => {
                    input.skip();
                    let method = "the method in this build of the worker";
                    Result::<()>::Err(Error::NotImplemented { method }).encode(out);
                }
            }
            Ok(())
        }

        /// Decodes bytes as the result of each method.
        #[cfg(any(test, fuzzing))]
        pub(super) fn decode_as_each_result(bytes: &[u8]) {
            $($(
                $(#[$condition])*
                super::hostile::decode_twice::<Result<$result>>(bytes);
            )*)*
        }
    };
    (@encode $argument:ident, $out:ident, & $borrowed:tt) => {
        Borrowed::put($argument, $out);
    };
    (@encode $argument:ident, $out:ident, $owned:ident) => {
        Wire::encode(&$argument, $out);
    };
    (@decode $argument:ident, $input:ident, & $borrowed:tt) => {
        let $argument = <<$borrowed as ToOwned>::Owned as Wire>::decode($input)?;
        let $argument: & $borrowed = $argument.borrow();
    };
    (@decode $argument:ident, $input:ident, $owned:ident) => {
        let $argument = <$owned as Wire>::decode($input)?;
    };
}

subjects! {
    HostEngineClient {
        1 memory_bytes() -> u64, read Read;
        2 cpu_usage() -> Option<CpuUsage>, read Read;
        3 modules() -> Vec<Module>, read Read;
        4 environment(name: &str) -> Option<String>, read Read;
        5 set_log_severity(logger: Logger, severity: LogSeverity) -> (), watch Configure;
        #[cfg(feature = "admin")]
        6 deny_module(module: ModuleId) -> (), watch Configure;
        #[cfg(feature = "admin")]
        7 empty_cache() -> (), watch Configure;
        #[cfg(feature = "admin")]
        8 detach_driver() -> (), watch Configure;
        #[cfg(feature = "admin")]
        9 attach_driver() -> (), watch Configure;
    }

    HistoryClient {
        20 summary(entity: EntityId, field: FieldId, window: TimeWindow) -> Option<FieldSummary>, read Read;
        21 samples(
            gpu: EntityId, field: FieldId, window: TimeWindow, order: SampleOrder, max: usize
        ) -> Samples, read Read;
        22 field_meta(field: FieldId) -> Option<FieldMeta>, read Read;
        23 watchers(entity: EntityId, field: FieldId) -> Option<FieldWatchers>, read Read;
    }

    TopologyClient {
        30 gpu_topology(gpu: EntityId) -> GpuTopology, enumerate Enumerate;
        31 p2p_matrix() -> P2pMatrix, enumerate Enumerate;
        32 select_gpus(
            count: usize, candidates: &[EntityId], unhealthy: UnhealthyGpus
        ) -> Vec<EntityId>, enumerate Enumerate;
        33 chip_architecture(gpu: EntityId) -> Option<ChipArchitecture>, enumerate Enumerate;
        34 gpu_attributes(gpu: EntityId) -> GpuAttributes, enumerate Enumerate;
        35 cpu_sockets() -> Vec<CpuSocket>, enumerate Enumerate;
        36 nvswitch_backend() -> NvSwitchBackend, enumerate Enumerate;
        37 vgpu_attributes(gpu: EntityId) -> VgpuAttributes, enumerate Enumerate;
        38 vgpu_instance_attributes(vgpu: EntityId) -> VgpuInstanceAttributes, enumerate Enumerate;
    }

    ProfilingClient {
        40 metric_groups(gpu: EntityId) -> Vec<MetricGroup>, enumerate Enumerate;
        {
            fn pause(&self) -> Result<ProfilingPause> {
                let limit = self.options.deadlines.watch;
                let created = self.shared.create((Operation::Configure, limit), Op::Pause, |_| {});
                created.map(|(object, ())| ProfilingPause::new(object))
            }
        }
    }

    HealthClient {
        50 code_info(code: HealthCode) -> Option<HealthCodeInfo>, read Read;
        {
            fn watch(&self, request: &HealthRequest) -> Result<HealthWatch> {
                let limit = self.options.deadlines.watch;
                let encode = |out: &mut Vec<u8>| request.encode(out);
                let (object, (entities, refused)): (_, (Vec<EntityId>, Vec<Refusal>)) = self
                    .shared
                    .create((Operation::Watch, limit), Op::WatchHealth, encode)?;
                let request = HealthRequest {
                    entities,
                    ..request.clone()
                };
                Ok(HealthWatch::new(request, refused, object))
            }

            fn check(&self, watch: &HealthWatch, report: &mut HealthReport) -> Result<()> {
                let checked = self.own_object(watch.guard()).and_then(|object| {
                    let limit = (Operation::Read, self.options.deadlines.read);
                    object.call(limit, Op::CheckHealth, "dcgmHealthCheck", |_| {}, |input| {
                        let outcome: Result<()> = Wire::decode(input)?;
                        if outcome.is_ok() {
                            report.decode_from(input)?;
                        }
                        Ok(outcome)
                    })
                });
                match checked {
                    Ok(()) => watch.compare(report),
                    Err(_) => report.clear(),
                }
                checked
            }
        }
    }

    JobsClient {
        60 start_job(request: &JobRequest) -> (), watch Watch;
        61 stop_job(id: &JobId) -> (), read Read;
        62 is_job_running(id: &JobId) -> bool, read Read;
        63 job_stats(id: &JobId) -> JobStats, read Read;
        64 remove_job(id: &JobId) -> (), read Read;
        65 job_ids() -> Vec<JobId>, read Read;
        {
            fn watch_jobs(&self, gpus: &[EntityId], watch: JobWatch) -> Result<Watch> {
                let request = WatchRequest::new(gpus, [])
                    .with_interval(watch.interval)
                    .with_keep_age(watch.keep_age);
                self.start_watch(Op::WatchJobs, &request, |out| {
                    put_slice(gpus, out);
                    watch.encode(out);
                })
            }
        }
    }

    ProcessesClient {
        70 process(pid: u32) -> Option<ProcessStats>, read Read;
        {
            fn watch_processes(&self, gpus: &[EntityId], watch: ProcessWatch) -> Result<Watch> {
                let request = WatchRequest::new(gpus, [])
                    .with_interval(watch.interval)
                    .with_keep_age(watch.keep_age);
                self.start_watch(Op::WatchProcesses, &request, |out| {
                    put_slice(gpus, out);
                    watch.encode(out);
                })
            }
        }
    }

    DiagnosticsClient {
        75 stop() -> (), read Diagnose;
        76 stop_on_hosts() -> (), read Diagnose;
        {
            fn run(
                &self,
                request: &DiagnosticRequest,
                progress: &mut dyn FnMut(&DiagnosticProgress) -> ControlFlow<()>,
            ) -> Result<DiagnosticReport> {
                self.run_diagnostic(Op::Diagnose, |out| request.encode(out), progress)
            }

            fn run_on_hosts(
                &self,
                request: &MultiNodeRequest,
                progress: &mut dyn FnMut(&DiagnosticProgress) -> ControlFlow<()>,
            ) -> Result<MultiNodeReport> {
                self.run_diagnostic(Op::DiagnoseHosts, |out| request.encode(out), progress)
            }
        }
    }

    ConfigClient {
        80 current(gpus: &[EntityId]) -> Vec<GpuConfig>, enumerate Enumerate;
        81 target(gpus: &[EntityId]) -> Vec<GpuConfig>, enumerate Enumerate;
        82 power_profiles(gpu: EntityId) -> PowerProfiles, enumerate Enumerate;
    }

    PolicyClient {
        90 get(gpus: &[EntityId]) -> Vec<Policy>, read Read;
        91 set(gpus: &[EntityId], policy: &Policy) -> (), read Read;
        {
            fn register(
                &self,
                gpus: &[EntityId],
                conditions: PolicyConditions,
            ) -> Result<PolicyEvents> {
                super::policies::register(self, gpus, conditions)
            }
        }
    }

    FieldPolicyClient {
        130 create(policy: &FieldPolicy) -> FieldPolicyId, read Read;
        131 modify(id: FieldPolicyId, policy: &FieldPolicy) -> (), read Read;
        132 delete(id: FieldPolicyId) -> (), read Read;
        133 set_enabled(id: FieldPolicyId, is_enabled: bool) -> (), read Read;
        134 get(id: FieldPolicyId) -> StoredFieldPolicy, read Read;
        135 list() -> Vec<StoredFieldPolicy>, read Read;
        136 import(path: &Path) -> (), read Read;
        137 violations(since: Timestamp) -> Vec<FieldViolation>, read Read;
    }

    #[cfg(feature = "admin")]
    AdminClient {
        #[cfg(feature = "admin")]
        100 set_config(gpus: &[EntityId], settings: &GpuSettings) -> ConfigOutcome, enumerate Change;
        #[cfg(feature = "admin")]
        101 enforce_config(gpus: &[EntityId]) -> ConfigOutcome, enumerate Change;
        #[cfg(feature = "admin")]
        102 change_power_profiles(
            gpus: &[EntityId], change: PowerProfileChange, profiles: &[PowerProfile]
        ) -> (), enumerate Change;
        #[cfg(feature = "admin")]
        103 create_gpu_instance(gpu: EntityId, profile: GpuInstanceProfile) -> (), enumerate Change;
        #[cfg(feature = "admin")]
        104 create_compute_instance(
            gpu_instance: EntityId, profile: ComputeInstanceProfile
        ) -> (), enumerate Change;
        #[cfg(feature = "admin")]
        105 delete_instance(instance: EntityId) -> (), enumerate Change;
        #[cfg(feature = "admin")]
        106 set_link_state(parent: EntityId, link: u32, state: LinkState) -> (), enumerate Change;
    }

    #[cfg(feature = "testing")]
    TestingClient {
        #[cfg(feature = "testing")]
        120 create_fakes(fakes: &[FakeEntity]) -> Vec<EntityId>, enumerate Change;
        #[cfg(feature = "testing")]
        121 inject(entity: EntityId, field: FieldId, value: &OwnedValue, at: At) -> (), enumerate Change;
        #[cfg(feature = "testing")]
        122 inject_no_value(entity: EntityId, field: FieldId, reason: NoValue, at: At) -> (), enumerate Change;
    }
}

impl IsolatedEngine {
    /// Returns the object of a watch, if it is one of this client.
    pub(super) fn own_object<'a>(
        &self,
        object: Option<&'a RemoteObject>,
    ) -> Result<&'a RemoteObject> {
        object
            .filter(|object| std::sync::Arc::ptr_eq(&object.shared, &self.shared))
            .ok_or(Error::Request("the watch belongs to another client"))
    }
}
