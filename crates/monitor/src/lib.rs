//! brood-monitor
