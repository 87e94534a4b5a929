// What a translator's file provides for native.c.

#pragma once

#include "station.host.h"

extern station_t station;

// What has to be there before the first call.
void native_start(void);
