//! An agent of a node: incidents of health checks, XIDs, and GPUs that are lost.

use std::sync::Arc;
use std::time::Instant;

use dcgm::health::{HealthReport, HealthRequest, HealthWatch};
use dcgm::monitor::{Event, Monitor};
use dcgm::{Client, EntityKind, Result};

#[derive(Debug)]
struct Agent {
    client: Arc<dyn Client>,
    monitor: Monitor,
    watch: Option<HealthWatch>,
    report: HealthReport,
}

impl Agent {
    fn new(client: Arc<dyn Client>) -> Self {
        Self {
            monitor: Monitor::new(Arc::clone(&client)),
            client,
            watch: None,
            report: HealthReport::new(),
        }
    }

    /// Returns a line for each change since the last call.
    fn poll(&mut self, now: Instant) -> Vec<String> {
        let mut lines = Vec::new();
        for event in self.monitor.poll_at(now) {
            match event {
                // The numbers of the GPUs may be others now.
                Event::TopologyChanged { .. } | Event::Disconnected(_) => self.watch = None,
                Event::GpuLost(_) | Event::Xid { .. } => lines.push(event.to_string()),
                _ => {}
            }
        }
        if let Err(error) = self.check(&mut lines) {
            self.watch = None;
            lines.push(format!("health is unknown: {error}"));
        }
        lines
    }

    fn check(&mut self, lines: &mut Vec<String>) -> Result<()> {
        if self.watch.is_none() {
            let gpus = self.client.entity_ids(EntityKind::GPU)?;
            self.watch = Some(self.client.health().watch(&HealthRequest::new(gpus))?);
        }
        if let Some(watch) = &self.watch {
            self.client.health().check(watch, &mut self.report)?;
        }
        let new = self.report.incidents().iter().filter(|one| one.is_new);
        lines.extend(new.map(ToString::to_string));
        lines.extend(self.report.ended().iter().map(|id| format!("over: {id}")));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use dcgm::EntityId;
    use dcgm::health::{HealthCode, HealthSystems, IncidentSeverity};
    use dcgm::mock::{Clock, Mock, Model};

    use super::*;

    fn agent(model: &str) -> (Mock, Clock, Agent) {
        let clock = Clock::manual();
        let model: Model = model.parse().unwrap();
        let mock = Mock::builder().model(model).clock(clock.clone()).build();
        (mock.clone(), clock, Agent::new(Arc::new(mock)))
    }

    #[test]
    fn the_agent_has_fewer_than_60_lines() {
        let program = include_str!("health_agent.rs").split("#[cfg(test)]").next();
        assert!(program.unwrap().trim_end().lines().count() < 60);
    }

    #[test]
    fn incidents_are_reported_when_they_begin_and_end() {
        let (mock, _, mut agent) = agent("8xh100");
        let now = Instant::now();
        assert!(agent.poll(now).is_empty());
        let gpu = EntityId::gpu(2);
        let code = HealthCode::ROW_REMAP_FAILURE;
        mock.add_incident(gpu, HealthSystems::MEMORY, IncidentSeverity::Failure, code);
        assert_eq!(agent.poll(now), [format!("failure: gpu:2: {code}")]);
        assert!(agent.poll(now).is_empty());
        mock.clear_incidents();
        assert_eq!(agent.poll(now), [format!("over: gpu:2: {code}")]);
    }

    #[test]
    fn a_gpu_that_falls_off_the_bus_is_reported_with_its_xid() {
        let (_, clock, mut agent) = agent("8xh100,xid79");
        let start = Instant::now();
        assert!(agent.poll(start).is_empty());
        clock.advance(Duration::from_secs(305));
        let lines = agent.poll(start + clock.now());
        assert_eq!(lines[0], "gpu:4: lost");
        assert!(lines[1].starts_with("gpu:4: XID 79: GPU has fallen off the bus"));
    }

    #[test]
    fn a_restart_of_the_engine_is_survived() {
        let (mock, _, mut agent) = agent("1xl4");
        let now = Instant::now();
        assert!(agent.poll(now).is_empty());
        mock.stop_engine();
        let lines = agent.poll(now);
        assert!(lines[0].starts_with("health is unknown: "), "{lines:?}");
        mock.start_engine();
        assert!(agent.poll(now).is_empty());
    }
}
