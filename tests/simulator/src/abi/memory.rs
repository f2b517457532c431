//! A C caller's memory.

use core::ffi::{CStr, c_char};

/// A pointer that a C caller passed in, as C passes it.
///
/// Invariant, which the caller of the exported function upholds: null, or valid for reads and
/// writes of what the function's C documentation says is there, for the length of the call.
#[derive(Debug)]
#[repr(transparent)]
pub struct Ptr<T>(*mut T);

impl<T> Clone for Ptr<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Ptr<T> {}

impl<T> Ptr<T> {
    /// A pointer to something of ours, as if a C caller had passed it. It must not outlive the
    /// borrow, which callers see to.
    pub(crate) fn of(value: &mut T) -> Self {
        Self(value)
    }

    #[cfg(test)]
    pub(crate) fn from_c(pointer: *mut T) -> Self {
        Self(pointer)
    }

    pub(crate) fn is_null(self) -> bool {
        self.0.is_null()
    }

    pub(crate) const fn raw(self) -> *mut T {
        self.0
    }

    pub(crate) const fn cast<U>(self) -> Ptr<U> {
        Ptr(self.0.cast())
    }

    /// Returns a pointer to the field at a byte offset.
    pub(crate) fn field<U: Copy>(self, offset: usize) -> Ptr<U> {
        if self.0.is_null() {
            return Ptr(core::ptr::null_mut());
        }
        Ptr(self.0.cast::<u8>().wrapping_add(offset).cast())
    }
}

impl<T: Copy> Ptr<T> {
    pub(crate) fn read(self) -> Option<T> {
        if self.0.is_null() {
            return None;
        }
        // SAFETY: not null, so valid for reads by the type's invariant.
        Some(unsafe { self.0.read_unaligned() })
    }

    /// Nothing if null.
    pub(crate) fn write(self, value: T) {
        if self.0.is_null() {
            return;
        }
        // SAFETY: not null, so valid for writes by the type's invariant.
        unsafe { self.0.write_unaligned(value) };
    }

    /// The element at an index; the caller of the exported function said that there are so many.
    pub(crate) fn at(self, index: usize) -> Self {
        if self.0.is_null() {
            return self;
        }
        Self(self.0.wrapping_add(index))
    }

    pub(crate) fn read_all(self, count: usize) -> Vec<T> {
        (0..count)
            .filter_map(|index| self.at(index).read())
            .collect()
    }
}

impl Ptr<u8> {
    pub(crate) fn write_bytes(self, bytes: &[u8]) {
        if self.0.is_null() {
            return;
        }
        // SAFETY: not null, so valid for writes by the type's invariant; what lies in this crate
        // does not overlap with a C caller's buffer.
        unsafe { core::ptr::copy_nonoverlapping(bytes.as_ptr(), self.0, bytes.len()) };
    }

    /// Text with its NUL, cut to fit.
    pub(crate) fn write_text(self, text: &[u8], room: usize) {
        let text = text.get(..room.saturating_sub(1)).unwrap_or(text);
        self.write_bytes(text);
        self.at(text.len()).write(0);
    }
}

impl Ptr<c_char> {
    pub(crate) fn text(self) -> Option<String> {
        if self.0.is_null() {
            return None;
        }
        // SAFETY: not null, so a C string by the type's invariant and the function's documentation.
        let text = unsafe { CStr::from_ptr(self.0) };
        Some(text.to_string_lossy().into_owned())
    }
}
