/* What PCRE2 takes from <string.h>, which compiled code needs anyway. */
#ifndef BROOD_STRING_H
#define BROOD_STRING_H
#include <stddef.h>
void *memcpy(void *target, const void *source, size_t length);
void *memmove(void *target, const void *source, size_t length);
void *memset(void *target, int value, size_t length);
int memcmp(const void *one, const void *other, size_t length);
size_t strlen(const char *text);
#define memchr brood_pcre_find
void *memchr(const void *bytes, int value, size_t length);
#endif
