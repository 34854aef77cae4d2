//! brood-guest
