// The provider in C does not look into its strings: the same source serves where they are in UTF-16.

#include "provider.c"
