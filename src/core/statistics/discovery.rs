//! The false discovery rate (Benjamini and Hochberg 1995).

/// q of every p: the k-th smallest of m gets the smallest of `p_j m / j` over j from k on, at most 1. Listing everything up to a q of 0.05
/// means that on average at most 5 % of the list is there by chance.
pub fn benjamini_hochberg(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|left, right| p[*left].total_cmp(&p[*right]));
    let mut q = vec![1.0; p.len()];
    let mut smallest = 1.0_f64;
    for (place, index) in order.iter().enumerate().rev() {
        smallest = smallest.min(p[*index] * p.len() as f64 / (place + 1) as f64);
        q[*index] = smallest;
    }
    q
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_textbook_example() {
        let q = benjamini_hochberg(&[0.04, 0.01, 0.03, 0.02, 0.9]);
        let expected = [0.05, 0.05, 0.05, 0.05, 0.9];
        assert!(q.iter().zip(expected).all(|(q, expected)| (q - expected).abs() < 1e-12), "{q:?}");
        assert!(benjamini_hochberg(&[]).is_empty());
    }
}
