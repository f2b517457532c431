//! A division of counters against the same counters undivided.

use std::collections::BTreeMap;

use dcgm::{EntityId, FieldId};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::Config;
use crate::testing::{Exported, Fake, Harness, SECOND, Scripted, on_gpu, refused};

#[derive(Clone, Debug)]
enum Step {
    /// A GPU has counted so many more of a field.
    Grows(u32, usize, u32),
    /// Its driver was reloaded.
    Resets(u32, usize, u32),
    /// An event.
    Xid(u32, i64),
    /// The GPU is held by this pod or by none.
    Holds(u32, Option<u8>),
    Shares(u32),
    /// The engine refuses, or answers again.
    Fails(bool),
    /// Nothing happens for so many intervals.
    Waits(u8),
    SourceFails,
    /// A GPU is gone, or back.
    Listed(bool),
}

const FIELDS: [FieldId; 4] = [
    FieldId::TOTAL_ENERGY_CONSUMPTION,
    FieldId::PCIE_REPLAY_COUNTER,
    FieldId::ECC_SBE_VOL_TOTAL,
    FieldId::PROF_PCIE_RX_BYTES_TOTAL,
];

fn step() -> impl Strategy<Value = Step> {
    let gpu = 0..2_u32;
    prop_oneof![
        6 => (gpu.clone(), 0..4_usize, 0..2000_u32).prop_map(|(gpu, at, by)| Step::Grows(gpu, at, by)),
        2 => (gpu.clone(), 0..4_usize, 0..50_u32).prop_map(|(gpu, at, to)| Step::Resets(gpu, at, to)),
        2 => (gpu.clone(), 1..4_i64).prop_map(|(gpu, code)| Step::Xid(gpu, code)),
        6 => (gpu.clone(), proptest::option::of(0..4_u8)).prop_map(|(gpu, pod)| Step::Holds(gpu, pod)),
        1 => gpu.prop_map(Step::Shares),
        1 => any::<bool>().prop_map(Step::Fails),
        2 => (1..5_u8).prop_map(Step::Waits),
        1 => Just(Step::SourceFails),
        1 => any::<bool>().prop_map(Step::Listed),
    ]
}

/// The growth of all counters, by their series without pods, as Prometheus adds it up.
#[derive(Default)]
struct Sums {
    last: BTreeMap<String, (String, f64)>,
    sums: BTreeMap<String, f64>,
}

impl Sums {
    fn read(&mut self, points: Vec<Exported>) {
        let mut now = BTreeMap::new();
        for point in points.into_iter().filter(Exported::is_counter) {
            let of_pod = |key: &str| key.starts_with("k8s.");
            let text = |with_pod: bool| {
                let kept = point
                    .attributes
                    .iter()
                    .filter(|one| with_pod || !of_pod(one.key.as_str()));
                let texts: Vec<_> = kept
                    .map(|one| format!("{}={}", one.key, one.value))
                    .collect();
                format!("{} {}", point.name, texts.join(","))
            };
            let base = text(false);
            let before = self.last.get(&text(true)).map_or(0.0, |(_, value)| *value);
            assert!(point.value >= before, "{point:?} was {before}");
            *self.sums.entry(base.clone()).or_default() += point.value - before;
            now.insert(text(true), (base, point.value));
        }
        // A series that is gone starts again at 0.
        self.last = now;
    }
}

fn run(steps: &[Step]) -> Result<(), TestCaseError> {
    let fakes = [Fake::with_gpus(2), Fake::with_gpus(2)];
    let source = Scripted::new();
    let config = Config::default().with_interval(SECOND);
    let plain = Harness::with_config(&fakes[0], config.clone());
    let divided = Harness::with_builder(&fakes[1], config, |builder| {
        builder.with_attribution(source.clone())
    });
    let mut counts = [[1.0; FIELDS.len()]; 2];
    let mut holders: [Vec<u8>; 2] = Default::default();
    let mut sums = [Sums::default(), Sums::default()];
    let gpus = fakes[0].edit(|state| state.entities.clone());
    for step in steps {
        let mut intervals = 1;
        match *step {
            Step::Grows(gpu, at, by) => counts[gpu as usize][at] += f64::from(by),
            Step::Resets(gpu, at, to) => counts[gpu as usize][at] = f64::from(to),
            Step::Xid(gpu, code) => {
                for fake in &fakes {
                    fake.edit(|state| {
                        let event = (EntityId::gpu(gpu), FieldId::XID_ERRORS, code);
                        state.happened.push(event);
                    });
                }
            }
            Step::Holds(gpu, pod) => holders[gpu as usize] = pod.into_iter().collect(),
            Step::Shares(gpu) => holders[gpu as usize] = vec![1, 2],
            Step::Fails(fails) => {
                for fake in &fakes {
                    if fails {
                        fake.fail("latest", refused());
                    } else {
                        fake.heal();
                    }
                }
            }
            Step::Waits(count) => intervals = count,
            Step::SourceFails => {}
            Step::Listed(both) => {
                for fake in &fakes {
                    let count = if both { gpus.len() } else { 1 };
                    fake.edit(|state| state.entities = gpus[..count].to_vec());
                }
            }
        }
        if matches!(step, Step::SourceFails) {
            source.fail();
        } else {
            let all = holders.iter().zip(0..).flat_map(|(pods, gpu)| {
                pods.iter()
                    .map(move |pod| on_gpu(gpu, &format!("pod-{pod}")))
            });
            source.answer(all);
        }
        for fake in &fakes {
            for (gpu, counts) in counts.iter().zip(0..).map(|(counts, gpu)| (gpu, counts)) {
                for (field, count) in FIELDS.iter().zip(counts) {
                    fake.set(gpu, *field, *count);
                }
            }
        }
        divided.meter().poll_sources();
        for _ in 0..intervals {
            for (harness, sums) in [&plain, &divided].into_iter().zip(&mut sums) {
                harness.advance(SECOND);
                let _ = harness.meter().sample_now();
                sums.read(harness.export());
            }
        }
    }
    let [plain, divided] = sums.map(|sums| sums.sums);
    prop_assert_eq!(
        plain.keys().collect::<Vec<_>>(),
        divided.keys().collect::<Vec<_>>()
    );
    for (name, sum) in &plain {
        let parts = divided[name];
        prop_assert!(
            (sum - parts).abs() < 1e-6,
            "{name}: {sum} is divided into {parts}"
        );
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn the_parts_of_a_counter_add_up_to_it(steps in vec(step(), 1..40)) {
        run(&steps)?;
    }
}
