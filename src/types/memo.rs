//! How is an answer kept that several threads may ask for? Computed outside of any lock, then set; the loser's copy is dropped.
//!
//! ```go
//! type T struct{ next *T } // the answer about T asks about T again: a lock held meanwhile would wait for itself
//! ```
//!
//! Not here: what is computed.

use rustc_hash::{FxHashMap, FxHasher};
use std::hash::{Hash, Hasher};
use std::sync::Mutex;

const SHARDS: usize = 16;

/// Answers by question, for all threads. A reference to an answer stays good as long as the memo does.
pub(super) struct Memo<K, V> {
    places: [Mutex<FxHashMap<K, usize>>; SHARDS],
    values: boxcar::Vec<V>,
}

impl<K: Eq + Hash, V> Memo<K, V> {
    pub(super) fn new() -> Memo<K, V> {
        Memo { places: std::array::from_fn(|_| Mutex::default()), values: boxcar::Vec::new() }
    }

    fn shard(&self, key: &K) -> &Mutex<FxHashMap<K, usize>> {
        let mut hasher = FxHasher::default();
        key.hash(&mut hasher);
        &self.places[(hasher.finish() >> 48) as usize % SHARDS]
    }

    pub(super) fn get(&self, key: &K) -> Option<&V> {
        let at = self.shard(key).lock().ok()?.get(key).copied()?;
        self.values.get(at)
    }

    /// Keeps an answer, unless another thread was faster: then that one is the answer.
    pub(super) fn set(&self, key: K, value: V) -> &V {
        let at = match self.shard(&key).lock() {
            Ok(mut places) => *places.entry(key).or_insert_with(|| self.values.push(value)),
            // A thread that panicked here left the map as it was.
            Err(poisoned) => *poisoned.into_inner().entry(key).or_insert_with(|| self.values.push(value)),
        };
        self.values.get(at).expect("invariant: pushed just above, by this thread or another")
    }

    pub(super) fn get_or(&self, key: K, compute: impl FnOnce() -> V) -> &V {
        match self.get(&key) {
            Some(known) => known,
            None => self.set(key, compute()),
        }
    }
}
