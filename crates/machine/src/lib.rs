//! brood-machine
