//! Sends requests to the hub: follows redirects, interprets status codes, and waits before retrying.

use std::fmt::Display;
use std::io;
use std::ops::Range;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use ureq::http::header::{ACCEPT_ENCODING, AUTHORIZATION, LOCATION, RANGE, RETRY_AFTER};
use ureq::http::{HeaderValue, Response, Uri};
use ureq::tls::{TlsConfig, TlsProvider};
use ureq::{Agent, Body};

use super::settings::Settings;
use crate::core::problem::{Problem, Result};
use crate::core::progress::Progress;
use crate::core::text::excerpt;

/// Returns true if the work is to stop.
pub type Stop<'a> = &'a (dyn Fn() -> bool + Sync);

/// Receives the progress of the work, in bytes; the total is 0 while only the hub is asked.
pub type Tell<'a> = &'a mut dyn FnMut(Progress);

/// The most redirects that are followed; a longer chain leads nowhere.
const MOST_REDIRECTS: usize = 10;

/// The longest wait before a retry. If the hub asks for more, the user is told so instead.
const LONGEST_WAIT: Duration = Duration::from_mins(5);

/// Interval between checks whether to stop.
const GLANCE: Duration = Duration::from_millis(50);

/// Why a request failed.
#[derive(Debug)]
pub enum Failure {
    /// A retry would fail, too.
    Final(Problem),
    /// A retry may succeed.
    Passing {
        /// The problem to report if no retry succeeds.
        problem: Problem,
        /// The time that the hub asks to wait, if it does.
        wait: Option<Duration>,
        /// Whether some data arrived, so that retries are counted anew.
        gained: bool,
    },
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Final(problem)
    }
}

impl Failure {
    /// A temporary failure with nothing gained and no wait asked for.
    pub fn passing(problem: Problem) -> Self {
        Self::Passing { problem, wait: None, gained: false }
    }
}

/// The problem of a download that was asked to stop.
pub fn cancelled() -> Problem {
    Problem::cancelled("download", "start it again: what has arrived is kept")
}

/// A connection to one hub, with its settings.
pub struct Client<'a> {
    agent: Agent,
    settings: &'a Settings,
    /// The reason for the current retry, if there is one.
    trouble: Mutex<Option<String>>,
}

impl<'a> Client<'a> {
    /// A client of the hub in `settings`.
    pub fn new(settings: &'a Settings) -> Self {
        let patience = Some(settings.patience);
        let config = Agent::config_builder()
            .http_status_as_error(false)
            // Redirects are followed in `get`, because a token must not follow them.
            .max_redirects(0)
            .timeout_resolve(patience)
            .timeout_connect(patience)
            .timeout_send_request(patience)
            .timeout_recv_response(patience)
            .timeout_per_read(patience)
            .tls_config(TlsConfig::builder().provider(TlsProvider::Rustls).build())
            .user_agent(concat!("saescope/", env!("CARGO_PKG_VERSION")))
            .build();
        Self { agent: config.new_agent(), settings, trouble: Mutex::new(None) }
    }

    /// The text that describes `stage`: `stage` itself, or the reason for the current retry.
    pub fn stage(&self, stage: &str) -> String {
        self.trouble.lock().ok().and_then(|trouble| trouble.clone()).unwrap_or_else(|| stage.to_owned())
    }

    fn note(&self, trouble: Option<String>) {
        if let Ok(mut noted) = self.trouble.lock() {
            *noted = trouble;
        }
    }

    /// Requests `address`, from byte `start` on; messages call it `what`.
    pub fn get(&self, address: &str, start: u64, what: &dyn Display) -> std::result::Result<Response<Body>, Failure> {
        self.get_part(address, (start > 0).then(|| format!("bytes={start}-")).as_deref(), what)
    }

    /// Reads the bytes `range` of `address`, at least one.
    pub fn read_range(&self, address: &str, range: Range<u64>, what: &dyn Display) -> std::result::Result<Vec<u8>, Failure> {
        let asked = format!("bytes={}-{}", range.start, range.end - 1);
        let mut response = self.get_part(address, Some(&asked), what)?;
        let place = place(address, what);
        if response.status().as_u16() != 206 {
            let problem =
                Problem::new(place, "the hub sends the whole file instead of a part", "download it, or check HF_ENDPOINT");
            return Err(problem.into());
        }
        let length = range.end - range.start;
        let read = response.body_mut().with_config().limit(length + 1).read_to_vec();
        let bytes = read.map_err(|error| {
            let what = format!("the answer breaks off: {error}");
            Failure::passing(Problem::environment(&place, what, "try again later, or check HF_ENDPOINT"))
        })?;
        if bytes.len() as u64 != length {
            let what = format!("{} bytes arrived instead of {length}", bytes.len());
            return Err(Failure::passing(Problem::environment(&place, what, "try again later, or check HF_ENDPOINT")));
        }
        Ok(bytes)
    }

    fn get_part(&self, address: &str, range: Option<&str>, what: &dyn Display) -> std::result::Result<Response<Body>, Failure> {
        let mut address = address.to_owned();
        for _ in 0..MOST_REDIRECTS {
            let is_hub = origin(&address) == origin(&self.settings.endpoint);
            let mut request = self.agent.get(&address).header(ACCEPT_ENCODING, "identity");
            if let Some(range) = range {
                request = request.header(RANGE, range);
            }
            if let Some(token) = self.settings.token.as_ref().filter(|_| is_hub) {
                request = request.header(AUTHORIZATION, format!("Bearer {token}"));
            }
            let response = request.call().map_err(|error| self.unreachable(&address, what, &error))?;
            if !response.status().is_redirection() {
                return self.judge(response, &address, is_hub, what);
            }
            let location = response.headers().get(LOCATION).map(HeaderValue::as_bytes);
            address = location.and_then(|location| target(&address, &quoted(location))).ok_or_else(|| {
                let to = location.map(String::from_utf8_lossy).filter(|to| !to.trim().is_empty());
                let what_for = to.map_or_else(
                    || "is redirected to nowhere".to_owned(),
                    |to| format!("is redirected to '{}', which is not followed", excerpt(to.trim(), 200)),
                );
                Problem::new(place(&address, what), what_for, "try again later, or check HF_ENDPOINT")
            })?;
        }
        Err(Problem::new(what, format_args!("is redirected more than {MOST_REDIRECTS} times"), "check HF_ENDPOINT").into())
    }

    /// Passes a success on and turns every other status into a failure.
    fn judge(
        &self,
        response: Response<Body>,
        address: &str,
        is_hub: bool,
        what: &dyn Display,
    ) -> std::result::Result<Response<Body>, Failure> {
        let status = response.status();
        let place = place(address, what);
        let says = |says: &str| format!("the hub answers {}: {says}", status.as_u16());
        let has_token = self.settings.token.is_some();
        let problem = match status.as_u16() {
            200 | 206 | 416 => return Ok(response),
            429 => {
                let wait = asked_to_wait(&response);
                if let Some(wait) = wait.filter(|wait| *wait > LONGEST_WAIT) {
                    let what = says(&format!("too many requests, and asks to wait {} s", wait.as_secs()));
                    let remedy = "start again after that; with a token in HF_TOKEN the hub allows more";
                    return Err(Problem::environment(place, what, remedy).into());
                }
                let problem = Problem::environment(
                    place,
                    says("too many requests"),
                    "start again in some minutes; with a token in HF_TOKEN the hub allows more",
                );
                return Err(Failure::Passing { problem, wait, gained: false });
            }
            408 | 425 | 500..=599 => {
                let problem =
                    Problem::environment(place, says("it is in trouble"), "start again later: what has arrived is kept");
                return Err(Failure::Passing { problem, wait: asked_to_wait(&response), gained: false });
            }
            // A signed address from the hub has expired: the hub makes a new one when it is asked again.
            401 | 403 if !is_hub => {
                let problem =
                    Problem::environment(place, says("the address is no longer good"), "start again: what has arrived is kept");
                return Err(Failure::passing(problem));
            }
            401 if has_token => {
                Problem::new(place, says("the token is not accepted"), "log in again (`hf auth login`) or correct HF_TOKEN")
            }
            401 => Problem::new(
                place,
                says("it does not exist, or only for those with a token"),
                "check the repository in models.toml, and set HF_TOKEN if it is not public",
            ),
            403 => Problem::new(
                place,
                says("access is denied"),
                "open the repository's page, accept its terms, and set HF_TOKEN to a token of that account",
            ),
            404 => Problem::new(
                place,
                says("there is no such repository, revision or file"),
                "check repository, revision and path in models.toml",
            ),
            _ => Problem::new(place, says("which is not understood"), "try again later, or check HF_ENDPOINT"),
        };
        Err(problem.into())
    }

    fn unreachable(&self, address: &str, what: &dyn Display, error: &ureq::Error) -> Failure {
        let host = address.parse::<Uri>().ok().and_then(|uri| uri.authority().map(ToString::to_string)).unwrap_or_default();
        let place = format!("{what} at {host}");
        let seconds = self.settings.patience.as_secs_f64();
        let what = match error {
            ureq::Error::HostNotFound => "the host is not known here".to_owned(),
            ureq::Error::Timeout(_) => format!("no answer within {seconds} s"),
            ureq::Error::Io(error) if error.kind() == io::ErrorKind::TimedOut => format!("no answer within {seconds} s"),
            ureq::Error::Io(error) => format!("cannot be reached: {error}"),
            other => format!("cannot be asked: {other}"),
        };
        let remedy = "check the network (HTTPS_PROXY is honoured); with HF_HUB_OFFLINE=1 only what is here is looked at";
        let problem = Problem::environment(place, excerpt(&what, 300), remedy);
        match error {
            ureq::Error::Tls(_) | ureq::Error::Rustls(_) | ureq::Error::BadUri(_) | ureq::Error::Http(_) => problem.into(),
            _ => Failure::passing(problem),
        }
    }

    /// Repeats `attempt` until it succeeds, fails finally, has failed too often, or `stop` returns true.
    pub fn persist<T>(&self, stop: Stop<'_>, mut attempt: impl FnMut() -> std::result::Result<T, Failure>) -> Result<T> {
        let mut tries = 0;
        loop {
            if stop() {
                return Err(cancelled());
            }
            match attempt() {
                Ok(value) => {
                    self.note(None);
                    return Ok(value);
                }
                Err(Failure::Final(problem)) => return Err(problem),
                Err(Failure::Passing { problem, wait, gained }) => {
                    tries = if gained { 0 } else { tries };
                    if tries >= self.settings.retries {
                        return Err(problem);
                    }
                    let own = self.settings.wait.saturating_mul(1 << tries.min(10)).min(LONGEST_WAIT);
                    tries += 1;
                    let wait = wait.unwrap_or(own);
                    self.note(Some(format!("trying again in {} s: {}", wait.as_secs_f64().ceil(), problem.what())));
                    sleep(wait, stop)?;
                }
            }
        }
    }
}

fn sleep(time: Duration, stop: Stop<'_>) -> Result<()> {
    let end = Instant::now() + time;
    loop {
        let left = end.saturating_duration_since(Instant::now());
        if stop() {
            return Err(cancelled());
        }
        if left.is_zero() {
            return Ok(());
        }
        thread::sleep(left.min(GLANCE));
    }
}

/// The place for messages: `what` and the host of `address`, such as `config.json of ORG/NAME at HOST`.
fn place(address: &str, what: &dyn Display) -> String {
    let host = address.parse::<Uri>().ok().and_then(|uri| uri.host().map(str::to_owned)).unwrap_or_default();
    format!("{what} at {host}")
}

/// Scheme, host and port of `address`; only the hub's own origin gets the token.
fn origin(address: &str) -> Option<(String, String, u16)> {
    let uri: Uri = address.parse().ok()?;
    let scheme = uri.scheme_str()?.to_ascii_lowercase();
    let usual = if scheme == "https" { 443 } else { 80 };
    Some((scheme, uri.host()?.to_ascii_lowercase(), uri.port_u16().unwrap_or(usual)))
}

/// An address in a header, with what no address may hold, such as spaces and bytes beyond ASCII, in the form `%20`, as browsers do it.
fn quoted(location: &[u8]) -> String {
    let mut address = String::new();
    for byte in location.trim_ascii() {
        if byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(byte) {
            address.push(char::from(*byte));
        } else {
            address.push_str(&format!("%{byte:02X}"));
        }
    }
    address
}

/// The address that a redirect from `address` leads to, by RFC 3986, section 5.2; None if it is none or would leave encryption.
fn target(address: &str, location: &str) -> Option<String> {
    let from: Uri = address.parse().ok()?;
    let (scheme, authority) = (from.scheme_str()?, from.authority()?);
    let location = location.split('#').next().unwrap_or_default();
    let has_scheme = location.split(['/', '?']).next().is_some_and(|first| first.contains(':'));
    let whole = if has_scheme {
        location.to_owned()
    } else if location.starts_with("//") {
        format!("{scheme}:{location}")
    } else {
        let (path, query) = location.split_once('?').map_or((location, None), |(path, query)| (path, Some(query)));
        let (path, query) = match path {
            "" => (from.path().to_owned(), query.or(from.query())),
            _ if path.starts_with('/') => (without_dots(path), query),
            _ => {
                let folder = from.path().rsplit_once('/').map_or("", |(folder, _)| folder);
                (without_dots(&format!("{folder}/{path}")), query)
            }
        };
        format!("{scheme}://{authority}{path}{}", query.map_or_else(String::new, |query| format!("?{query}")))
    };
    let to: Uri = whole.parse().ok()?;
    // A port that is none, such as 99999, would be taken for the usual one.
    let authority = to.authority()?.as_str();
    let after_host = authority.rsplit_once('@').map_or(authority, |(_, host)| host).rsplit_once([':', ']']);
    if after_host.is_some_and(|(_, port)| !port.is_empty()) && to.port_u16().is_none_or(|port| port == 0) {
        return None;
    }
    match (scheme, to.scheme_str()?) {
        (_, "https") | ("http", "http") => Some(whole),
        _ => None,
    }
}

/// An absolute path with its `.` and `..` resolved; none leads above the root.
fn without_dots(path: &str) -> String {
    let mut parts = Vec::new();
    for part in path.split('/').skip(1) {
        match part {
            "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    let ends_in_folder = path.ends_with("/.") || path.ends_with("/..");
    format!("/{}{}", parts.join("/"), if ends_in_folder && !parts.is_empty() { "/" } else { "" })
}

/// The wait that the hub asks for: the header Retry-After in seconds, or the `t=` of its RateLimit header. A date in
/// Retry-After is ignored.
fn asked_to_wait(response: &Response<Body>) -> Option<Duration> {
    let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok());
    let seconds = header(RETRY_AFTER.as_str()).and_then(|value| value.trim().parse::<u64>().ok());
    let limit = || {
        let parts = header("ratelimit")?.split(';').map(str::trim);
        parts.filter_map(|part| part.strip_prefix("t=")).find_map(|seconds| seconds.parse::<u64>().ok())
    };
    seconds.or_else(limit).map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_s_home_is_scheme_host_and_port() {
        let hub = origin("https://huggingface.co/api/x");
        assert_eq!(hub, origin("https://HUGGINGFACE.co:443/y"));
        for other in [
            "http://huggingface.co/",
            "https://huggingface.co:444/",
            "https://cdn.huggingface.co/",
            "https://huggingface.co.evil/",
        ] {
            assert_ne!(hub, origin(other), "{other}");
        }
    }

    #[test]
    fn redirects_lead_on_but_never_out_of_encryption() {
        let from = "https://hub.org/a/resolve/x?y=z";
        for (location, to) in [
            ("/b?c=d", "https://hub.org/b?c=d"),
            ("//cdn.org/b", "https://cdn.org/b"),
            ("https://cdn.org/b", "https://cdn.org/b"),
            ("b", "https://hub.org/a/resolve/b"),
            ("./b/c", "https://hub.org/a/resolve/b/c"),
            ("../b?c=/../d", "https://hub.org/a/b?c=/../d"),
            ("../../../b", "https://hub.org/b"),
            ("/b/./c/../d", "https://hub.org/b/d"),
            ("..", "https://hub.org/a/"),
            ("?c=d", "https://hub.org/a/resolve/x?c=d"),
            ("", "https://hub.org/a/resolve/x?y=z"),
            ("b#part", "https://hub.org/a/resolve/b"),
            ("b?at=12:30", "https://hub.org/a/resolve/b?at=12:30"),
        ] {
            assert_eq!(target(from, location).as_deref(), Some(to), "{location}");
        }
        assert_eq!(target("http://localhost:1/", "http://127.0.0.1:2/b").as_deref(), Some("http://127.0.0.1:2/b"));
        assert_eq!(target("http://localhost:1", "b").as_deref(), Some("http://localhost:1/b"));
        for nowhere in [
            "http://hub.org/b",
            "ftp://hub.org/b",
            "mailto:me",
            "http:b",
            "https://hub.org:99999/b",
            "https://hub.org:0/b",
            "//hub.org:x/b",
        ] {
            assert_eq!(target(from, nowhere), None, "{nowhere}");
        }
    }

    #[test]
    fn what_no_address_may_hold_is_quoted() {
        assert_eq!(quoted("/a b/ü%20?c=\"".as_bytes()), "/a%20b/%C3%BC%20?c=%22");
        assert_eq!(quoted(b" https://cdn.org/a?b=c;d&e=f#g\t"), "https://cdn.org/a?b=c;d&e=f#g");
    }

    /// The examples of RFC 3986, section 5.4, that are paths or queries.
    #[test]
    fn relative_addresses_are_those_of_the_standard() {
        for (location, to) in [
            ("g", "/b/c/g"),
            ("./g", "/b/c/g"),
            ("g/", "/b/c/g/"),
            ("/g", "/g"),
            ("?y", "/b/c/d;p?y"),
            ("g?y", "/b/c/g?y"),
            (";x", "/b/c/;x"),
            ("", "/b/c/d;p?q"),
            (".", "/b/c/"),
            ("./", "/b/c/"),
            ("..", "/b/"),
            ("../g", "/b/g"),
            ("../..", "/"),
            ("../../../g", "/g"),
            ("/./g", "/g"),
            ("/../g", "/g"),
            ("..g", "/b/c/..g"),
            ("./../g", "/b/g"),
            ("./g/.", "/b/c/g/"),
            ("g;x=1/../y", "/b/c/y"),
            ("g?y/./x", "/b/c/g?y/./x"),
        ] {
            assert_eq!(target("http://a/b/c/d;p?q", location), Some(format!("http://a{to}")), "{location}");
        }
    }
}
