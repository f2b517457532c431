//! Fakes, and samples put in by hand.

use dcgm_sys::{Versioned, dcgmCreateFakeEntities_v2, dcgmFieldValue_v1, dcgmMigHierarchyInfo_t};

use super::{Ptr, ask, ask_packet, check_version, code_of, run};
use crate::dispatch::Op;
use crate::engine::{Code, st};
use crate::wire::{Packet, Payload, Record};

const GPU: u32 = 1;
const MOST: usize = 448;

pub fn create_fakes(handle: usize, fakes: Ptr<dcgmCreateFakeEntities_v2>) -> Code {
    run(|| {
        check_version(fakes, &[dcgmCreateFakeEntities_v2::VERSION])?;
        let count = fakes.cast::<u32>().at(1).read().unwrap_or(0) as usize;
        if count > MOST {
            return Err(st::BADPARAM);
        }
        for index in 0..count {
            let row = fakes.field::<u32>(8 + index * size_of::<dcgmMigHierarchyInfo_t>());
            let word = |index| i64::from(row.at(index).read().unwrap_or(0));
            // Entity (kind, id), parent (kind, id).
            let reply = ask(handle, Op::Fake, vec![word(0), word(2), word(3)])?;
            match reply.code {
                st::OK => row.at(1).write(reply.word(0)),
                st::GENERIC_ERROR => {
                    row.at(1).write(u32::MAX);
                    return Err(reply.code);
                }
                code => return Err(code),
            }
        }
        Ok(())
    })
}

pub fn inject(handle: usize, gpu: u32, value: Ptr<dcgmFieldValue_v1>) -> Code {
    inject_entity(handle, GPU, gpu, value)
}

pub fn inject_entity(handle: usize, kind: u32, id: u32, value: Ptr<dcgmFieldValue_v1>) -> Code {
    run(|| {
        check_version(value, &[dcgmFieldValue_v1::VERSION])?;
        let field = value.field::<u16>(4).read().unwrap_or(0);
        let kind_of_value = value.field::<u16>(6).read().unwrap_or(0);
        let kind_of_value = u8::try_from(kind_of_value).unwrap_or(0);
        let payload = match kind_of_value {
            b'i' => Payload::Int(value.field::<i64>(24).read().unwrap_or(0)),
            b'd' => Payload::Double(value.field::<f64>(24).read().unwrap_or(0.0)),
            b's' => {
                let text = (0..256).map_while(|index| {
                    value
                        .field::<u8>(24 + index)
                        .read()
                        .filter(|byte| *byte != 0)
                });
                Payload::Text(text.collect())
            }
            b'b' => Payload::Blob(value.field::<u8>(24).read_all(4096)),
            _ => return Err(st::BADPARAM),
        };
        let record = Record {
            entity: (kind, id),
            field,
            kind: kind_of_value,
            // A status is taken and forgotten.
            status: 0,
            ts: value.field::<i64>(16).read().unwrap_or(0),
            payload,
        };
        let request = Packet {
            op: Op::Inject as u32,
            records: vec![record],
            ..Packet::default()
        };
        match code_of(ask_packet(handle, request)) {
            st::OK => Ok(()),
            code => Err(code),
        }
    })
}
