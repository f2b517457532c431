//! The implementation of [`HealthClient`] for [`Engine`].

use std::sync::Arc;

use super::Engine;
use super::engine_thread::{Job, JobReply};
use super::health_checks::HealthTicket;
use crate::error::{Error, Operation, Result};
use crate::health::{
    HealthClient, HealthCode, HealthCodeInfo, HealthReport, HealthRequest, HealthWatch,
};

impl HealthClient for Engine {
    #[doc(alias = "dcgmHealthSet_v2")]
    fn watch(&self, request: &HealthRequest) -> Result<HealthWatch> {
        request.validate()?;
        let wanted = request.clone();
        let limit = self.options.deadlines.watch;
        let (ticket, request, refused) = self.run_task(Operation::Watch, limit, move |thread| {
            thread.with_session(|session| session.start_health(&wanted))
        })?;
        Ok(HealthWatch::new(request, refused, Arc::new(ticket)))
    }

    #[doc(alias = "dcgmHealthCheck")]
    fn check(&self, watch: &HealthWatch, report: &mut HealthReport) -> Result<()> {
        let Some(ticket) = watch.guard::<Arc<HealthTicket>>() else {
            report.clear();
            return Err(Error::Request("the watch belongs to another client"));
        };
        let job = Job::CheckHealth {
            ticket: Arc::clone(ticket),
            report: core::mem::take(report),
        };
        let limit = self.options.deadlines.read;
        let reply = self.worker.run_job(Operation::Read, limit, job)?;
        let JobReply::HealthChecked {
            outcome,
            report: filled,
        } = reply
        else {
            return Err(Error::NotConnected);
        };
        *report = filled;
        match outcome {
            Ok(()) => watch.compare(report),
            Err(_) => report.clear(),
        }
        outcome
    }

    #[doc(alias = "dcgmGetErrorMeta")]
    fn code_info(&self, code: HealthCode) -> Result<Option<HealthCodeInfo>> {
        let limit = self.options.deadlines.read;
        self.run_task(Operation::Read, limit, move |thread| {
            thread.with_session(|session| session.connection().dcgm().code_info(code))
        })
    }
}
