//! Where the compiled kernels of an NVIDIA card stay between runs. CUDA's compiler takes 13 to 15 s for those of the demo's study, of which
//! everything else takes 0.2 s, and 27 s at pythia-70m's size (H200, CUDA 13.0).

use std::path::PathBuf;
use std::sync::{Once, OnceLock};

use burn_cubecl::cubecl::config::cache::CacheConfig;
use burn_cubecl::cubecl::config::compilation::CompilationConfig;
use burn_cubecl::cubecl::config::{CubeClRuntimeConfig, RuntimeConfig};

use super::quiet::quietly;
use super::version::BURN_VERSION;

static FOLDER: OnceLock<PathBuf> = OnceLock::new();

/// Keeps compiled kernels in `folder`, which need not exist, from the first use of a card on. Without this they are compiled in every run.
pub fn keep_kernels_in(folder: PathBuf) {
    // A second folder would come too late for the kernels that are in the first.
    let _ = FOLDER.set(folder);
}

/// Sets burn's runtime up before a card is used for the first time. Kernels are compiled for one sort of card, and `card` tells them apart; so
/// do the versions of what they are made from. What stands in a `cubecl.toml` or `burn.toml` of the working folder does not count.
pub(super) fn set_up(card: &str) {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let of_card =
            || FOLDER.get().map(|folder| folder.join(format!("{}-burn-{BURN_VERSION}-{card}", env!("CARGO_PKG_VERSION"))));
        let compilation = CompilationConfig { cache: of_card().map(CacheConfig::File), ..CompilationConfig::default() };
        // It fails where another backend of the same runtime was used before: kernels are then compiled anew.
        let _ = quietly(|| CubeClRuntimeConfig::set(CubeClRuntimeConfig { compilation, ..CubeClRuntimeConfig::default() }));
    });
}
