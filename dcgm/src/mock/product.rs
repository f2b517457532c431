//! [`Product`]: the simulated GPU products and their figures.

use crate::mock::model::Need;
use Need::{
    AppClocks, C2c, Codec, Ecc, Fabric, FabricHealth, Fan, Fp64, Gpm, Hbm, Mig, NvLink, NvLink4,
    NvLink5, Platform, Prof, RowRemap, Smoothing, TLimit,
};

/// A GPU product.
///
/// ```
/// use dcgm::EntityKind;
/// use dcgm::mock::{Host, Mock, Product};
///
/// let host = Host::new("build-17", Product::L4).with_gpus(3);
/// assert_eq!(host.count(EntityKind::GPU), 3);
/// let mock = Mock::new(host);
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Product {
    /// NVIDIA H100 80GB HBM3, the SXM board: 18 NVLinks of the fourth generation, MIG.
    H100Sxm,
    /// NVIDIA GB200: 18 NVLinks of the fifth generation, and a chip-to-chip link to a Grace CPU.
    Gb200,
    /// NVIDIA L4: a card for inference, without NVLink and MIG.
    L4,
    /// NVIDIA `GeForce` RTX 4090: no profiling, no ECC, a fan.
    GeForce,
}

/// The figures of a [`Product`].
#[derive(Debug)]
pub(super) struct Spec {
    pub(super) model: &'static str,
    pub(super) brand: &'static str,
    pub(super) vbios: &'static str,
    pub(super) driver: &'static str,
    pub(super) arch: &'static str,
    /// `major << 16 | minor`.
    pub(super) compute_capability: i64,
    /// CUDA version: 1000 * major + 10 * minor.
    pub(super) cuda: i64,
    pub(super) fb_mib: f64,
    pub(super) reserved_mib: f64,
    pub(super) bar1_mib: f64,
    pub(super) idle_w: f64,
    pub(super) limit_w: f64,
    pub(super) min_limit_w: f64,
    pub(super) sm: f64,
    pub(super) sm_mhz: f64,
    pub(super) memory_mhz: f64,
    pub(super) video_mhz: f64,
    pub(super) pcie_generation: i64,
    pub(super) pcie_lanes: i64,
    /// Throughput of an interconnect at full load, in bytes per second and direction.
    pub(super) pcie_rate: f64,
    pub(super) link_rate: f64,
    pub(super) links: u32,
    pub(super) max_operating_c: i64,
    pub(super) slowdown_c: i64,
    pub(super) shutdown_c: i64,
    pub(super) memory_max_c: i64,
    pub(super) can: &'static [Need],
}

impl Product {
    pub(super) const fn product_spec(self) -> &'static Spec {
        match self {
            Self::H100Sxm => &H100_SXM,
            Self::Gb200 => &GB200,
            Self::L4 => &L4,
            Self::GeForce => &GEFORCE,
        }
    }
}

static H100_SXM: Spec = Spec {
    model: "NVIDIA H100 80GB HBM3",
    brand: "NVIDIA",
    vbios: "96.00.89.00.01",
    driver: "570.172.08",
    arch: "x86_64",
    compute_capability: 9 << 16,
    cuda: 12_080,
    fb_mib: 81_559.0,
    reserved_mib: 551.0,
    bar1_mib: 131_072.0,
    idle_w: 72.0,
    limit_w: 700.0,
    min_limit_w: 200.0,
    sm: 132.0,
    sm_mhz: 1980.0,
    memory_mhz: 2619.0,
    video_mhz: 1545.0,
    pcie_generation: 5,
    pcie_lanes: 16,
    pcie_rate: 12e9,
    link_rate: 12e9,
    links: 18,
    max_operating_c: 85,
    slowdown_c: 87,
    shutdown_c: 92,
    memory_max_c: 95,
    can: &[
        AppClocks, Ecc, Fabric, Fp64, Gpm, Hbm, Mig, NvLink, NvLink4, Prof, RowRemap, TLimit,
    ],
};

static GB200: Spec = Spec {
    model: "NVIDIA GB200",
    brand: "NVIDIA",
    vbios: "97.00.B9.00.50",
    driver: "575.57.08",
    arch: "aarch64",
    compute_capability: 10 << 16,
    cuda: 12_090,
    fb_mib: 189_471.0,
    reserved_mib: 735.0,
    bar1_mib: 262_144.0,
    idle_w: 165.0,
    limit_w: 1200.0,
    min_limit_w: 200.0,
    sm: 152.0,
    sm_mhz: 2062.0,
    memory_mhz: 3996.0,
    video_mhz: 1725.0,
    pcie_generation: 5,
    pcie_lanes: 1,
    pcie_rate: 1e9,
    link_rate: 25e9,
    links: 18,
    max_operating_c: 85,
    slowdown_c: 87,
    shutdown_c: 92,
    memory_max_c: 105,
    can: &[
        AppClocks,
        C2c,
        Ecc,
        Fabric,
        FabricHealth,
        Fp64,
        Gpm,
        Hbm,
        Mig,
        NvLink,
        NvLink5,
        Platform,
        Prof,
        RowRemap,
        Smoothing,
        TLimit,
    ],
};

static L4: Spec = Spec {
    model: "NVIDIA L4",
    brand: "NVIDIA",
    vbios: "95.04.65.00.11",
    driver: "570.172.08",
    arch: "x86_64",
    compute_capability: 8 << 16 | 9,
    cuda: 12_080,
    fb_mib: 23_034.0,
    reserved_mib: 464.0,
    bar1_mib: 32_768.0,
    idle_w: 16.0,
    limit_w: 72.0,
    min_limit_w: 40.0,
    sm: 58.0,
    sm_mhz: 2040.0,
    memory_mhz: 6251.0,
    video_mhz: 1770.0,
    pcie_generation: 4,
    pcie_lanes: 16,
    pcie_rate: 3e9,
    link_rate: 0.0,
    links: 0,
    max_operating_c: 85,
    slowdown_c: 90,
    shutdown_c: 95,
    memory_max_c: 0,
    can: &[AppClocks, Codec, Ecc, Prof, RowRemap, TLimit],
};

static GEFORCE: Spec = Spec {
    model: "NVIDIA GeForce RTX 4090",
    brand: "GeForce",
    vbios: "95.02.3C.40.B7",
    driver: "570.172.08",
    arch: "x86_64",
    compute_capability: 8 << 16 | 9,
    cuda: 12_080,
    fb_mib: 24_564.0,
    reserved_mib: 346.0,
    bar1_mib: 256.0,
    idle_w: 24.0,
    limit_w: 450.0,
    min_limit_w: 150.0,
    sm: 128.0,
    sm_mhz: 3105.0,
    memory_mhz: 10_501.0,
    video_mhz: 2415.0,
    pcie_generation: 4,
    pcie_lanes: 16,
    pcie_rate: 4e9,
    link_rate: 0.0,
    links: 0,
    max_operating_c: 84,
    slowdown_c: 95,
    shutdown_c: 100,
    memory_max_c: 0,
    can: &[Codec, Fan],
};
