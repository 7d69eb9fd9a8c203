//! Automatic differentiation step by step, so that it can be cancelled between two steps.
//!
//! burn's backward pass runs through a whole graph without pause, at pythia-70m's size for seconds. Here each step (a layer) has a graph
//! of its own, and the chain rule joins them: with `g` the gradient with respect to a step's output, the gradient of
//! `sum(output * g)` with respect to the step's input is the `g` of the step before. Every product that burn computes in one graph is
//! computed here too, and no other.

use burn::tensor::Tensor;
use burn::tensor::backend::AutodiffBackend;

use crate::core::problem::Result;
use crate::engine::cancel::Cancel;

/// Steps that were run and can be gone back through.
pub struct Tape<'a, B: AutodiffBackend> {
    steps: Vec<Step<B>>,
    cancel: &'a Cancel,
}

/// Both ends of one graph.
struct Step<B: AutodiffBackend> {
    input: Tensor<B, 3>,
    output: Tensor<B, 3>,
}

impl<'a, B: AutodiffBackend> Tape<'a, B> {
    /// No steps yet.
    pub fn new(cancel: &'a Cancel) -> Self {
        Self { steps: Vec::new(), cancel }
    }

    /// Runs the next step on `input` and returns its output, cut off from its graph.
    pub fn step(&mut self, input: Tensor<B, 3>, run: impl FnOnce(Tensor<B, 3>) -> Tensor<B, 3>) -> Result<Tensor<B, 3>> {
        self.cancel.check()?;
        let input = input.detach().require_grad();
        let output = run(input.clone());
        self.steps.push(Step { input, output: output.clone() });
        Ok(output.detach())
    }

    /// The gradient of `metric`, summed over examples, with respect to the first step's input; `metric` reads `last`, the last step's
    /// output. `each` is shown the gradients that every step's own leaves have, the last step's first.
    pub fn backward(
        self,
        last: Tensor<B, 3>,
        metric: impl FnOnce(Tensor<B, 3>) -> Tensor<B, 1>,
        each: &mut dyn FnMut(&B::Gradients),
    ) -> Result<Tensor<B::InnerBackend, 3>> {
        let last = last.detach().require_grad();
        let mut gradient = gradient(&last, &metric(last.clone()).sum().backward());
        for Step { input, output } in self.steps.into_iter().rev() {
            self.cancel.check()?;
            let gradients = (output * Tensor::from_inner(gradient)).sum().backward();
            each(&gradients);
            gradient = self::gradient(&input, &gradients);
        }
        Ok(gradient)
    }
}

/// Where a tensor does not reach what was differentiated, burn keeps no gradient: it is zero.
pub fn gradient<B: AutodiffBackend>(leaf: &Tensor<B, 3>, gradients: &B::Gradients) -> Tensor<B::InnerBackend, 3> {
    leaf.grad(gradients).unwrap_or_else(|| leaf.clone().inner().zeros_like())
}
