/* PCRE2's assertions are its developers' own. */
#define assert(condition) ((void)0)
