//! brood-image
