//! Files of host models: both forms of configurations, divided weights, unembeddings, and what is refused.

use std::fs;
use std::path::Path;

use saescope::core::request::Backend;
use saescope::engine::compute;
use saescope::engine::model::config::Config;
use saescope::engine::model::weight_files::WeightFiles;
use saescope::engine::tensor_file::{Bytes, TensorFile};

use super::{HOSTS, config, host, never, weights};

#[test]
fn both_forms_of_a_configuration_are_the_same_model() {
    for (name, folders) in HOSTS {
        let newest = config(&format!("{name}/config_v5.json"));
        for folder in folders {
            assert_eq!(config(&format!("{name}/{folder}/config.json")), newest, "{name}/{folder}");
        }
    }
}

/// The text of a configuration with some keys set to other values.
fn changed(path: &str, changes: &[(&str, &str)]) -> String {
    let mut config: serde_json::Value = serde_json::from_slice(&fs::read(host(path)).unwrap()).unwrap();
    for (key, value) in changes {
        config[*key] = serde_json::from_str(value).unwrap();
    }
    config.to_string()
}

#[test]
fn what_is_not_implemented_is_refused_by_key_and_value() {
    for (path, changes, says) in [
        ("gpt2/model/config.json", &[("scale_attn_by_inverse_layer_idx", "true")][..], "scale_attn_by_inverse_layer_idx true"),
        ("gpt2/model/config.json", &[("scale_attn_weights", "false")], "scale_attn_weights false is not supported"),
        ("gpt2/model/config.json", &[("tie_word_embeddings", "false")], "tie_word_embeddings false"),
        ("gpt2/model/config.json", &[("activation_function", "\"swish\"")], "activation_function \"swish\" is not supported"),
        ("gpt2/model/config.json", &[("num_attention_heads", "2")], "n_head is 4, but num_attention_heads is 2"),
        ("gpt2/model/config.json", &[("n_ctx", "\"x\"")], "n_ctx is \"x\""),
        ("gpt2/model/config.json", &[("n_embd", "30")], "n_embd 30 does not split into 4"),
        ("gemma2/model/config.json", &[("attention_bias", "true")], "attention_bias true"),
        ("gemma2/model/config.json", &[("use_bidirectional_attention", "true")], "use_bidirectional_attention true"),
        ("gemma2/model/config.json", &[("layer_types", "[\"full_attention\"]")], "layer_types is [\"full_attention\"]"),
        ("gemma2/model/config.json", &[("hidden_activation", "\"gelu\"")], "hidden_activation \"gelu\" is not supported"),
        (
            "gemma2/model/config.json",
            &[("hidden_act", "\"gelu\"")],
            "hidden_activation is \"gelu_pytorch_tanh\", but hidden_act is \"gelu\", and both mean the same",
        ),
        (
            "pythia-lm-head/model/config.json",
            &[("activation_function", "\"relu\"")],
            "hidden_act is \"gelu\", but activation_function is \"relu\", and both mean the same",
        ),
        (
            "qwen3/model/config.json",
            &[("hidden_activation", "\"gelu\"")],
            "hidden_act is \"silu\", but hidden_activation is \"gelu\"",
        ),
        ("gpt2/model/config.json", &[("hidden_act", "3")], "hidden_act is 3; it must be text or null"),
        ("gemma2/model/config.json", &[("final_logit_softcapping", "0")], "final_logit_softcapping is 0"),
        ("gemma2/model/config.json", &[("model_type", "\"gemma3\"")], "model_type \"gemma3\" is not supported"),
        ("llama/model/config.json", &[("rope_scaling", "{\"type\": \"linear\", \"factor\": 2}")], "\"linear\" of rope_scaling"),
        ("llama/model/config.json", &[("rope_scaling", "{\"rope_type\": \"llama3\", \"factor\": 4}")], "has no low_freq_factor"),
        ("llama/model/config.json", &[("rope_parameters", "{\"rope_type\": \"default\"}")], "but rope_scaling says llama3"),
        ("llama/config_v5.json", &[("rope_theta", "10000.0")], "rope_theta is 10000, but rope_parameters.rope_theta is 500000"),
        ("llama/model/config.json", &[("num_key_value_heads", "3")], "num_attention_heads 4 is no multiple"),
        ("llama/model/config.json", &[("head_dim", "7")], "rotates 7 of 7 dimensions"),
        ("llama/model/config.json", &[("mlp_bias", "true")], "mlp_bias true"),
        ("llama/model/config.json", &[("partial_rotary_factor", "0.5")], "partial_rotary_factor 0.5"),
        ("qwen3/model/config.json", &[("use_sliding_window", "true")], "use_sliding_window true"),
        ("qwen3/model/config.json", &[("rope_scaling", "{\"rope_type\": \"yarn\"}")], "\"yarn\" of rope_scaling"),
        ("qwen3/config_v5.json", &[("layer_types", "[\"sliding_attention\"]")], "layer_types"),
        ("qwen3/model/config.json", &[("architectures", "[\"Qwen3MoeForCausalLM\"]")], "architectures"),
        (
            "pythia-lm-head/model/config.json",
            &[("rotary_pct", "1.0")],
            "rotary_pct is 1, but rope_parameters.partial_rotary_factor is 0.25",
        ),
    ] {
        let said = Config::parse(changed(path, changes).as_bytes(), "config.json").unwrap_err().to_string();
        assert!(said.starts_with("config.json: ") && said.contains(says), "{path} {changes:?}: {said}");
    }
}

/// A folder of tests with the files of a host model.
fn copied(from: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(host(from)).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, folder.path().join(path.file_name().unwrap())).unwrap();
    }
    folder
}

fn opened(folder: &Path) -> Result<(), String> {
    let config = Config::parse(&fs::read(folder.join("config.json")).unwrap(), "config.json").unwrap();
    let opened = WeightFiles::open(folder).and_then(|files| compute::open(None, &config, &files, &never()));
    opened.map(|_| ()).map_err(|problem| problem.to_string())
}

#[test]
fn a_divided_model_is_checked_against_its_index() {
    let whole = copied("llama/model_sharded");
    assert_eq!(opened(whole.path()), Ok(()));
    for (from, to, says) in [
        ("\"model-00002-of-00002.safetensors\"", "\"model-00003-of-00003.safetensors\"", "model-00003-of-00003.safetensors"),
        ("\"model-00002-of-00002.safetensors\"", "\"../secret\"", "the name of a file in the same folder is expected"),
        ("\"model.norm.weight\": \"model-00002", "\"model.norm.weight\": \"model-00001", "which does not hold it"),
        ("\"weight_map\"", "\"weights\"", "lists no tensors"),
    ] {
        let folder = copied("llama/model_sharded");
        let index = folder.path().join("model.safetensors.index.json");
        let text = fs::read_to_string(&index).unwrap();
        assert!(text.contains(from), "{from}");
        fs::write(&index, text.replace(from, to)).unwrap();
        let said = opened(folder.path()).unwrap_err();
        assert!(said.contains(says), "{to}: {said}");
    }
    // Both parts are hashed, and in the order of their names.
    let hash = weights("llama/model_sharded").sha256(&never()).unwrap();
    assert_ne!(hash, weights("llama/model").sha256(&never()).unwrap());
    // sha256sum model-*.safetensors | sha256sum
    assert_eq!(hash, SHARDS_SHA256);
}

const SHARDS_SHA256: &str = "8162c89368dac8ddf08aa8c68216444a871922e09268379125ca3246a0b31ff7";

/// The tensors of a safetensors file with one of them under another name as well.
fn with_copy(folder: &str, tensor: &str, name: &str, change: bool) -> WeightFiles {
    let bytes = fs::read(host(folder).join("model.safetensors")).unwrap();
    let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let view = file.tensor(tensor).unwrap();
    let mut data = view.data().to_vec();
    if change {
        data[6] ^= 1;
    }
    let copy = safetensors::tensor::TensorView::new(view.dtype(), view.shape().to_vec(), &data).unwrap();
    let tensors: Vec<_> = file.tensors().into_iter().chain([(name.to_owned(), copy)]).collect();
    let bytes = safetensors::serialize(tensors, None).unwrap();
    WeightFiles::of(TensorFile::from_bytes(Bytes::Owned(bytes.into()), "model.safetensors".to_owned()).unwrap()).unwrap()
}

#[test]
fn an_unembedding_in_the_file_agrees_with_the_configuration() {
    let open = |folder: &str, files: &WeightFiles| {
        let config = config(&format!("{folder}/config.json"));
        compute::open(Some(Backend::NdArray), &config, files, &never()).map(|_| ()).map_err(|problem| problem.to_string())
    };
    let embedding = "transformer.wte.weight";
    assert_eq!(open("gpt2/model", &with_copy("gpt2/model", embedding, "lm_head.weight", false)), Ok(()));
    let other = open("gpt2/model", &with_copy("gpt2/model", embedding, "lm_head.weight", true)).unwrap_err();
    assert!(other.contains("differs from the embedding"), "{other}");
    let twice = with_copy("pythia-lm-head/model", "lm_head.weight", "embed_out.weight", false);
    let twice = open("pythia-lm-head/model", &twice).unwrap_err();
    assert!(twice.contains("holds the unembedding twice, as embed_out.weight and as lm_head.weight"), "{twice}");
    let unknown = open("gpt2/model", &with_copy("gpt2/model", embedding, "transformer.h.3.ln_1.weight", false)).unwrap_err();
    assert!(unknown.contains("'transformer.h.3.ln_1.weight', which a model of 3 layers has not"), "{unknown}");
}
