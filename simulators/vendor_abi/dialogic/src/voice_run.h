/* voice_run.h - what several files of the voice functions need. */
#ifndef VOICE_RUN_H
#define VOICE_RUN_H
#include "dx.h"

int voice_refuse(int handle, int error); /* set the error of a channel, -1 */
int voice_request(int handle, int need, unsigned kind, const void *body, size_t n, dx_answer *answer); /* 0, -1 */
#endif
