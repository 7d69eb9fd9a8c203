//! The product of two matrices: the one operation that a backend may give another kernel than the one that burn would choose.

use burn::backend::Autodiff;
use burn::backend::autodiff::NodeId;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::tensor::backend::Backend;
use burn::tensor::ops::FloatTensor;
use burn::tensor::{Tensor, TensorPrimitive};

/// A backend whose products have the precision of f32. burn's book calls this a backend extension: the default is burn's own
/// operation.
pub trait Products: Backend {
    /// The product of `left`, `[.., rows, inner]`, and `right`, `[.., inner, columns]`: `[.., rows, columns]`. The leading dimensions
    /// of both are the same.
    fn product<const D: usize>(left: Tensor<Self, D>, right: Tensor<Self, D>) -> Tensor<Self, D> {
        left.matmul(right)
    }
}

impl Products for burn_ndarray::NdArray<f32> {}

#[cfg(feature = "flex")]
impl Products for burn_flex::Flex {}

#[cfg(feature = "wgpu")]
impl Products for burn_wgpu::Wgpu {}

/// Products with a tape take the kernel of the backend below, forward and backward.
impl<B: Products, C: CheckpointStrategy> Products for Autodiff<B, C> {
    fn product<const D: usize>(left: Tensor<Self, D>, right: Tensor<Self, D>) -> Tensor<Self, D> {
        let (left, right) = (left.into_primitive().tensor(), right.into_primitive().tensor());
        let nodes = [left.node.clone(), right.node.clone()];
        let product = B::product(tensor::<B, D>(left.primitive.clone()), tensor(right.primitive.clone())).into_primitive().tensor();
        let product = match Product::<D>.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(tracked) => tracked.finish((left.primitive, right.primitive), product),
            OpsKind::UnTracked(untracked) => untracked.finish(product),
        };
        Tensor::from_primitive(TensorPrimitive::Float(product))
    }
}

/// A product on the tape.
#[derive(Debug)]
struct Product<const D: usize>;

impl<B: Products, const D: usize> Backward<B, 2> for Product<D> {
    type State = (FloatTensor<B>, FloatTensor<B>);

    fn backward(self, ops: Ops<Self::State, 2>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let (left, right) = (tensor::<B, D>(ops.state.0), tensor::<B, D>(ops.state.1));
        let gradient = tensor::<B, D>(gradients.consume::<B>(&ops.node));
        let [of_left, of_right] = ops.parents.map(|parent| parent.map(|node| node.id));
        let mut register = |node: Option<NodeId>, gradient: &dyn Fn() -> Tensor<B, D>| {
            if let Some(node) = node {
                gradients.register::<B>(node, gradient().into_primitive().tensor());
            }
        };
        register(of_left, &|| B::product(gradient.clone(), right.clone().transpose()));
        register(of_right, &|| B::product(left.clone().transpose(), gradient.clone()));
    }
}

fn tensor<B: Backend, const D: usize>(primitive: FloatTensor<B>) -> Tensor<B, D> {
    Tensor::from_primitive(TensorPrimitive::Float(primitive))
}

#[cfg(test)]
mod tests {
    use burn::tensor::Distribution;
    use burn_ndarray::{NdArray, NdArrayDevice};

    use super::*;

    type Taped = Autodiff<NdArray<f32>>;

    #[test]
    fn gradients_of_products_are_those_of_burns_own() {
        let random = |shape: [usize; 3]| Tensor::<NdArray<f32>, 3>::random(shape, Distribution::Default, &NdArrayDevice::Cpu);
        let (left, right, upstream) = (random([2, 3, 5]), random([2, 5, 4]), random([2, 3, 4]));
        let gradients = |product: &dyn Fn(Tensor<Taped, 3>, Tensor<Taped, 3>) -> Tensor<Taped, 3>| {
            let [left, right] = [&left, &right].map(|tensor| Tensor::<Taped, 3>::from_inner(tensor.clone()).require_grad());
            let found = (product(left.clone(), right.clone()) * Tensor::from_inner(upstream.clone())).sum().backward();
            [left.grad(&found), right.grad(&found)].map(|gradient| gradient.unwrap().into_data())
        };
        let (ours, burns) = (gradients(&Taped::product::<3>), gradients(&|left, right| left.matmul(right)));
        assert_eq!(ours, burns);
    }
}
