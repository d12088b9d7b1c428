/* bc_engine.h - the CT bus in software: ports, slots, resources, jobs, conferences, at 10 ms a tick.

   A port is one telephone channel's audio. It owns two bus rows (slots): what came from its line (`in`) and what its
   player and generators make (`media`). What goes out to its line is media plus the one slot it listens to. Bridging,
   monitoring, conferencing and recording are all listening to slots.

   Threads. One control thread (Python's) calls everything in this file, except where it says otherwise. In real time
   a tick thread does the audio and a file thread the disk; neither takes a lock that the control thread holds, and
   the tick thread never allocates, blocks or logs. In virtual time bc_engine_run does the work of both.

   Commands go through a ring and take effect at the start of the next tick. Events come back through another, each
   stamped with its tick; an eventfd tells. A control event (line, digit, job end) is never dropped: every port has
   BC_PORT_CREDITS places of its own in the ring; beyond them line state and tones are latched, a job end waits in its
   job, and digits are counted as lost in a BC_EV_LOST that itself waits. Whatever was told to begin is told to end.
   Level reports may be dropped and are counted. */
#ifndef BC_ENGINE_H
#define BC_ENGINE_H
#include "bc_base.h"
#include "bc_rx.h"
#include "bc_tone.h"
#include "bc_wav.h"

/* CDEF */
#define BC_PORT_CREDITS 120
#define BC_MAX_DIGITS 64
#define BC_MAX_TONE_SETS 32
#define BC_MUTE_TICKS 2       /* delay of a port whose digits are muted */

/* Line state bits, as an end of a line senses them. */
#define BC_LINE_RINGING 1     /* ring voltage present now */
#define BC_LINE_FEED 2        /* loop current can flow: battery is there */
#define BC_LINE_REVERSED 4    /* polarity reversed */
#define BC_LINE_OFF_HOOK 8    /* the other end has closed the loop */
#define BC_LINE_CUT 16        /* the wire is cut: nothing gets through */

/* Events: `a`, `b`, `x`, `y`, `z` by kind. */
#define BC_EV_LINE 1          /* a: the bits now, b: those that changed */
#define BC_EV_DIGIT 2         /* a digit began. a: ASCII, 0 when secret; x: level of each tone; y: ms so far; z: twist, dB */
#define BC_EV_JOB 3           /* job ended: bc_engine_job_result tells; a: reason */
#define BC_EV_SOUND 4         /* a: 1 sound, 0 silence; x: level in dBm0 (level report: may be dropped) */
#define BC_EV_TONE 5          /* a: 1 the progress tone came on, 0 went off; b: ticks of the state that ended */
#define BC_EV_STREAM 6        /* a stream or ring has samples to read or room to write (told again if dropped) */
#define BC_EV_LOST 7          /* a: digit events lost for want of room */
#define BC_EV_CLOSED 8        /* the port is closed; its state may be freed */
#define BC_EV_DIGIT_END 9     /* the digit that was told last is over. As BC_EV_DIGIT, but y: ms in all */
#define BC_EV_TONE_HEARD 10   /* a: 1 on, 0 off; b: pattern of the port's set; x: level; y: how sure, 0 to 1; z: ms */
#define BC_EV_TONE_SOUND 11   /* one burst of a sound of the set. a: 1 on, 0 off; b: sound; x: level; y: ms; z: detail */
#define BC_EV_MODEM 12        /* a: 1 on, 0 off; b: BC_MODEM_...; x: level; y: ms; z: the frequency's error, Hz */
#define BC_EV_MF 13           /* a: 1 on, 0 off; b: signal; x: level; y: ms; z: twist */
typedef struct {
    uint64_t tick;
    int64_t job;
    int32_t port;
    int32_t kind;
    int32_t a, b;
    float x, y, z;
    uint32_t lasted;          /* ticks before `tick` at which what is told of began; digits, tones, signals */
} bc_event;

/* What a port detects, bits. */
#define BC_DETECT_DTMF 1
#define BC_DETECT_SOUND 2         /* silence termination, BC_EV_SOUND */
#define BC_DETECT_TONE 4          /* the engine's one progress frequency, BC_EV_TONE */
#define BC_DETECT_TONES 8         /* the port's tone set, BC_EV_TONE_HEARD */
#define BC_DETECT_TONE_SOUNDS 16  /* its single bursts too, BC_EV_TONE_SOUND */
#define BC_DETECT_MODEM 32        /* fax and modem tones, BC_EV_MODEM */
#define BC_DETECT_R1 64           /* one of these at a time, BC_EV_MF */
#define BC_DETECT_R2_FORWARD 128
#define BC_DETECT_R2_BACKWARD 256
#define BC_DETECT_DIGIT_ENDS 512  /* beside BC_DETECT_DTMF: BC_EV_DIGIT_END */

#define BC_JOB_PLAY 1
#define BC_JOB_RECORD 2
#define BC_JOB_COLLECT 3
#define BC_JOB_DIGITS 4
#define BC_JOB_TONE 5
#define BC_JOB_STREAM 6

/* Why a job ended. */
#define BC_END_DATA 1         /* all was played or sent */
#define BC_END_MAX_TIME 2
#define BC_END_MAX_DIGITS 3
#define BC_END_DIGIT 4        /* a digit of the mask */
#define BC_END_SILENCE 5
#define BC_END_NONSILENCE 6
#define BC_END_FIRST_TIMEOUT 7
#define BC_END_INTER_TIMEOUT 8
#define BC_END_STOPPED 9      /* the user asked */
#define BC_END_HANGUP 10      /* the line went; whoever stopped the job says so */
#define BC_END_ERROR 11       /* error: errno */
#define BC_END_TONE 12        /* a tone of tone_mask */
#define BC_END_MODEM 13       /* one of modem_mask */

typedef struct bc_engine bc_engine;
typedef struct bc_port_ops bc_port_ops;   /* a port kind: bc_port.h */
typedef struct bc_file bc_file;
typedef struct bc_stream bc_stream;
typedef struct bc_audio_ring bc_audio_ring;

typedef struct {
    int32_t kind;
    /* Termination, first satisfied wins; in one tick: digits, tones, sound, time. 0: no such rule. */
    uint32_t max_ticks;
    uint32_t max_digits;
    uint32_t digit_mask;        /* bits 0-9, 10 '*', 11 '#', 12-15 A-D; for collect: the terminators */
    uint32_t silence_ticks;
    uint32_t nonsilence_ticks;
    uint32_t first_ticks;       /* collect: to the first digit */
    uint32_t inter_ticks;       /* collect: between digits */
    int32_t keep_digit;         /* the stopping digit stays in the buffer */
    uint32_t tone_mask;         /* bits: patterns of the port's tone set; one that is on already ends it at its start */
    uint32_t modem_mask;        /* bits: BC_MODEM_..., likewise */
    int32_t mute_digits;        /* record: digits of the recorded port are silent in it, whole */
    int32_t slot;               /* record: the slot, -1 for the port's own line */
    /* play: clip (int16 at 8 kHz, kept alive by the caller to the job's end), or file */
    const int16_t *clip;
    uint64_t clip_samples;
    uint64_t from_sample;
    bc_file *file;              /* play or record; the job owns it once started */
    bc_stream *stream;          /* owned by the caller to the job's end */
    bc_audio_ring *ring;        /* play or record, in place of clip or file; owned by the caller to the job's end */
    bc_tone tone;
    char digits[BC_MAX_DIGITS]; /* send: digits, unterminated; count in digit_count */
    uint32_t digit_count;
    double digit_on_ms, digit_off_ms, digit_level_dbm0, digit_twist_db;
} bc_job_spec;

typedef struct {
    int32_t reason;
    int32_t error;              /* errno */
    int32_t digit;              /* ASCII of the digit that ended it, or 0 */
    int32_t tone;               /* the tone that ended it, pattern or BC_MODEM_..., or -1 */
    uint32_t digit_count;
    char digits[BC_MAX_DIGITS];
    uint64_t samples;           /* played, recorded or sent: the place of the end */
    uint64_t start_tick, end_tick;
} bc_job_result;

typedef struct {
    int32_t max_ports;          /* 1 to 65536, default 4096: virtual memory only until used */
    int32_t isa;
    int32_t virtual_time;       /* 1: no threads, bc_engine_run does the ticks */
    double silence_dbm0;        /* default -38 */
    double tone_hz;             /* the progress frequency, default 450 */
    int64_t tick_ns;            /* real time: a tick this often, 100000 to 1000000000, default 10000000. A tick is
                                   10 ms of sound whatever it takes: other than the default is for tests */
} bc_engine_options;

typedef struct {
    uint64_t ticks;
    uint64_t late_ticks;        /* began more than tick_ns after their time: caught up in order, none skipped */
    uint64_t compute_ns;        /* in all ticks */
    uint64_t compute_ns_max;
    uint64_t compute_ns_p999;   /* upper bound of its histogram bucket (12 % steps) */
    uint64_t late_ns_max, late_ns_p999;
    uint64_t port_ticks;        /* ports times ticks: what compute_ns is shared among */
    uint64_t commands, events;
    uint64_t events_dropped;    /* level and stream reports */
    uint64_t events_latched;    /* control events that had to wait for a credit */
    uint64_t digits_lost;
    uint64_t play_underruns;    /* blocks of silence, or partly so, played because a file or ring was late */
    uint64_t record_overruns;   /* blocks lost because the disk was late */
    uint64_t stream_overruns, stream_underruns;
    uint64_t slips;             /* blocks inserted or removed by elastic buffers */
    uint64_t file_writes, file_errors;
    uint64_t file_late_ns_max;  /* longest turn of the file thread */
    uint64_t ports, jobs, conferences, files;  /* open now */
    int32_t isa;
    int32_t realtime_priority;  /* 1 if the system let the tick thread have it */
} bc_engine_statistics;

void bc_engine_defaults(bc_engine_options *options);
bc_engine *bc_engine_new(const bc_engine_options *options, int *error);
/* Stop the threads, close the files in order, free all. Port states are the caller's. */
void bc_engine_free(bc_engine *e);
/* Real time: start the threads. BC_ESTATE in virtual time or when running. */
int bc_engine_start(bc_engine *e);
int bc_engine_stop(bc_engine *e);
int bc_engine_eventfd(const bc_engine *e);
/* Ticks done so far. Any thread. */
uint64_t bc_engine_tick(const bc_engine *e);
/* CLOCK_MONOTONIC at tick 0, real time. */
double bc_engine_epoch_s(const bc_engine *e);
/* Virtual time: run ticks until `until` are done or an event is waiting. Returns ticks done in all. */
uint64_t bc_engine_run(bc_engine *e, uint64_t until);
int bc_engine_poll(bc_engine *e, bc_event *out, int max_events);
void bc_engine_read_statistics(bc_engine *e, bc_engine_statistics *out);

/* Ports. `state` belongs to the caller until BC_EV_CLOSED. Returns the port's id or BC_EFULL. */
int bc_engine_port_open(bc_engine *e, const bc_port_ops *ops, void *state);
/* Jobs on it end with BC_END_HANGUP, listeners hear silence, conferences lose it. */
int bc_engine_port_close(bc_engine *e, int port);
int bc_engine_port_control(bc_engine *e, int port, int op, int32_t a, int32_t b);
/* Detectors are made when they are first asked for: BC_ENOMEM. BC_EINVAL for two of R1 and R2. What is on when its
   detector is switched off is told to end. */
int bc_engine_port_detect(bc_engine *e, int port, int what);
/* Give the engine a receiver of tones (bc_tones_rx_new) with at least max_ports lanes: the number of a tone set, for any
   number of ports. It is the engine's from then on. BC_EINVAL (it stays the caller's, as with any error) for too few
   lanes, BC_EFULL after BC_MAX_TONE_SETS. */
int bc_engine_tones(bc_engine *e, bc_rx *rx);
/* The set that BC_DETECT_TONES of a port means; -1: none, as at first. */
int bc_engine_port_tones(bc_engine *e, int port, int set);
/* Memory of the receivers behind these bits, for all ports. */
size_t bc_engine_detector_bytes(const bc_engine *e, int what);
/* late: a digit counts (for jobs, and in the type-ahead) when it is over, not as soon as it is sure. It is told as ever. A
   recording that it stops holds its tone back meanwhile, up to half of its ring. */
int bc_engine_port_late_digits(bc_engine *e, int port, int late);
/* Digits are silent on the bus and in all recordings of the port's line, but told and counted. While this is on, what the
   line says is on the bus BC_MUTE_TICKS later than it came. Works where BC_DETECT_DTMF does. */
int bc_engine_port_mute_digits(bc_engine *e, int port, int on);
/* Digits of a secret port are kept from events and silenced on the bus and in recordings of its line. */
int bc_engine_port_secret(bc_engine *e, int port, int on);
int bc_engine_port_clear_digits(bc_engine *e, int port);
/* Gains from and to the line, Q12. */
int bc_engine_port_gain(bc_engine *e, int port, int32_t in_q12, int32_t out_q12);
int bc_engine_slot_in(const bc_engine *e, int port);
int bc_engine_slot_media(const bc_engine *e, int port);
/* What the port's line hears beside its own media; slot -1: nothing. BC_EINVAL for a slot that nobody has, and for a
   tap, which has no line. */
int bc_engine_listen(bc_engine *e, int port, int slot);
/* A port without a line, whose `in` slot is a copy of another slot: a voice resource on the bus. Its detectors, jobs
   and digits work on that as on what comes from a line; who is to hear its media listens to it. Returns as port_open.
   Of a line's `in` slot a tap has what came in the same tick; of media and rooms, what the last tick made. */
int bc_engine_tap_open(bc_engine *e);
/* -1: silence, as at first and after the source is closed. BC_EINVAL for a port that is no tap, a slot that nobody has,
   and the `in` slot of a tap. What is secret on the source's port is silent in its copies. */
int bc_engine_tap_source(bc_engine *e, int port, int slot);

/* Jobs: at once one that sends (play, digits, tone), one recording, one collecting, one stream a port. Returns an id
   (> 0), after which BC_EV_JOB follows exactly once, or BC_EINVAL, BC_EFULL, BC_ESTATE (that place or the ring is
   taken, or the port is closing); on an error the file stays the caller's. */
int64_t bc_engine_job_start(bc_engine *e, int port, const bc_job_spec *spec);
/* reason: BC_END_STOPPED or BC_END_HANGUP. A job that has ended is left alone. */
int bc_engine_job_stop(bc_engine *e, int64_t job, int reason);
/* Of an ended job, once: the id is free afterwards. BC_EINVAL for one that is unknown or not ended. */
int bc_engine_job_result(bc_engine *e, int64_t job, bc_job_result *out);

/* Conferences: every party hears all others; a listen-only party is not heard. */
int bc_engine_conf_open(bc_engine *e);
int bc_engine_conf_close(bc_engine *e, int conf);
int bc_engine_conf_slot(const bc_engine *e, int conf);  /* the sum of all, for recording and monitoring */
/* Returns the party's id. deaf: the party is heard but its line is not switched to the room (monitoring a bridge). */
int bc_engine_party_add(bc_engine *e, int conf, int port, int32_t gain_q12, int listen_only, int deaf);
int bc_engine_party_set(bc_engine *e, int party, int32_t gain_q12, int listen_only);
int bc_engine_party_remove(bc_engine *e, int party);

/* Files: opened on the control thread or a worker (they touch the disk), then given to a job. */
bc_file *bc_file_record(const char *path, int encoding, int append, int *error);
bc_file *bc_file_play(const char *path, int *error);
/* Raw int16 at 8 kHz from a descriptor that the file takes over (decoded by a library into a temporary file). */
bc_file *bc_file_play_fd(int fd, uint64_t samples, int *error);
/* Only for a file that no job has taken. */
void bc_file_discard(bc_file *f);

/* Live streams: blocks of BC_BLOCK samples both ways. The control thread reads and writes. */
bc_stream *bc_stream_new(int blocks);
void bc_stream_free(bc_stream *s);
/* Whole blocks read or written, at most `blocks`. */
int bc_stream_read(bc_stream *s, int16_t *out, int blocks);
int bc_stream_write(bc_stream *s, const int16_t *in, int blocks);
int bc_stream_readable(const bc_stream *s);
int bc_stream_writable(const bc_stream *s);
uint64_t bc_stream_dropped(const bc_stream *s);

/* Rings in place of files, for samples that come from or go to elsewhere: single producer, single consumer, one of them
   the control thread and the other a job. BC_EV_STREAM with the job's id tells when at least `report` samples can be
   read (recording) or written (playing), then no more until the control thread has read or written (0 samples will do).
   Play: an empty ring gives silence, counted in blocks as underruns, until it is finished as well: BC_END_DATA.
   Record: what is in the ring is final, 100 ms behind the bus, all of it when the job's end is told, and to be read
   after that too; a full ring ends the job with BC_END_ERROR and ENOBUFS, all before that is in it. */
/* 1600 to 4800000 samples, report 1 to as many; NULL otherwise or for want of memory. */
bc_audio_ring *bc_audio_ring_new(int samples, int report);
void bc_audio_ring_free(bc_audio_ring *r);
/* Samples read or written, at most n; writing after finish is BC_ESTATE. */
int bc_audio_ring_read(bc_audio_ring *r, int16_t *out, int n);
int bc_audio_ring_write(bc_audio_ring *r, const int16_t *in, int n);
/* Nothing more will be written. */
void bc_audio_ring_finish(bc_audio_ring *r);
int bc_audio_ring_readable(const bc_audio_ring *r);
int bc_audio_ring_writable(const bc_audio_ring *r);
uint64_t bc_audio_ring_underruns(const bc_audio_ring *r);

/* Port kind: a pair of rings that the control thread fills and empties, for boards whose audio is streamed. Elastic:
   an empty ring gives silence, one past twice its depth loses a block; both are counted as slips. */
typedef struct bc_ring_port bc_ring_port;
bc_ring_port *bc_ring_port_new(int depth_blocks);
void bc_ring_port_free(bc_ring_port *p);
const bc_port_ops *bc_ring_port_ops(void);
int bc_ring_port_write(bc_ring_port *p, const int16_t *in, int blocks);
int bc_ring_port_read(bc_ring_port *p, int16_t *out, int blocks);
/* END CDEF */
#endif
