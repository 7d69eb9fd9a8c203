//! Random weights in every format, and that all of them are read as the same dictionaries.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test that cannot go on should panic, and the long one measures")]

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output};

use saescope::core::run::Run;
use saescope::engine::synth::Layout;
use saescope::store::run_file;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

fn saescope(folder: &Path, arguments: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_saescope"));
    command.args(arguments.split(' ')).current_dir(folder).output().unwrap()
}

fn succeed(folder: &Path, arguments: &str) -> String {
    let output = saescope(folder, arguments);
    assert!(output.status.success(), "{arguments}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn run(folder: &Path, dictionaries: &str, output: &str) -> Run {
    succeed(
        folder,
        &format!(
            "run --model w/model --dictionaries {dictionaries} --pairs w/pairs.json --baseline w/baseline.json --output {output}"
        ),
    );
    run_file::read(&folder.join(output)).unwrap()
}

/// The zip in `bytes` as if another method had packed it: each header says which, behind its mark.
fn packed_by(bytes: &[u8], method: u8) -> Vec<u8> {
    let mut other = bytes.to_vec();
    for (mark, place) in [(b"PK\x03\x04", 8), (b"PK\x01\x02", 10)] {
        for start in 0..bytes.len() - place {
            if bytes[start..].starts_with(mark) {
                other[start + place] = method;
            }
        }
    }
    other
}

/// `from` with all its files, as one zip whose entries are compressed.
fn compress(from: &Path, below: &str, zip: &mut ZipWriter<File>) {
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let name = format!("{below}/{}", path.file_name().unwrap().to_str().unwrap());
        if path.is_dir() {
            compress(&path, &name, zip);
        } else {
            zip.start_file(name, SimpleFileOptions::default().compression_method(CompressionMethod::Deflated)).unwrap();
            zip.write_all(&fs::read(path).unwrap()).unwrap();
        }
    }
}

#[test]
fn every_format_holds_the_same_dictionaries() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path();
    let formats = Layout::ALL.map(Layout::name).join(",");
    let said = succeed(folder, &format!("synth --preset tiny --output w --pairs 40 --format {formats}"));
    // The commands that it names work as they are.
    let commands: Vec<&str> = said.lines().filter_map(|line| line.strip_prefix("saescope ")).collect();
    assert_eq!(commands.len(), 3);
    for (command, layout) in commands.iter().zip(Layout::ALL) {
        succeed(folder, &format!("{command} --output {}.safetensors", layout.name()));
    }
    let runs = Layout::ALL.map(|layout| run_file::read(&folder.join(format!("{}.safetensors", layout.name()))).unwrap());
    assert_eq!(runs[0].views.len(), 3);
    for other in &runs[1..] {
        assert_eq!(other.views, runs[0].views);
        let reports =
            |run: &Run| run.manifest.dictionaries.iter().map(|record| (record.report, record.features)).collect::<Vec<_>>();
        assert_eq!(reports(other), reports(&runs[0]));
    }
    for record in &runs[0].manifest.dictionaries {
        let (report, norms) = (record.report.unwrap(), record.decoder_norms.unwrap());
        // 20 of 512 features were asked for, at the tokens of half of the prompts.
        assert!((10.0..40.0).contains(&report.active), "{}: {}", record.submodule, report.active);
        assert!((norms.least - 1.0).abs() < 1e-5 && (norms.largest - 1.0).abs() < 1e-5, "{norms:?}");
        assert!(report.explained.is_some_and(|explained| explained < 1.0), "{report:?}");
    }
    // The archive unpacked above its folders, and the archive compressed.
    fs::create_dir_all(folder.join("up/dictionaries")).unwrap();
    fs::rename(folder.join("w/dictionary-learning"), folder.join("up/dictionaries/tiny")).unwrap();
    assert_eq!(run(folder, "up", "unpacked.safetensors").views, runs[0].views);
    let mut zip = ZipWriter::new(File::create(folder.join("small.zip")).unwrap());
    compress(&folder.join("up"), "any", &mut zip);
    zip.finish().unwrap();
    assert_eq!(run(folder, "small.zip", "compressed.safetensors").views, runs[0].views);

    // A damaged archive, another zip, and a folder that holds two sets.
    let bytes = fs::read(folder.join("small.zip")).unwrap();
    fs::write(folder.join("cut.zip"), &bytes[..bytes.len() / 2]).unwrap();
    // Without its own directory: what is found is that of the last dictionary, a zip itself.
    let stored = fs::read(folder.join("w/dictionaries.zip")).unwrap();
    fs::write(folder.join("end.zip"), &stored[..stored.len() - 200]).unwrap();
    fs::create_dir_all(folder.join("up/dictionaries/other/attn_out_layer0")).unwrap();
    for (name, method) in [("bzip2.zip", 12), ("lzma.zip", 14)] {
        fs::write(folder.join(name), packed_by(&bytes, method)).unwrap();
    }
    for (dictionaries, said) in [
        ("cut.zip", "is not a complete zip"),
        ("w/pairs.json", "is not a complete zip"),
        ("end.zip", "holds no ae.pt"),
        ("bzip2.zip", "is packed with bzip2; read are deflate and files that are only stored; unpack the archive with unzip"),
        ("lzma.zip", "is packed with LZMA"),
        ("up", "holds dictionaries in several folders"),
    ] {
        let output = saescope(folder, &format!("run --model w/model --dictionaries {dictionaries} --pairs w/pairs.json"));
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(2) && error.contains(said) && error.lines().count() == 1, "{error}");
    }
}

/// Hosts of other families, in the layouts in which their dictionaries are published: the command that is named works as it is.
#[test]
fn other_hosts_are_read_with_their_dictionaries() {
    for (preset, submodules, bos) in
        [("tiny-gpt2", &["resid_0", "resid_1"][..], 319), ("tiny-gemma2", &["mlp_1", "resid_1", "z_1"], 2)]
    {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path();
        let said = succeed(folder, &format!("synth --preset {preset} --output w --pairs 20"));
        let command = said.lines().find_map(|line| line.strip_prefix("saescope ")).unwrap();
        succeed(folder, &format!("{command} --method attrib --output run"));
        let run = run_file::read(&folder.join("run")).unwrap();
        assert_eq!(run.manifest.model.bos, Some(bos), "{preset}");
        let records = &run.manifest.dictionaries;
        assert_eq!(records.iter().map(|record| record.submodule.as_str()).collect::<Vec<_>>(), submodules, "{preset}");
        for record in records {
            let active = record.report.unwrap().active;
            assert!((8.0..50.0).contains(&active), "{preset}, {}: {active}", record.submodule);
        }
    }
}

#[test]
fn a_folder_that_holds_something_is_left_alone() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("mine"), "x").unwrap();
    let output = saescope(home.path(), "synth --preset tiny --output .");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("is not empty"));
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1);
}

/// The full size: 3 GB of disk and some minutes. Run by `cargo test --release --test synth -- --ignored --nocapture`.
#[test]
#[ignore = "takes minutes and 3 GB of disk"]
fn the_published_study_s_size_runs_in_its_memory() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path();
    succeed(folder, "synth --preset pythia-70m --output w");
    let start = std::time::Instant::now();
    let mut command = Command::new(env!("CARGO_BIN_EXE_saescope"));
    let arguments = "run --model w/model --dictionaries w/sae-lens --pairs w/pairs.json --baseline w/baseline.json --output run";
    let mut child = command.args(arguments.split(' ')).current_dir(folder).spawn().unwrap();
    let status = Path::new("/proc").join(child.id().to_string()).join("status");
    let mut peak = 0;
    while child.try_wait().unwrap().is_none() {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        peak = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(peak);
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    println!("{:.1} s, {:.2} GB resident at most", start.elapsed().as_secs_f64(), f64::from(peak) / 1e6);
    assert!(child.wait().unwrap().success());
    let run = run_file::read(&folder.join("run")).unwrap();
    assert_eq!((run.views.len(), run.manifest.dictionaries.len()), (3, 18));
    assert!(run.manifest.dictionaries.iter().all(|record| (50.0..200.0).contains(&record.report.unwrap().active)));
    assert!(f64::from(peak) < 1.5e6, "{peak} kB");
}
