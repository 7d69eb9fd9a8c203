//! What files of models, dictionaries, tokenizers and prompts say, by the built program and its readers: what is whole but not
//! supported is named as what it is, what changes nothing is said, and nothing that changes numbers is ignored.
#![allow(
    clippy::unwrap_used,
    clippy::semicolon_if_nothing_returned,
    reason = "a test that cannot go on should panic, and a case is one expression"
)]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use saescope::engine::dictionary::{Purpose, ae_pt};
use saescope::engine::tensor_file::Bytes;
use support::{fixture, reference};

const SAE: &str = "saelens/1-mlp-sm/sae_weights.safetensors";
const CFG: &str = "saelens/1-mlp-sm/cfg.json";
const AE_PT: &str = "pt/mlp_out_layer1/10_512/ae.pt";
const TRAINING: &str = "pt/mlp_out_layer1/10_512/config.json";
const POINTER: &str = "version https://git-lfs.github.com/spec/v1\noid sha256:0123\nsize 134351000\n";

/// A folder with the reference model and its dictionaries, and the demo model with its own.
struct Workshop(tempfile::TempDir);

impl Workshop {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let assets = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/demo");
        for (from, to) in [
            (reference("model"), "model"),
            (reference("saelens"), "saelens"),
            (reference("dictionaries/tiny-neox"), "pt"),
            (assets.join("model"), "saescope-demo"),
        ] {
            copy(&from, &folder.path().join(to));
        }
        fs::write(
            folder.path().join("ids"),
            r#"{"clean_prefix": [1, 2], "patch_prefix": [3, 2], "clean_answer": 5, "patch_answer": 6}"#,
        )
        .unwrap();
        fs::write(folder.path().join("text"), TEXT).unwrap();
        Self(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.path(name), bytes).unwrap();
    }

    /// Sets a key of a JSON file; None takes it out.
    fn set(&self, name: &str, key: &str, value: Option<serde_json::Value>) {
        let mut json: serde_json::Map<_, _> = serde_json::from_slice(&fs::read(self.path(name)).unwrap()).unwrap();
        match value {
            Some(value) => json.insert(key.to_owned(), value),
            None => json.remove(key),
        };
        self.write(name, serde_json::to_vec(&json).unwrap());
    }

    /// Adds a tensor of equal values to the SAELens dictionary.
    fn add_tensor(&self, tensor: &str, value: f32) {
        self.add_vector(tensor, value, 512);
    }

    fn add_vector(&self, tensor: &str, value: f32, length: usize) {
        let bytes = fs::read(self.path(SAE)).unwrap();
        let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
        let values = value.to_le_bytes().repeat(length);
        let added = safetensors::tensor::TensorView::new(safetensors::Dtype::F32, vec![length], &values).unwrap();
        let all = file.iter().chain([(tensor, added)]);
        self.write(SAE, safetensors::serialize(all, None).unwrap());
    }

    /// The exit status and everything that the program said.
    fn run(&self, arguments: &str) -> (Option<i32>, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_saescope"))
            .arg("run")
            .args(arguments.split_whitespace())
            .args(["--output", "out"])
            .current_dir(self.0.path())
            .output()
            .unwrap();
        (output.status.code(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap().path();
        let target = to.join(entry.file_name().unwrap());
        if entry.is_dir() {
            copy(&entry, &target);
        } else {
            fs::copy(&entry, &target).unwrap();
        }
    }
}

const TEXT: &str = r#"{"clean_prefix": "John runs because", "patch_prefix": "Anna runs because", "clean_answer": " he", "patch_answer": " she"}"#;
const RUN: &str = "--model model --dictionaries saelens --pairs ids";
const RUN_PT: &str = "--model model --dictionaries pt --pairs ids";

fn demo() -> String {
    format!("--model saescope-demo --dictionaries {}/assets/demo/dictionaries --pairs text", env!("CARGO_MANIFEST_DIR"))
}

type Case = (&'static str, fn(&Workshop), String, &'static [&'static str]);

/// Fails unless every case ends with one line that says all of its words, and none of a parsing library.
fn expect_refused(cases: &[Case]) {
    for (what, change, command, says) in cases {
        let workshop = Workshop::new();
        change(&workshop);
        let (status, said) = workshop.run(command);
        assert_eq!(status, Some(2), "{what}: {said}");
        assert!(says.iter().all(|words| said.contains(words)), "{what}: {said}");
        assert_eq!(said.trim_end().lines().count(), 1, "{what}: {said}");
        for foreign in ["untagged", "variant", "expected value", "invalid type", "panicked", "fault of the program"] {
            assert!(!said.contains(foreign), "{what}: {said}");
        }
        assert!(!workshop.path("out").exists(), "{what}");
    }
}

#[test]
fn what_would_change_numbers_is_refused_by_its_name() {
    expect_refused(&[
        ("foreign tensor", |w| w.add_tensor("log_threshold", 0.0), RUN.into(), &[SAE, "unexpected tensor 'log_threshold'"]),
        ("trained factor", |w| w.add_tensor("finetuning_scaling_factor", 2.0), RUN.into(), &[SAE, "values other than 1"]),
        ("factors of others", |w| w.add_vector("scaling_factor", 1.0, 3), RUN.into(), &[SAE, "scaling_factor", "[3]", "[512]"]),
        ("foreign key", |w| w.set(CFG, "temperature", Some(2.into())), RUN.into(), &[CFG, "temperature", ": 2"]),
        ("key of another type", |w| w.set(CFG, "d_in", Some("64".into())), RUN.into(), &[CFG, "d_in is \"64\"", "whole number"]),
        ("layer", |w| w.set(CFG, "hook_layer", Some(4.into())), RUN.into(), &[CFG, "hook_layer 4", "used for mlp_1"]),
        (
            "training of another place",
            |w| {
                w.write(
                    TRAINING,
                    r#"{"trainer": {"dict_class": "AutoEncoder", "layer": 4, "submodule_name": "resid_post_layer_4"}}"#,
                )
            },
            RUN_PT.into(),
            &[TRAINING, "layer 4", "used for mlp_1"],
        ),
        (
            "contradicting keys",
            |w| w.set("model/config.json", "partial_rotary_factor", Some(0.5.into())),
            RUN.into(),
            &["config.json", "rotary_pct is 0.25, but partial_rotary_factor is 0.5"],
        ),
        (
            "EOS token",
            |w| w.write("saescope-demo/tokenizer_config.json", r#"{"add_eos_token": true}"#),
            demo(),
            &["tokenizer_config.json", "add_eos_token is true"],
        ),
        (
            "token of the configuration alone",
            |w| w.write("saescope-demo/tokenizer_config.json", r#"{"added_tokens_decoder": {"5000": {"content": " runs"}}}"#),
            demo(),
            &["tokenizer_config.json", "added_tokens_decoder", "' runs'"],
        ),
        (
            "post-processor of a plain class",
            |w| {
                let template = serde_json::json!({"type": "TemplateProcessing", "pair": [],
                    "single": [{"SpecialToken": {"id": "<|endoftext|>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
                    "special_tokens": {"<|endoftext|>": {"id": "<|endoftext|>", "ids": [0], "tokens": ["<|endoftext|>"]}}});
                w.set("saescope-demo/tokenizer.json", "post_processor", Some(template));
                w.write("saescope-demo/tokenizer_config.json", r#"{"tokenizer_class": "PreTrainedTokenizerFast"}"#);
            },
            demo(),
            &["tokenizer.json", "post_processor"],
        ),
        ("adapter", |w| w.write("model/adapter_config.json", "{}"), RUN.into(), &["model", "adapter", "merge_and_unload"]),
    ]);
}

#[test]
fn whole_files_of_another_kind_are_called_what_they_are() {
    let pointer = &["is a git-lfs pointer", "git lfs pull"];
    expect_refused(&[
        ("pointer of a model", |w| w.write("model/model.safetensors", POINTER), RUN.into(), pointer),
        ("pointer of a configuration", |w| w.write("model/config.json", POINTER), RUN.into(), pointer),
        ("pointer of a dictionary", |w| w.write(SAE, POINTER), RUN.into(), pointer),
        ("pointer of its configuration", |w| w.write(CFG, POINTER), RUN.into(), pointer),
        ("pointer of an ae.pt", |w| w.write(AE_PT, POINTER), RUN_PT.into(), pointer),
        ("pointer of a tokenizer", |w| w.write("saescope-demo/tokenizer.json", POINTER), demo(), pointer),
        ("pointer of an archive", |w| w.write("zip", POINTER), "--model model --dictionaries zip --pairs ids".into(), pointer),
        ("page", |w| w.write("model/config.json", "<!DOCTYPE html><html></html>"), RUN.into(), &["is a web page"]),
        (
            "safetensors as ae.pt",
            |w| w.write(AE_PT, fs::read(w.path(SAE)).unwrap()),
            RUN_PT.into(),
            &[AE_PT, "is a safetensors file", "torch.save"],
        ),
        ("ae.pt as safetensors", |w| w.write(SAE, fs::read(w.path(AE_PT)).unwrap()), RUN.into(), &[SAE, "is a zip", "save_file"]),
        (
            "float64",
            |w| {
                let bytes = 0.5_f64.to_le_bytes().repeat(64);
                let tensor = safetensors::tensor::TensorView::new(safetensors::Dtype::F64, vec![64], &bytes).unwrap();
                let names = ["W_enc", "b_enc", "W_dec", "b_dec"];
                w.write(SAE, safetensors::serialize(names.map(|name| (name, tensor.clone())), None).unwrap());
            },
            RUN.into(),
            &[SAE, "element type F64", "supported are F16, BF16 and F32"],
        ),
        (
            "a type of the future",
            |w| {
                let header = r#"{"W_enc": {"dtype": "F3", "shape": [1], "data_offsets": [0, 1]}}"#;
                w.write(SAE, [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), b"\0"].concat());
            },
            RUN.into(),
            &[SAE, "'W_enc'", "element type F3"],
        ),
        (
            "a header that takes more memory than its file",
            |w| {
                let header = format!("{{\"a\": [{}0]}}", "0,".repeat(3 << 20));
                w.write("model/model.safetensors", [&(header.len() as u64).to_le_bytes()[..], header.as_bytes()].concat());
            },
            RUN.into(),
            &["model.safetensors", "has a header of 6291466 bytes"],
        ),
        (
            "weights of an older form",
            |w| fs::rename(w.path("model/model.safetensors"), w.path("model/pytorch_model.bin")).unwrap(),
            RUN.into(),
            &["model", "pytorch_model.bin", "save_pretrained"],
        ),
        (
            "infinity",
            |w| w.write(CFG, r#"{"architecture": "standard", "lr": Infinity}"#),
            RUN.into(),
            &[CFG, "NaN or Infinity", "line 1", "a number or null"],
        ),
        ("byte order mark", |w| w.write(CFG, "\u{feff}{}"), RUN.into(), &[CFG, "byte order mark", "without it"]),
        (
            "a part without an index",
            |w| rename_weights(w, "model-00001-of-00002.safetensors"),
            RUN.into(),
            &["model-00001-of-00002.safetensors", "no model.safetensors.index.json"],
        ),
        (
            "another name",
            |w| rename_weights(w, "model.fp16.safetensors"),
            RUN.into(),
            &["model.fp16.safetensors", "call the file model.safetensors"],
        ),
        ("gguf", |w| rename_weights(w, "model.gguf"), RUN.into(), &["model.gguf", "llama.cpp"]),
        (
            "a part of an older form",
            |w| rename_weights(w, "pytorch_model-00001-of-00002.bin"),
            RUN.into(),
            &["holds weights as pytorch_model-00001-of-00002.bin", "save_pretrained"],
        ),
        ("Meta's form", |w| rename_weights(w, "consolidated.00.pth"), RUN.into(), &["consolidated.00.pth", "as safetensors"]),
        ("ONNX", |w| rename_weights(w, "model.onnx"), RUN.into(), &["model.onnx", "another program"]),
        ("Rust", |w| rename_weights(w, "rust_model.ot"), RUN.into(), &["rust_model.ot", "another program"]),
        ("an adapter", |w| rename_weights(w, "adapter_model.bin"), RUN.into(), &["an adapter (adapter_model.bin)"]),
        (
            "the file in place of its folder",
            |_| (),
            RUN.replace("--model model", "--model model/model.safetensors"),
            &["model/model.safetensors: is a file", "name the folder, model"],
        ),
        (
            "a folder without its dictionary",
            |w| fs::remove_file(w.path(AE_PT)).unwrap(),
            RUN_PT.into(),
            &["mlp_out_layer1/10_512: holds no ae.pt, the dictionary for mlp_1"],
        ),
    ]);
}

#[cfg(unix)]
#[test]
fn links_to_nothing_and_bytes_in_place_of_text_are_named() {
    expect_refused(&[
        (
            "a dictionary's folder that is a link to nothing",
            |w| to_nothing(w, "saelens/1-mlp-sm"),
            RUN.into(),
            &["saelens/1-mlp-sm: is a link to gone, which is not there"],
        ),
        (
            "all dictionaries' folder likewise",
            |w| to_nothing(w, "saelens"),
            RUN.into(),
            &["saelens: is a link to gone, which is not there"],
        ),
        (
            "a configuration of bytes",
            |w| w.write(CFG, b"{\"a\": \"\xfe\"}"),
            RUN.into(),
            &["cfg.json: is not UTF-8 from byte 8 on"],
        ),
    ]);
}

#[cfg(unix)]
fn to_nothing(workshop: &Workshop, folder: &str) {
    fs::remove_dir_all(workshop.path(folder)).unwrap();
    std::os::unix::fs::symlink("gone", workshop.path(folder)).unwrap();
}

/// The demo's tokenizer for the reference model, with a file beside it that asks for a BOS token.
fn ask_for_bos(workshop: &Workshop) {
    fs::copy(workshop.path("saescope-demo/tokenizer.json"), workshop.path("model/tokenizer.json")).unwrap();
    workshop.write("model/tokenizer_config.json", r#"{"add_bos_token": true}"#);
}

#[test]
fn a_tokenizer_that_asks_for_bos_agrees_with_all_dictionaries_or_is_refused() {
    const FILE: &str = "model/tokenizer_config.json: puts a BOS token in front";
    expect_refused(&[
        ("none says so", ask_for_bos, RUN.into(), &[FILE, "no dictionary says that it was trained with one"]),
        (
            "one says so and another the contrary",
            |w| {
                ask_for_bos(w);
                w.set(CFG, "prepend_bos", Some(true.into()));
            },
            RUN.into(),
            &[FILE, "some dictionaries were trained with one and others without"],
        ),
    ]);
}

/// The demo's tokenizer for the reference model, beside which `bos_token` is the token `bos`; all dictionaries were trained with one.
fn call_bos(workshop: &Workshop, bos: &str) {
    fs::copy(workshop.path("saescope-demo/tokenizer.json"), workshop.path("model/tokenizer.json")).unwrap();
    let token = serde_json::json!({ "tokenizer_class": "PreTrainedTokenizerFast", "bos_token": bos });
    workshop.write("model/tokenizer_config.json", token.to_string());
    for folder in fs::read_dir(workshop.path("saelens")).unwrap() {
        let folder = format!("saelens/{}/cfg.json", folder.unwrap().file_name().to_string_lossy());
        workshop.set(&folder, "prepend_bos", Some(true.into()));
    }
}

#[test]
fn the_bos_token_of_tokenizer_and_configuration_is_the_same_or_is_refused() {
    let workshop = Workshop::new();
    let tokenizer: serde_json::Value =
        serde_json::from_slice(&fs::read(workshop.path("saescope-demo/tokenizer.json")).unwrap()).unwrap();
    let token = tokenizer["added_tokens"][0].clone();
    let (content, id) = (token["content"].as_str().unwrap().to_owned(), token["id"].as_u64().unwrap());
    for (stated, is_accepted) in [(id, true), (id + 1, false)] {
        let workshop = Workshop::new();
        call_bos(&workshop, &content);
        workshop.set("model/config.json", "bos_token_id", Some(stated.into()));
        let (status, said) = workshop.run(RUN);
        if is_accepted {
            assert!(status == Some(0) && said.contains("BOS"), "{said}");
        } else {
            let what = format!(
                "model/tokenizer_config.json: bos_token is '{content}', token number {id}, but bos_token_id in config.json is {stated}"
            );
            assert!(status == Some(2) && said.contains(&what), "{said}");
        }
    }
}

#[test]
fn lists_of_pairs_are_bounded_and_their_fields_named() {
    expect_refused(&[
        ("array", |w| w.write("ids", r#"["a", "b", " he", " she"]"#), RUN.into(), &["ids: line 1", "is an array"]),
        (
            "number that is no id",
            |w| w.write("ids", r#"{"clean_prefix": [1], "patch_prefix": [2], "clean_answer": 3.5, "patch_answer": 4}"#),
            RUN.into(),
            &["line 1 has 3.5 as clean_answer", "it must be text, a token id"],
        ),
        ("single quotes", |w| w.write("ids", "{'clean_prefix': [1]}"), RUN.into(), &["single quotes at column 2"]),
        (
            "text beyond the context",
            |w| {
                let prompt = "John ".repeat(250_000);
                w.write("text", TEXT.replace("John runs because", &prompt).replace("Anna runs because", &prompt));
            },
            demo(),
            &["text: line 1", "1.2 MB", "context"],
        ),
        ("line without an end", |w| w.write("ids", vec![b' '; (1 << 22) + 1]), RUN.into(), &["ids: line 1", "more than 4.2 MB"]),
    ]);
}

#[test]
fn what_changes_no_number_is_accepted_and_said() {
    let cases: &[Case] = &[
        ("nothing", |_| (), RUN.into(), &[]),
        ("factors of 1", |w| w.add_tensor("scaling_factor", 1.0), RUN.into(), &["note: mlp_1: its tensor scaling_factor is 1"]),
        ("BOS", |w| w.set(CFG, "prepend_bos", Some(true.into())), RUN.into(), &["note: mlp_1: ", "BOS"]),
        // SAELens takes the missing key for true.
        ("BOS not stated", |w| w.set(CFG, "prepend_bos", None), RUN.into(), &["note: mlp_1: ", "BOS"]),
        (
            "processed model",
            |w| {
                w.set(
                    CFG,
                    "metadata",
                    Some(serde_json::json!({"model_from_pretrained_kwargs": {"center_writing_weights": true}})),
                )
            },
            RUN.into(),
            &["note: mlp_1: trained on centred activations (center_writing_weights)"],
        ),
        (
            "another model",
            |w| w.set(CFG, "model_name", Some("EleutherAI/pythia-160m".into())),
            RUN.into(),
            &["note: mlp_1: trained on the model 'EleutherAI/pythia-160m', used on 'tiny-neox'"],
        ),
        (
            "a training that agrees",
            |w| {
                w.write(
                    TRAINING,
                    r#"{"trainer": {"layer": 1, "submodule_name": "mlp_out_layer1", "dict_size": 512, "activation_dim": 64}}"#,
                )
            },
            RUN_PT.into(),
            &[],
        ),
        ("a tokenizer without settings", |_| (), demo(), &[]),
        (
            "settings of the public tokenizer",
            |w| {
                let settings =
                    r#"{"tokenizer_class": "GPTNeoXTokenizer", "add_prefix_space": false, "bos_token": "<|endoftext|>"}"#;
                w.write("saescope-demo/tokenizer_config.json", settings);
            },
            demo(),
            &[],
        ),
        (
            "a prompt that ends in a space",
            |w| w.write("text", TEXT.replace("because\"", "because \"").replace("\" ", "\"").replace(":\"", ": \"")),
            demo(),
            &["note: text: in 1 of 1 pair, prompt and answer as one text are other tokens"],
        ),
    ];
    for (what, change, command, says) in cases {
        let workshop = Workshop::new();
        change(&workshop);
        let (status, said) = workshop.run(command);
        assert_eq!(status, Some(0), "{what}: {said}");
        assert!(says.iter().all(|words| said.contains(words)), "{what}: {said}");
        let noted = said.lines().any(|line| line.starts_with("note:") && !line.starts_with("note: memory:"));
        assert!(!says.is_empty() || !noted, "{what}: {said}");
    }
}

#[test]
fn a_space_before_the_prompt_is_added_as_the_tokenizer_s_class_does() {
    let workshop = Workshop::new();
    let tokens = |workshop: &Workshop| {
        let (status, said) = workshop.run(&demo());
        assert_eq!(status, Some(0), "{said}");
        let run = fs::read(workshop.path("out")).unwrap();
        let text = String::from_utf8_lossy(&run).into_owned();
        text.split_once("clean_text").unwrap().1.split_once(']').unwrap().0.to_owned()
    };
    assert!(tokens(&workshop).contains(r#"["John"#.replace('"', "\\\"").as_str()));
    workshop.write("saescope-demo/tokenizer_config.json", r#"{"add_prefix_space": true}"#);
    assert!(tokens(&workshop).contains(r#"[" John"#.replace('"', "\\\"").as_str()));
}

#[test]
fn a_device_without_an_end_is_not_read_for_ever() {
    if cfg!(unix) {
        let (status, said) = Workshop::new().run("--model model --dictionaries saelens --pairs /dev/zero");
        assert_eq!(status, Some(2), "{said}");
        assert!(said.contains("/dev/zero") && said.contains("has more than"), "{said}");
    }
}

/// Gives the model's weights another name.
fn rename_weights(workshop: &Workshop, name: &str) {
    fs::rename(workshop.path("model/model.safetensors"), workshop.path(&format!("model/{name}"))).unwrap();
}

/// Files that `tests/fixtures/faults/ae_pt/make.py` writes, and what is said of them.
const SAVED: [(&str, &[&str]); 33] = [
    ("protocol_0", &["protocol 0 or 1", "torch.save"]),
    ("protocol_1", &["protocol 0 or 1", "torch.save"]),
    ("protocol_2", &[]),
    ("protocol_3", &[]),
    ("protocol_4", &[]),
    ("protocol_5", &[]),
    ("checkpoint", &["is a checkpoint", "'state_dict'", "torch.load"]),
    ("step", &["its entry 'step' is a whole number", "state_dict()"]),
    ("module", &["package.AutoEncoder", "state_dict()"]),
    ("list", &["holds a list", "state_dict()"]),
    ("none", &["its entry 'bias' is None"]),
    ("expanded", &["'bias'", "stride 0", ".contiguous()"]),
    ("float64", &["'bias'", "float64", ".float()"]),
    ("int64", &["'bias'", "int64", ".float()"]),
    ("bool", &["'bias'", "bool", ".float()"]),
    ("top_k", &["holds a tensor 'k'", "AutoEncoder has not", "config.json"]),
    ("three_dimensions", &["'bias'", "[1, 1, 2]", "a vector or a matrix"]),
    ("compiled", &["'_orig_mod.bias'", "prefix '_orig_mod.'"]),
    ("parallel", &["'module.bias'", "prefix 'module.'"]),
    ("legacy", &["before PyTorch 1.6", "torch.save"]),
    ("numpy", &["numpy", "torch.save"]),
    ("float32_typed", &["'bias' is a tensor of floats", "_rebuild_tensor_v3", ".clone()"]),
    ("float8", &["'bias'", "float8_e4m3fn", ".float()"]),
    ("sparse", &["'bias' is a sparse tensor", ".to_dense()"]),
    ("quantized", &["'bias' is a quantized tensor", ".dequantize()"]),
    ("meta", &["'bias' is a tensor without values"]),
    ("twice", &["is a checkpoint", "'model'", "torch.load"]),
    ("generator", &["is a checkpoint", "'state_dict'", "torch.load"]),
    ("seed", &["its entry 'seed' is a whole number of more than 64 bits", "state_dict()"]),
    ("numbers", &["names an entry by a whole number", "state_dict()"]),
    ("zipped", &["zip archive", "'ae.pt'", "unpack it"]),
    ("plain", &["is a plain pickle", "torch.save"]),
    ("legacy_4", &["before PyTorch 1.6", "torch.save"]),
];

#[test]
fn whole_files_of_torch_save_are_not_called_damaged() {
    let purpose = Purpose::Use { submodule: "mlp_1".parse().unwrap(), width: 2 };
    for (name, says) in SAVED {
        let bytes = fs::read(fixture(&format!("faults/ae_pt/{name}.pt"))).unwrap();
        let read = |bytes: Vec<u8>| ae_pt::read(Bytes::Owned(Arc::new(bytes)), "ae.pt".to_owned(), None, purpose);
        match read(bytes.clone()) {
            Ok(dictionary) => assert!(says.is_empty() && dictionary.features() == 3, "{name}"),
            Err(problem) => {
                let said = problem.to_string();
                assert!(!says.is_empty() && says.iter().all(|words| said.contains(words)), "{name}: {said}");
                assert!(!said.contains("fetch it again") && !said.contains("damaged"), "{name}: {said}");
            }
        }
        if says.is_empty() {
            let cut = bytes[..bytes.len() / 2].to_vec();
            assert!(read(cut).unwrap_err().to_string().contains("fetch it again"), "{name}");
        }
    }
}

#[test]
fn a_number_of_elements_that_contradicts_a_storage_is_refused() {
    let purpose = Purpose::Use { submodule: "mlp_1".parse().unwrap(), width: 2 };
    for (name, says) in [
        ("short", "the storage '0' has 20 bytes, and it has 8"),
        ("huge", "the storage '0' has 4503599627370496 bytes, and it has 8"),
        ("negative", "a storage has -5 elements"),
    ] {
        let bytes = fs::read(fixture(&format!("faults/ae_pt/count_{name}.pt"))).unwrap();
        let problem = ae_pt::read(Bytes::Owned(Arc::new(bytes)), "ae.pt".to_owned(), None, purpose).unwrap_err();
        assert!(problem.to_string().contains(says), "{name}: {problem}");
    }
}
