//! brood-abi
