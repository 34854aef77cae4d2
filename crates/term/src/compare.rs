//! Exact equality, `==`, and the standard term order.
