//! Each kernel against the default of its operation, which is burn's tensor operations, on random shapes.

use burn::backend::Autodiff;
use burn::tensor::{Bool, Tensor, TensorData};
use burn_ndarray::NdArrayDevice;

use super::*;
use crate::engine::model::config::Config;
use crate::engine::random::Random;

/// Tracking gradients has no kernels of its own: its operations are the defaults, on burn-ndarray's own.
type Plain = Autodiff<Processor>;

/// Random shapes and numbers.
struct Draws(Random);

impl Draws {
    fn of(what: &str) -> Self {
        Self(Random::new(7, what))
    }

    /// A number from 1 to `largest`.
    fn size(&mut self, largest: usize) -> usize {
        1 + self.0.below(largest)
    }

    /// The same normally distributed numbers on both backends.
    fn tensors<const D: usize>(&mut self, shape: [usize; D]) -> (Tensor<Processor, D>, Tensor<Plain, D>) {
        let numbers: Vec<f32> = (0..shape.iter().product()).map(|_| self.0.normal()).collect();
        let data = TensorData::new(numbers, shape);
        (Tensor::from_data(data.clone(), &NdArrayDevice::Cpu), Tensor::from_data(data, &NdArrayDevice::Cpu))
    }
}

fn assert_close<const D: usize>(what: &str, found: Tensor<Processor, D>, expected: Tensor<Plain, D>) {
    assert_eq!(found.dims(), expected.dims(), "{what}");
    let expected = expected.into_data().into_vec::<f32>().unwrap();
    let largest = expected.iter().fold(1.0_f32, |largest, value| largest.max(value.abs()));
    for (found, expected) in vector(found).into_iter().zip(expected) {
        assert!((found - expected).abs() <= 1e-5 * largest, "{what}: {found}, {expected} of {largest}");
    }
}

#[test]
fn sums_and_products_number_by_number() {
    let mut draws = Draws::of("sums");
    for _ in 0..20 {
        let shape = [draws.size(3), draws.size(4), draws.size(40)];
        let ((left, left_too), (right, right_too)) = (draws.tensors(shape), draws.tensors(shape));
        // Alone, shared on the left, shared on the right, shared on both sides: what is shared must not change.
        for (keeps_left, keeps_right) in [(false, false), (true, false), (false, true), (true, true)] {
            let again = |tensor: &Tensor<Processor, 3>| tensor.clone() * 1.0;
            let (one, other) = (again(&left), again(&right));
            let (kept_left, kept_right) = (keeps_left.then(|| one.clone()), keeps_right.then(|| other.clone()));
            assert_close("sum", Processor::add(one, other), Plain::add(left_too.clone(), right_too.clone()));
            let (one, other) = (kept_left.unwrap_or_else(|| again(&left)), kept_right.unwrap_or_else(|| again(&right)));
            assert_close("kept", one.clone(), left_too.clone());
            assert_close("kept", other.clone(), right_too.clone());
            assert_close("product", Processor::multiply(one, other), Plain::multiply(left_too.clone(), right_too.clone()));
        }
    }
}

#[test]
fn linear_layers_and_their_gradients() {
    let mut draws = Draws::of("layers");
    for _ in 0..20 {
        let [examples, positions, inputs, outputs] = [draws.size(9), draws.size(9), draws.size(150), draws.size(150)];
        let first = draws.0.below(outputs);
        let columns = first..first + draws.size(outputs - first);
        let (weight, weight_too) = draws.tensors([inputs, outputs]);
        let (bias, bias_too) = draws.tensors([outputs]);
        let (input, input_too) = draws.tensors([examples, positions, inputs]);
        let whole = Weight::Whole(Param::from_tensor(weight_too.clone()));
        let weights = [false, true].map(|small| Processor::weight(vector(weight.clone()), inputs, small, &NdArrayDevice::Cpu));
        assert!(matches!(weights, [Weight::Whole(_), Weight::Panels(_)]));
        for (bias, bias_too) in [(Some(bias), Some(bias_too)), (None, None)] {
            let expected = Plain::project(input_too.clone(), &whole, bias_too, columns.clone());
            for weight in &weights {
                assert_eq!(weight.sizes(), [inputs, outputs]);
                assert_close("matrix", weight.matrix(), weight_too.clone());
                let found = Processor::project(input.clone(), weight, bias.clone(), columns.clone());
                assert_close("forward", found, expected.clone());
            }
        }
        let (gradient, gradient_too) = draws.tensors([examples, positions, columns.len()]);
        for adds in [false, true] {
            let sum = adds.then(|| input.clone());
            let sum_too = adds.then(|| input_too.clone());
            let expected = Plain::project_back(sum_too, gradient_too.clone(), &whole, columns.clone());
            for weight in &weights {
                let found = Processor::project_back(sum.clone(), gradient.clone(), weight, columns.clone());
                assert_close("backward", found, expected.clone());
            }
        }
        let (right, right_too) = draws.tensors([outputs, inputs]);
        let matrix = tensor(vector(input), [examples * positions, inputs]);
        let matrix_too = input_too.reshape([examples * positions, inputs]);
        let expected = Plain::product(matrix_too.clone(), right_too.transpose());
        assert_close("transposed", Processor::product(matrix.clone(), right.transpose()), expected);
        assert_close("product", Processor::product(matrix, weight), Plain::product(matrix_too, weight_too));
    }
}

#[test]
fn norms_and_their_gradients() {
    let mut draws = Draws::of("norms");
    for kind in [NormKind::Layer, NormKind::Rms].repeat(10) {
        let shape @ [_, _, width] = [draws.size(3), draws.size(4), 1 + draws.size(70)];
        let (input, input_too) = draws.tensors(shape);
        let (gain, gain_too) = draws.tensors([width]);
        let (bias, bias_too) = draws.tensors([width]);
        let ([rows, scale], [rows_too, scale_too]) =
            (Processor::normalise(input, kind, 1e-5), Plain::normalise(input_too, kind, 1e-5));
        assert_close("rows", rows.clone(), rows_too.clone());
        assert_close("scale", scale.clone(), scale_too.clone());
        for (bias, bias_too) in [(Some(bias), Some(bias_too)), (None, None)] {
            let expected = Plain::scale_and_shift(rows_too.clone(), gain_too.clone(), bias_too);
            assert_close("shifted", Processor::scale_and_shift(rows.clone(), gain.clone(), bias), expected);
        }
        let (gradient, gradient_too) = draws.tensors(shape);
        let expected = Plain::normalise_back(gradient_too, gain_too, [rows_too, scale_too], kind);
        assert_close("gradient", Processor::normalise_back(gradient, gain, [rows, scale], kind), expected);
    }
}

#[test]
fn activation_functions_and_their_derivatives() {
    let mut draws = Draws::of("activations");
    for function in
        [ActivationFunction::Gelu, ActivationFunction::GeluTanh, ActivationFunction::Relu, ActivationFunction::Silu].repeat(5)
    {
        let shape = [draws.size(3), draws.size(4), draws.size(70)];
        let (input, input_too) = draws.tensors(shape);
        let ([output, slope], [output_too, slope_too]) =
            (Processor::activate(function, input), Plain::activate(function, input_too));
        assert_close("output", output, output_too);
        assert_close("slope", slope, slope_too);
    }
}

/// A model whose layers attend in every way.
const MODEL: &str = r#"{"model_type": "gemma2", "num_hidden_layers": 2, "hidden_size": 16, "num_attention_heads": 4,
    "num_key_value_heads": 2, "head_dim": 6, "query_pre_attn_scalar": 7, "intermediate_size": 24, "vocab_size": 9,
    "max_position_embeddings": 8, "attn_logit_softcapping": 2.0, "final_logit_softcapping": 1.5, "sliding_window": 3}"#;

#[test]
fn rotation_and_back() {
    let mut draws = Draws::of("rotation");
    let config = Config::parse(MODEL.as_bytes(), "config.json").unwrap();
    for rotary_width in [2, 4, 6].repeat(7) {
        let config = Config { rotary_width, ..config.clone() };
        let positions = draws.size(5);
        let tables = Rotary::<Processor>::new(&config, positions, &NdArrayDevice::Cpu).unwrap();
        let tables_too = Rotary::<Plain>::new(&config, positions, &NdArrayDevice::Cpu).unwrap();
        let turning = draws.size(3);
        let heads = turning + draws.0.below(3);
        for (written, back) in [(positions, false), (positions, true), (1, false), (1, true)] {
            let examples = draws.size(3);
            let (rows, rows_too) = draws.tensors([examples, written, heads * config.head_width]);
            let found = Processor::rotate(rows, turning, config.head_width, &tables, back);
            assert_close("rotated", found, Plain::rotate(rows_too, turning, config.head_width, &tables_too, back));
        }
    }
}

#[test]
fn attention_and_its_gradients() {
    let mut draws = Draws::of("attention");
    for (softcap, window) in [(None, None), (Some(2.0), None), (None, Some(1)), (Some(0.7), Some(3))].repeat(8) {
        let shared = draws.size(3);
        let heads = Heads { count: shared * draws.size(3), shared, width: draws.size(20), scale: 0.3, softcap, window };
        let [examples, positions] = [draws.size(3), draws.size(6)];
        let queries = if draws.0.below(2) == 0 { 1 } else { positions };
        let hidden: Vec<bool> = (positions - queries..positions)
            .flat_map(|query| (0..positions).map(move |key| key > query || window.is_some_and(|window| key + window <= query)))
            .collect();
        let hidden = TensorData::new(hidden, [1, 1, queries, positions]);
        let mask = Tensor::<Processor, 4, Bool>::from_data(hidden.clone(), &NdArrayDevice::Cpu);
        let mask_too = Tensor::<Plain, 4, Bool>::from_data(hidden, &NdArrayDevice::Cpu);
        let (query, query_too) = draws.tensors([examples, queries, heads.count * heads.width]);
        let (key_value, key_value_too) = draws.tensors([examples, positions, 2 * shared * heads.width]);
        let (output, attended) = Processor::attend(&heads, query, key_value, mask);
        let (output_too, attended_too) = Plain::attend(&heads, query_too, key_value_too, mask_too);
        assert_close("output", output, output_too);
        assert_close("pattern", attended.pattern.clone(), attended_too.pattern.clone());
        let (gradient, gradient_too) = draws.tensors([examples, queries, heads.count * heads.width]);
        let found = Processor::attend_back(&heads, gradient, &attended);
        let expected = Plain::attend_back(&heads, gradient_too, &attended_too);
        for ((name, found), expected) in ["query", "key and value"].into_iter().zip(found).zip(expected) {
            assert_close(name, found, expected);
        }
    }
}

/// What another tensor holds, too, stays as it was, whatever a kernel does in place.
#[test]
fn shared_inputs_stay_as_they_were() {
    let mut draws = Draws::of("shared");
    let shape @ [_, positions, width] = [2, 3, 24];
    let (input, plain) = draws.tensors(shape);
    let (weight, _) = draws.tensors([width, width]);
    let (gain, _) = draws.tensors([width]);
    let unchanged = |what: &str| assert_close(what, input.clone(), plain.clone());
    let config = Config::parse(MODEL.as_bytes(), "config.json").unwrap();
    let rotary = Rotary::<Processor>::new(&config, positions, &NdArrayDevice::Cpu).unwrap();
    drop(Processor::rotate(input.clone(), 4, config.head_width, &rotary, false));
    unchanged("rotated");
    drop(Processor::activate(ActivationFunction::Gelu, input.clone()));
    unchanged("activated");
    let normal = Processor::normalise(input.clone(), NormKind::Layer, 1e-5);
    drop(Processor::normalise_back(input.clone(), gain, normal, NormKind::Layer));
    unchanged("a gradient of a norm");
    let weight = Weight::Whole(Param::from_tensor(weight));
    drop(Processor::project_back(Some(input.clone()), input.clone(), &weight, 0..width));
    unchanged("a sum");
    drop(Processor::project(input.clone(), &weight, None, 0..width));
    unchanged("an input");
    drop(Processor::numbers(input.clone()));
    unchanged("what was read");
}

/// What is not a number does not become one.
#[test]
fn attention_to_what_is_not_finite_is_not_finite() {
    let heads = Heads { count: 1, shared: 1, width: 2, scale: 1.0, softcap: None, window: None };
    for amiss in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let query = tensor(vec![1.0, 1.0, 1.0, amiss], [1, 2, 2]);
        let key_value = tensor(vec![1.0, 2.0, 3.0, 4.0, 0.5, 0.5, 5.0, 6.0], [1, 2, 4]);
        let hidden = Tensor::<Processor, 4, Bool>::from_data(
            TensorData::new(vec![false, true, false, false], [1, 1, 2, 2]),
            &NdArrayDevice::Cpu,
        );
        let (output, attended) = Processor::attend(&heads, query, key_value, hidden);
        let output = vector(output);
        assert!(
            output[..2].iter().all(|value| value.is_finite()) && output[2..].iter().all(|value| value.is_nan()),
            "{output:?}"
        );
        let [d_query, d_key_value] = Processor::attend_back(&heads, tensor(vec![1.0; 4], [1, 2, 2]), &attended);
        assert!(vector(d_query)[2..].iter().all(|value| value.is_nan()));
        assert!(vector(d_key_value).iter().any(|value| value.is_nan()));
    }
}
