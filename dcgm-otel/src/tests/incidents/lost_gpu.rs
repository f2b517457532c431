//! A GPU that falls off the bus.

use std::time::Duration;

use dcgm::{EntityId, FieldId};

use crate::ErrorKind;
use crate::testing::{Harness, SECOND, Shown, differing, fallen, is_counter, lines, run_all};

#[test]
fn a_gpu_that_falls_off_the_bus_has_failed_until_it_is_back() {
    let both = [Harness::sampled("8xh100,xid79"), Harness::sampled("8xh100")];
    let [bad, calm] = &both;
    run_all(&both, 285);
    assert_eq!(bad.shown(), calm.shown());
    let before = bad.shown();
    bad.run_until(300);
    assert_eq!(bad.series("hw.gpu.xid.errors gpu4 79"), Some(1.0));
    // It has been missing from the list for a second.
    bad.tick_after(SECOND);
    let mut held: Option<Shown> = None;
    while bad.now() < Duration::from_secs(596) {
        bad.tick_after(SECOND * 5);
        let at = bad.now();
        assert_eq!(bad.ailing(), "gpu4 failed", "at {at:?}");
        let mut shown = bad.shown();
        // While it is still listed, its attributes may be exported.
        shown.retain(|name, _| name.contains(" gpu4") && !name.starts_with("hw.gpu.info"));
        let (counters, levels): (Shown, Shown) =
            shown.into_iter().partition(|(name, _)| is_counter(name));
        assert!(
            levels.len() == 4 && levels.keys().all(|name| name.starts_with("hw.status ")),
            "at {at:?}: {levels:?}"
        );
        assert_eq!(*held.get_or_insert(counters.clone()), counters, "at {at:?}");
    }
    assert!(bad.health().is_ready());
    // It is back at 600 s, and has stayed for a second at 602 s.
    bad.tick_after(SECOND * 5);
    bad.tick_after(SECOND);
    assert_eq!(bad.now(), SECOND * 602);
    assert_eq!(bad.ailing(), "");
    assert_eq!(bad.statuses().len(), 12);
    assert_eq!(fallen(&before, &bad.shown()), [""; 0]);
    // After the reset the driver started at zero: all that it reports is growth since the loss.
    let energy = held.unwrap()["hw.energy gpu4"];
    bad.tick_after(SECOND * 15);
    let since = bad.raw(EntityId::gpu(4), FieldId::TOTAL_ENERGY_CONSUMPTION) / 1e3;
    let now = bad.series("hw.energy gpu4").unwrap();
    assert!(
        (now - energy - since).abs() < 1e-3,
        "{energy} {since} {now}"
    );
    // There, too, a GPU that came and went at once made the meter watch everything again.
    calm.run_until(600);
    let again = calm.client.model().host().entity(EntityId::gpu(4)).cloned();
    calm.client.remove_entity(EntityId::gpu(4));
    calm.client.add_entity(again.unwrap());
    calm.tick_after(SECOND);
    calm.tick_after(SECOND);
    bad.run_until(632);
    calm.run_until(632);
    // Other GPUs are unaffected, except for rates of links, which had fewer samples.
    let mut others = differing(&bad.shown(), &calm.shown());
    others.retain(|name| {
        let switch = name.contains(" nvswitch-");
        !switch && !name.contains(" gpu4") && !name.starts_with("hw.gpu.nvlink.io")
    });
    assert_eq!(lines(&others), "");
    assert_eq!(bad.series("hw.gpu.xid.errors gpu4 79"), Some(1.0));
    assert_eq!(bad.errors(), [(ErrorKind::GpuLost, 1)]);
}
