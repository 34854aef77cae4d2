/* What PCRE2 takes from <stdlib.h>. Memory is Rust's: see src/memory.rs. */
#ifndef BROOD_STDLIB_H
#define BROOD_STDLIB_H
#include <stddef.h>
#define malloc brood_pcre_allocate
#define free brood_pcre_release
void *malloc(size_t size);
void free(void *block);
#endif
