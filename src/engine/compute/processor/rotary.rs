//! Rotary position embedding in place.

/// Rotates every head of one token by the angles with these cosines and sines, or back.
pub fn turn(heads: &mut [f32], head_width: usize, cosine: &[f32], sine: &[f32], back: bool) {
    let direction = if back { -1.0 } else { 1.0 };
    for head in heads.chunks_exact_mut(head_width) {
        let (first, rest) = head.split_at_mut(cosine.len());
        for (((a, b), cosine), sine) in first.iter_mut().zip(rest).zip(cosine).zip(sine) {
            let sine = direction * sine;
            (*a, *b) = (*a * cosine - *b * sine, *b * cosine + *a * sine);
        }
    }
}
