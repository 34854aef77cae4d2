/* PCRE2 prints nothing. */
