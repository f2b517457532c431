//! Jobs and processes.

use std::collections::{BTreeMap, HashMap};
use std::mem::{offset_of, size_of};

use dcgm_sys::dcgmGpuUsageInfo_t;

use super::usage::Usage;
use super::{Code, Connection, Engine, Failure, GPU, st};
use crate::Flavour;

/// Longer ids are cut, without a word.
const MOST_ID: usize = 63;
/// GPUs in a reply.
pub(crate) const MOST_GPUS: usize = 32;
/// Behind a reply, the allocator has this much to spare: one incident beyond the end does no harm.
const SPARE: usize = 8;
const INCIDENT: usize = 8;
const ACCOUNTING: u16 = 205;
const MEMORY_SAMPLES: u16 = 210;
const SM_SAMPLES: u16 = 211;
/// What the real engine samples for jobs and processes; without 243 to 245.
const FIELDS: [u16; 28] = [
    205, 155, 156, 200, 201, 202, 1501, 203, 204, 311, 100, 101, 230, 221, 220, 240, 241, 242, 210,
    211, 390, 391, 392, 84, 409, 419, 429, 439,
];

#[derive(Debug, Default)]
pub(super) struct Jobs {
    by_id: HashMap<Vec<u8>, Job>,
    accounting: Vec<Accounted>,
    /// Incidents of a GPU, as if health watches were set on each group.
    incidents: BTreeMap<u32, u32>,
}

#[derive(Clone, Copy, Debug)]
struct Job {
    group: u64,
    start: i64,
    end: Option<i64>,
}

/// A process in the accounting of a GPU.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Accounted {
    pub(crate) gpu: u32,
    pub(crate) pid: u32,
    pub(crate) start: i64,
    /// 0: it runs.
    pub(crate) end: i64,
    pub(crate) memory: i64,
}

fn key(id: &[u8]) -> Vec<u8> {
    id.get(..MOST_ID).unwrap_or(id).to_vec()
}

impl Engine {
    /// Watches the fields of jobs and processes; both are the same.
    pub(crate) fn watch_usage(
        &mut self,
        connection: Connection,
        group: u64,
        (interval, keep): (i64, f64),
        now: i64,
    ) -> Code {
        match self.group(group, now) {
            Err(code) => code,
            Ok(_) if !self.nvml() => st::NO_DATA,
            Ok((_, members)) => {
                self.watch_members(connection, group, &members, &FIELDS, (interval, keep), now);
                st::OK
            }
        }
    }

    pub(crate) fn start_job(&mut self, group: u64, id: &[u8], now: i64) -> Code {
        if let Err(code) = self.group(group, now) {
            return code;
        }
        if self.jobs.by_id.contains_key(&key(id)) {
            return st::DUPLICATE_KEY;
        }
        let job = Job {
            group,
            start: now,
            end: None,
        };
        self.jobs.by_id.insert(key(id), job);
        st::OK
    }

    /// Also of a stopped job, whose end moves.
    pub(crate) fn stop_job(&mut self, id: &[u8], now: i64) -> Code {
        match self.jobs.by_id.get_mut(&key(id)) {
            Some(job) => {
                job.end = Some(now);
                st::OK
            }
            None => st::NO_DATA,
        }
    }

    pub(crate) fn remove_job(&mut self, id: &[u8]) -> Code {
        match self.jobs.by_id.remove(&key(id)) {
            Some(_) => st::OK,
            None => st::NO_DATA,
        }
    }

    pub(crate) fn remove_all_jobs(&mut self) {
        self.jobs.by_id.clear();
    }

    /// The sum of a job, and its GPUs.
    pub(crate) fn job_stats(&self, id: &[u8], now: i64) -> Result<(Usage, Vec<Usage>), Failure> {
        let job = self.jobs.by_id.get(&key(id));
        let job = job.ok_or(Failure::Code(st::NO_DATA))?;
        let (_, members) = self.group(job.group, now).map_err(Failure::Code)?;
        let period = (job.start, job.end.unwrap_or(now));
        let gpus = members.iter().filter(|pair| pair.0 == GPU);
        let gpus: Vec<_> = gpus
            .take(MOST_GPUS)
            .map(|pair| Usage {
                incidents: self.incidents_of(pair.1),
                ..self.usage(pair.1, period)
            })
            .collect();
        let end = size_of::<dcgmGpuUsageInfo_t>() * MOST_GPUS + SPARE;
        let writes_to = |(index, gpu): (usize, &Usage)| {
            index * size_of::<dcgmGpuUsageInfo_t>()
                + offset_of!(dcgmGpuUsageInfo_t, systems)
                + INCIDENT * gpu.incidents as usize
        };
        if gpus.iter().enumerate().map(writes_to).any(|to| to > end) {
            return Err(Failure::Crash);
        }
        Ok((Usage::of_all(&gpus, period.0, period.1), gpus))
    }

    fn incidents_of(&self, gpu: u32) -> u32 {
        self.jobs.incidents.get(&gpu).copied().unwrap_or(0)
    }

    /// Sets how many incidents a GPU has.
    pub(crate) fn set_incidents(&mut self, gpu: u32, count: u32) {
        self.jobs.incidents.insert(gpu, count);
    }

    /// Puts a process into the accounting of a GPU.
    pub(crate) fn account(&mut self, process: Accounted) {
        self.jobs.accounting.push(process);
    }

    /// A process on the GPUs of a group.
    pub(crate) fn process(&self, group: u64, pid: u32, now: i64) -> Result<Vec<Usage>, Code> {
        let (_, members) = self.group(group, now)?;
        if members.is_empty() {
            return Err(st::NO_DATA);
        }
        if !self.nvml() {
            return Err(st::NVML_NOT_LOADED);
        }
        let is_watched = |gpu: u32| {
            let watched = self.fields.get(&((GPU, gpu), ACCOUNTING));
            watched.is_some_and(super::watches::Watched::is_watched)
        };
        let gpus = members.iter().filter(|pair| pair.0 == GPU);
        let gpus: Vec<u32> = gpus
            .map(|pair| pair.1)
            .filter(|gpu| is_watched(*gpu))
            .collect();
        if gpus.is_empty() {
            return Err(st::NOT_WATCHED);
        }
        let mut found = Vec::new();
        for gpu in gpus {
            let mut rows = self.jobs.accounting.iter();
            let Some(row) = rows.find(|row| (row.gpu, row.pid) == (gpu, pid)) else {
                continue;
            };
            let period = (row.start, row.end);
            let mean = |field, unset| self.mean_double(gpu, field, period).unwrap_or(unset);
            found.push(Usage {
                most_memory: row.memory,
                // Without a sample: whatever was there, such as the number of another process.
                processes: [mean(SM_SAMPLES, 40.0), mean(MEMORY_SAMPLES, 1e-310)],
                ..self.usage(gpu, period)
            });
        }
        // One that has ended is found on the first GPU only.
        if found.iter().any(|usage| usage.end != 0) && self.flavour == Flavour::V4_6 {
            found.truncate(1);
        }
        if found.is_empty() {
            return Err(st::NO_DATA);
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Payload;

    const FLAVOURS: [Flavour; 2] = [Flavour::V4_6, Flavour::V3_3];
    const ALL_GPUS: u64 = 0x7fff_ffff;

    fn engine(flavour: Flavour, host: &str) -> Engine {
        let source = crate::source::by_name(host, 0).expect("a host");
        Engine::new(flavour, source, 1)
    }

    fn group(engine: &mut Engine, connection: Connection, gpus: u32) -> u64 {
        let group = engine
            .create_group(connection, 1, b"g", 1)
            .expect("a group");
        for gpu in 0..gpus {
            assert_eq!(engine.add_to_group(group, (GPU, gpu), 1), st::OK);
        }
        group
    }

    #[test]
    fn a_job_is_lost_with_the_group_of_its_starter() {
        for flavour in FLAVOURS {
            let mut engine = engine(flavour, "8xh100");
            for (connection, persistent) in [(1, false), (2, true)] {
                engine.connected(connection, persistent);
                let id = [u8::try_from(connection).unwrap_or(0)];
                let group = group(&mut engine, connection, 2);
                assert_eq!(engine.start_job(group, &id, 10), st::OK);
                engine.disconnected(connection);
                let stats = engine.job_stats(&id, 20);
                match stats {
                    Ok((_, gpus)) => assert!(persistent && gpus.len() == 2),
                    Err(failure) => {
                        assert!(!persistent);
                        assert_eq!(failure, Failure::Code(st::NOT_CONFIGURED));
                    }
                }
                assert_eq!(engine.stop_job(&id, 30), st::OK);
            }
        }
    }

    #[test]
    fn ids_are_cut_and_stops_move_the_end() {
        let mut engine = engine(Flavour::V4_6, "8xh100");
        let id = [b'x'; 70];
        assert_eq!(engine.start_job(ALL_GPUS, &id[..63], 10), st::OK);
        assert_eq!(engine.start_job(ALL_GPUS, &id[..62], 10), st::OK);
        assert_eq!(engine.start_job(ALL_GPUS, &id, 10), st::DUPLICATE_KEY);
        for end in [20, 30] {
            assert_eq!(engine.stop_job(&id, end), st::OK);
            let (sum, _) = engine.job_stats(&id, 99).expect("statistics");
            assert_eq!(sum.end, end);
        }
        assert_eq!(engine.remove_job(&id), st::OK);
        assert_eq!(engine.remove_job(&id), st::NO_DATA);
    }

    #[test]
    fn incidents_beyond_the_reply_kill_the_engine() {
        for flavour in FLAVOURS {
            let mut engine = engine(flavour, "32xl4");
            assert_eq!(engine.start_job(ALL_GPUS, b"a", 10), st::OK);
            for (incidents, dies) in [(10, false), (11, false), (12, true), (28, true)] {
                engine.set_incidents(31, incidents);
                let died = engine.job_stats(b"a", 20) == Err(Failure::Crash);
                assert_eq!(died, dies, "{incidents}");
            }
        }
    }

    #[test]
    fn the_recorded_job_has_the_recorded_numbers() {
        let mut engine = engine(Flavour::V4_6, "none");
        let gpus = [engine.fake(GPU, (0, 0), 1), engine.fake(GPU, (0, 0), 1)];
        assert_eq!(gpus, [Ok(0), Ok(1)]);
        let group = group(&mut engine, 1, 2);
        assert_eq!(engine.start_job(group, b"f", 1_000_000), st::OK);
        let rows: [(u16, &[(i64, i64)]); 9] = [
            (156, &[(1000, 1000), (3000, 1600)]),
            (200, &[(1000, 10), (2000, 21)]),
            (201, &[(1000, 5), (2000, 6)]),
            (202, &[(1000, 3), (2000, 7)]),
            (203, &[(-1, 100), (1000, 10), (2000, 25), (3000, 90)]),
            (311, &[(1000, 0), (2000, 2)]),
            (100, &[(1000, 345), (2000, 1980)]),
            (230, &[(1000, 31), (1500, 43)]),
            (240, &[(1000, 5), (3000, 105)]),
        ];
        for (field, samples) in rows {
            for (at, value) in samples {
                engine.store((GPU, 0), field, 1_000_000 + at, Payload::Int(*value));
            }
        }
        for (at, value) in [(-1000, 999.0), (1000, 100.0), (2000, 300.0), (3000, 200.0)] {
            engine.store((GPU, 0), 155, 1_000_000 + at, Payload::Double(value));
        }
        let (sum, gpus) = engine.job_stats(b"f", 2_000_000).expect("statistics");
        let [first, second] = &*gpus else {
            unreachable!("two GPUs")
        };
        assert_eq!((first.energy, first.power), (600, [100.0, 300.0, 200.0]));
        assert_eq!((first.tx, first.rx), ([10, 21, 15], [5, 6, 5]));
        assert_eq!(
            (first.sm, first.sm_clock),
            ([10, 90, 41], [345, 1980, 1162])
        );
        assert_eq!((first.replays, first.double_bit), (7, 2));
        assert_eq!(first.xids, [1_001_000, 1_001_500]);
        assert_eq!(first.violations[0], 100);
        // Not watched: zeros, and not blanks.
        assert_eq!((second.sm, second.tx), ([0; 3], [0; 3]));
        assert_eq!(second.energy, 0x7fff_ffff_ffff_fff0);
        assert_eq!((sum.energy, sum.sm[2], sum.sm_clock[2]), (600, 20, 581));
    }
}
