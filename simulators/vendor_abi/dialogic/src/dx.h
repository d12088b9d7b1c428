/* dx.h - the voice library's state: one connection, a table of devices, at most one job a device.

   One lock guards it all; nobody holds it while sending, reading or writing files or calling the application. Threads:
   one reads the socket and never blocks on anything else; one does file and memory I/O of all jobs; each job with
   user I/O functions or pipes has one of its own. All of them end with the last device. */
#ifndef DX_H
#define DX_H
#include <pthread.h>
#include <stdint.h>

#include "bcsrl.h"
#include "dxxxlib.h"
#include "tables.h"
#include "wire.h"

#define DX_HANDLES 4096 /* handles are 1 to 4095 and come round late, so that a stale one is noticed */
#define DX_TONES 16
#define DX_NEVER (-1LL)

typedef struct dx_job dx_job;

typedef struct {
    unsigned id, freq1, dev1, freq2, dev2;
    int mask; /* DM_TONEON, DM_TONEOFF */
} dx_tone;

typedef struct dx_device {
    int handle; /* 0: free */
    int lost;   /* its connection is gone: EDX_SYSTEM until it is closed */
    int closing, calls; /* threads inside calls that wait */
    char name[32], board_name[32], number[64], caller[128];
    int board, channel, has_line;
    unsigned server; /* the server's number of it */
    uint32_t voice_slot, line_slot;
    pthread_cond_t changed;
    dx_job *job;
    int off_hook, hooking, rings, rings_wanted, waits_rings, ring_stop;
    unsigned mask;
    long termination, transferred, tone_id;
    dx_tone tones[DX_TONES];
    int tone_count;
    DX_UIO uio;
    DX_UIO old_uio; /* for dx_setdevuio */
    int has_uio;
    int play_rate_hz, record_rate_hz, keep_tone, caller_id;
    char **channel_names;
} dx_device;

/* --- dx_state.c --- */
extern pthread_mutex_t dx_lock;
void dx_init_condition(pthread_cond_t *condition);
long long dx_now_ns(void);
/* Wait for a condition under dx_lock: 0, or -1 when deadline_ns is over (DX_NEVER: for ever). */
int dx_wait(pthread_cond_t *condition, long long deadline_ns);
dx_device *dx_find(int handle);             /* under the lock; NULL: not open */
dx_device *dx_find_server(unsigned server); /* under the lock */
void dx_name_server(dx_device *device, unsigned server); /* under the lock: the server calls it so */
dx_device *dx_at(int handle);               /* the slot, open or not */
/* Begin a call on a device: locked and usable, or NULL with the error set and unlocked. need: what it must have. */
enum { DX_ANY, DX_CHANNEL, DX_LINE };
dx_device *dx_enter(int handle, int need);
int dx_leave(dx_device *device, int error); /* unlock; 0, or -1 with the error set */
long dx_error_of_status(unsigned status);
const bcsrl_class *dx_class(void);
void dx_cst(dx_device *device, unsigned mask, unsigned event, unsigned data); /* TDX_CST, if the mask asks for it */
void dx_line_event(dx_device *device, const wire_message *message);

/* --- dx_connection.c --- */
/* Say once to stderr where a server was looked for in vain. */
void dx_tell_unreached(int error);
int dx_connect(void);          /* under the open lock: 0 or an errno; anew if the old connection is dead */
void dx_disconnect_unused(void); /* under the open lock: end it all when no device stands on it */
void dx_connection_lock(void); /* the open lock: one dx_open or dx_close at a time */
void dx_connection_unlock(void);
const wire_board *dx_boards(int *count); /* of the WELCOME; under the open lock */
int dx_send(unsigned kind, unsigned device, uint32_t ref, const void *body, size_t n); /* never under dx_lock; 0, -1 */
uint32_t dx_new_ref(void);
typedef struct {
    unsigned status;
    wire_message message; /* without its data */
    char text[256];       /* of the answer: string, cut, terminated */
} dx_answer;
/* Send a request and wait: EDX_…; answer may be NULL. Not under dx_lock. */
int dx_request(dx_device *device, unsigned kind, const void *body, size_t n, long long deadline_ns, dx_answer *answer);
int dx_request_hook(dx_device *device, int hook); /* answered by a TDX_SETHOOK event */
void dx_abandon(const dx_device *device); /* under dx_lock: let what it waits for fail, it is being closed */

/* --- dx_jobs.c --- */
typedef struct {
    iott_part *parts;
    int count, at;       /* the part in progress */
    long done;           /* octets of it */
    int placed;          /* user I/O: it was asked to go to the offset */
    int has_user;        /* some part is user I/O */
    int may_block;       /* some part is that, or a pipe: the job gets a thread of its own */
    DX_UIO uio;
    int owned_fd;        /* of dx_playf and the like; -1 */
    int wave;            /* a recording gets a header of this encoding; 0: none */
} dx_transfer;

typedef struct dx_block {
    struct dx_block *next;
    size_t n;
    uint8_t octets[];
} dx_block;

struct dx_job {
    dx_job *next;     /* in the I/O thread's queue */
    dx_device *device;
    uint32_t ref;
    unsigned kind;    /* WIRE_PLAY … */
    int asynchronous, state;
    unsigned long event;
    DV_DIGIT *digits;
    int sent, stop_wanted, stopped_by_user, ended, finishing, finished, queued;
    long error;       /* EDX_… that ended it, or 0 */
    int full;         /* the recording's tables are full */
    wire_message end; /* JOB_ENDED */
    char text[64];    /* its string */
    int has_transfer, eof;
    dx_transfer transfer;
    uint64_t credit, granted, moved;
    dx_block *first, **last;
    pthread_t thread; /* of user I/O */
    int has_thread;
    int count;        /* digits collected */
    unsigned tone_id; /* the tone that may end it */
};

dx_job *dx_job_new(unsigned kind, int state, unsigned long event, unsigned mode);
void dx_job_free(dx_job *job); /* of one that was never started */
/* Start it, and wait for it if it is synchronous. 0, a number of digits or -1. Takes the job over. */
int dx_job_run(int handle, dx_job *job, const void *body, size_t n);
int dx_job_stop(dx_device *device, int by_user); /* under the lock, which it lets go while sending; 1: there was one */
void dx_job_end(dx_device *device, const wire_message *message); /* JOB_ENDED; under the lock */
void dx_job_credit(dx_device *device, const wire_message *message);
int dx_job_data(dx_device *device, const wire_message *message); /* 0, -1: more than was granted */
void dx_job_lost(dx_device *device); /* the connection is gone; under the lock */
void dx_job_finish(dx_job *job);     /* under the lock, with no I/O in progress */

/* --- dx_io.c --- */
int dx_io_start(void);
void dx_io_stop(void);
void dx_io_wake(dx_job *job); /* under the lock: there is something to do for it */
int dx_io_own_thread(dx_job *job); /* under the lock: 0, or -1 */
int dx_io_inside_user_function(void);

/* --- dx_transfer.c: moving octets between tables and buffers; never under the lock --- */
long dx_transfer_read(dx_transfer *transfer, uint8_t *out, size_t n); /* 0 at the end, -1 at a fault */
/* How many were stored: fewer than n when the tables are full; -1 at a fault. */
long dx_transfer_write(dx_transfer *transfer, const uint8_t *octets, size_t n);
int dx_transfer_at_end(dx_transfer *transfer);
int64_t dx_transfer_room(const dx_transfer *transfer); /* octets that a recording may have; INT64_MAX: no limit */
/* Read WAVE headers of a play, so that its parts are samples only: EDX_…, *encoding. */
int dx_transfer_read_heads(dx_transfer *transfer, int *encoding);
int dx_transfer_write_head(dx_transfer *transfer, int encoding);
int dx_transfer_close(dx_transfer *transfer, uint64_t octets); /* finish the header, free; 0, -1 at a fault */
#endif
