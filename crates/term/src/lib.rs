//! brood-term
