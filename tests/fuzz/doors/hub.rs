//! The hub: what it lists and what it sends, whole answers with their headers.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use saescope::store::hub::cache::Places;
use saescope::store::hub::fetch::fetch;
use saescope::store::hub::headers::Remote;
use saescope::store::hub::plan::{Changes, Plan};
use saescope::store::hub::records::Records;
use saescope::store::hub::settings::{Settings, token_in};
use saescope::store::presets::Presets;

use crate::harness::{Door, Verdict};
use crate::mutate::Mutator;

/// SHA-256 of `CONTENT`.
const HASH: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
const CONTENT: &[u8] = b"abc";

const LISTING: &str = r#"{"sha":"0123456789012345678901234567890123456789","siblings":[{"rfilename":"config.json","size":3,
"blobId":"f2ba8f84ab5c1bce84a7b441cb1959cfc7093b7f","lfs":{"sha256":"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad","size":3,"pointerSize":3}},
{"rfilename":"model.safetensors","size":3,"lfs":{"sha256":"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad","size":3}}]}"#;

fn answer(body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

/// What a server sends for a listing and for a file.
#[derive(Clone)]
struct Answers {
    listing: Vec<u8>,
    file: Vec<u8>,
}

/// A server that sends `answers` as they are, one to each connection; its address.
fn serve(answers: Arc<Mutex<Answers>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for connection in listener.incoming() {
            let Ok(mut connection) = connection else { continue };
            let _ = connection.set_read_timeout(Some(Duration::from_secs(2)));
            let mut request = [0; 4096];
            let Ok(count) = connection.read(&mut request) else { continue };
            let answers = answers.lock().unwrap().clone();
            let is_listing = String::from_utf8_lossy(&request[..count]).contains("/api/");
            // Whoever asks may hang up.
            let _ = connection.write_all(if is_listing { &answers.listing } else { &answers.file });
        }
    });
    address
}

/// Downloads a model into an empty cache; what is there in the end has the hub's hash.
fn download(name: &'static str, seeds: Vec<Vec<u8>>, with: &dyn Fn(&[u8]) -> Answers) {
    let answers = Arc::new(Mutex::new(with(&seeds[0])));
    let endpoint = serve(Arc::clone(&answers));
    let place = tempfile::tempdir().unwrap();
    let models = place.path().join("models.toml");
    std::fs::write(&models, MODELS).unwrap();
    let presets = Presets::load(&models).unwrap();
    let preset = presets.all().iter().find(|preset| preset.name == "small").unwrap();
    let read = |bytes: &[u8]| {
        *answers.lock().unwrap() = with(bytes);
        let cache = tempfile::tempdir().unwrap();
        let settings = settings(&endpoint, cache.path());
        let records = Records::open(cache.path()).unwrap();
        let stop: &(dyn Fn() -> bool + Sync) = &|| false;
        let done = Plan::make(preset, &settings, &records, Changes::Refuse, &mut |_| {}, stop)
            .and_then(|plan| fetch(&plan, &settings, &mut |_| {}, stop));
        Verdict::of(done, |()| {
            let blob = |entry: std::fs::DirEntry| std::fs::read(entry.path()).ok();
            let folders = std::fs::read_dir(cache.path()).unwrap().filter_map(|folder| Some(folder.ok()?.path().join("blobs")));
            let blobs: Vec<Vec<u8>> = folders
                .filter_map(|folder| std::fs::read_dir(folder).ok())
                .flat_map(|entries| entries.filter_map(|entry| blob(entry.ok()?)).collect::<Vec<_>>())
                .collect();
            let right = |blob: &Vec<u8>| blob == CONTENT || blob.is_empty();
            if blobs.iter().all(right) { Ok(()) } else { Err(format!("{blobs:?} is taken for {HASH}")) }
        })
    };
    Door { name, seeds, mutator: if name == "hub_listing" { Mutator::Json } else { Mutator::Bytes }, one_in: 100, read: &read }
        .pass();
}

/// A model of two files; the dictionaries are files of the same repository.
const MODELS: &str = r#"[small]
name = "small"
layers = 1
[small.model]
repository = "o/n"
files = [{ path = "config.json" }, { path = "model.safetensors" }]
[small.dictionaries.attn]
repository = "o/n"
files = [{ path = "config.json" }]
[small.dictionaries.mlp]
repository = "o/n"
files = [{ path = "config.json" }]
[small.dictionaries.resid]
repository = "o/n"
files = [{ path = "config.json" }]
"#;

fn settings(endpoint: &str, cache: &Path) -> Settings {
    // An answer that ends early is waited for: briefly where many are tried, and long enough for a busy machine where a few are.
    let is_long = std::env::var_os("SAESCOPE_FUZZ_CASES").is_some();
    Settings {
        endpoint: endpoint.to_owned(),
        cache: cache.to_owned(),
        token: None,
        offline: false,
        patience: Duration::from_millis(if is_long { 300 } else { 3000 }),
        retries: 0,
        wait: Duration::ZERO,
        parallel: 1,
    }
}

/// The bytes that `request` asks for of `file`, with the head of the answer.
fn part(request: &str, file: &[u8]) -> Vec<u8> {
    let range = request.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("range: bytes=").map(str::to_owned));
    let (first, last) = range.as_deref().and_then(|range| range.trim().split_once('-')).unwrap_or(("0", ""));
    let first: usize = first.parse().unwrap_or(0).min(file.len());
    let end = last.parse().map_or(file.len(), |last: usize| (last + 1).min(file.len())).max(first);
    let place = format!("Content-Range: bytes {first}-{}/{}", end.saturating_sub(1), file.len());
    let head = format!("HTTP/1.1 206 Partial Content\r\n{place}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", end - first);
    [head.as_bytes(), &file[first..end]].concat()
}

/// `saescope inspect hf://..` of a folder with one file called `file`: what is read of it lies within it.
fn headers(name: &'static str, file: &'static str, seeds: Vec<Vec<u8>>, mutator: Mutator) {
    let content = Arc::new(Mutex::new(Vec::new()));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let served = Arc::clone(&content);
    thread::spawn(move || {
        for connection in listener.incoming() {
            let Ok(mut connection) = connection else { continue };
            let _ = connection.set_read_timeout(Some(Duration::from_secs(2)));
            let mut request = [0; 4096];
            let Ok(count) = connection.read(&mut request) else { continue };
            let request = String::from_utf8_lossy(&request[..count]).into_owned();
            let content: Vec<u8> = served.lock().unwrap().clone();
            let listing = format!(
                r#"{{"sha":"0123456789012345678901234567890123456789","siblings":[{{"rfilename":"{file}","size":{},"blobId":"{}"}}]}}"#,
                content.len(),
                "0".repeat(40)
            );
            let listing = answer(listing.as_bytes());
            // Whoever asks may hang up.
            let _ = connection.write_all(&if request.contains("/api/") { listing } else { part(&request, &content) });
        }
    });
    let remote = Remote::parse("hf://o/n").unwrap().unwrap();
    let cache = tempfile::tempdir().unwrap();
    let settings = settings(&endpoint, cache.path());
    let read = |bytes: &[u8]| {
        *content.lock().unwrap() = bytes.to_vec();
        Verdict::of(remote.read(&settings, &|| false), |headers| {
            let length = std::fs::metadata(headers.root.join(file)).map_or(0, |metadata| metadata.len());
            if headers.read <= length && length == bytes.len() as u64 {
                Ok(())
            } else {
                Err(format!("{} bytes read", headers.read))
            }
        })
    };
    Door { name, seeds, mutator, one_in: 20, read: &read }.pass();
}

#[test]
fn hub_headers() {
    let weights = super::repository("tests/fixtures/kinds/saelens_topk_rescale/sae_weights.safetensors");
    headers("hub_headers", "a.safetensors", vec![weights], Mutator::SafeTensors);
}

#[test]
fn hub_headers_of_archives() {
    let folder = "tests/fixtures/kinds/gemma_scope_2b-pt-res/layer_1/width_16k/average_l0_9";
    headers("hub_headers_of_archives", "params.npz", vec![super::repository(&format!("{folder}/params.npz"))], Mutator::Bytes);
}

/// What a name of a revision points to in the cache: a commit, or nothing.
#[test]
fn cache_references() {
    let cache = tempfile::tempdir().unwrap();
    let folder = cache.path().join("models--o--n/refs");
    std::fs::create_dir_all(&folder).unwrap();
    let places = Places::new(cache.path(), "o/n");
    let read = |bytes: &[u8]| {
        std::fs::write(folder.join("main"), bytes).unwrap();
        match places.commit("main") {
            Some(commit) if commit.len() != 40 || !commit.bytes().all(|byte| byte.is_ascii_hexdigit()) => Verdict::Wrong(commit),
            _ => Verdict::Read,
        }
    };
    let seeds = vec![b"0123456789012345678901234567890123456789\n".to_vec()];
    Door { name: "cache_references", seeds, mutator: Mutator::Bytes, one_in: 1, read: &read }.pass();
}

/// The file with the user's token, which no message may show.
#[test]
fn hub_tokens() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("token");
    let read = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        let outcome = token_in(&path);
        if let Err(problem) = &outcome
            && problem.to_string().contains("hf_secret")
        {
            return Verdict::Wrong(problem.to_string());
        }
        Verdict::of(outcome, |token| match token {
            Some(token) if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) => Err(format!("{token:?}")),
            _ => Ok(()),
        })
    };
    Door { name: "hub_tokens", seeds: vec![b"hf_secret0123456789\n".to_vec()], mutator: Mutator::Text, one_in: 1, read: &read }
        .pass();
}

#[test]
fn hub_listing() {
    let with = |bytes: &[u8]| Answers { listing: answer(bytes), file: answer(CONTENT) };
    download("hub_listing", vec![LISTING.as_bytes().to_vec()], &with);
}

#[test]
fn hub_answers() {
    let with = |bytes: &[u8]| Answers { listing: bytes.to_vec(), file: answer(CONTENT) };
    download("hub_answers", vec![answer(LISTING.as_bytes())], &with);
}

#[test]
fn hub_transfer() {
    let with = |bytes: &[u8]| Answers { listing: answer(LISTING.as_bytes()), file: bytes.to_vec() };
    download("hub_transfer", vec![answer(CONTENT)], &with);
}
