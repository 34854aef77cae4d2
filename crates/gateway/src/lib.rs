//! brood-gateway
