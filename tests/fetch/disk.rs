//! A disk that is full before or during a download.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use crate::hub::Reply;
use crate::terminal::SAESCOPE;
use crate::user::{User, is_weights};

#[test]
fn a_limit_of_the_disk_is_said_and_what_arrived_is_kept() {
    let user = User::new();
    let mut command = Command::new("sh");
    let program = user.fetch("");
    // A write beyond 200 kB then raises a signal and fails.
    let script = "ulimit -f 400; exec \"$0\" \"$@\"";
    command.arg("-c").arg(script).arg(SAESCOPE).args(program.get_args()).env_clear();
    command.envs(program.get_envs().filter_map(|(name, value)| Some((name, value?)))).current_dir(user.home.file(""));
    let said = user.fails(command);
    assert!(said.contains(".incomplete: cannot write it: ") && said.contains("free some space"), "{said}");
    user.succeeds(user.fetch(""));
    user.expect_complete();
}

/// A disk of our own, where the system gives one.
struct Disk(PathBuf);

impl Disk {
    fn new(folder: &Path, size: &str) -> Option<Self> {
        fs::create_dir_all(folder).unwrap();
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"]).arg(folder).output();
        mount.is_ok_and(|output| output.status.success()).then(|| Self(folder.to_owned()))
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[test]
fn a_full_disk_is_noticed_before_and_during_a_download() {
    let mut user = User::new();
    let Some(disk) = Disk::new(&user.home.file("../huggingface"), "1m") else {
        writeln(&mut std::io::stderr(), "skipped: no tmpfs can be mounted here");
        return;
    };
    let said = user.fails(user.fetch(""));
    assert!(
        said.contains("1.3 MB are needed there, 1.0 MB are free; free some space, or put the cache on another disk"),
        "{said}"
    );
    assert!(user.hub.files_asked().is_empty());
    drop(disk);
    let Some(disk) = Disk::new(&user.home.file("../huggingface"), "2m") else { return };
    // Somebody else fills it during the download.
    let filler = disk.0.join("filler");
    user.moves_to(move |request, usual| {
        let filler = filler.clone();
        let fill = move || drop(fs::write(&filler, vec![0; 2_000_000]));
        is_weights(request)
            .then(|| Reply { meanwhile: Some((200_000, Arc::new(fill))), ..usual.clone() }.pace(50_000, Duration::from_millis(5)))
    });
    let said = user.fails(user.fetch(""));
    assert!(said.contains("cannot write it: No space left on device") && said.contains("free some space"), "{said}");
    fs::remove_file(disk.0.join("filler")).unwrap();
    user.moves_to(|_, _| None);
    user.succeeds(user.fetch(""));
    user.expect_complete();
}

fn writeln(to: &mut impl std::io::Write, line: &str) {
    std::io::Write::write_all(to, format!("{line}\n").as_bytes()).unwrap();
}
