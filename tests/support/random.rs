//! Random small models with dictionaries and data, written to a folder as their real formats, from a seed.

use std::collections::HashMap;
use std::path::Path;

use rand_mt::Mt;
use saescope::core::submodule::Submodule;
use safetensors::Dtype;
use safetensors::tensor::TensorView;

/// What a random model looks like.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    pub seed: u32,
    pub layers: usize,
    pub heads: usize,
    pub head_width: usize,
    pub rotary_share: f32,
    pub parallel: bool,
    pub activation: &'static str,
    pub features: usize,
}

pub const VOCABULARY: usize = 40;

impl Shape {
    pub fn width(self) -> usize {
        self.heads * self.head_width
    }
}

/// Seeded numbers.
pub struct Numbers(Mt);

impl Numbers {
    pub fn new(seed: u32) -> Self {
        Self(Mt::new(seed))
    }

    /// Uniform in -1..1.
    pub fn next(&mut self) -> f32 {
        (self.0.next_u32() >> 8) as f32 / (1 << 23) as f32 - 1.0
    }

    pub fn below(&mut self, limit: usize) -> usize {
        self.0.next_u32() as usize % limit
    }
}

/// Writes `tensors` as a safetensors file of f32.
pub fn write_tensors(path: &Path, tensors: &HashMap<String, (Vec<usize>, Vec<f32>)>) {
    let bytes: HashMap<&String, Vec<u8>> =
        tensors.iter().map(|(name, (_, values))| (name, values.iter().flat_map(|value| value.to_le_bytes()).collect())).collect();
    let views =
        tensors.iter().map(|(name, (shape, _))| (name, TensorView::new(Dtype::F32, shape.clone(), &bytes[name]).unwrap()));
    std::fs::write(path, safetensors::serialize(views, None).unwrap()).unwrap();
}

/// Writes `model/` and `dictionaries/` below `folder`.
pub fn write_model(folder: &Path, shape: Shape) {
    let mut numbers = Numbers::new(shape.seed);
    let (width, mlp) = (shape.width(), 2 * shape.width());
    let model = folder.join("model");
    std::fs::create_dir_all(&model).unwrap();
    let config = serde_json::json!({
        "model_type": "gpt_neox", "num_hidden_layers": shape.layers, "hidden_size": width, "num_attention_heads": shape.heads,
        "intermediate_size": mlp, "vocab_size": VOCABULARY, "max_position_embeddings": 16, "rotary_pct": shape.rotary_share,
        "rotary_emb_base": 10000, "layer_norm_eps": 1e-5, "use_parallel_residual": shape.parallel, "hidden_act": shape.activation,
    });
    std::fs::write(model.join("config.json"), config.to_string()).unwrap();
    let mut tensors = HashMap::new();
    let mut add = |name: String, shape: &[usize], centre: f32, size: f32| {
        let values = (0..shape.iter().product()).map(|_| centre + size * numbers.next()).collect();
        tensors.insert(name, (shape.to_vec(), values));
    };
    add("gpt_neox.embed_in.weight".to_owned(), &[VOCABULARY, width], 0.0, 1.0);
    add("embed_out.weight".to_owned(), &[VOCABULARY, width], 0.0, 0.5);
    let mut norms = vec!["gpt_neox.final_layer_norm".to_owned()];
    let scale = 1.5 / (width as f32).sqrt();
    for layer in 0..shape.layers {
        let name = |part: &str| format!("gpt_neox.layers.{layer}.{part}");
        norms.extend([name("input_layernorm"), name("post_attention_layernorm")]);
        for (part, outputs, inputs) in [
            ("attention.query_key_value", 3 * width, width),
            ("attention.dense", width, width),
            ("mlp.dense_h_to_4h", mlp, width),
            ("mlp.dense_4h_to_h", width, mlp),
        ] {
            add(name(&format!("{part}.weight")), &[outputs, inputs], 0.0, scale);
            add(name(&format!("{part}.bias")), &[outputs], 0.0, 0.1);
        }
    }
    for norm in norms {
        add(format!("{norm}.weight"), &[width], 1.0, 0.3);
        add(format!("{norm}.bias"), &[width], 0.0, 0.1);
    }
    write_tensors(&model.join("model.safetensors"), &tensors);
    for submodule in Submodule::all(shape.layers) {
        write_dictionary(&folder.join("dictionaries"), submodule, width, shape.features, &mut numbers);
    }
}

fn write_dictionary(folder: &Path, submodule: Submodule, width: usize, features: usize, numbers: &mut Numbers) {
    let folder = folder.join(format!("{}-{}-sm", submodule.layer.0, submodule.kind.neuronpedia_name()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("cfg.json"), r#"{"architecture": "standard", "activation_fn_str": "relu"}"#).unwrap();
    let mut matrix = |shape: &[usize], size: f32| {
        (shape.to_vec(), (0..shape.iter().product()).map(|_| size * numbers.next()).collect::<Vec<f32>>())
    };
    let tensors = HashMap::from([
        ("W_enc".to_owned(), matrix(&[width, features], 0.5)),
        ("b_enc".to_owned(), matrix(&[features], 0.2)),
        ("W_dec".to_owned(), matrix(&[features, width], 0.3)),
        ("b_dec".to_owned(), matrix(&[width], 0.1)),
    ]);
    write_tensors(&folder.join("sae_weights.safetensors"), &tensors);
}
