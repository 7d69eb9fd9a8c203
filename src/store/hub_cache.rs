//! Finds what other programs already downloaded: the Hugging Face hub's cache, `models--ORG--NAME/snapshots/REVISION/`.
//!
//! Layout: <https://huggingface.co/docs/huggingface_hub/guides/manage-cache>.

use std::env;
use std::path::PathBuf;

/// The cache's folder: `HF_HUB_CACHE`, else `HF_HOME/hub`, else `~/.cache/huggingface/hub`.
pub fn folder() -> PathBuf {
    let variable = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    variable("HF_HUB_CACHE").or_else(|| Some(variable("HF_HOME")?.join("hub"))).unwrap_or_else(|| {
        let cache = variable("XDG_CACHE_HOME").or_else(|| Some(variable("HOME")?.join(".cache")));
        cache.unwrap_or_default().join("huggingface").join("hub")
    })
}

/// The newest downloaded snapshot of the main branch of `repository` (`ORG/NAME`), if there is one.
pub fn snapshot(repository: &str) -> Option<PathBuf> {
    let folder = folder().join(format!("models--{}", repository.replace('/', "--")));
    let revision = std::fs::read_to_string(folder.join("refs").join("main")).ok()?;
    let snapshot = folder.join("snapshots").join(revision.trim());
    snapshot.is_dir().then_some(snapshot)
}
