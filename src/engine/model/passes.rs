//! The forward pass through the layers to the metric and the backward pass, with derivatives written by hand in burn's
//! operations.
//!
//! burn's automatic differentiation consumes a graph in one backward pass. Here the values that a backward pass needs are kept,
//! so that one forward pass serves several metrics, only the last position goes through the last layer, and only values that are
//! read are computed. Weights are frozen. The formulas are those of [`crate::engine::compute::native`]; the test below compares
//! them with automatic differentiation.

use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI};

use burn::nn::{LayerNorm, Linear};
use burn::tensor::activation::relu;
use burn::tensor::backend::Backend;
use burn::tensor::{Int, Tensor};

use super::config::{ActivationFunction, Config};
use super::neox::{Attended, Layer, NeoX, Positions, project};

/// A layer norm's input after subtracting its mean and dividing by its standard deviation.
///
/// # Shapes
/// normal `[examples, positions, width]`, scale `[examples, positions, 1]`
struct Normal<B: Backend> {
    normal: Tensor<B, 3>,
    /// `1 / sqrt(variance + epsilon)`
    scale: Tensor<B, 3>,
}

impl<B: Backend> Normal<B> {
    fn of(input: Tensor<B, 3>, config: &Config) -> Self {
        let centred = input.clone() - input.mean_dim(2);
        let scale = (centred.clone().square().mean_dim(2) + config.layer_norm_epsilon).sqrt().recip();
        Self { normal: centred * scale.clone(), scale }
    }

    /// The output of the layer norm `norm`, which scales and shifts the normalised input.
    fn scaled(&self, norm: &LayerNorm<B>) -> Tensor<B, 3> {
        let output = self.normal.clone() * norm.gamma.val().unsqueeze();
        match &norm.beta {
            Some(beta) => output + beta.val().unsqueeze(),
            None => output,
        }
    }

    /// Turns the gradient with respect to [`Normal::scaled`] into the gradient with respect to the input.
    fn back(&self, gradient: Tensor<B, 3>, norm: &LayerNorm<B>) -> Tensor<B, 3> {
        let gradient = gradient * norm.gamma.val().unsqueeze();
        let along = (gradient.clone() * self.normal.clone()).mean_dim(2);
        (gradient.clone() - gradient.mean_dim(2) - self.normal.clone() * along) * self.scale.clone()
    }
}

/// Values of an MLP's forward pass that its backward pass reads.
pub struct KeptMlp<B: Backend> {
    normal: Normal<B>,
    /// The derivative of the activation function, `[examples, positions, mlp_width]`.
    slope: Tensor<B, 3>,
}

/// Values of a layer's forward pass that its backward pass reads.
pub struct Kept<B: Backend> {
    normal: Normal<B>,
    attended: Attended<B>,
    mlp: KeptMlp<B>,
}

/// Values of the final layer norm that the backward pass reads.
pub struct KeptEnd<B: Backend>(Normal<B>);

/// The outputs of a layer's submodules.
pub struct Outputs<B: Backend> {
    /// The attention's output, which is added to the stream.
    pub attention: Tensor<B, 3>,
    /// The MLP's output, which is added to the stream.
    pub mlp: Tensor<B, 3>,
    /// The stream that leaves the layer.
    pub residual: Tensor<B, 3>,
}

/// The gradients that the backward pass through a layer yields.
pub struct LayerGradients<B: Backend> {
    /// The gradient with respect to the attention's output, at the positions that the layer wrote.
    pub attention: Tensor<B, 3>,
    /// The gradient with respect to the stream that enters the layer.
    pub entering: Tensor<B, 3>,
}

impl<B: Backend> NeoX<B> {
    /// Runs layer `index`; if `last` is set, only the last position is written.
    ///
    /// # Shapes
    /// - hidden: `[examples, positions, width]`; outputs: `[examples, positions, width]` or, if `last` is set,
    ///   `[examples, 1, width]`
    pub fn layer_forward(
        &self,
        index: usize,
        hidden: Tensor<B, 3>,
        positions: &Positions<B>,
        last: bool,
    ) -> (Outputs<B>, Kept<B>) {
        let layer = &self.layers[index];
        let [_, length, _] = hidden.dims();
        let normal = Normal::of(hidden.clone(), &self.config);
        let (attention, attended) = self.attend(layer, normal.scaled(&layer.input_layernorm), positions, last);
        let hidden = if last { hidden.narrow(1, length - 1, 1) } else { hidden };
        let middle = hidden.clone() + attention.clone();
        let (mlp, kept) = self.mlp_forward(index, if self.config.parallel_residual { hidden } else { middle.clone() });
        let residual = middle + mlp.clone();
        (Outputs { attention, mlp, residual }, Kept { normal, attended, mlp: kept })
    }

    /// Runs the MLP of layer `index` on the stream that it reads. The caller adds its output to the stream.
    pub fn mlp_forward(&self, index: usize, input: Tensor<B, 3>) -> (Tensor<B, 3>, KeptMlp<B>) {
        let layer = &self.layers[index];
        let normal = Normal::of(input, &self.config);
        let hidden = project(&layer.dense_h_to_4h, normal.scaled(&layer.post_attention_layernorm));
        let (hidden, slope) = activate(self.config.activation, hidden);
        (project(&layer.dense_4h_to_h, hidden), KeptMlp { normal, slope })
    }

    /// Passes the gradient with respect to the output of layer `index` back to the attention's output and to the layer's input.
    ///
    /// # Shapes
    /// - gradient: as the layer's outputs; entering: at all positions
    pub fn layer_backward(
        &self,
        index: usize,
        gradient: Tensor<B, 3>,
        kept: &Kept<B>,
        positions: &Positions<B>,
    ) -> LayerGradients<B> {
        let layer = &self.layers[index];
        let through_mlp = self.mlp_backward(index, gradient.clone(), &kept.mlp);
        let (attention, beside) = if self.config.parallel_residual {
            (gradient.clone(), gradient + through_mlp)
        } else {
            let middle = gradient + through_mlp;
            (middle.clone(), middle)
        };
        let read = self.attend_back(layer, attention.clone(), &kept.attended, positions);
        let through_attention = kept.normal.back(read, &layer.input_layernorm);
        let [_, length, _] = through_attention.dims();
        LayerGradients { attention, entering: through_attention + at_the_end(beside, 1, length) }
    }

    /// Passes the gradient with respect to the output of the MLP of layer `index` back to the stream that it read.
    pub fn mlp_backward(&self, index: usize, gradient: Tensor<B, 3>, kept: &KeptMlp<B>) -> Tensor<B, 3> {
        let layer = &self.layers[index];
        let hidden = project_back(&layer.dense_4h_to_h, gradient) * kept.slope.clone();
        kept.normal.back(project_back(&layer.dense_h_to_4h, hidden), &layer.post_attention_layernorm)
    }

    /// Passes the gradient with respect to the attention's output back to its normalised input.
    fn attend_back(
        &self,
        layer: &Layer<B>,
        gradient: Tensor<B, 3>,
        attended: &Attended<B>,
        positions: &Positions<B>,
    ) -> Tensor<B, 3> {
        let [examples, queries, width] = gradient.dims();
        let (heads, head_width) = (self.config.heads, self.config.head_width());
        let Attended { query, key, value, pattern } = attended;
        let [_, _, length, _] = key.dims();
        let context = project_back(&layer.dense, gradient).reshape([examples, queries, heads, head_width]).swap_dims(1, 2);
        let d_value = pattern.clone().swap_dims(2, 3).matmul(context.clone());
        let d_pattern = context.matmul(value.clone().swap_dims(2, 3));
        let along = (d_pattern.clone() * pattern.clone()).sum_dim(3);
        let d_scores = (d_pattern - along) * pattern.clone() * self.attention_scale();
        let d_query = at_the_end(d_scores.clone().matmul(key.clone()), 2, length);
        let d_key = d_scores.swap_dims(2, 3).matmul(query.clone());
        let turn_back = |tensor: Tensor<B, 4>| match &positions.rotary {
            Some(rotary) => rotary.apply_back(tensor),
            None => tensor,
        };
        let mixed = Tensor::cat(vec![turn_back(d_query), turn_back(d_key), d_value], 3);
        project_back(&layer.query_key_value, mixed.swap_dims(1, 2).reshape([examples, length, 3 * width]))
    }

    /// Normalises the stream that leaves the last layer at the last position, `[examples, 1, width]`.
    pub fn end_forward(&self, residual: Tensor<B, 3>) -> KeptEnd<B> {
        KeptEnd(Normal::of(residual, &self.config))
    }

    /// `logit[patch answer] - logit[clean answer]` of each example, from two rows of the unembedding instead of the whole
    /// vocabulary.
    ///
    /// # Shapes
    /// - answers (clean, patch) and output: `[examples]`
    pub fn logit_difference(&self, end: &KeptEnd<B>, answers: [Tensor<B, 1, Int>; 2]) -> Tensor<B, 1> {
        let last = end.0.scaled(&self.final_layer_norm);
        let [examples, _, _] = last.dims();
        (last * self.direction(answers)).sum_dim(2).reshape([examples])
    }

    /// The gradient of [`NeoX::logit_difference`] with respect to the stream that leaves the last layer, `[examples, 1, width]`.
    pub fn end_backward(&self, end: &KeptEnd<B>, answers: [Tensor<B, 1, Int>; 2]) -> Tensor<B, 3> {
        end.0.back(self.direction(answers), &self.final_layer_norm)
    }

    /// The unembedding's row of the patch answer minus that of the clean answer, `[examples, 1, width]`.
    fn direction(&self, [clean, patch]: [Tensor<B, 1, Int>; 2]) -> Tensor<B, 3> {
        let unembedding = self.embed_out.val();
        (unembedding.clone().select(0, patch) - unembedding.select(0, clean)).unsqueeze_dim(1)
    }
}

/// Passes a gradient back through a linear layer, as one product for all tokens of all examples.
fn project_back<B: Backend>(layer: &Linear<B>, gradient: Tensor<B, 3>) -> Tensor<B, 3> {
    let [examples, positions, outputs] = gradient.dims();
    let gradient = gradient.reshape([examples * positions, outputs]).matmul(layer.weight.val().transpose());
    let [_, inputs] = gradient.dims();
    gradient.reshape([examples, positions, inputs])
}

/// Pads dimension `dimension` to `length` with zeros in front.
pub fn at_the_end<B: Backend, const D: usize>(tensor: Tensor<B, D>, dimension: usize, length: usize) -> Tensor<B, D> {
    let mut shape = tensor.dims();
    if shape[dimension] == length {
        return tensor;
    }
    shape[dimension] = length - shape[dimension];
    let zeros = Tensor::zeros(shape, &tensor.device());
    Tensor::cat(vec![zeros, tensor], dimension)
}

/// The activation function at `input` and its derivative there; their common parts are computed once.
fn activate<B: Backend>(function: ActivationFunction, input: Tensor<B, 3>) -> (Tensor<B, 3>, Tensor<B, 3>) {
    /// `sqrt(2 / pi)`
    const ROOT: f64 = FRAC_2_SQRT_PI * FRAC_1_SQRT_2;
    match function {
        // x Phi(x), with the normal distribution function Phi and its density phi; the derivative is Phi(x) + x phi(x).
        ActivationFunction::Gelu => {
            let below = ((input.clone() * FRAC_1_SQRT_2).erf() + 1.0) * 0.5;
            let density = (input.clone().square() * -0.5).exp() * (0.5 * ROOT);
            (input.clone() * below.clone(), below + input * density)
        }
        ActivationFunction::GeluTanh => {
            let squared = input.clone().square();
            let tanh = (input.clone() * (squared.clone() * 0.044_715 + 1.0) * ROOT).tanh();
            let below = (tanh.clone() + 1.0) * 0.5;
            let rise = (squared * (3.0 * 0.044_715) + 1.0) * (0.5 * ROOT);
            (input.clone() * below.clone(), below + input * (-tanh.square() + 1.0) * rise)
        }
        ActivationFunction::Relu => (relu(input.clone()), input.greater_elem(0.0).float()),
    }
}

#[cfg(test)]
mod tests {
    use burn::backend::Autodiff;
    use burn::module::Param;
    use burn::tensor::Distribution;
    use burn_ndarray::{NdArray, NdArrayDevice};

    use super::*;

    type Plain = NdArray<f32>;
    type Tracking = Autodiff<Plain>;

    fn config(parallel: bool, activation: &str) -> Config {
        let text = format!(
            r#"{{"model_type": "gpt_neox", "num_hidden_layers": 1, "hidden_size": 16, "num_attention_heads": 2, "rotary_pct": 0.5,
                "intermediate_size": 24, "vocab_size": 9, "hidden_act": "{activation}", "use_parallel_residual": {parallel}}}"#
        );
        Config::parse(text.as_bytes(), "config.json").unwrap()
    }

    fn random<B: Backend, const D: usize>(shape: [usize; D], centre: f64) -> Tensor<B, D> {
        Tensor::random(shape, Distribution::Normal(centre, 0.5), &B::Device::default())
    }

    /// A model with weights so large that every part is clearly nonlinear.
    fn model(config: &Config) -> NeoX<Tracking> {
        let mut model = NeoX::<Tracking>::init(config, &NdArrayDevice::Cpu);
        let layer = &mut model.layers[0];
        for norm in [&mut layer.input_layernorm, &mut layer.post_attention_layernorm, &mut model.final_layer_norm] {
            norm.gamma = Param::from_tensor(random([16], 1.0));
            norm.beta = Some(Param::from_tensor(random([16], 0.0)));
        }
        for linear in [&mut layer.query_key_value, &mut layer.dense, &mut layer.dense_h_to_4h, &mut layer.dense_4h_to_h] {
            let [inputs, outputs] = linear.weight.dims();
            linear.weight = Param::from_tensor(random([inputs, outputs], 0.0));
        }
        model
    }

    fn assert_close<const D: usize>(what: &str, found: Tensor<Plain, D>, expected: Tensor<Plain, D>) {
        let largest = expected.clone().abs().max().into_scalar();
        let gap = (found - expected).abs().max().into_scalar();
        assert!(largest > 0.0 && gap <= 1e-5 * largest, "{what}: off by {gap} of {largest}");
    }

    #[test]
    fn derivatives_by_hand_are_those_of_automatic_differentiation() {
        for (parallel, activation) in [(true, "gelu"), (false, "gelu_new"), (true, "relu"), (false, "gelu")] {
            let config = config(parallel, activation);
            let model = model(&config);
            let input: Tensor<Tracking, 3> = random([3, 4, 16], 0.0).require_grad();
            let positions = model.positions(&input);
            let whole = model.run_layers(0, input.clone(), &mut |_, output| output);
            for last in [false, true] {
                let what = format!("parallel {parallel}, {activation}, last {last}");
                let (outputs, kept) = model.layer_forward(0, input.clone().detach(), &positions, last);
                let expected = if last { whole.clone().narrow(1, 3, 1) } else { whole.clone() };
                assert_close(&what, outputs.residual.clone().inner(), expected.clone().inner());
                let upstream: Tensor<Tracking, 3> = random(expected.dims(), 0.0);
                // A backward pass consumes the graph, so it is built again for each.
                let again = model.run_layers(0, input.clone(), &mut |_, output| output);
                let again = if last { again.narrow(1, 3, 1) } else { again };
                let gradients = (again * upstream.clone()).sum().backward();
                let found = model.layer_backward(0, upstream, &kept, &positions).entering;
                assert_close(&what, found.inner(), input.grad(&gradients).unwrap());
            }
        }
    }

    #[test]
    fn the_end_is_differentiated_as_automatically() {
        let config = config(true, "gelu");
        let model = model(&config);
        let input: Tensor<Tracking, 3> = random([2, 1, 16], 0.0).require_grad();
        let answers = || [[3, 1], [5, 2]].map(|ids| Tensor::<Tracking, 1, Int>::from_ints(ids, &NdArrayDevice::Cpu));
        let logits = model.logits(input.clone());
        let of = |example: usize, token: usize| logits.clone().slice([example..example + 1, 0..1, token..token + 1]).sum();
        let difference = of(0, 5) - of(0, 3) + of(1, 2) - of(1, 1);
        let end = model.end_forward(input.clone().detach());
        assert_close("metric", model.logit_difference(&end, answers()).sum().inner(), difference.clone().inner());
        let expected = input.grad(&difference.backward()).unwrap();
        assert_close("gradient", model.end_backward(&end, answers()).inner(), expected);
    }
}
