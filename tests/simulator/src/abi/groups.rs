//! Groups and field groups.

use core::ffi::c_char;

use dcgm_sys::{
    Versioned, dcgmAllFieldGroup_v1, dcgmFieldGroupInfo_v1, dcgmGroupInfo_v2, dcgmGroupInfo_v3,
};

use super::{Ptr, ask, ask_packet, check_version, code_of, long, ok, run};
use crate::Flavour;
use crate::dispatch::Op;
use crate::engine::{Code, st};
use crate::faults::{self, Garbage};
use crate::process::PROCESS;
use crate::wire::Packet;

const NAME: usize = 256;
const GPU: u32 = 1;

pub fn group_create(handle: usize, kind: u32, name: Ptr<c_char>, id: Ptr<usize>) -> Code {
    run(|| {
        let name = name.text().filter(|_| !id.is_null()).ok_or(st::BADPARAM)?;
        let reply = ok(ask_packet(
            handle,
            named(Op::CreateGroup, vec![kind.into()], name),
        ))?;
        id.write(usize::try_from(reply.long(0)).unwrap_or(0));
        Ok(())
    })
}

fn named(op: Op, ints: Vec<i64>, name: String) -> Packet {
    Packet {
        op: op as u32,
        ints,
        texts: vec![name.into_bytes()],
        ..Packet::default()
    }
}

pub fn group_destroy(handle: usize, group: usize) -> Code {
    code_of(ask(handle, Op::DestroyGroup, vec![long(group)]))
}

pub fn group_add_device(handle: usize, group: usize, gpu: u32) -> Code {
    group_add_entity(handle, group, GPU, gpu)
}

pub fn group_add_entity(handle: usize, group: usize, kind: u32, id: u32) -> Code {
    code_of(ask(
        handle,
        Op::AddToGroup,
        vec![long(group), kind.into(), id.into()],
    ))
}

pub fn group_remove_device(handle: usize, group: usize, gpu: u32) -> Code {
    group_remove_entity(handle, group, GPU, gpu)
}

pub fn group_remove_entity(handle: usize, group: usize, kind: u32, id: u32) -> Code {
    code_of(ask(
        handle,
        Op::RemoveFromGroup,
        vec![long(group), kind.into(), id.into()],
    ))
}

/// `dcgmGroupInfo_t` of the release.
pub fn group_info(handle: usize, group: usize, info: Ptr<dcgmGroupInfo_v3>) -> Code {
    run(|| {
        let version = match PROCESS.flavour() {
            Flavour::V4_6 => dcgmGroupInfo_v3::VERSION,
            Flavour::V3_3 => dcgmGroupInfo_v2::VERSION,
        };
        check_version(info, &[version])?;
        let reply = ok(ask(handle, Op::GroupInfo, vec![long(group)]))?;
        let count = (reply.ints.len() / 2).min(PROCESS.flavour().entities());
        let huge = faults::garbage("dcgmGroupGetInfo") == Garbage::HugeCount;
        let reported = if huge {
            u32::MAX
        } else {
            u32::try_from(count).unwrap_or(0)
        };
        info.cast::<u32>().at(1).write(reported);
        info.field::<u8>(8).write_text(reply.text(0), NAME);
        for index in 0..2 * count {
            info.field::<u32>(8 + NAME)
                .at(index)
                .write(reply.word(index));
        }
        Ok(())
    })
}

pub fn field_group_create(
    handle: usize,
    count: i32,
    fields: Ptr<u16>,
    name: Ptr<c_char>,
    id: Ptr<usize>,
) -> Code {
    run(|| {
        let name = name
            .text()
            .filter(|_| !id.is_null() && !fields.is_null())
            .ok_or(st::BADPARAM)?;
        // What is refused for its number is not read.
        let count = usize::try_from(count)
            .ok()
            .filter(|count| (1..=128).contains(count))
            .ok_or(st::BADPARAM)?;
        let fields = fields.read_all(count).into_iter().map(i64::from).collect();
        let reply = ok(ask_packet(
            handle,
            named(Op::CreateFieldGroup, fields, name),
        ))?;
        id.write(usize::try_from(reply.long(0)).unwrap_or(0));
        Ok(())
    })
}

pub fn field_group_destroy(handle: usize, group: usize) -> Code {
    code_of(ask(handle, Op::DestroyFieldGroup, vec![long(group)]))
}

fn write_field_group(info: Ptr<dcgmFieldGroupInfo_v1>, id: i64, name: &[u8], fields: &[i64]) {
    info.cast::<u32>().write(dcgmFieldGroupInfo_v1::VERSION);
    info.cast::<u32>()
        .at(1)
        .write(u32::try_from(fields.len()).unwrap_or(0));
    info.field::<i64>(8).write(id);
    info.field::<u8>(16).write_text(name, NAME);
    for (index, field) in fields.iter().enumerate() {
        info.field::<u16>(16 + NAME)
            .at(index)
            .write(u16::try_from(*field).unwrap_or(0));
    }
}

pub fn field_group_info(handle: usize, info: Ptr<dcgmFieldGroupInfo_v1>) -> Code {
    run(|| {
        check_version(info, &[dcgmFieldGroupInfo_v1::VERSION])?;
        let id = info.field::<i64>(8).read().unwrap_or(0);
        let reply = ok(ask(handle, Op::FieldGroupInfo, vec![id]))?;
        write_field_group(info, id, reply.text(0), &reply.ints);
        Ok(())
    })
}

pub fn field_group_all(handle: usize, all: Ptr<dcgmAllFieldGroup_v1>) -> Code {
    run(|| {
        check_version(all, &[dcgmAllFieldGroup_v1::VERSION])?;
        let reply = ok(ask(handle, Op::FieldGroups, Vec::new()))?;
        let mut next = 0;
        for (index, name) in reply.texts.iter().enumerate().take(64) {
            let (id, count) = (reply.int(next), reply.word(next + 1) as usize);
            let fields = reply
                .ints
                .get(next + 2..next + 2 + count)
                .unwrap_or_default();
            let row = all.field(8 + index * size_of::<dcgmFieldGroupInfo_v1>());
            write_field_group(row, id, name, fields);
            next += 2 + count;
        }
        all.cast::<u32>()
            .at(1)
            .write(u32::try_from(reply.texts.len()).unwrap_or(0));
        Ok(())
    })
}
