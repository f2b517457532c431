//! Tests of hpc.
