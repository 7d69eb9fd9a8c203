//! The product of two matrices: the one operation that a backend may give another kernel than the one that burn would choose.

use burn::tensor::Tensor;
use burn::tensor::backend::Backend;

/// A backend whose products have the precision of f32. burn's book calls this a backend extension: the default is burn's own
/// operation.
pub trait Products: Backend {
    /// The product of `left`, `[.., rows, inner]`, and `right`, `[.., inner, columns]`: `[.., rows, columns]`. The leading dimensions
    /// of both are the same.
    fn product<const D: usize>(left: Tensor<Self, D>, right: Tensor<Self, D>) -> Tensor<Self, D> {
        left.matmul(right)
    }
}

#[cfg(feature = "flex")]
impl Products for burn_flex::Flex {}

#[cfg(feature = "wgpu")]
impl Products for burn_wgpu::Wgpu {}

/// For training, and for tests that hold derivatives against those of a tape: these run on processors.
#[cfg(any(test, feature = "train"))]
impl<B: Backend> Products for burn::backend::Autodiff<B> {}
