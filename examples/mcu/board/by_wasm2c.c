// The module as wasm2c 1.0.42 translates it; wasm_rt.c is what such code calls.

#include "native.h"

station_t station;

void native_start(void) {
}
