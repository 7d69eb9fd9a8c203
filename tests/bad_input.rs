//! Bad input, one case a line: each ends with exit status 2 and a single line that names the place, the value and a remedy; nothing is
//! written and nothing panics.
#![allow(
    clippy::unwrap_used,
    clippy::string_slice,
    clippy::float_cmp,
    clippy::semicolon_if_nothing_returned,
    reason = "a test that cannot go on should panic"
)]

mod support;

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use support::reference;

/// A folder with the reference model, its dictionaries and data, which a case then damages.
struct Workshop {
    folder: tempfile::TempDir,
}

impl Workshop {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy(&reference("model"), &folder.path().join("model"));
        copy(&reference("saelens"), &folder.path().join("saelens"));
        copy(&reference("dictionaries/tiny-neox"), &folder.path().join("pt"));
        let line = r#"{"clean_prefix": [1, 2], "patch_prefix": [3, 2], "clean_answer": 5, "patch_answer": 6}"#;
        fs::write(folder.path().join("pairs.json"), format!("{line}\n")).unwrap();
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.path(name), bytes).unwrap();
    }

    /// Changes a file's bytes.
    fn edit(&self, name: &str, change: impl FnOnce(&mut Vec<u8>)) {
        let mut bytes = fs::read(self.path(name)).unwrap();
        change(&mut bytes);
        self.write(name, bytes);
    }

    /// Replaces text in a file.
    fn replace(&self, name: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.path(name)).unwrap();
        assert!(text.contains(from), "{name} does not contain {from}");
        self.write(name, text.replace(from, to));
    }

    /// Overwrites the first value of a tensor in a safetensors file.
    fn poison(&self, name: &str, tensor: &str, value: &[u8]) {
        self.poison_at(name, tensor, 0, value);
    }

    /// Overwrites every value of an F32 tensor in a safetensors file.
    fn poison_all_f32(&self, name: &str, tensor: &str, value: f32) {
        let length = {
            let bytes = fs::read(self.path(name)).unwrap();
            safetensors::SafeTensors::deserialize(&bytes).unwrap().tensor(tensor).unwrap().data().len()
        };
        self.poison_at(name, tensor, 0, &value.to_le_bytes().repeat(length / 4));
    }

    /// Overwrites bytes of a tensor from byte `start` of it on.
    fn poison_at(&self, name: &str, tensor: &str, start: usize, value: &[u8]) {
        self.edit(name, |bytes| {
            let offset = {
                let file = safetensors::SafeTensors::deserialize(bytes).unwrap();
                file.tensor(tensor).unwrap().data().as_ptr() as usize - bytes.as_ptr() as usize + start
            };
            bytes[offset..offset + value.len()].copy_from_slice(value);
        });
    }

    /// Rewrites a safetensors file without one of its tensors.
    fn without(&self, name: &str, tensor: &str) {
        self.edit(name, |bytes| {
            let file = safetensors::SafeTensors::deserialize(bytes).unwrap();
            let rest = safetensors::serialize(file.iter().filter(|(name, _)| *name != tensor), None).unwrap();
            *bytes = rest;
        });
    }

    /// Rewrites an `ae.pt` with another pickle in it.
    fn with_pickle(&self, name: &str, change: impl Fn(Vec<u8>) -> Vec<u8>) {
        let mut source = zip::ZipArchive::new(fs::File::open(self.path(name)).unwrap()).unwrap();
        let mut target = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
        for index in 0..source.len() {
            let mut entry = source.by_index(index).unwrap();
            let entry_name = entry.name().unwrap().into_owned();
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).unwrap();
            target.start_file(&entry_name, options).unwrap();
            target.write_all(&if entry_name.ends_with("data.pkl") { change(bytes) } else { bytes }).unwrap();
        }
        self.write(name, target.finish().unwrap().into_inner());
    }

    fn run(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_saescope")).args(arguments).current_dir(self.folder.path()).output().unwrap()
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

/// `run` on the workshop's model with its SAELens dictionaries.
const RUN: &str = "run --model model --dictionaries saelens --pairs pairs.json --output out";
/// The same with the PyTorch dictionaries.
const RUN_PT: &str = "run --model model --dictionaries pt --pairs pairs.json --output out";
/// The demo model on the workshop's data.
const RUN_DEMO: &str = "run --pairs pairs.json --output out";

struct Case {
    what: &'static str,
    damage: fn(&Workshop),
    command: &'static str,
    /// All of these must be in the message.
    says: &'static [&'static str],
}

fn nothing(_: &Workshop) {}

const AE_PT: &str = "pt/attn_out_layer0/10_512/ae.pt";
const WEIGHTS: &str = "model/model.safetensors";
const SAE: &str = "saelens/1-mlp-sm/sae_weights.safetensors";
const CFG: &str = "saelens/1-mlp-sm/cfg.json";

const CASES: &[Case] = &[
    Case {
        what: "missing pair file",
        damage: |w| fs::remove_file(w.path("pairs.json")).unwrap(),
        command: RUN,
        says: &["pairs.json", "No such file", "check the path"],
    },
    Case {
        what: "missing model",
        damage: nothing,
        command: "run --model nowhere --dictionaries saelens --output out",
        says: &["nowhere/config.json", "No such file"],
    },
    Case {
        what: "missing dictionaries",
        damage: nothing,
        command: "run --model model --dictionaries nowhere --pairs pairs.json --output out",
        says: &["nowhere", "No such file"],
    },
    Case {
        what: "no dictionaries named",
        damage: nothing,
        command: "run --model model --output out",
        says: &["--model model", "--dictionaries"],
    },
    Case {
        what: "one dictionary missing",
        damage: |w| fs::remove_dir_all(w.path("saelens/2-res-sm")).unwrap(),
        command: RUN,
        says: &["saelens", "no dictionary for resid_2"],
    },
    Case {
        what: "two dictionaries for one submodule",
        damage: |w| copy(&w.path("saelens/2-res-sm"), &w.path("saelens/2-res-other")),
        command: RUN,
        says: &["more than one dictionary for resid_2", "2-res-other"],
    },
    Case {
        what: "truncated model",
        damage: |w| w.edit(WEIGHTS, |bytes| bytes.truncate(bytes.len() / 2)),
        command: RUN,
        says: &[WEIGHTS, "not a complete safetensors", "again"],
    },
    Case { what: "empty model", damage: |w| w.write(WEIGHTS, b""), command: RUN, says: &[WEIGHTS, "empty (0 bytes)"] },
    Case {
        what: "header that claims 2^60 bytes",
        damage: |w| w.edit(WEIGHTS, |bytes| bytes[..8].copy_from_slice(&(1_u64 << 60).to_le_bytes())),
        command: RUN,
        says: &[WEIGHTS, "header"],
    },
    Case {
        what: "NaN weight",
        damage: |w| w.poison(WEIGHTS, "gpt_neox.layers.1.mlp.dense_h_to_4h.weight", &[0x00, 0x7e]),
        command: RUN,
        says: &[WEIGHTS, "dense_h_to_4h.weight", "NaN"],
    },
    Case {
        what: "infinite encoder weight",
        damage: |w| w.poison(SAE, "W_enc", &f32::INFINITY.to_le_bytes()),
        command: RUN,
        says: &[SAE, "W_enc", "inf"],
    },
    Case {
        // Attribution and the measuring of decoders run beside each other, and both find one.
        what: "NaN in every decoder",
        damage: |w| {
            for folder in fs::read_dir(w.path("saelens")).unwrap() {
                let file = format!("saelens/{}/sae_weights.safetensors", folder.unwrap().file_name().to_string_lossy());
                w.poison_all_f32(&file, "W_dec", f32::NAN);
            }
        },
        command: RUN,
        says: &["saelens/0-att-sm/sae_weights.safetensors, tensor 'W_dec'", "NaN"],
    },
    Case {
        what: "missing weight",
        damage: |w| w.without(WEIGHTS, "embed_out.weight"),
        command: RUN,
        says: &[WEIGHTS, "no tensor 'embed_out.weight'"],
    },
    Case {
        what: "foreign weight",
        damage: |w| {
            w.edit(WEIGHTS, |bytes| {
                let at = bytes.windows(9).position(|window| window == b"embed_out").unwrap();
                bytes[at] = b'X';
            })
        },
        command: RUN,
        says: &[WEIGHTS, "'Xmbed_out.weight'", "config.json"],
    },
    Case {
        what: "config.json that is not JSON",
        damage: |w| w.write("model/config.json", "{"),
        command: RUN,
        says: &["model/config.json", "ends in the middle"],
    },
    Case {
        what: "unknown activation",
        damage: |w| w.replace("model/config.json", "\"gelu\"", "\"swish\""),
        command: RUN,
        says: &["config.json", "hidden_act \"swish\"", "supported: gelu"],
    },
    Case {
        what: "another architecture",
        damage: |w| w.replace("model/config.json", "\"gpt_neox\"", "\"llama\""),
        command: RUN,
        says: &["config.json", "architectures", "GPTNeoXForCausalLM", "LlamaForCausalLM"],
    },
    Case {
        what: "heads that do not fit",
        damage: |w| w.replace("model/config.json", "\"num_attention_heads\": 4", "\"num_attention_heads\": 5"),
        command: RUN,
        says: &["hidden_size 64", "5 attention heads"],
    },
    Case {
        what: "sizes of another model",
        damage: |w| w.replace("model/config.json", "\"intermediate_size\": 256", "\"intermediate_size\": 128"),
        command: RUN,
        says: &["dense_h_to_4h", "[256, 64]", "[128, 64]"],
    },
    Case {
        what: "broken tokenizer",
        damage: |w| w.write("model/tokenizer.json", "[]"),
        command: RUN,
        says: &["tokenizer.json", "not a tokenizer"],
    },
    Case {
        what: "tokenizer that makes a text a million times as long",
        damage: |w| {
            let replace = r#"{"type":"Replace","pattern":{"String":"a"},"content":"aaaaaaaaaa"}"#;
            let all = [replace; 6].join(",");
            let model = r#"{"type":"WordLevel","vocab":{"a":0},"unk_token":"a"}"#;
            let normalizer = format!(r#"{{"type":"Sequence","normalizers":[{all}]}}"#);
            w.write("model/tokenizer.json", format!(r#"{{"normalizer":{normalizer},"model":{model}}}"#));
        },
        command: RUN,
        says: &["tokenizer.json", "1000000 times as long"],
    },
    Case {
        what: "text without a tokenizer",
        damage: |w| w.replace("pairs.json", "[1, 2]", "\"a b\""),
        command: RUN,
        says: &["pairs.json", "line 1", "'a b'", "tokenizer.json"],
    },
    Case {
        what: "pickle that calls a foreign function",
        damage: |w| w.with_pickle(AE_PT, |_| b"\x80\x02cposix\nsystem\nX\x04\x00\x00\x00true\x85R.".to_vec()),
        command: RUN_PT,
        says: &[AE_PT, "posix.system"],
    },
    Case {
        what: "pickle with a foreign opcode",
        damage: |w| w.with_pickle(AE_PT, |_| b"\x80\x02(iposix\nsystem\n.".to_vec()),
        command: RUN_PT,
        says: &[AE_PT, "opcode 0x69"],
    },
    Case {
        what: "truncated pickle",
        damage: |w| {
            w.with_pickle(AE_PT, |mut bytes| {
                bytes.truncate(40);
                bytes
            })
        },
        command: RUN_PT,
        says: &[AE_PT, "ends too early"],
    },
    Case {
        what: "truncated ae.pt",
        damage: |w| w.edit(AE_PT, |bytes| bytes.truncate(1000)),
        command: RUN_PT,
        says: &[AE_PT, "no PyTorch zip"],
    },
    Case {
        what: "tensor that claims more than its storage",
        damage: |w| w.with_pickle(AE_PT, |bytes| replace_bytes(&bytes, b"M\x00\x02K@\x86", b"M\x00\x7fK@\x86")),
        command: RUN_PT,
        says: &[AE_PT, "does not fit into its storage"],
    },
    Case {
        what: "dictionary of wrong shape",
        damage: |w| swap_shape(w, SAE),
        command: RUN,
        says: &[SAE, "W_dec", "[64, 512]", "expected [512, 64]"],
    },
    Case {
        what: "dictionary of another width",
        damage: |w| narrow_dictionary(w, SAE, CFG),
        command: RUN,
        says: &[SAE, "width 32", "64 wide"],
    },
    Case {
        what: "cfg.json of another dictionary",
        damage: |w| w.replace(CFG, "\"d_sae\": 512", "\"d_sae\": 1024"),
        command: RUN,
        says: &[CFG, "d_sae 1024", "512"],
    },
    Case {
        what: "unknown architecture in cfg.json",
        damage: |w| w.replace(CFG, "\"standard\"", "\"temporal\""),
        command: RUN,
        says: &[CFG, "architecture", "temporal", "supported: \"standard\""],
    },
    Case {
        what: "architecture of other tensors",
        damage: |w| w.replace(CFG, "\"standard\"", "\"jumprelu\""),
        command: RUN,
        says: &[SAE, "holds no tensor 'threshold'"],
    },
    Case {
        what: "unknown normalisation in cfg.json",
        damage: |w| w.replace(CFG, "\"normalize_activations\": \"none\"", "\"normalize_activations\": \"unit_rms\""),
        command: RUN,
        says: &[CFG, "normalize_activations", "unit_rms"],
    },
    Case {
        what: "a scale whose factor is elsewhere",
        damage: |w| {
            w.replace(CFG, "\"normalize_activations\": \"none\"", "\"normalize_activations\": \"expected_average_only_in\"")
        },
        command: RUN,
        says: &[CFG, "expected_average_only_in", "not in the files", "norm_scaling_factor"],
    },
    Case {
        what: "TopK without k",
        damage: |w| w.replace(CFG, "\"activation_fn_str\": \"relu\"", "\"activation_fn_str\": \"topk\""),
        command: RUN,
        says: &[CFG, "holds no k"],
    },
    Case {
        what: "cfg.json that is not JSON",
        damage: |w| w.write(CFG, "nope"),
        command: RUN,
        says: &[CFG, "is no JSON at line 1"],
    },
    Case {
        what: "empty data set",
        damage: |w| w.write("pairs.json", "\n\n"),
        command: RUN,
        says: &["pairs.json", "no examples"],
    },
    Case {
        what: "line that is not JSON",
        damage: |w| w.edit("pairs.json", |bytes| bytes.extend_from_slice(b"John runs because\n")),
        command: RUN,
        says: &["pairs.json", "line 2", "John runs"],
    },
    Case {
        what: "invalid UTF-8",
        damage: |w| w.edit("pairs.json", |bytes| bytes.extend_from_slice(b"{\"a\xff\"}\n")),
        command: RUN,
        says: &["pairs.json", "line 2", "no UTF-8 from byte 4"],
    },
    Case {
        what: "answer of two tokens",
        damage: |w| {
            w.write("pairs.json", "{\"clean_prefix\": \"John runs because\", \"patch_prefix\": \"Anna runs because\", \"clean_answer\": \" he is\", \"patch_answer\": \" she\"}")
        },
        command: RUN_DEMO,
        says: &["pairs.json", "line 1", "' he is' has 2 tokens", "one token"],
    },
    Case {
        what: "token id outside the vocabulary",
        damage: |w| w.replace("pairs.json", "[3, 2]", "[3, 51200]"),
        command: RUN,
        says: &["pairs.json", "line 1", "51200", "512"],
    },
    Case {
        what: "prompt longer than the context",
        damage: |w| {
            w.write(
                "pairs.json",
                format!(
                    "{{\"clean_prefix\": {0:?}, \"patch_prefix\": {0:?}, \"clean_answer\": 1, \"patch_answer\": 2}}",
                    vec![1; 200]
                ),
            )
        },
        command: RUN,
        says: &["line 1", "200 tokens", "128"],
    },
    Case {
        what: "control characters in a message",
        damage: |w| w.write("pairs.json", b"\x1b[2Joops"),
        command: RUN,
        says: &["pairs.json", "line 1", "\\x1b[2Joops"],
    },
    Case {
        what: "dictionary of another place",
        damage: |w| w.replace(CFG, "blocks.1.hook_mlp_out", "blocks.0.attn.hook_z"),
        command: RUN,
        says: &[CFG, "blocks.0.attn.hook_z", "mlp_1", "blocks.1.hook_mlp_out"],
    },
    Case {
        what: "model cut to fewer layers",
        damage: |w| w.replace("model/config.json", "\"num_hidden_layers\": 3", "\"num_hidden_layers\": 2"),
        command: RUN,
        says: &[WEIGHTS, "gpt_neox.layers.2.", "2 layers"],
    },
    Case {
        what: "absurd number of layers",
        damage: |w| w.replace("model/config.json", "\"num_hidden_layers\": 3", "\"num_hidden_layers\": 4000000000"),
        command: RUN,
        says: &["config.json", "num_hidden_layers is 4000000000"],
    },
    Case {
        what: "rotary base of 0",
        damage: |w| w.replace("model/config.json", "\"rotary_emb_base\": 10000", "\"rotary_emb_base\": 0"),
        command: RUN,
        says: &["config.json", "rotary_emb_base is 0", "positive"],
    },
    Case {
        what: "weights that overflow",
        damage: |w| {
            for index in 0..64 {
                w.poison_at(WEIGHTS, "gpt_neox.final_layer_norm.weight", index * 2, &[0xff, 0x7b]);
            }
            w.poison_all_f32(SAE, "W_dec", 1e38);
        },
        command: RUN,
        says: &["view male", "mlp_1", "NaN", "belong together"],
    },
    Case {
        what: "tensor without strides that claims billions of rows",
        damage: |w| w.with_pickle(AE_PT, |bytes| replace_bytes(&bytes, b"M\x00\x02K@\x86q", b"J\x00\x00\x00\x7fK@\x86q")),
        command: RUN_PT,
        says: &[AE_PT, "does not fit into its storage"],
    },
    Case {
        what: "output over something that is not a run",
        damage: nothing,
        command: "run --output model/model.safetensors",
        says: &[WEIGHTS, "exists and is not a run file", "--output"],
    },
    Case {
        what: "output of too long a name",
        damage: nothing,
        command: "run --output aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        says: &["cannot be written", "too long"],
    },
    Case {
        what: "output into a missing folder",
        damage: nothing,
        command: "run --output missing/out",
        says: &["missing/out", "cannot be written", "folder that exists"],
    },
    Case {
        what: "output onto a folder",
        damage: nothing,
        command: "run --output model",
        says: &["model", "is a folder", "file name"],
    },
    Case {
        what: "export of a file that is not a run",
        damage: nothing,
        command: "export model/model.safetensors --view male --top-k 3 --format csv",
        says: &[WEIGHTS, "but not a run"],
    },
    Case {
        what: "check of a file that is not safetensors",
        damage: nothing,
        command: "check pairs.json",
        says: &["pairs.json", "is a text, not a run file"],
    },
    Case {
        what: "comparison of a view with itself",
        damage: demo_run,
        command: "export demo --view difference --of male,male --top-k 3 --format csv",
        says: &["--of", "male with itself"],
    },
    Case {
        what: "truncated run file",
        damage: |w| {
            demo_run(w);
            w.edit("demo", |bytes| bytes.truncate(bytes.len() - 1));
        },
        command: "check demo",
        says: &["demo", "is not a complete run file"],
    },
    Case {
        what: "run of another format",
        damage: |w| {
            demo_run(w);
            w.edit("demo", |bytes| *bytes = replace_bytes(bytes, b"\\\"format\\\":2", b"\\\"format\\\":9"));
        },
        command: "check demo",
        says: &["demo", "run format 9", "formats up to 2"],
    },
    Case {
        what: "comparison with a view that a run does not have",
        damage: |w| demo_run(w),
        command: "export demo --view difference --of male,nobody --top-k 3 --format csv",
        says: &["view 'nobody'", "is not one of the study 'names'", "use male, female, baseline"],
    },
    Case {
        what: "filter that cannot be understood",
        damage: |w| demo_run(w),
        command: "export demo --filter efect>1",
        says: &["--filter 'efect>1'", "column 1", "unknown field 'efect'"],
    },
    Case {
        what: "tag that the study does not have",
        damage: |w| demo_run(w),
        command: "export demo --tag XX",
        says: &["--tag 'tag=XX'", "'XX' is not a tag", "FP"],
    },
    Case {
        what: "view that a run does not have",
        damage: |w| w.run(&RUN.split(' ').collect::<Vec<_>>()).status.success().then_some(()).unwrap(),
        command: "export out --view baseline --top-k 3 --format csv",
        says: &["--view baseline", "is not a view of out", "male, female"],
    },
];

fn demo_run(workshop: &Workshop) {
    let output = workshop.run(&["run", "--method", "attrib", "--examples", "2", "--output", "demo"]);
    assert!(output.status.success(), "{output:?}");
}

fn replace_bytes(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let at = bytes.windows(from.len()).position(|window| window == from).expect("the bytes to replace are there");
    [&bytes[..at], to, &bytes[at + from.len()..]].concat()
}

/// Stores `W_dec` with its dimensions exchanged.
fn swap_shape(workshop: &Workshop, name: &str) {
    workshop.edit(name, |bytes| {
        let header_length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
        let header = String::from_utf8(bytes[8..8 + header_length].to_vec()).unwrap();
        let at = header.find("\"W_dec\"").unwrap();
        let swapped = format!("{}{}", &header[..at], header[at..].replacen("[512,64]", "[64,512]", 1));
        assert_ne!(swapped, header);
        bytes[8..8 + header_length].copy_from_slice(swapped.as_bytes());
    });
}

/// A dictionary for activations of width 32.
fn narrow_dictionary(workshop: &Workshop, weights: &str, config: &str) {
    workshop.replace(config, "\"d_in\": 64", "\"d_in\": 32");
    let zeros = |shape: &[usize]| (shape.to_vec(), vec![0.5; shape.iter().product()]);
    let tensors = [("W_enc", zeros(&[32, 512])), ("b_enc", zeros(&[512])), ("W_dec", zeros(&[512, 32])), ("b_dec", zeros(&[32]))];
    let tensors = tensors.into_iter().map(|(name, tensor)| (name.to_owned(), tensor)).collect();
    support::random::write_tensors(&workshop.path(weights), &tensors);
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn every_bad_input_is_one_clear_line() {
    for case in CASES {
        let workshop = Workshop::new();
        (case.damage)(&workshop);
        let before = files(workshop.folder.path());
        let output = workshop.run(&case.command.split(' ').collect::<Vec<_>>());
        let message = String::from_utf8(output.stderr).unwrap();
        let what = format!("{}: {message}", case.what);
        assert_eq!(output.status.code(), Some(2), "{what}");
        assert!(message.starts_with("error: ") && message.ends_with('\n') && message.lines().count() == 1, "{what}");
        assert!(!message.trim_end().chars().any(char::is_control), "{what}");
        assert!(message.matches("; ").count() >= 1, "no remedy in {what}");
        for expected in case.says {
            assert!(message.contains(expected), "'{expected}' is not in {what}");
        }
        assert_eq!(files(workshop.folder.path()), before, "{}: files were left behind", case.what);
    }
}

#[test]
fn wrong_flags_say_what_is_allowed() {
    let workshop = Workshop::new();
    for (arguments, says) in [
        ("run --method magic", "'magic' for '--method <METHOD>'\n  [possible values: ig, attrib, exact]"),
        ("run --steps 0", "use a whole number from 1 to 100000"),
        ("run --threads 0", "the cores of this machine"),
        ("run --threads 30000", "the cores of this machine"),
        ("run --batch 0", "use a whole number from 1 up"),
        ("export x --view male --top-k 3 --format csv --title n", "--format json, markdown, url"),
        ("run --backend magic", "[possible values: auto, cuda, wgpu, ndarray, flex]"),
        ("--theme pink", "[possible values: auto, dark, light, 16, mono]"),
        (
            "synth --output w --format zip,tar",
            "'tar' for '--format <FORMAT>'\n  [possible values: sae-lens, dictionary-learning, zip]",
        ),
        ("export x --view male --top-k 0 --format csv", "use a whole number from 1 up"),
        ("run --baseline pairs.json", "--pairs"),
        ("export x --view male --threshold nan --format csv", "use a number from 0 up"),
        ("export x --view male --threshold 0.1 --top-k 3 --format csv", "cannot be used with"),
        ("export x --of male,female", "--view"),
    ] {
        let output = workshop.run(&arguments.split(' ').collect::<Vec<_>>());
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments}: {message}");
        assert!(message.contains(says), "{arguments}: {message}");
    }
}
