//! brood-beam
