//! The time of requests in the real library, as measured, in round numbers.

use std::hint::black_box;
use std::time::Duration;

use crate::Flavour;
use crate::dispatch::Op;
use crate::wire::{Packet, Record};

/// A round trip: most of it is that libdcgm clears a message of 4 MiB.
const ROUND_TRIP: Duration = Duration::from_micros(200);

/// A health check, whose struct has 1 MB: 4.4 ms over a Unix socket, 2.2 ms embedded.
const HEALTH_CHECK: Duration = Duration::from_millis(4);

/// On TCP a reply above 16 KiB goes out in several writes, and waits for an acknowledgement.
const CLIFF: Duration = Duration::from_millis(40);

const CLIFF_BYTES: usize = 16 << 10;

/// Fixed bytes of the reply to a question for new samples.
const SINCE_BYTES: usize = 92;

/// Returns the time of a request, by its reply.
pub(crate) fn of(op: u32, reply: &Packet, flavour: Flavour, tcp: bool) -> Duration {
    let round_trip = |bytes: usize| {
        if tcp && bytes > CLIFF_BYTES {
            ROUND_TRIP + CLIFF
        } else {
            ROUND_TRIP
        }
    };
    match Op::from_raw(op) {
        Some(Op::Latest | Op::LatestOf) => {
            round_trip(flavour.reply_overhead() + bytes(&reply.records))
        }
        // A round trip for each field of each entity, also for those that have nothing new.
        Some(Op::Since) => {
            let pairs = reply
                .records
                .chunk_by(|one, next| (one.entity, one.field) == (next.entity, next.field));
            let all: Duration = pairs
                .map(|samples| round_trip(SINCE_BYTES + bytes(samples)))
                .sum();
            all.max(ROUND_TRIP)
        }
        // Structs of a fixed size, of tens of kilobytes.
        Some(Op::Hierarchy | Op::Links | Op::FieldGroups) => round_trip(usize::MAX),
        // These travel in full in the request, too.
        Some(Op::CheckHealth) if tcp => HEALTH_CHECK + 2 * CLIFF,
        Some(Op::CheckHealth) => HEALTH_CHECK,
        Some(Op::JobStats | Op::Process) if tcp => ROUND_TRIP + 2 * CLIFF,
        Some(Op::Topology) => 10 * ROUND_TRIP,
        Some(Op::SelectGpus) => 20 * ROUND_TRIP,
        Some(Op::DetachDriver | Op::AttachDriver) => Duration::from_secs(1),
        _ => ROUND_TRIP,
    }
}

/// Size of the message that the real library fills with zeros for each round trip of values. It takes
/// most of the time of the round trip, on both sides.
const MESSAGE_BYTES: usize = 4 << 20;

/// Does the work of a request, by its reply: fills as many messages as the real library.
pub(crate) fn work(op: u32, reply: &Packet, flavour: Flavour) {
    if let Some(Op::Latest | Op::LatestOf | Op::Since) = Op::from_raw(op) {
        let price = of(op, reply, flavour, false);
        for _ in 0..price.as_micros() / ROUND_TRIP.as_micros() {
            // Zeros would come from the system, page by page and only if they are used.
            black_box(vec![u8::MAX; MESSAGE_BYTES]);
        }
    }
}

fn bytes(records: &[Record]) -> usize {
    let of_one = |record: &Record| 24 + record.payload.wire_bytes();
    records.iter().map(of_one).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Payload;

    fn reply(entities: u32, fields: u16) -> Packet {
        let pairs = (0..entities).flat_map(|id| (0..fields).map(move |field| (id, field)));
        let record = |(id, field)| Record {
            entity: (1, id),
            field,
            kind: b'i',
            status: 0,
            ts: 0,
            payload: Payload::Int(0),
        };
        Packet {
            records: pairs.map(record).collect(),
            ..Packet::default()
        }
    }

    fn micros(op: Op, reply: &Packet, tcp: bool) -> u128 {
        of(op as u32, reply, Flavour::V4_6, tcp).as_micros()
    }

    #[test]
    fn the_cliff_is_one_of_bytes_and_of_tcp() {
        // (16,384 - 8,520) / 32 numbers are below it.
        assert_eq!(micros(Op::LatestOf, &reply(1, 245), true), 200);
        assert_eq!(micros(Op::LatestOf, &reply(1, 246), true), 40_200);
        assert_eq!(micros(Op::LatestOf, &reply(32, 127), false), 200);
        assert_eq!(micros(Op::Links, &Packet::default(), true), 40_200);
        let check = |tcp| micros(Op::CheckHealth, &Packet::default(), tcp);
        assert_eq!((check(true), check(false)), (84_000, 4_000));
    }

    #[test]
    fn new_samples_cost_a_round_trip_for_each_field_of_each_entity() {
        assert_eq!(micros(Op::Since, &reply(8, 2), true), 16 * 200);
        assert_eq!(micros(Op::Since, &Packet::default(), true), 200);
    }
}
