/* The types of <inttypes.h> are those of <stdint.h>, which compilers bring. */
#include <stdint.h>
