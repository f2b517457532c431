//! [`NotImplemented`]: a client of the subjects that a [`Client`](crate::Client) does not implement.

use crate::error::{Error, Result};

/// Has only the default bodies of the traits of the subjects.
#[derive(Debug)]
pub(crate) struct NotImplemented;

/// The default body of a method: returns [`Error::NotImplemented`].
pub(crate) const fn not_implemented<T>(method: &'static str) -> Result<T> {
    Err(Error::NotImplemented { method })
}
