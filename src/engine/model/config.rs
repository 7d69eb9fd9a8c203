//! What a host model is: everything besides its weights that its arithmetic depends on.
//!
//! The families that are read differ in a few choices (norm, positions, attention, MLP, order of the residual stream, embedding),
//! and a [`Config`] states each of them, so that one forward and one backward pass serve all.

/// The families whose files are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// GPT-NeoX, Pythia among them: Black et al. 2022 (arXiv:2204.06745), `gpt_neox` in transformers.
    GptNeoX,
    /// GPT-2: Radford et al. 2019, `gpt2` in transformers.
    Gpt2,
    /// Gemma 2 (arXiv:2408.00118), `gemma2` in transformers.
    Gemma2,
    /// Llama 1 to 3 (arXiv:2407.21783), `llama` in transformers.
    Llama,
    /// Qwen 2 and 2.5 (arXiv:2412.15115), `qwen2` in transformers.
    Qwen2,
    /// Qwen 3 (arXiv:2505.09388), `qwen3` in transformers.
    Qwen3,
}

impl Family {
    /// All families, in the order in which messages list them.
    pub const ALL: [Self; 6] = [Self::GptNeoX, Self::Gpt2, Self::Gemma2, Self::Llama, Self::Qwen2, Self::Qwen3];

    /// The family's `model_type` in a `config.json`.
    pub fn model_type(self) -> &'static str {
        match self {
            Self::GptNeoX => "gpt_neox",
            Self::Gpt2 => "gpt2",
            Self::Gemma2 => "gemma2",
            Self::Llama => "llama",
            Self::Qwen2 => "qwen2",
            Self::Qwen3 => "qwen3",
        }
    }

    /// The class of the family's language model in transformers, as `architectures` names it.
    pub fn class(self) -> &'static str {
        match self {
            Self::GptNeoX => "GPTNeoXForCausalLM",
            Self::Gpt2 => "GPT2LMHeadModel",
            Self::Gemma2 => "Gemma2ForCausalLM",
            Self::Llama => "LlamaForCausalLM",
            Self::Qwen2 => "Qwen2ForCausalLM",
            Self::Qwen3 => "Qwen3ForCausalLM",
        }
    }
}

/// The function between the two dense layers of the MLP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActivationFunction {
    /// Exact GELU, with the error function.
    Gelu,
    /// GELU by its tanh approximation.
    GeluTanh,
    /// max(0, x).
    Relu,
    /// x / (1 + exp(-x)), also called swish.
    Silu,
}

/// How a row of the stream is normalised before a gain is applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NormKind {
    /// Layer norm: the mean is subtracted, then the row is divided by its standard deviation. Has a bias.
    Layer,
    /// The row is divided by its root mean square. Has no bias.
    Rms,
}

/// Which linear layers have a bias.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Biases {
    /// Queries, keys and values.
    pub query_key_value: bool,
    /// The attention's output projection.
    pub attention_output: bool,
    /// Both layers of the MLP.
    pub mlp: bool,
}

/// Llama 3's stretching of the rotary waves beyond the context of the first training (`rope_type` "llama3" in transformers).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RotaryScaling {
    /// How much longer the longest waves become.
    pub factor: f64,
    /// Waves longer than the old context divided by this are stretched in full.
    pub low_frequency_factor: f64,
    /// Waves shorter than the old context divided by this stay as they are.
    pub high_frequency_factor: f64,
    /// The old context, in tokens.
    pub old_context: f64,
}

/// The sizes and switches of one model.
#[expect(clippy::struct_excessive_bools, reason = "each is a choice of its own, and families combine them freely")]
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// The family that the model belongs to, which decides the names of its tensors.
    pub family: Family,
    /// Number of layers.
    pub layers: usize,
    /// Width of the residual stream, `d_model`.
    pub width: usize,
    /// Number of attention heads.
    pub heads: usize,
    /// Number of heads that have keys and values of their own; each serves `heads / key_value_heads` neighbouring heads.
    pub key_value_heads: usize,
    /// Width of one attention head.
    pub head_width: usize,
    /// Width of the MLP's hidden layer.
    pub mlp_width: usize,
    /// Number of tokens in the vocabulary.
    pub vocabulary: usize,
    /// The longest prompt, in tokens.
    pub context: usize,
    /// The token that texts of the model's training began with, if the file names one of the vocabulary.
    pub bos: Option<u32>,
    /// The kind of all norms.
    pub norm: NormKind,
    /// Added to the variance or mean square in every norm.
    pub norm_epsilon: f64,
    /// Whether the outputs of attention and MLP are normalised before they are added to the stream.
    pub output_norms: bool,
    /// Whether queries and keys of each head are normalised before they are rotated.
    pub head_norms: bool,
    /// Whether the embedding of a token's position is added to the token's.
    pub learned_positions: bool,
    /// Dimensions of each head that are rotated; the rest pass through.
    pub rotary_width: usize,
    /// Base of the rotary frequencies.
    pub rotary_base: f64,
    /// Llama 3's change of the rotary frequencies, if the model has it.
    pub rotary_scaling: Option<RotaryScaling>,
    /// The factor of the product of a query and a key.
    pub attention_scale: f64,
    /// Attention scores `s` become `cap tanh(s / cap)`.
    pub attention_softcap: Option<f64>,
    /// For each layer the number of tokens that a token sees, itself among them; None if it sees all before it. Empty if no layer
    /// has such a window.
    pub windows: Vec<Option<usize>>,
    /// Which linear layers have a bias.
    pub biases: Biases,
    /// Whether the MLP is `down(activation(gate x) * up x)` instead of `down(activation(up x))`.
    pub gated: bool,
    /// The MLP's activation function.
    pub activation: ActivationFunction,
    /// `x + attention(norm1(x)) + mlp(norm2(x))` if set, else the MLP reads `x + attention(norm1(x))`.
    pub parallel_residual: bool,
    /// The factor of the token embedding, if it is not 1.
    pub embedding_scale: Option<f64>,
    /// Whether the embedding is also the unembedding.
    pub tied: bool,
    /// Logits `z` become `cap tanh(z / cap)`, inside the metric and its gradient.
    pub logit_softcap: Option<f64>,
}

impl Config {
    /// Numbers of the matrices of a layer.
    pub fn numbers_of_layer(&self) -> usize {
        let heads = self.heads * self.head_width;
        let attention = self.width * (heads + 2 * self.key_value_heads * self.head_width) + heads * self.width;
        attention + self.width * self.mlp_width * if self.gated { 3 } else { 2 }
    }

    /// The window of layer `layer`, if it has one.
    pub fn window(&self, layer: usize) -> Option<usize> {
        self.windows.get(layer).copied().flatten()
    }
}
