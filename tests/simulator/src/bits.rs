//! The same bits with and without a sign, as C passes them.

/// The same bits as the other kind of integer.
pub(crate) trait Bits {
    type Unsigned;
    type Signed;
    fn unsigned(self) -> Self::Unsigned;
    fn signed(self) -> Self::Signed;
}

macro_rules! bits {
    ($($unsigned:ty, $signed:ty;)*) => {
        $(
            impl Bits for $unsigned {
                type Unsigned = Self;
                type Signed = $signed;
                fn unsigned(self) -> Self {
                    self
                }
                fn signed(self) -> $signed {
                    <$signed>::from_ne_bytes(self.to_ne_bytes())
                }
            }
            impl Bits for $signed {
                type Unsigned = $unsigned;
                type Signed = Self;
                fn unsigned(self) -> $unsigned {
                    <$unsigned>::from_ne_bytes(self.to_ne_bytes())
                }
                fn signed(self) -> Self {
                    self
                }
            }
        )*
    };
}

bits! { u32, i32; u64, i64; }
