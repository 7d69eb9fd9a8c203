//! Tests of files of presets, and of the messages for faulty ones.

use super::*;
use crate::core::hosted::STUDY_NAMES;

const FILE: &str = "models.toml";

fn with(user: &str) -> Result<Presets> {
    Presets::parse(Some((user, FILE)))
}

fn wrong(user: &str) -> String {
    with(user).unwrap_err().to_string()
}

const TINY: &str = r#"
[tiny]
layers = 2
[tiny.model]
repository = "me/tiny"
files = [{ path = "config.json" }, { path = "model.safetensors", about-bytes = 100 }]
[tiny.dictionaries.all]
repository = "me/tiny-sae"
revision = "v1"
files = [{ path = "{layer}-res-sm/cfg.json", about-bytes = 7 }]
"#;

#[test]
fn the_study_is_inside_the_program() {
    let presets = Presets::parse(None).unwrap();
    let study = presets.find(STUDY).unwrap();
    assert_eq!((study.model_name.as_str(), study.files()), ("pythia-70m-deduped", 3 + 3 * 6 * 2));
    let names: Vec<&str> = study.repositories().map(|repository| repository.name.as_str()).collect();
    let dictionaries = ["att", "mlp", "res"].map(|kind| format!("ctigges/pythia-70m-deduped__{kind}-sm_processed"));
    assert_eq!(names[0], "EleutherAI/pythia-70m-deduped");
    assert_eq!(names[1..], dictionaries);
    assert_eq!(study.dictionaries[2].files[11].path, "5-res-sm/sae_weights.safetensors");
    assert!(study.repositories().all(|repository| repository.revision == "main"));
    // 18 dictionaries of 134 MB.
    assert!((2_500_000_000..2_700_000_000).contains(&study.about_bytes().unwrap()));
    for kind in SubmoduleKind::ALL {
        let shown = |hosted: &Hosted| hosted.shown("pythia-70m-deduped", kind).cloned();
        assert_eq!(shown(&presets.hosted()), shown(&Hosted::default()), "known without the file, too");
    }
    let embedding = study.part(&Parts { layers: None, kinds: vec![SubmoduleKind::Embedding] }).unwrap();
    assert_eq!((embedding.dictionaries.len(), embedding.files()), (1, 3 + 2), "the embedding's is fetched where it is asked for");
}

/// The output of layer i has the dictionary of the stream that enters layer i + 1; no file is named twice, none for layer 0's input.
#[test]
fn gpt2_has_one_residual_dictionary_for_each_layer() {
    let presets = Presets::parse(None).unwrap();
    let gpt2 = presets.find("gpt2-small").unwrap();
    assert!(gpt2.centred && !presets.find(STUDY).unwrap().centred);
    let mut weights: Vec<&str> = gpt2.dictionaries[0].files.iter().map(|file| file.path.as_str()).collect();
    weights.retain(|path| path.ends_with(".safetensors"));
    let expected = (1..12).map(|layer| format!("blocks.{layer}.hook_resid_pre/sae_weights.safetensors"));
    assert_eq!(weights, expected.chain(["blocks.11.hook_resid_post/sae_weights.safetensors".to_owned()]).collect::<Vec<_>>());
    let hosted = presets.hosted();
    let shown = hosted.shown("gpt2-small", SubmoduleKind::Residual).unwrap();
    assert_eq!([0, 11].map(|layer| shown.names.of_layer(layer)), ["1-res-jb", "12-res-jb"]);
    assert_eq!(shown.features, Some(24_576));
    let declared = gpt2.release().declared;
    let of = |place: &str| declared[&place.parse().unwrap()];
    assert_eq!((declared.len(), of("resid_0").active, of("resid_11").active), (12, Some(10.0), Some(70.0)));
    let embedding = presets.find(STUDY).unwrap().release().declared[&Submodule::EMBEDDING];
    assert_eq!((embedding.active, embedding.explained), (Some(3.0), Some(0.96)));
    let last = gpt2.part(&Parts { layers: Some("10-11".parse().unwrap()), kinds: Vec::new() }).unwrap();
    let paths: Vec<&str> = last.dictionaries[0].files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(paths.len(), 4);
    assert!(paths[0].starts_with("blocks.11.hook_resid_pre/") && paths[2].starts_with("blocks.11.hook_resid_post/"), "{paths:?}");
    let said = gpt2.part(&Parts { layers: None, kinds: vec![SubmoduleKind::Mlp] }).unwrap_err().to_string();
    assert!(said.contains("its dictionaries are of resid"), "{said}");
}

/// Every preset says size, licence, and for each layer what the makers say of its dictionary, if they do.
#[test]
fn every_preset_is_whole() {
    for preset in Presets::parse(None).unwrap().all() {
        assert!(preset.about_bytes().is_some(), "{}", preset.name);
        for from in preset.repositories().chain(&preset.only_if_asked) {
            let layers: std::collections::BTreeSet<usize> = from.files.iter().filter_map(|file| file.layer).collect();
            for declared in [&from.declared.l0, &from.declared.explained] {
                assert!(declared.is_empty() || declared.len() == layers.len().max(1), "{} of {}", from.name, preset.name);
            }
            let revision = &from.revision;
            assert!(revision == "main" || revision.len() == 40 && revision.bytes().all(|byte| byte.is_ascii_hexdigit()));
        }
    }
}

#[test]
fn a_user_adds_a_model_and_the_others_stay() {
    let presets = with(TINY).unwrap();
    assert_eq!(presets.names(), ["gemma-2-2b", "gpt2-small", "llama-3.1-8b", "pythia-160m", "pythia-70m", "tiny"]);
    let tiny = presets.find("tiny").unwrap();
    assert_eq!((tiny.model_name.as_str(), tiny.shown.len(), tiny.about_bytes()), ("tiny", 0, None));
    let paths: Vec<&str> = tiny.dictionaries[0].files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(paths, ["0-res-sm/cfg.json", "1-res-sm/cfg.json"]);
    assert_eq!(tiny.dictionaries[0].revision, "v1");
    assert_eq!(presets.find(STUDY), Presets::parse(None).unwrap().find(STUDY));
    assert!(!presets.hosted().has("tiny"));
    let hosted = with(&TINY.replace("layers = 2", &format!("layers = 2\nneuronpedia = \"{STUDY_NAMES}\""))).unwrap().hosted();
    assert!(hosted.has("tiny") && hosted.has("pythia-70m-deduped"), "{hosted:?}");
}

#[test]
fn a_user_pins_a_revision_and_nothing_else_changes() {
    let commit = "0123456789abcdef0123456789abcdef01234567";
    let presets = with(&format!("[pythia-70m.dictionaries.mlp]\nrevision = \"{commit}\"\n")).unwrap();
    let mut study = presets.find(STUDY).unwrap().clone();
    assert_eq!(std::mem::replace(&mut study.dictionaries[1].revision, "main".to_owned()), commit);
    assert_eq!(Some(&study), Presets::parse(None).unwrap().find(STUDY));
}

#[test]
fn every_fault_names_its_line_and_a_remedy() {
    let cases = [
        ("[a\n", "models.toml:1: "),
        ("[tiny]\nlayer = 2\n", "models.toml:2: has the key 'layer' where only name, layers,"),
        ("\n[demo]\n", "models.toml:2: 'demo' is the model inside the program; choose another name"),
        ("[\"../x\"]\n", "models.toml:1: '../x' is not a name for a model; use letters, digits, - and _"),
        ("[tiny]\nlayers = 0\n", "models.toml:2: 0 is not a number of layers; use 1 to 1000"),
        ("[tiny]\nname = \" \"\n", "models.toml:2: ' ' is empty; name something"),
        ("\n\n[tiny]\nlayers = 1\n", "models.toml:3: [tiny] has no dictionaries; add it"),
        ("[tiny.model]\nrepository = \"tiny\"\n", "models.toml:2: 'tiny' is not a repository; use ORG/NAME"),
        ("[tiny.model]\nrepository = \"a/../b\"\n", "models.toml:2: 'a/../b' is not a repository"),
        ("[tiny.model]\nrevision = \"../../x\"\n", "models.toml:2: '../../x' is not a revision"),
        ("[tiny.model]\nfiles = [\n{ path = \"/etc/passwd\" }]\n", "models.toml:3: '/etc/passwd' is not a path in a repository"),
        (
            "[tiny]\nneuronpedia = \"{layer}-lg\"\n",
            "models.toml:2: '{layer}-lg' is not a pattern of all dictionaries that this program links to; use {layer}-{kind}-sm, or say",
        ),
        ("[tiny.dictionaries.mlp]\nl0 = [3,\n-1]\n", "models.toml:3: -1 is not a number of active features; use a number from 0"),
        ("[tiny.dictionaries.mlp]\nfeatures = 8\nl0 = [9]\n", "models.toml:3: 9 is not a number of active features; use 0 to 8"),
        ("[tiny.dictionaries.mlp]\nfeatures = 0\n", "models.toml:2: 0 is not a number of features; use a number from 1"),
        ("[tiny.dictionaries.mlp]\nl0 = [nan]\n", "models.toml:2: NaN is not a number of active features"),
        (
            "[tiny.dictionaries.mlp]\nexplained = [1.5]\n",
            "models.toml:2: 1.5 is not a share of the variance that is explained; use a number up to 1",
        ),
    ];
    for (text, says) in cases {
        assert!(wrong(text).starts_with(says), "{text}: {}", wrong(text));
    }
    let without = |line: &str| TINY.replace(line, "");
    let says = "[tiny] has no model.repository; add it";
    assert!(wrong(&without("repository = \"me/tiny\"\n")).contains(says), "{}", wrong(&without("repository = \"me/tiny\"\n")));
    let three = wrong("\n[pythia-70m.dictionaries.mlp]\nl0 = [1, 2, 3]\n");
    assert!(
        three.contains("models.toml:3: dictionaries.mlp.l0 holds 3 numbers for dictionaries of 6 layers; give one"),
        "{three}"
    );
    let says = "models.toml:9: {layer} stands for layers, but [tiny] has no layers; add layers = N";
    assert_eq!(wrong(&without("layers = 2\n")), says);
}

#[test]
fn an_unknown_name_is_answered_with_those_that_there_are() {
    let problem = with(TINY).unwrap().get("pythia").unwrap_err().to_string();
    let says = "model 'pythia': is not known; use gemma-2-2b or gpt2-small or llama-3.1-8b or pythia-160m or pythia-70m or tiny, or describe it in ";
    assert!(problem.starts_with(says) && problem.ends_with("models.toml"), "{problem}");
}
