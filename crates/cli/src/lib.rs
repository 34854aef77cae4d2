//! brood-cli
