//! Cards of any maker through Vulkan, Metal or DirectX: whether there is one, and which.

use std::sync::OnceLock;

use burn_wgpu::graphics::AutoGraphicsApi;
use burn_wgpu::{RuntimeOptions, WgpuDevice, init_setup};

use super::quiet::quietly;
use crate::core::problem::{Problem, Result};

/// An adapter, as its driver describes it.
#[derive(Debug, Clone)]
struct Adapter {
    name: String,
    /// Whether it is a processor that computes in a card's place, as Mesa's llvmpipe.
    is_software: bool,
}

/// The adapter that computes; it is opened once, as burn wants it.
fn adapter() -> Result<&'static Adapter> {
    static ADAPTER: OnceLock<std::result::Result<Adapter, String>> = OnceLock::new();
    let opened = ADAPTER.get_or_init(|| {
        quietly(|| {
            let setup = init_setup::<AutoGraphicsApi>(&WgpuDevice::DefaultDevice, RuntimeOptions::default());
            let info = setup.adapter.get_info();
            // The type of the adapter is one of the wgpu crate, which is no dependency of this one.
            Adapter { is_software: format!("{:?}", info.device_type) == "Cpu", name: info.name }
        })
    });
    opened.as_ref().map_err(|why| {
        Problem::new(
            "backend 'wgpu'",
            format_args!("no card can be opened: {why}"),
            "install a driver for Vulkan (Debian: mesa-vulkan-drivers), or use --backend ndarray",
        )
    })
}

/// Tests whether there is a card, or a driver that computes on the processor in its place.
pub fn works() -> Result<()> {
    adapter().map(|_| ())
}

/// Tests whether there is a real card: one that `auto` may take.
pub fn is_card() -> Result<()> {
    match adapter()? {
        Adapter { is_software: false, .. } => Ok(()),
        Adapter { name, .. } => Err(Problem::new(
            "backend 'wgpu'",
            format_args!("{name} computes on the processor, where other backends are faster"),
            "use --backend ndarray, or name wgpu to have it all the same",
        )),
    }
}
