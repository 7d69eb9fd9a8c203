//! A stand-in for the Hugging Face hub on the loopback interface: a few repositories, the three requests that a download needs, and every
//! fault that a test asks for.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use sha1::Sha1;
use sha2::{Digest, Sha256};

/// A repository: `ORG/NAME`, the commit that `main` is, and its files.
#[derive(Clone)]
pub struct Repository {
    pub name: String,
    pub commit: String,
    pub files: BTreeMap<String, Vec<u8>>,
}

/// What was asked.
#[derive(Clone, Debug)]
pub struct Request {
    pub path: String,
    /// Names in small letters.
    pub headers: BTreeMap<String, String>,
    /// How often this path was asked for before.
    pub before: usize,
}

impl Request {
    pub fn token(&self) -> Option<&str> {
        self.headers.get("authorization").map(String::as_str)
    }

    /// The byte from which on it asks.
    pub fn start(&self) -> usize {
        self.headers.get("range").map_or(0, |range| range["bytes=".len()..].split('-').next().unwrap().parse().unwrap())
    }

    /// The byte before which it asks, if it asks for a part with an end.
    pub fn end(&self) -> Option<usize> {
        let range = self.headers.get("range")?;
        Some(range.split('-').nth(1)?.parse::<usize>().ok()? + 1)
    }
}

/// What is answered.
#[derive(Clone)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// The length that is told, if it is not the body's; none at all where it is `None`.
    pub told: Option<usize>,
    /// The connection ends after so many bytes of the body.
    pub cut: Option<usize>,
    /// So many bytes at a time, and a pause after each.
    pub pace: Option<(usize, Duration)>,
    /// After so many bytes of the body this happens.
    pub meanwhile: Option<(usize, Arc<dyn Fn() + Send + Sync>)>,
}

impl Reply {
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        let body = body.into();
        let told = Some(body.len());
        Self { status, headers: Vec::new(), body, told, cut: None, pace: None, meanwhile: None }
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_string()));
        self
    }

    pub fn redirect(to: &str) -> Self {
        Self::new(302, "").header("Location", to)
    }

    pub fn cut(mut self, at: usize) -> Self {
        self.cut = Some(at);
        self
    }

    pub fn pace(mut self, bytes: usize, pause: Duration) -> Self {
        self.pace = Some((bytes, pause));
        self
    }
}

/// Answers before the repositories do, if it wants to: given the request and what they would answer.
type Fault = Box<dyn Fn(&Request, &Reply) -> Option<Reply> + Send + Sync>;

/// The hash under which the hub knows a file: SHA-256 of weights, git's of everything else.
pub fn hash(path: &str, content: &[u8]) -> String {
    let hex = |digest: &[u8]| digest.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
    if is_large(path) {
        return hex(&Sha256::digest(content));
    }
    let mut hash = Sha1::new_with_prefix(format!("blob {}\0", content.len()));
    hash.update(content);
    hex(&hash.finalize())
}

fn is_large(path: &str) -> bool {
    path.ends_with(".safetensors")
}

/// The hub, until it is dropped.
pub struct Hub {
    port: u16,
    asked: Arc<Mutex<Vec<Request>>>,
    ends: Arc<AtomicBool>,
}

impl Hub {
    /// With these repositories, and no fault.
    pub fn new(repositories: &[Repository]) -> Self {
        Self::with(repositories, |_, _| None)
    }

    /// With a fault.
    pub fn with(repositories: &[Repository], fault: impl Fn(&Request, &Reply) -> Option<Reply> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (asked, ends) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let served = Arc::new(Served { repositories: repositories.to_vec(), fault: Box::new(fault), asked: Arc::clone(&asked) });
        let over = Arc::clone(&ends);
        thread::spawn(move || {
            for connection in listener.incoming() {
                if over.load(Ordering::SeqCst) {
                    return;
                }
                let served = Arc::clone(&served);
                // Whoever asks may hang up at any time.
                thread::spawn(move || connection.and_then(|connection| served.serve(&connection)));
            }
        });
        Self { port, asked, ends }
    }

    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// All that was asked so far.
    pub fn asked(&self) -> Vec<Request> {
        self.asked.lock().unwrap().clone()
    }

    /// All that was asked for files.
    pub fn files_asked(&self) -> Vec<Request> {
        self.asked().into_iter().filter(|request| !request.path.starts_with("/api/")).collect()
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::SeqCst);
        // So that it looks.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

struct Served {
    repositories: Vec<Repository>,
    fault: Fault,
    asked: Arc<Mutex<Vec<Request>>>,
}

impl Served {
    fn serve(&self, mut connection: &TcpStream) -> std::io::Result<()> {
        let mut lines = BufReader::new(connection).lines();
        let Some(first) = lines.next().transpose()? else { return Ok(()) };
        let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
        let mut headers = BTreeMap::new();
        for line in lines {
            let line = line?;
            let Some((name, value)) = line.split_once(": ") else { break };
            headers.insert(name.to_ascii_lowercase(), value.to_owned());
        }
        let request = {
            let mut asked = self.asked.lock().unwrap();
            let before = asked.iter().filter(|request| request.path == path).count();
            let request = Request { path, headers, before };
            asked.push(request.clone());
            request
        };
        let usual = self.usual(&request);
        let reply = (self.fault)(&request, &usual).unwrap_or(usual);
        let mut head = format!("HTTP/1.1 {} X\r\nConnection: close\r\n", reply.status);
        if let Some(told) = reply.told {
            write!(head, "Content-Length: {told}\r\n").unwrap();
        }
        for (name, value) in &reply.headers {
            write!(head, "{name}: {value}\r\n").unwrap();
        }
        connection.write_all(format!("{head}\r\n").as_bytes())?;
        let body = &reply.body[..reply.cut.unwrap_or(reply.body.len())];
        let (piece, pause) = reply.pace.unwrap_or((64 << 10, Duration::ZERO));
        let mut sent = 0;
        let mut meanwhile = reply.meanwhile;
        for piece in body.chunks(piece) {
            connection.write_all(piece)?;
            sent += piece.len();
            thread::sleep(pause);
            if let Some((_, happens)) = meanwhile.take_if(|(after, _)| sent >= *after) {
                happens();
            }
        }
        Ok(())
    }

    fn usual(&self, request: &Request) -> Reply {
        for repository in &self.repositories {
            let (name, commit) = (&repository.name, &repository.commit);
            let revisions = ["main", commit].map(|revision| format!("/api/models/{name}/revision/{revision}?blobs=true"));
            if revisions.contains(&request.path) {
                return Reply::new(200, repository.listing());
            }
            let file =
                request.path.strip_prefix(&format!("/{name}/resolve/{commit}/")).and_then(|path| repository.files.get(path));
            if let Some(content) = file {
                let start = request.start();
                if let Some(end) = request.end() {
                    let range = format!("bytes {start}-{}/{}", end - 1, content.len());
                    return Reply::new(206, &content[start..end]).header("Content-Range", &range);
                }
                if start == 0 {
                    return Reply::new(200, content.clone());
                }
                if start >= content.len() {
                    return Reply::new(416, "");
                }
                let range = format!("bytes {start}-{}/{}", content.len() - 1, content.len());
                return Reply::new(206, &content[start..]).header("Content-Range", &range);
            }
        }
        Reply::new(404, "not here")
    }
}

impl Repository {
    pub fn new(name: &str, files: &[(&str, Vec<u8>)]) -> Self {
        let files = files.iter().map(|(path, content)| ((*path).to_owned(), content.clone())).collect();
        let mut repository = Self { name: name.to_owned(), commit: String::new(), files };
        repository.commit_all();
        repository
    }

    /// Makes a commit of the files as they are.
    pub fn commit_all(&mut self) {
        let all: Vec<u8> = self.files.iter().flat_map(|(path, content)| [path.as_bytes(), content].concat()).collect();
        self.commit = hash("commit", &all);
    }

    /// What the hub tells of it.
    fn listing(&self) -> String {
        let sibling = |(path, content): (&String, &Vec<u8>)| {
            let hash = hash(path, content);
            let mut sibling = serde_json::json!({ "rfilename": path, "size": content.len() });
            if is_large(path) {
                sibling["blobId"] = "f".repeat(40).into();
                sibling["lfs"] = serde_json::json!({ "sha256": hash, "size": content.len(), "pointerSize": 134 });
            } else {
                sibling["blobId"] = hash.into();
            }
            sibling
        };
        let siblings: Vec<_> = self.files.iter().map(sibling).collect();
        serde_json::json!({ "id": self.name, "sha": self.commit, "siblings": siblings }).to_string()
    }
}
