//! Reads the wire format of protocol buffers in place.
//!
//! A message is never built as a whole: an answer of a few megabytes that consists of empty messages
//! would become hundreds of megabytes of structures. The reader borrows, and its caller copies only the
//! texts that it needs.

/// The fields of a message that have a length: texts, bytes and messages. Numbers are skipped.
#[derive(Debug)]
pub(super) struct MessageFields<'a> {
    rest: &'a [u8],
}

/// A field, its number, and its content.
pub(super) type MessageField<'a> = (u64, &'a [u8]);

/// The bytes are not a message.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("expected a message of protocol buffers")]
pub(super) struct WireError;

impl<'a> MessageFields<'a> {
    pub(super) const fn new(message: &'a [u8]) -> Self {
        Self { rest: message }
    }

    fn take(&mut self, length: u64) -> Result<&'a [u8], WireError> {
        let length = usize::try_from(length).ok().ok_or(WireError)?;
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(WireError)?;
        self.rest = rest;
        Ok(taken)
    }

    fn varint(&mut self) -> Result<u64, WireError> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let (byte, rest) = self.rest.split_first().ok_or(WireError)?;
            self.rest = rest;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(WireError)
    }

    /// Returns the next field, or `None` after a number.
    fn next_field(&mut self) -> Result<Option<MessageField<'a>>, WireError> {
        let key = self.varint()?;
        match key & 7 {
            0 => drop(self.varint()?),
            1 => drop(self.take(8)?),
            2 => {
                let length = self.varint()?;
                return Ok(Some((key >> 3, self.take(length)?)));
            }
            5 => drop(self.take(4)?),
            // Groups, which no message of the kubelet has.
            _ => return Err(WireError),
        }
        Ok(None)
    }
}

/// Ends after an error.
impl<'a> Iterator for MessageFields<'a> {
    type Item = Result<MessageField<'a>, WireError>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.rest.is_empty() {
            match self.next_field() {
                Ok(Some(field)) => return Some(Ok(field)),
                Ok(None) => {}
                Err(error) => {
                    self.rest = &[];
                    return Some(Err(error));
                }
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fields(message: &[u8]) -> Result<Vec<MessageField<'_>>, WireError> {
        MessageFields::new(message).collect()
    }

    #[test]
    fn numbers_are_skipped_and_texts_returned() {
        // Field 1 = 300, field 2 = "ab", field 3 = 4 bytes, field 4 = 8 bytes, field 5 = "".
        let message = [
            &[0x08, 0xac, 0x02, 0x12, 2][..],
            b"ab",
            &[0x1d, 1, 2, 3, 4],
            &[0x21, 1, 2, 3, 4, 5, 6, 7, 8, 0x2a, 0],
        ]
        .concat();
        assert_eq!(fields(&message), Ok(vec![(2, &b"ab"[..]), (5, b"")]));
    }

    #[test]
    fn broken_messages_are_errors() {
        for message in [
            &[0x12][..],
            &[0x12, 3, b'a'],
            &[0x0b],
            &[0x80; 11],
            &[0x21, 1],
            &[
                0x12, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1,
            ],
        ] {
            assert_eq!(fields(message), Err(WireError), "{message:?}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_fields_or_an_error(message in proptest::collection::vec(any::<u8>(), 0..200)) {
            let found = fields(&message).unwrap_or_default();
            let length: usize = found.iter().map(|(_, content)| content.len()).sum();
            prop_assert!(length <= message.len());
        }
    }
}
