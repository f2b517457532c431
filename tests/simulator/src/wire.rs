//! The messages between client and engine. The format is the simulator's own: nothing of DCGM's
//! is in it.
//!
//! A frame is a magic word, a length, and a [`Packet`]. Anything else ends the connection, as it
//! does with the real library.

use std::io::{self, Read, Write};

use crate::bits::Bits;

/// A request or an answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Packet {
    /// The number of the request; an answer carries the number of its request. 0: unsolicited (a
    /// policy violation).
    pub(crate) id: u64,
    pub(crate) op: u32,
    /// The return code. In requests 0.
    pub(crate) code: i32,
    pub(crate) ints: Vec<i64>,
    pub(crate) texts: Vec<Vec<u8>>,
    pub(crate) records: Vec<Record>,
}

impl Packet {
    pub(crate) fn int(&self, index: usize) -> i64 {
        self.ints.get(index).copied().unwrap_or(0)
    }

    #[expect(
        clippy::cast_sign_loss,
        clippy::cast_possible_truncation,
        reason = "bit patterns; sent as such"
    )]
    pub(crate) fn word(&self, index: usize) -> u32 {
        self.int(index) as u32
    }

    #[expect(clippy::cast_sign_loss, reason = "a bit pattern; sent as such")]
    pub(crate) fn long(&self, index: usize) -> u64 {
        self.int(index) as u64
    }

    pub(crate) fn text(&self, index: usize) -> &[u8] {
        self.texts.get(index).map_or(&[], Vec::as_slice)
    }
}

/// A value with its status.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Record {
    pub(crate) entity: (u32, u32),
    pub(crate) field: u16,
    pub(crate) kind: u8,
    pub(crate) status: i32,
    pub(crate) ts: i64,
    pub(crate) payload: Payload,
}

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Payload {
    Int(i64),
    Double(f64),
    Text(Vec<u8>),
    Blob(Vec<u8>),
}

/// The blanks of DCGM: nothing, not found, not supported, not permitted.
const TEXT_BLANKS: [&str; 4] = [
    "<<<NULL>>>",
    "<<<NOT_FOUND>>>",
    "<<<NOT_SUPPORTED>>>",
    "<<<NOT_PERM>>>",
];

impl Payload {
    /// The blank of a type: offset 0 nothing, 1 not found, 2 not supported, 3 not permitted.
    pub(crate) fn blank(kind: u8, offset: u8) -> Self {
        match kind {
            b'd' => Self::Double(140_737_488_355_328.0 + f64::from(offset)),
            b's' => {
                let text = TEXT_BLANKS
                    .get(usize::from(offset))
                    .unwrap_or(&TEXT_BLANKS[0]);
                Self::Text(text.as_bytes().to_vec())
            }
            b'b' => Self::Blob(Vec::new()),
            _ => Self::Int(0x7fff_ffff_ffff_fff0 + i64::from(offset)),
        }
    }

    /// Returns `true` if it is a reason for a missing value, instead of a value.
    pub(crate) fn is_blank(&self) -> bool {
        match self {
            Self::Int(value) => *value >= 0x7fff_ffff_ffff_fff0,
            Self::Double(value) => *value >= 140_737_488_355_328.0,
            Self::Text(text) => text.starts_with(b"<<<"),
            Self::Blob(_) => false,
        }
    }

    /// Bytes that it takes in the real library's reply.
    pub(crate) fn wire_bytes(&self) -> usize {
        match self {
            Self::Int(_) | Self::Double(_) => 8,
            Self::Text(text) => text.len() + 1,
            Self::Blob(bytes) => bytes.len(),
        }
    }

    pub(crate) fn as_int(&self) -> Option<i64> {
        match self {
            Self::Int(value) => Some(*value),
            _ => None,
        }
    }

    pub(crate) fn as_double(&self) -> Option<f64> {
        match self {
            Self::Double(value) => Some(*value),
            _ => None,
        }
    }
}

const MAGIC: u32 = 0x4d53_4344;
/// Larger than any frame; what claims more is garbage.
const LARGEST: usize = 64 << 20;

pub(crate) fn send(to: &mut impl Write, packet: &Packet) -> io::Result<()> {
    let mut out = Out(vec![0; 8]);
    out.u64(packet.id);
    out.u32(packet.op);
    out.u32(packet.code.unsigned());
    out.count(packet.ints.len());
    for value in &packet.ints {
        out.u64(value.unsigned());
    }
    out.count(packet.texts.len());
    for text in &packet.texts {
        out.bytes(text);
    }
    out.count(packet.records.len());
    for record in &packet.records {
        out.record(record);
    }
    let length = u32::try_from(out.0.len() - 8).map_err(io::Error::other)?;
    out.0[..4].copy_from_slice(&MAGIC.to_le_bytes());
    out.0[4..8].copy_from_slice(&length.to_le_bytes());
    to.write_all(&out.0)
}

pub(crate) fn receive(from: &mut impl Read) -> io::Result<Packet> {
    let mut head = [0; 8];
    from.read_exact(&mut head)?;
    let mut head = In(&head);
    let (magic, length) = (head.u32()?, head.u32()? as usize);
    if magic != MAGIC || length > LARGEST {
        return Err(garbage());
    }
    let mut body = vec![0; length];
    from.read_exact(&mut body)?;
    let mut body = In(&body);
    let mut packet = Packet {
        id: body.u64()?,
        op: body.u32()?,
        code: body.u32()?.signed(),
        ..Packet::default()
    };
    for _ in 0..body.u32()? {
        packet.ints.push(body.u64()?.signed());
    }
    for _ in 0..body.u32()? {
        packet.texts.push(body.bytes()?.to_vec());
    }
    for _ in 0..body.u32()? {
        packet.records.push(body.record()?);
    }
    Ok(packet)
}

fn garbage() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "not a frame of the simulator")
}

struct Out(Vec<u8>);

impl Out {
    fn u32(&mut self, value: u32) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    fn u64(&mut self, value: u64) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    fn count(&mut self, count: usize) {
        self.u32(u32::try_from(count).unwrap_or(u32::MAX));
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.count(bytes.len());
        self.0.extend_from_slice(bytes);
    }

    fn record(&mut self, record: &Record) {
        self.u32(record.entity.0);
        self.u32(record.entity.1);
        self.u32(u32::from(record.field) | u32::from(record.kind) << 16);
        self.u32(record.status.unsigned());
        self.u64(record.ts.unsigned());
        match &record.payload {
            Payload::Int(value) => {
                self.0.push(0);
                self.u64(value.unsigned());
            }
            Payload::Double(value) => {
                self.0.push(1);
                self.u64(value.to_bits());
            }
            Payload::Text(text) => {
                self.0.push(2);
                self.bytes(text);
            }
            Payload::Blob(bytes) => {
                self.0.push(3);
                self.bytes(bytes);
            }
        }
    }
}

struct In<'a>(&'a [u8]);

impl<'a> In<'a> {
    fn take(&mut self, count: usize) -> io::Result<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or_else(garbage)?;
        self.0 = rest;
        Ok(taken)
    }

    fn u32(&mut self) -> io::Result<u32> {
        let bytes = self.take(4)?.try_into().map_err(io::Error::other)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn u64(&mut self) -> io::Result<u64> {
        let bytes = self.take(8)?.try_into().map_err(io::Error::other)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn bytes(&mut self) -> io::Result<&'a [u8]> {
        let count = self.u32()? as usize;
        self.take(count)
    }

    #[expect(clippy::cast_possible_truncation, reason = "packed so by Out::record")]
    fn record(&mut self) -> io::Result<Record> {
        let entity = (self.u32()?, self.u32()?);
        let packed = self.u32()?;
        let status = self.u32()?.signed();
        let ts = self.u64()?.signed();
        let payload = match self.take(1)? {
            [0] => Payload::Int(self.u64()?.signed()),
            [1] => Payload::Double(f64::from_bits(self.u64()?)),
            [2] => Payload::Text(self.bytes()?.to_vec()),
            [3] => Payload::Blob(self.bytes()?.to_vec()),
            _ => return Err(garbage()),
        };
        Ok(Record {
            entity,
            field: packed as u16,
            kind: (packed >> 16) as u8,
            status,
            ts,
            payload,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_arrives_as_it_was_sent() {
        let record = |payload| Record {
            entity: (1, 7),
            field: 1533,
            kind: b'd',
            status: -16,
            ts: -1,
            payload,
        };
        let packet = Packet {
            id: 3,
            op: 9,
            code: -21,
            ints: vec![i64::MIN, -1, i64::MAX],
            texts: vec![Vec::new(), b"a\0b".to_vec()],
            records: vec![
                record(Payload::Int(-5)),
                record(Payload::Double(0.5)),
                record(Payload::Text(b"x".to_vec())),
                record(Payload::Blob(vec![0, 255])),
            ],
        };
        let mut bytes = Vec::new();
        send(&mut bytes, &packet).unwrap();
        assert_eq!(receive(&mut bytes.as_slice()).unwrap(), packet);
    }

    #[test]
    fn garbage_is_an_error_and_no_allocation_of_its_size() {
        assert!(receive(&mut &b"HTTP/1.1 400 Bad Request\r\n"[..]).is_err());
        let mut huge = MAGIC.to_le_bytes().to_vec();
        huge.extend_from_slice(&u32::MAX.to_le_bytes());
        assert!(receive(&mut huge.as_slice()).is_err());
    }
}
