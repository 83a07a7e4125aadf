//! The memory that hashing fills: kept while one hash follows another, given back when none does.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use argon2::Block;

/// What rested longer is given back.
const REST: Duration = Duration::from_secs(2);
/// Room for more than 32 MiB, of which only what is hashed with is ever touched: what is larger than
/// that the C library takes from the system and gives back to it at once, where it would keep the
/// 19 MiB of a hash for good.
const ROOM: usize = 33 * 1024;

/// Blocks at rest. Clones share them.
#[derive(Clone, Default)]
pub struct Memory {
    resting: Arc<Mutex<Vec<Resting>>>,
}

struct Resting {
    blocks: Vec<Block>,
    since: Instant,
}

impl Memory {
    /// Lends so many blocks to some work. What is in them is of no meaning.
    pub fn lend<T>(&self, count: usize, work: impl FnOnce(&mut [Block]) -> T) -> T {
        let rested = self.with(Vec::pop).map(|resting| resting.blocks);
        let mut blocks = rested.unwrap_or_else(|| Vec::with_capacity(ROOM));
        if blocks.len() < count {
            blocks.resize(count, Block::new());
        }
        let done = work(&mut blocks[..count]);
        let since = Instant::now();
        self.with(|resting| resting.push(Resting { blocks, since }));
        done
    }

    /// Gives back what nobody took for a while; to be called behind each loan.
    pub async fn tidy(self) {
        tokio::time::sleep(REST).await;
        self.with(|resting| resting.retain(|one| one.since.elapsed() < REST));
    }

    fn with<T>(&self, action: impl FnOnce(&mut Vec<Resting>) -> T) -> T {
        action(&mut self.resting.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn blocks_are_lent_again_and_given_back_after_a_rest() {
        let memory = Memory::default();
        for count in [8, 16, 8] {
            assert_eq!(memory.lend(count, |blocks| blocks.len()), count);
            assert_eq!(memory.with(|resting| resting.len()), 1);
        }
        memory.lend(8, |_| {
            assert_eq!(memory.with(|resting| resting.len()), 0, "taken");
        });
        memory.clone().tidy().await;
        assert_eq!(memory.with(|resting| resting.len()), 0, "given back");
    }
}
