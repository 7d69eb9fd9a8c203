//! The derivatives by hand against automatic differentiation, for a small random model of every family.

use burn::backend::Autodiff;
use burn::module::Param;
use burn::tensor::{Int, Tensor, TensorData};
use burn_ndarray::{NdArray, NdArrayDevice};

use super::config::Config;
use super::norm::Norm;
use super::operations::Weight;
use super::site::Site;
use super::transformer::Transformer;
use crate::core::submodule::{Submodule, SubmoduleKind};
use crate::engine::random::Random;

type Plain = NdArray<f32>;
type Tracking = Autodiff<Plain>;

/// Configurations that between them have every choice that a configuration states.
const MODELS: [(&str, &str); 9] = [
    ("neox parallel", r#""model_type": "gpt_neox", "rotary_pct": 0.5, "hidden_act": "gelu", "use_parallel_residual": true"#),
    (
        "neox sequential",
        r#""model_type": "gpt_neox", "rotary_pct": 0.5, "hidden_act": "gelu_new", "use_parallel_residual": false"#,
    ),
    ("neox relu", r#""model_type": "gpt_neox", "rotary_pct": 1.0, "hidden_act": "relu", "use_parallel_residual": true"#),
    ("gpt2", r#""model_type": "gpt2", "n_layer": 1, "n_embd": 16, "n_head": 2, "n_positions": 8, "n_inner": 24"#),
    (
        "gemma2",
        r#""model_type": "gemma2", "num_key_value_heads": 1, "head_dim": 10, "query_pre_attn_scalar": 7,
        "attn_logit_softcapping": 2.0, "final_logit_softcapping": 1.5, "sliding_window": 2"#,
    ),
    ("llama", r#""model_type": "llama", "num_key_value_heads": 1"#),
    (
        "llama scaled",
        r#""model_type": "llama", "rope_parameters": {"rope_type": "llama3", "rope_theta": 500000.0, "factor": 4.0,
        "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 4}"#,
    ),
    ("qwen2", r#""model_type": "qwen2", "num_key_value_heads": 2"#),
    ("qwen3", r#""model_type": "qwen3", "num_key_value_heads": 1, "head_dim": 6"#),
];

fn config(more: &str) -> Config {
    let sizes = r#""num_hidden_layers": 1, "hidden_size": 16, "num_attention_heads": 2, "intermediate_size": 24, "vocab_size": 9,
        "max_position_embeddings": 8"#;
    Config::parse(format!("{{{sizes}, {more}}}").as_bytes(), "config.json").unwrap()
}

/// Draws from a normal distribution with standard deviation 0.5.
struct Draws(Random);

impl Draws {
    fn tensor<const D: usize>(&mut self, shape: [usize; D], centre: f32) -> Tensor<Tracking, D> {
        let values: Vec<f32> = (0..shape.iter().product()).map(|_| centre + 0.5 * self.0.normal()).collect();
        Tensor::from_data(TensorData::new(values, shape), &NdArrayDevice::Cpu)
    }
}

/// A model with weights so large that every part is clearly nonlinear.
fn model(config: &Config, draws: &mut Draws) -> Transformer<Tracking> {
    let mut model = Transformer::<Tracking>::init(config, &NdArrayDevice::Cpu);
    let mut scatter = |norm: &mut Norm<Tracking>| {
        let width = norm.gain.dims();
        norm.gain = Param::from_tensor(draws.tensor(width, 1.0));
        norm.bias = norm.bias.as_ref().map(|_| Param::from_tensor(draws.tensor(width, 0.0)));
    };
    let layer = &mut model.layers[0];
    [&mut layer.attention_norm, &mut layer.mlp_norm, &mut model.final_norm].into_iter().for_each(&mut scatter);
    let optional = [&mut layer.attention_output_norm, &mut layer.mlp_output_norm, &mut layer.query_norm, &mut layer.key_norm];
    optional.into_iter().flatten().for_each(&mut scatter);
    for linear in [&mut layer.query_key_value, &mut layer.attention_output, &mut layer.mlp_input, &mut layer.mlp_output] {
        let shape @ [_, outputs] = linear.weight.sizes();
        linear.weight = Weight::Whole(Param::from_tensor(draws.tensor(shape, 0.0)));
        linear.bias = linear.bias.as_ref().map(|_| Param::from_tensor(draws.tensor([outputs], 0.0)));
    }
    model.embedding = Param::from_tensor(draws.tensor([config.vocabulary, config.width], 0.0));
    model.unembedding =
        model.unembedding.as_ref().map(|_| Param::from_tensor(draws.tensor([config.vocabulary, config.width], 0.0)));
    model
}

fn assert_close<const D: usize>(what: &str, found: Tensor<Plain, D>, expected: Tensor<Plain, D>) {
    let largest = expected.clone().abs().max().into_scalar();
    let gap = (found - expected).abs().max().into_scalar();
    assert!(largest > 0.0 && gap <= 1e-5 * largest, "{what}: off by {gap} of {largest}");
}

#[test]
fn derivatives_at_every_site_are_those_of_automatic_differentiation() {
    for (name, more) in MODELS {
        let (config, mut draws) = (config(more), Draws(Random::new(3, name)));
        let model = model(&config, &mut draws);
        let input = draws.tensor([3, 4, 16], 0.0).require_grad();
        let positions = model.positions(&input);
        for last in [false, true] {
            let (output, kept) = model.layer_forward(model.layer(0), input.clone().detach(), &positions, last);
            let upstream = draws.tensor(output.dims(), 0.0);
            // A hook that adds zeros which are tracked: their gradients are those of the sites.
            let mut zeros: Vec<(Site, Tensor<Tracking, 3>)> = Vec::new();
            let mut hook = |site, output: Tensor<Tracking, 3>| {
                let zero = Tensor::zeros(output.dims(), &NdArrayDevice::Cpu).require_grad();
                zeros.push((site, zero.clone()));
                output + zero
            };
            let (tracked, _) = model.layer_forward_hooked(model.layer(0), input.clone(), &positions, last, &mut hook);
            assert_close(&format!("{name}, last {last}"), output.inner(), tracked.clone().inner());
            let gradients = (tracked * upstream.clone()).sum().backward();
            let mut seen = Vec::new();
            let mut each = |site, gradient: &Tensor<Tracking, 3>| seen.push((site, gradient.clone()));
            let entering = model.layer_backward(model.layer(0), upstream, &kept, &positions, &mut each);
            assert_close(&format!("{name}, last {last}"), entering.inner(), input.grad(&gradients).unwrap());
            // The output's own gradient is the one that was given.
            assert_eq!(seen.len() + 1, zeros.len(), "{name}");
            assert_eq!(zeros.len(), if config.output_norms { 6 } else { 4 }, "{name}");
            for (site, gradient) in seen {
                let zero = &zeros.iter().find(|(other, _)| *other == site).unwrap().1;
                assert_close(&format!("{name}, last {last}, {site:?}"), gradient.inner(), zero.grad(&gradients).unwrap());
            }
        }
    }
}

#[test]
fn derivatives_of_every_output_are_those_of_automatic_differentiation() {
    for (name, more) in MODELS {
        let (config, mut draws) = (config(more), Draws(Random::new(5, name)));
        let model = model(&config, &mut draws);
        let input = draws.tensor([3, 4, 16], 0.0).require_grad();
        let positions = model.positions(&input);
        let (_, kept) = model.layer_forward(model.layer(0), input.clone().detach(), &positions, false);
        for submodule in SubmoduleKind::OUTPUTS.map(|kind| Submodule::new(kind, 0)) {
            let mut sites: Vec<(Site, [Tensor<Tracking, 3>; 2])> = Vec::new();
            let mut hook = |site, output: Tensor<Tracking, 3>| {
                let zero = Tensor::zeros(output.dims(), &NdArrayDevice::Cpu).require_grad();
                sites.push((site, [zero.clone(), output + zero]));
                sites[sites.len() - 1].1[1].clone()
            };
            model.layer_forward_hooked(model.layer(0), input.clone(), &positions, false, &mut hook);
            let at = |site| &sites.iter().find(|(other, _)| *other == site).unwrap().1;
            let [_, output] = at(Site::Output(submodule));
            let upstream = draws.tensor(output.dims(), 0.0);
            let gradients = (output.clone() * upstream.clone()).sum().backward();
            let mut each = |site, gradient: &Tensor<Tracking, 3>| {
                let expected = at(site)[0].grad(&gradients).unwrap();
                assert_close(&format!("{name}, {submodule}, {site:?}"), gradient.clone().inner(), expected);
            };
            let entering = model.output_backward(model.layer(0), submodule.kind, upstream, &kept, &positions, &mut each);
            assert_close(&format!("{name}, {submodule}"), entering.inner(), input.grad(&gradients).unwrap());
        }
    }
}

#[test]
fn the_end_is_differentiated_as_automatically() {
    for (name, more) in MODELS {
        let mut draws = Draws(Random::new(4, name));
        let model = model(&config(more), &mut draws);
        let input = draws.tensor([2, 1, 16], 0.0).require_grad();
        let row = |ids| model.unembedding().select(0, Tensor::<Tracking, 1, Int>::from_ints(ids, &NdArrayDevice::Cpu));
        let answers = || [[3, 1], [5, 2]].map(row);
        let logits = model.logits(input.clone());
        let of = |example: usize, token: usize| logits.clone().slice([example..example + 1, 0..1, token..token + 1]).sum();
        let difference = of(0, 5) - of(0, 3) + of(1, 2) - of(1, 1);
        let end = model.end_forward(input.clone().detach());
        assert_close(name, model.logit_difference(&end, answers()).sum().inner(), difference.clone().inner());
        let expected = input.grad(&difference.backward()).unwrap();
        assert_close(name, model.end_backward(&end, answers()).inner(), expected);
    }
}
