//! Chance that is the same for the same seed, on every machine and with every release.

/// A splittable generator (SplitMix64): quick, and good enough to make things up.
#[derive(Debug, Clone)]
pub struct Random(u64);

const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

impl Random {
    /// The stream of one thing among those of a seed.
    pub const fn of(seed: u64, thing: u64) -> Self {
        Self(mix(seed ^ mix(thing.wrapping_mul(STEP))))
    }

    const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        mix(self.0)
    }

    /// From 0 up to but not including 1.
    #[expect(clippy::cast_precision_loss, reason = "53 bits are what a float holds")]
    pub fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// True in so many of a hundred cases.
    pub fn percent(&mut self, chance: f64) -> bool {
        self.share() * 100.0 < chance
    }

    /// A place in a list of that length, 0 for an empty one; the first ones more often, the more
    /// so the greater the skew (1 is even).
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of a length is between 0 and the length"
    )]
    pub fn place(&mut self, length: usize, skew: i32) -> usize {
        let place = (self.share().powi(skew) * length as f64) as usize;
        place.min(length.saturating_sub(1))
    }

    /// One of these.
    pub fn pick<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        of[self.place(of.len(), 1)]
    }

    /// The place of one of these weights, each as likely as it weighs.
    pub fn weighed(&mut self, weights: &[f64]) -> usize {
        let mut left = self.share() * weights.iter().sum::<f64>();
        let found = weights.iter().position(|weight| {
            left -= weight;
            left < 0.0
        });
        found.unwrap_or(weights.len().saturating_sub(1))
    }

    /// Exponentially distributed around this mean.
    pub fn about(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.share()).ln()
    }
}

const fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_tells_the_same_story() {
        let story = |seed| -> Vec<u64> {
            let mut random = Random::of(seed, 7);
            (0..5).map(|_| random.next()).collect()
        };
        assert_eq!(story(1), story(1));
        assert_ne!(story(1), story(2));
    }

    #[test]
    fn weights_and_skew_hold() {
        let mut random = Random::of(1, 1);
        let mut drawn = [0; 3];
        let mut first_half = 0;
        for _ in 0..10_000 {
            drawn[random.weighed(&[1.0, 0.0, 3.0])] += 1;
            first_half += usize::from(random.place(100, 2) < 50);
        }
        assert!((2_300..2_700).contains(&drawn[0]), "{drawn:?}");
        assert_eq!(drawn[1], 0);
        assert!((6_800..7_300).contains(&first_half), "{first_half}");
        assert_eq!(random.place(0, 1), 0);
    }
}
