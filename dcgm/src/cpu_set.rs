//! [`CpuSet`]: a set of CPU numbers.

use core::fmt;
use std::collections::BTreeSet;

/// A set of CPUs or cores, by their numbers.
///
/// The text form is that of Linux (`/sys/devices/system/node/node0/cpulist`, `taskset -c`).
///
/// ```
/// use dcgm::topology::CpuSet;
///
/// let cpus: CpuSet = (0..48).chain(96..144).collect();
/// assert_eq!((cpus.len(), cpus.contains(47), cpus.contains(48)), (96, true, false));
/// assert_eq!(cpus.to_string(), "0-47,96-143");
/// ```
#[derive(Clone, Default, Eq, Hash, PartialEq)]
pub struct CpuSet(BTreeSet<u32>);

impl CpuSet {
    /// Returns the numbers of the bits that are set; the first bit is the lowest of the first word.
    pub(crate) fn from_bits(words: &[u64]) -> Self {
        let of_word = |(first, word): (u32, &u64)| {
            let word = *word;
            (0..u64::BITS)
                .filter(move |bit| word >> bit & 1 == 1)
                .map(move |bit| first + bit)
        };
        (0..).step_by(64).zip(words).flat_map(of_word).collect()
    }

    /// Returns the number of CPUs.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns `true` if there is no CPU in the set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns `true` if the set has a CPU.
    #[must_use]
    pub fn contains(&self, cpu: u32) -> bool {
        self.0.contains(&cpu)
    }

    /// Returns the CPUs, ascending.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.0.iter().copied()
    }

    /// Returns the CPUs that are in both sets.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        Self(&self.0 & &other.0)
    }
}

impl FromIterator<u32> for CpuSet {
    fn from_iter<I: IntoIterator<Item = u32>>(cpus: I) -> Self {
        Self(cpus.into_iter().collect())
    }
}

/// Prints ranges, as in `0-47,96-143`.
impl fmt::Display for CpuSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut cpus = self.iter().peekable();
        let mut separator = "";
        while let Some(first) = cpus.next() {
            let mut last = first;
            while let Some(next) = cpus.next_if(|next| Some(*next) == last.checked_add(1)) {
                last = next;
            }
            write!(f, "{separator}{first}")?;
            if last > first {
                write!(f, "-{last}")?;
            }
            separator = ",";
        }
        Ok(())
    }
}

/// Prints the ranges.
impl fmt::Debug for CpuSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CpuSet({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_numbered_from_the_lowest_of_the_first_word() {
        let cpus = CpuSet::from_bits(&[0xffff_ffff_ffff, 0xffff_ffff_0000_0000, 0xffff, 0]);
        assert_eq!(cpus.to_string(), "0-47,96-143");
        assert_eq!(CpuSet::from_bits(&[0, 1 << 63]).to_string(), "127");
        assert!(CpuSet::from_bits(&[0; 8]).is_empty());
    }

    #[test]
    fn neighbours_are_one_range() {
        let text = |cpus: &[u32]| cpus.iter().copied().collect::<CpuSet>().to_string();
        assert_eq!(text(&[3, 1, 2, 7, 9, 10]), "1-3,7,9-10");
        assert_eq!(text(&[u32::MAX, 0]), "0,4294967295");
        assert_eq!(text(&[]), "");
    }
}
