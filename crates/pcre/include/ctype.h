/* PCRE2 uses tables: see src/tables.rs. */
