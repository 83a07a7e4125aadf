//! Hashing and verifying passwords: off the async threads, a few at a time, with a short queue.

mod memory;

use std::{num::NonZero, sync::Arc, thread::available_parallelism};

use anyhow::{Context, bail};
use argon2::{
    Algorithm, Argon2, Params, PasswordHash, Version,
    password_hash::phc::{Output, ParamsString, Salt},
};
use desk_http::{Error, Result};
use tokio::sync::{Semaphore, SemaphorePermit};
use tracing::Instrument as _;

use self::memory::Memory;
use crate::domain::Password;

/// How many may wait for each one that is hashed; about two seconds of work.
const QUEUE_PER_SLOT: usize = 50;
/// Seconds after which a full queue is worth another try.
const RETRY: u64 = 2;

/// The one place that hashes. Clones share its slots and its queue.
#[derive(Clone)]
pub struct Passwords {
    shared: Arc<Shared>,
}

struct Shared {
    params: Params,
    memory: Memory,
    /// Verified where there is no account, or no password, so that it takes as long.
    decoy: String,
    slots: Arc<Semaphore>,
    queue: Semaphore,
}

impl Passwords {
    /// With Argon2id's recommended cost and a slot for each processor.
    ///
    /// # Errors
    /// When the system has no random numbers.
    pub fn recommended() -> anyhow::Result<Self> {
        let slots = available_parallelism().map_or(1, NonZero::get);
        Self::new(Params::default(), slots, slots * QUEUE_PER_SLOT)
    }

    /// With a cost, so many at a time, and so many waiting.
    ///
    /// # Errors
    /// When the system has no random numbers.
    pub fn new(params: Params, slots: usize, waiting: usize) -> anyhow::Result<Self> {
        let memory = Memory::default();
        let decoy = hash(&memory, &params, b"no account has this password")?;
        let shared = Shared {
            params,
            memory,
            decoy,
            slots: Arc::new(Semaphore::new(slots)),
            queue: Semaphore::new(slots + waiting),
        };
        Ok(Self {
            shared: Arc::new(shared),
        })
    }

    /// Hashes a password that is being set, in PHC form.
    ///
    /// # Errors
    /// 503 when too many wait already.
    pub async fn hash(&self, password: &Password) -> Result<String> {
        let password = password.clone();
        self.run(move |shared| hash(&shared.memory, &shared.params, password.expose()))
            .await
    }

    /// Whether the password is the one that was hashed; without a hash it is not, and takes as
    /// long to find out.
    ///
    /// # Errors
    /// 503 when too many wait already.
    pub async fn verify(&self, password: &Password, hash: Option<String>) -> Result<bool> {
        let password = password.clone();
        self.run(move |shared| {
            let known = hash.as_deref().unwrap_or(&shared.decoy);
            let right = verify(&shared.memory, known, password.expose())?;
            Ok(right && hash.is_some())
        })
        .await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Shared) -> anyhow::Result<T> + Send + 'static,
    ) -> Result<T> {
        let _queued: SemaphorePermit<'_> = self.shared.queue.try_acquire().map_err(|_| {
            metrics::counter!("password_queue_full_total").increment(1);
            Error::Unavailable(RETRY)
        })?;
        let shared = Arc::clone(&self.shared);
        let slot = Arc::clone(&shared.slots)
            .acquire_owned()
            .await
            .context("password slots")?;
        let memory = shared.memory.clone();
        let done = tokio::task::spawn_blocking(move || {
            // Held to the end of the work, also when the caller has gone away.
            let _slot = slot;
            work(&shared)
        })
        .instrument(desk_telemetry::step("argon2"))
        .await;
        tokio::spawn(memory.tidy());
        done.context("password worker")?.map_err(Error::Internal)
    }
}

fn hash(memory: &Memory, params: &Params, password: &[u8]) -> anyhow::Result<String> {
    let (algorithm, version) = (Algorithm::Argon2id, Version::V0x13);
    let argon2 = Argon2::new(algorithm, version, params.clone());
    let salt = Salt::generate();
    let length = params.output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN);
    let hash = PasswordHash {
        algorithm: algorithm.ident(),
        version: Some(version.into()),
        params: ParamsString::try_from(params)?,
        salt: Some(salt),
        hash: Some(digest(memory, &argon2, password, &salt, length)?),
    };
    Ok(hash.to_string())
}

/// The algorithm and its cost are the hash's own.
fn verify(memory: &Memory, hash: &str, password: &[u8]) -> anyhow::Result<bool> {
    let known = PasswordHash::new(hash).context("a stored password hash")?;
    let (Some(salt), Some(output)) = (&known.salt, &known.hash) else {
        bail!("a stored password hash without salt or digest");
    };
    let argon2 = Argon2::new(
        Algorithm::try_from(known.algorithm.as_str())?,
        known
            .version
            .map_or(Ok(Version::default()), Version::try_from)?,
        Params::try_from(&known)?,
    );
    // Outputs compare in constant time.
    Ok(digest(memory, &argon2, password, salt, output.len())? == *output)
}

fn digest(
    memory: &Memory,
    argon2: &Argon2<'_>,
    password: &[u8],
    salt: &[u8],
    length: usize,
) -> anyhow::Result<Output> {
    let mut digest = vec![0; length];
    memory
        .lend(argon2.params().block_count(), |blocks| {
            argon2.hash_password_into_with_memory(password, salt, &mut digest, blocks)
        })
        .context("hashing a password")?;
    Ok(Output::new(&digest)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cheap(slots: usize, waiting: usize) -> Passwords {
        Passwords::new(Params::new(8, 1, 1, None).unwrap(), slots, waiting).unwrap()
    }

    fn password(text: &str) -> Password {
        Password::new(text.to_owned().into())
    }

    #[tokio::test]
    async fn a_password_verifies_against_its_own_hash_only() {
        let passwords = cheap(1, 9);
        let hash = passwords.hash(&password("correct horse")).await.unwrap();
        assert!(hash.starts_with("$argon2id$"));
        assert!(
            passwords
                .verify(&password("correct horse"), Some(hash.clone()))
                .await
                .unwrap()
        );
        assert!(
            !passwords
                .verify(&password("wrong horse"), Some(hash))
                .await
                .unwrap()
        );
        assert!(
            !passwords
                .verify(&password("correct horse"), None)
                .await
                .unwrap()
        );
        let decoy = password("no account has this password");
        assert!(!passwords.verify(&decoy, None).await.unwrap());
    }

    #[tokio::test]
    async fn a_full_queue_is_told_at_once() {
        let passwords = cheap(1, 0);
        let _busy = passwords.shared.queue.acquire().await.unwrap();
        let answer = passwords.hash(&password("whatever")).await;
        assert!(matches!(answer, Err(Error::Unavailable(RETRY))));
    }

    #[test]
    fn the_decoy_costs_what_a_hash_costs() {
        let passwords = Passwords::recommended().unwrap();
        let decoy = PasswordHash::new(&passwords.shared.decoy).unwrap();
        let (decoy, real) = (Params::try_from(&decoy).unwrap(), Params::default());
        assert_eq!(
            (decoy.m_cost(), decoy.t_cost()),
            (real.m_cost(), real.t_cost())
        );
    }
}
