//! Things that are made once for each key and shared.

use crate::error::{Error, Result};
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Shared things by key. Whoever asks while one is being made waits for it, and shares its failure too, so that
/// fifty steps for a dead host wait for one time limit.
pub(super) struct Pool<K, T> {
    slots: Mutex<HashMap<K, Arc<Slot<T>>>>,
}

struct Slot<T> {
    state: tokio::sync::Mutex<State<T>>,
    attempts: AtomicU64,
}

struct State<T> {
    made: Option<Arc<T>>,
    failed: Option<Error>,
}

impl<K, T> Default for Pool<K, T> {
    fn default() -> Self {
        Pool { slots: Mutex::default() }
    }
}

impl<K: Clone + Eq + Hash, T> Pool<K, T> {
    /// The thing of this key, made if there is none or it is no longer `usable`.
    pub async fn get(
        &self,
        key: &K,
        usable: impl Fn(&T) -> bool,
        make: impl AsyncFnOnce() -> Result<T>,
    ) -> Result<Arc<T>> {
        let slot = {
            let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
            slots.entry(key.clone()).or_insert_with(Slot::new).clone()
        };
        let before = slot.attempts.load(Ordering::Acquire);
        let mut state = slot.state.lock().await;
        if let Some(made) = state.made.as_ref().filter(|m| usable(m)) {
            return Ok(made.clone());
        }
        state.made = None;
        if slot.attempts.load(Ordering::Acquire) > before
            && let Some(error) = &state.failed
        {
            return Err(error.clone());
        }
        let result = make().await;
        slot.attempts.fetch_add(1, Ordering::Release);
        match result {
            Ok(made) => {
                let made = Arc::new(made);
                state.made = Some(made.clone());
                state.failed = None;
                Ok(made)
            }
            Err(error) => {
                state.failed = Some(error.clone());
                Err(error)
            }
        }
    }

    /// Takes out the things whose key is meant. One that is being made is let go when it is ready.
    pub async fn take(&self, meant: impl Fn(&K) -> bool) -> Vec<Arc<T>> {
        let slots: Vec<Arc<Slot<T>>> = {
            let mut all = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
            all.extract_if(|key, _| meant(key)).map(|(_, slot)| slot).collect()
        };
        let mut taken = Vec::new();
        for slot in slots {
            if let Ok(mut state) = slot.state.try_lock() {
                taken.extend(state.made.take());
            }
        }
        taken
    }
}

impl<T> Slot<T> {
    fn new() -> Arc<Self> {
        Arc::new(Slot {
            state: tokio::sync::Mutex::new(State { made: None, failed: None }),
            attempts: AtomicU64::new(0),
        })
    }
}
