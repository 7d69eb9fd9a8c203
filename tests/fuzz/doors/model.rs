//! Files of a model: weights, configuration, tokenizer.

use saescope::core::problem::Problem;
use saescope::core::request::Backend;
use saescope::engine::cancel::Cancel;
use saescope::engine::compute;
use saescope::engine::demo;
use saescope::engine::model::config::Config;
use saescope::engine::model::weight_files::WeightFiles;
use saescope::engine::tensor_file::{Bytes, TensorFile};
use saescope::engine::tokenizer::Tokenizer;

use super::Small;
use crate::harness::{Door, Verdict};
use crate::mutate::Mutator;

fn weights(name: &'static str, backend: Backend, one_in: u64) {
    let small = Small::new();
    let config = Config::parse(&small.read("model/config.json"), "config.json").unwrap();
    let read = |bytes: &[u8]| {
        let opened = TensorFile::from_bytes(Bytes::Owned(bytes.to_vec().into()), "model.safetensors".to_owned())
            .and_then(WeightFiles::of)
            .and_then(|file| compute::open(Some(backend), &config, &file, &Cancel::default()));
        Verdict::of(opened, |compute| if compute.config().layers == 1 { Ok(()) } else { Err("other layers".to_owned()) })
    };
    Door { name, seeds: vec![small.read("model/model.safetensors")], mutator: Mutator::SafeTensors, one_in, read: &read }.pass();
}

#[test]
fn model_weights() {
    weights("model_weights", Backend::NdArray, 1);
}

#[test]
fn model_weights_burn() {
    weights("model_weights_burn", Backend::NdArray, 4);
}

/// The index of a divided model: whatever it says, the model is the one whose parts lie beside it, or it is refused.
#[test]
fn model_index() {
    let place = tempfile::tempdir().unwrap();
    let file = |name: &str| super::repository(&format!("tests/fixtures/hosts/llama/model_sharded/{name}"));
    for part in ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"] {
        std::fs::write(place.path().join(part), file(part)).unwrap();
    }
    let config = Config::parse(&file("config.json"), "config.json").unwrap();
    let index = place.path().join("model.safetensors.index.json");
    let logits = || -> Result<Vec<f32>, Problem> {
        let weights = WeightFiles::open(place.path())?;
        let never = Cancel::default();
        compute::open(Some(Backend::NdArray), &config, &weights, &never)?.last_logits(&[&[1, 7, 9]], &never)
    };
    let seeds = vec![file("model.safetensors.index.json")];
    std::fs::write(&index, &seeds[0]).unwrap();
    let right = logits().unwrap();
    let read = |bytes: &[u8]| {
        std::fs::write(&index, bytes).unwrap();
        Verdict::of(logits(), |found| if found == right { Ok(()) } else { Err("another model".to_owned()) })
    };
    Door { name: "model_index", seeds, mutator: Mutator::Json, one_in: 4, read: &read }.pass();
}

#[test]
fn model_config() {
    let small = Small::new();
    let file = WeightFiles::open(&small.path("model")).unwrap();
    let read = |bytes: &[u8]| {
        let opened = Config::parse(bytes, "config.json")
            .and_then(|config| compute::open(Some(Backend::NdArray), &config, &file, &Cancel::default()));
        Verdict::of(opened, |compute| {
            let Config { layers, width, heads, vocabulary, rotary_base, norm_epsilon, .. } = *compute.config();
            let fits = (layers, width, vocabulary) == (1, 8, 40) && width % heads == 0;
            let positive = rotary_base > 0.0 && norm_epsilon > 0.0 && (rotary_base * norm_epsilon).is_finite();
            if fits && positive { Ok(()) } else { Err(format!("{:?}", compute.config())) }
        })
    };
    let seeds = vec![small.read("model/config.json"), demo_like_config()];
    Door { name: "model_config", seeds, mutator: Mutator::Json, one_in: 1, read: &read }.pass();
}

/// Configurations of the other families; what is read of them holds together.
#[test]
fn model_config_of_other_families() {
    let read = |bytes: &[u8]| {
        Verdict::of(Config::parse(bytes, "config.json"), |config| {
            let shared = config.heads.is_multiple_of(config.key_value_heads);
            let positive = config.norm_epsilon > 0.0 && config.rotary_base > 0.0 && config.attention_scale > 0.0;
            let capped = [config.attention_softcap, config.logit_softcap].iter().flatten().all(|cap| *cap > 0.0);
            let windows = config.windows.is_empty() || config.windows.len() == config.layers;
            let rotary = config.rotary_width <= config.head_width && config.rotary_width.is_multiple_of(2);
            let token = config.bos.is_none_or(|bos| (bos as usize) < config.vocabulary);
            if shared && positive && capped && windows && rotary && token { Ok(()) } else { Err(format!("{config:?}")) }
        })
    };
    let hosts = ["gpt2/model_hub/config.json", "gemma2/config_v5.json", "llama/model/config.json", "qwen3/config_v5.json"];
    let seeds = hosts.map(|host| super::repository(&format!("tests/fixtures/hosts/{host}"))).to_vec();
    Door { name: "model_config_of_other_families", seeds, mutator: Mutator::Json, one_in: 1, read: &read }.pass();
}

/// The small model's configuration with the keys that newer versions of transformers write.
fn demo_like_config() -> Vec<u8> {
    br#"{"architectures": ["GPTNeoXForCausalLM"], "bos_token_id": 0, "eos_token_id": 0, "hidden_act": "gelu", "hidden_size": 8,
"initializer_range": 0.02, "intermediate_size": 16, "layer_norm_eps": 1e-05, "max_position_embeddings": 16,
"model_type": "gpt_neox", "num_attention_heads": 2, "num_hidden_layers": 1, "rotary_emb_base": 10000, "rotary_pct": 0.5,
"tie_word_embeddings": false, "torch_dtype": "float16", "transformers_version": "4.24.0", "use_cache": true,
"use_parallel_residual": true, "vocab_size": 40}"#
        .to_vec()
}

#[test]
fn tokenizer() {
    let read = |bytes: &[u8]| {
        let outcome = Tokenizer::from_bytes(bytes, "tokenizer.json".to_owned()).and_then(|tokenizer| {
            ["", "he runs", " 名前 日", "\u{0}\t", "a  b"].into_iter().try_for_each(|text| {
                let tokens = tokenizer.encode(text)?;
                assert_eq!(tokenizer.texts(&tokens).len(), tokens.len());
                Ok(())
            })
        });
        Verdict::of(outcome, Ok)
    };
    Door { name: "tokenizer", seeds: tokenizers(), mutator: Mutator::Json, one_in: 1, read: &read }.pass();
}

#[test]
fn tokenizer_of_the_demo() {
    let read = |bytes: &[u8]| {
        let outcome =
            Tokenizer::from_bytes(bytes, "tokenizer.json".to_owned()).and_then(|tokenizer| tokenizer.encode("John runs"));
        Verdict::of(outcome, |_| Ok(()))
    };
    let seeds = vec![super::repository("assets/demo/model/tokenizer.json")];
    Door { name: "tokenizer_of_the_demo", seeds, mutator: Mutator::Json, one_in: 20, read: &read }.pass();
    // The embedded one opens.
    demo::tokenizer().unwrap();
}

/// One of the files beside a `tokenizer.json`; `tokenizer` has the special token `<|end|>`, number 9.
fn tokenizer_settings(name: &'static str, file: &str, seeds: &[&str]) {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("tokenizer.json");
    std::fs::write(&path, &tokenizers()[0]).unwrap();
    std::fs::write(place.path().join("config.json"), br#"{"model_type": "gpt2"}"#).unwrap();
    let read = |bytes: &[u8]| {
        std::fs::write(place.path().join(file), bytes).unwrap();
        Verdict::of(Tokenizer::open(&path), |tokenizer| {
            let right = tokenizer.encode("he").is_ok_and(|tokens| !tokens.is_empty());
            let are_lines = tokenizer.notes().iter().all(|note| !note.chars().any(char::is_control) && note.len() < 1000);
            let is_known = tokenizer.bos_tokens().all(|(_, token)| token.id == 9);
            if right && are_lines && is_known { Ok(()) } else { Err(format!("{:?}", tokenizer.notes())) }
        })
    };
    let seeds = seeds.iter().map(|text| text.as_bytes().to_vec()).collect();
    Door { name, seeds, mutator: Mutator::Json, one_in: 1, read: &read }.pass();
}

#[test]
fn tokenizer_config() {
    let usual = r#"{"add_bos_token": false, "add_eos_token": false, "add_prefix_space": false, "added_tokens_decoder": {"9": {"content":
        "<|end|>", "lstrip": true, "normalized": false, "rstrip": false, "single_word": false, "special": true}}, "bos_token": "<|end|>",
        "clean_up_tokenization_spaces": false, "model_max_length": 1024, "tokenizer_class": "GPT2Tokenizer", "chat_template": "{{x}}"}"#;
    let newer = r#"{"tokenizer_class": "PreTrainedTokenizerFast", "extra_special_tokens": {"a": "<|end|>"}, "pad_token": null,
        "fast_tokenizer_files": ["tokenizer.json"], "from_slow": false, "eos_token": {"content": "<|end|>", "special": true}}"#;
    tokenizer_settings("tokenizer_config", "tokenizer_config.json", &[usual, newer]);
}

#[test]
fn special_tokens_map() {
    let map = r#"{"bos_token": {"content": "<|end|>", "lstrip": true, "normalized": false}, "eos_token": "<|end|>",
        "additional_special_tokens": ["<|end|>"]}"#;
    tokenizer_settings("special_tokens_map", "special_tokens_map.json", &[map]);
}

#[test]
fn added_tokens() {
    tokenizer_settings("added_tokens", "added_tokens.json", &[r#"{"<|end|>": 9}"#]);
}

/// Small tokenizers of several kinds: byte-level merges, words, pieces with a template around them, and steps that make a text longer.
fn tokenizers() -> Vec<Vec<u8>> {
    let byte_level = r#"{"version":"1.0","truncation":null,"padding":null,
"added_tokens":[{"id":9,"content":"<|end|>","single_word":false,"lstrip":true,"rstrip":false,"normalized":false,"special":true}],
"normalizer":{"type":"NFC"},"pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":true},
"post_processor":{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":true},
"decoder":{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true,"use_regex":true},
"model":{"type":"BPE","dropout":null,"unk_token":null,"continuing_subword_prefix":null,"end_of_word_suffix":null,
"fuse_unk":false,"byte_fallback":false,"vocab":{"h":0,"e":1,"r":2,"u":3,"n":4,"s":5,"Ġ":6,"he":7,"Ġr":8},"merges":["h e","Ġ r"]}}"#;
    let words = r#"{"version":"1.0","truncation":null,"padding":null,"added_tokens":[],"normalizer":{"type":"Lowercase"},
"pre_tokenizer":{"type":"Whitespace"},"post_processor":null,
"decoder":{"type":"Sequence","decoders":[{"type":"Strip","content":" ","start":1,"stop":0},{"type":"Fuse"}]},
"model":{"type":"WordLevel","vocab":{"he":0,"runs":1,"[UNK]":2},"unk_token":"[UNK]"}}"#;
    let template = r#"{"version":"1.0","truncation":{"max_length":4,"strategy":"LongestFirst","stride":0,"direction":"Right"},
"padding":null,"added_tokens":[{"id":0,"content":"[A]","single_word":true,"lstrip":false,"rstrip":true,"normalized":true,"special":true}],
"normalizer":{"type":"Sequence","normalizers":[{"type":"Strip","strip_left":true,"strip_right":true},{"type":"Replace","pattern":{"String":" "},"content":"_"}]},
"pre_tokenizer":{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":true},
"post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"[A]","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],
"pair":[{"Sequence":{"id":"A","type_id":0}},{"Sequence":{"id":"B","type_id":1}}],"special_tokens":{"[A]":{"id":"[A]","ids":[0],"tokens":["[A]"]}}},
"decoder":{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":true},
"model":{"type":"WordPiece","unk_token":"[A]","continuing_subword_prefix":"x","max_input_chars_per_word":100,"vocab":{"[A]":0,"h":1,"xe":2,"_":3}}}"#;
    let growing = r#"{"normalizer":{"type":"Sequence","normalizers":[{"type":"NFC"},{"type":"ByteLevel"},{"type":"Prepend","prepend":"_"},
{"type":"Replace","pattern":{"Regex":"h+"},"content":"he"},{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":null,"lowercase":true}]},
"pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true,"use_regex":false},{"type":"Punctuation","behavior":"Isolated"}]},
"decoder":{"type":"Sequence","decoders":[{"type":"BPEDecoder","suffix":"</w>"},{"type":"CTC","pad_token":"p","word_delimiter_token":"|","cleanup":true}]},
"model":{"type":"WordPiece","unk_token":"h","continuing_subword_prefix":"","max_input_chars_per_word":1000,"vocab":{"h":0,"he":1}}}"#;
    [byte_level, words, template, growing].map(|text| text.as_bytes().to_vec()).to_vec()
}
