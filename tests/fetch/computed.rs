//! From the hub to a computed study, on the command line and in the explorer.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::hub::{Hub, Reply, Repository, Request};
use crate::terminal::Home;
use crate::user::{LARGE, is_weights};

/// A repository that holds a folder of the reference model.
fn real(name: &str, folder: &Path) -> Repository {
    let mut found: Vec<(String, Vec<u8>)> = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().display().to_string();
                found.push((name, fs::read(&path).unwrap()));
            }
        }
    }
    let files: Vec<(&str, Vec<u8>)> = found.iter().map(|(path, content)| (path.as_str(), content.clone())).collect();
    Repository::new(name, &files)
}

/// A home whose presets name the reference model and its dictionaries, with data for it, and their hub.
fn real_home(fault: impl Fn(&Request, &Reply) -> Option<Reply> + Send + Sync + 'static) -> (Home, Hub) {
    let reference = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/reference");
    let home = Home::new();
    let hub = Hub::with(&[real("me/model", &reference.join("model")), real("me/sae", &reference.join("saelens"))], fault);
    let kinds = [("attn", "att"), ("mlp", "mlp"), ("resid", "res")].map(|(kind, folder)| {
        format!(
            "[real.dictionaries.{kind}]\nrepository = \"me/sae\"\nfiles = [{{ path = \"{{layer}}-{folder}-sm/cfg.json\" }}, \
             {{ path = \"{{layer}}-{folder}-sm/sae_weights.safetensors\" }}]\n"
        )
    });
    let presets = format!(
        "[real]\nname = \"tiny-neox\"\nneuronpedia = \"{{layer}}-{{kind}}-sm\"\nlayers = 3\n[real.model]\nrepository = \"me/model\"\n\
         files = [{{ path = \"config.json\" }}, {{ path = \"model.safetensors\" }}]\n{}",
        kinds.concat()
    );
    fs::write(home.config_file().with_file_name("models.toml"), presets).unwrap();
    let pair = r#"{"clean_prefix": [1, 2], "patch_prefix": [3, 2], "clean_answer": 5, "patch_answer": 6}"#;
    fs::write(home.file("pairs.json"), format!("{pair}\n")).unwrap();
    (home, hub)
}

#[test]
fn a_fetched_model_is_computed() {
    let (home, hub) = real_home(|_, _| None);
    let command = |arguments: &str| {
        let mut command = home.command(arguments);
        command.env("HF_ENDPOINT", hub.address());
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let said = command("fetch real");
    assert!(said.contains("real is complete: 20 files"), "{said}");
    let said = command("run --model real --pairs pairs.json --output run");
    assert!(said.contains("tiny-neox"), "{said}");
    assert!(command("check run").contains("hold"));
    let exported = command("export run --view male --top-k 1 --format csv");
    assert!(exported.contains("https://neuronpedia.org/tiny-neox/"), "the user says that it has pages: {exported}");
    fs::write(home.config_file().with_file_name("models.toml"), "[real]\nlayers = 0\n").unwrap();
    for arguments in ["fetch real", "run --model real", "export run --view male --top-k 1 --format csv"] {
        let output = home.command(arguments).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert!(
            said.contains("models.toml:2: 0 is not a number of layers; use 1 to 1000") && said.lines().count() == 1,
            "{said}"
        );
    }
    assert!(String::from_utf8(home.run("doctor").stdout).unwrap().contains("FAULT: "));
}

/// What the release declares is compared with what is measured: here nothing fits, since the weights are random, so the run stops.
#[test]
fn what_a_release_declares_is_compared() {
    let (home, hub) = real_home(|_, _| None);
    let presets = home.config_file().with_file_name("models.toml");
    let command = |arguments: &str| {
        let output = home.command(arguments).env("HF_ENDPOINT", hub.address()).output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
        (output.status.code(), said)
    };
    assert_eq!(command("fetch real").0, Some(0));
    let silent = fs::read_to_string(&presets).unwrap();
    fs::write(&presets, silent + "l0 = [9000, 9000, 9000]\n").unwrap();
    let (status, said) = command("run --model real --pairs pairs.json --output run");
    assert_eq!(status, Some(1), "{said}");
    assert!(said.contains("declared 9000 active features by its release: far off what is declared"), "{said}");
    let (status, said) = command("run --model real --pairs pairs.json --output run --despite-fit");
    assert_eq!(status, Some(0), "{said}");
    assert!(said.contains("(declared 9000)") && said.contains("warning: resid_0, resid_1, resid_2: far off"), "{said}");
}

/// The sizes of the files below `folder` of which only a part has arrived.
fn incomplete(folder: &Path) -> Vec<u64> {
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let sizes = entries.flat_map(|entry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => incomplete(&entry.path()),
        Ok(metadata) if entry.file_name().to_string_lossy().ends_with(".incomplete") => vec![metadata.len()],
        _ => Vec::new(),
    });
    sizes.collect()
}

#[test]
fn the_explorer_downloads_and_computes() {
    let ready = Arc::new(AtomicBool::new(false));
    let is_ready = Arc::clone(&ready);
    let (home, hub) = real_home(move |request, usual| {
        let waits = request.path.ends_with(LARGE) && !is_ready.load(Ordering::SeqCst);
        waits.then(|| usual.clone().pace(1_000, Duration::from_millis(10)))
    });
    let mut program = home.explore("--model real --pairs pairs.json", &[&format!("HF_ENDPOINT={}", hub.address())]);
    program.wait_for("real is not on this machine; fetch, key D, downloads it");
    program.press("D");
    program.wait_for("20 of 20 files; Enter downloads in the background");
    program.press("\r");
    program.wait_for("real: downloading");
    program.wait_for("x stops");
    // Of the large file, which alone is still on its way, something must have arrived.
    let arrived = || hub.asked().iter().any(is_weights) && matches!(incomplete(&home.file("..")).as_slice(), [1_u64..=u64::MAX]);
    program.wait_until("a part of the weights", |_| arrived());
    program.press("xy");
    program.wait_for("the download of real was cancelled; what has arrived is kept");
    ready.store(true, Ordering::SeqCst);
    program.press("D");
    program.wait_for("Enter downloads in the background");
    program.press("\r");
    program.wait_for(" · kept");
    assert!(program.shown().contains("tiny-neox"), "{}", program.shown());
    program.press("q");
    assert_eq!(program.ended(), Some(0));
    let starts: Vec<usize> = hub.asked().iter().filter(|request| is_weights(request)).map(Request::start).collect();
    assert!(starts.len() == 2 && starts[0] == 0 && starts[1] > 0, "the second goes on where the first ended: {starts:?}");
    assert!(home.log().contains("download 2: complete"), "{}", home.log());
}
