//! The hub's settings from the environment, in the variables that Python's huggingface_hub also reads.

use std::path::{Path, PathBuf};
use std::time::Duration;

use ureq::http::Uri;

use super::cache::{folder, in_home, path_in, variable};
use crate::core::problem::{Problem, Result};
use crate::core::text::excerpt;
use crate::files::whole;

/// The hub's address if the environment names no other.
const ENDPOINT: &str = "https://huggingface.co";

/// Longest time without data before a connection is given up.
const PATIENCE: Duration = Duration::from_secs(30);

/// How to reach the hub, and where its files go.
#[derive(Clone)]
pub struct Settings {
    /// The hub's address, without a slash at its end: `HF_ENDPOINT`.
    pub endpoint: String,
    /// The cache, see [`folder`].
    pub cache: PathBuf,
    /// The user's token: `HF_TOKEN`, otherwise the file at `HF_TOKEN_PATH`, otherwise `token` in `HF_HOME`, which `hf auth login` writes. It is sent to the
    /// endpoint and nowhere else.
    pub token: Option<String>,
    /// Whether the network must not be used: `HF_HUB_OFFLINE`, otherwise `TRANSFORMERS_OFFLINE`.
    pub offline: bool,
    /// Longest time without data before a connection is given up: `HF_HUB_DOWNLOAD_TIMEOUT`, in seconds.
    pub patience: Duration,
    /// Number of retries in a row without progress.
    pub retries: u32,
    /// Wait before the first retry; each later wait is twice as long.
    pub wait: Duration,
    /// Number of files that are downloaded at the same time.
    pub parallel: usize,
}

impl Settings {
    /// Reads the settings from the environment.
    ///
    /// # Errors
    /// If a variable has an unusable value.
    pub fn from_environment() -> Result<Self> {
        Ok(Self {
            endpoint: endpoint()?,
            cache: folder()?,
            token: token()?,
            offline: text("HF_HUB_OFFLINE")?.or(text("TRANSFORMERS_OFFLINE")?).is_some_and(|value| is_true(&value)),
            patience: patience()?,
            retries: 5,
            wait: Duration::from_secs(1),
            parallel: 4,
        })
    }
}

fn text(name: &str) -> Result<Option<String>> {
    variable(name)
        .map(|value| value.into_string().map_err(|_| Problem::new(name, "is not UTF-8 text", "set it to plain text")))
        .transpose()
}

fn is_true(value: &str) -> bool {
    ["1", "on", "yes", "true"].contains(&value.to_ascii_lowercase().as_str())
}

fn endpoint() -> Result<String> {
    let Some(given) = text("HF_ENDPOINT")? else { return Ok(ENDPOINT.to_owned()) };
    let endpoint = given.trim_end_matches('/');
    let is_address = endpoint
        .parse::<Uri>()
        .is_ok_and(|uri| matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some() && uri.query().is_none());
    if is_address {
        return Ok(endpoint.to_owned());
    }
    let what = format_args!("'{}' is not an address", excerpt(&given, 120));
    Err(Problem::new("HF_ENDPOINT", what, format_args!("use one such as {ENDPOINT}, or leave it unset")))
}

fn token() -> Result<Option<String>> {
    // The second is the older name, which huggingface_hub still reads.
    let named = ["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"].into_iter().find_map(|name| Some((name, text(name).transpose()?)));
    if let Some((name, token)) = named {
        return usable(name, &token?);
    }
    // Without a home folder nobody has logged in.
    let Some(path) = path_in("HF_TOKEN_PATH").or_else(|| in_home("token").ok()) else { return Ok(None) };
    token_in(&path)
}

/// The token in the file at `path`; None if there is none.
///
/// # Errors
/// If the file cannot be read, or holds something else.
pub fn token_in(path: &Path) -> Result<Option<String>> {
    let token = whole::text_if_present(path, whole::BY_HAND)?;
    token.map_or(Ok(None), |token| usable(&path.display().to_string(), &token))
}

/// The token that `text` is; None if it is empty. Messages call its source `place`.
fn usable(place: &str, text: &str) -> Result<Option<String>> {
    let token = text.trim();
    if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        // The message does not show the token.
        return Err(Problem::new(place, "holds no token: a token is one word", "copy it again from the hub's settings"));
    }
    Ok(Some(token.to_owned()).filter(|token| !token.is_empty()))
}

fn patience() -> Result<Duration> {
    let name = "HF_HUB_DOWNLOAD_TIMEOUT";
    let Some(value) = text(name)? else { return Ok(PATIENCE) };
    let seconds = value.trim().parse::<f64>().ok().filter(|seconds| *seconds > 0.0 && *seconds < 1e6);
    seconds.map(Duration::from_secs_f64).ok_or_else(|| {
        Problem::new(name, format_args!("'{}' is not a time", excerpt(&value, 40)), "use a number of seconds such as 30")
    })
}
