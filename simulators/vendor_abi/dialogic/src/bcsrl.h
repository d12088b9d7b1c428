/* bcsrl.h - what libsrl gives to the device libraries beside it. Private: names begin with bcsrl_. Thread-safe. */
#ifndef BCSRL_H
#define BCSRL_H
#include "srllib.h"

#define BC_EXPORT __attribute__((visibility("default")))

/* 1 in a child of fork(): nothing of the vendor's works there, and no lock may be taken. */
BC_EXPORT int bcsrl_forked(void);
/* Have a descriptor closed in children of fork(), so that a connection ends with its owner; -1: none. */
BC_EXPORT void bcsrl_close_in_child(int fd);
/* Say once to stderr that something is not simulated; `what` is a literal. Off with BOARDCORE_DIALOGIC_LOG=0. */
BC_EXPORT void bcsrl_missing(const char *what);

typedef struct {
    const char *(*message)(long error); /* text of an error of the device's library */
    long (*subdevices)(long device);
} bcsrl_class;
BC_EXPORT int bcsrl_attach(long device, const char *name, const bcsrl_class *of); /* 0, or -1: no memory or device in use */
BC_EXPORT void bcsrl_detach(long device);                                        /* its events go, its handlers too */
BC_EXPORT void bcsrl_fail(long device, long error);                              /* set what ATDV_LASTERR answers */
/* Queue an event; data is copied. error, not 0, becomes the device's last error when the event is fetched. */
BC_EXPORT int bcsrl_post(long device, unsigned long type, const void *data, long len, long error);
/* Take the oldest event of a type off the queue, at most `room` octets of its data. Its length, or -1: none. */
BC_EXPORT long bcsrl_take(long device, unsigned long type, void *data, long room);
BC_EXPORT long bcsrl_pending(long device, unsigned long type);
/* Who answers sr_getboardcnt for voice boards: 0, or -1 when the boards cannot be asked. */
typedef int (*bcsrl_board_count)(int *count);
BC_EXPORT void bcsrl_voice_boards(bcsrl_board_count count);
#endif
