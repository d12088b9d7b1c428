/* internal.h - the engine's own structures. Fields say which thread writes them: [c] control, [t] tick, [f] file. */
#ifndef BC_ENGINE_INTERNAL_H
#define BC_ENGINE_INTERNAL_H
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "bc_dtmf.h"
#include "bc_engine.h"
#include "bc_mix.h"
#include "bc_port.h"

/* ---- single-producer single-consumer ring of samples ------------------------------------------------------------ */
typedef struct {
    int16_t *data;
    uint32_t capacity; /* a power of two */
    _Alignas(64) _Atomic uint32_t head; /* written by the producer */
    _Alignas(64) _Atomic uint32_t tail; /* written by the consumer */
} bc_spsc;

int bc_spsc_init(bc_spsc *r, uint32_t min_samples);
void bc_spsc_release(bc_spsc *r);
uint32_t bc_spsc_used(const bc_spsc *r);
uint32_t bc_spsc_room(const bc_spsc *r);
void bc_spsc_stage(bc_spsc *r, uint32_t offset, const int16_t *in, uint32_t n);
void bc_spsc_publish(bc_spsc *r, uint32_t n);
uint32_t bc_spsc_put(bc_spsc *r, const int16_t *in, uint32_t n);
uint32_t bc_spsc_get(bc_spsc *r, int16_t *out, uint32_t n);
void bc_spsc_drop(bc_spsc *r, uint32_t n);

/* ---- files ------------------------------------------------------------------------------------------------------ */
enum { FILE_RECORD, FILE_PLAY };
enum { FILE_LIVE, FILE_FINISH, FILE_CLOSED };
struct bc_file {
    int kind;
    bc_wav_writer *writer;      /* [f] */
    bc_wav_reader *reader;      /* [f] */
    int raw_fd;                 /* [f] int16 at 8 kHz, or -1 */
    uint64_t raw_at;            /* [f] */
    uint64_t samples;           /* play: in all; record: those there before, appended to */
    bc_spsc ring;
    _Atomic int state;          /* [t] LIVE to FINISH, [f] FINISH to CLOSED */
    _Atomic int at_end;         /* [f] play: the ring holds all that is left */
    _Atomic int error;          /* [f] errno */
    _Atomic uint64_t written;   /* [f] record: samples on disk, beside those */
    struct bc_file *next;       /* [c] until handed over, then [f] */
    struct bc_file *grave;      /* [c] */
};
bool bc_file_service(bc_file *f, struct bc_engine *e); /* [f] true when closed: touch it no more */
int bc_file_prefill(bc_file *f, uint64_t from_sample);
void bc_file_destroy(bc_file *f);

/* ---- jobs ------------------------------------------------------------------------------------------------------- */
#define RECORD_LAG 10 /* ticks that a recording stays in memory, so that a digit's onset can still be blanked */
enum { ROLE_SEND, ROLE_RECORD, ROLE_COLLECT, ROLE_STREAM, ROLES };
enum { JOB_IDLE, JOB_RUNNING, JOB_FLUSHING, JOB_ENDED };
typedef struct {
    int32_t index, generation;  /* [c] */
    bool taken, reported;       /* [c] */
    int32_t next_free;          /* [c] */
    int32_t port;
    bc_job_spec spec;           /* [c] before the command, [t] after */
    bc_job_result result;       /* [t] */
    int64_t id;                 /* [t] since the start; outlives the job, so that a late stop is known as such */
    int state;                  /* [t] */
    uint64_t at;                /* [t] samples played or sent */
    bc_dtmf_tx dtmf;            /* [t] */
    uint32_t silent, loud;      /* [t] ticks in a row since the start */
    uint32_t digits_seen;       /* [t] */
    uint64_t digit_tick;        /* [t] latest digit activity */
    uint64_t cut_sample;        /* [t] record: end here, samples since start; UINT64_MAX none */
    uint64_t recorded;          /* [t] samples taken from the bus */
    uint64_t committed;         /* [t] of those, published in the file's or caller's ring; the rest is staged behind its head */
} job;

/* ---- what ports hear ---------------------------------------------------------------------------------------------- */
enum { DETECTOR_DTMF, DETECTOR_MODEM, DETECTOR_R1, DETECTOR_R2F, DETECTOR_R2B, DETECTOR_SETS };
enum { DETECTORS = DETECTOR_SETS + BC_MAX_TONE_SETS };
enum { EAR_DTMF, EAR_TONES, EAR_MODEM, EAR_MF, EARS }; /* what a port can have one lane of each */
#define BC_DETECT_MF (BC_DETECT_R1 | BC_DETECT_R2_FORWARD | BC_DETECT_R2_BACKWARD)
#define BC_DETECT_ALL \
    (BC_DETECT_DTMF | BC_DETECT_DIGIT_ENDS | BC_DETECT_SOUND | BC_DETECT_TONE | BC_DETECT_TONES | BC_DETECT_TONE_SOUNDS | \
     BC_DETECT_MODEM | BC_DETECT_MF)
typedef struct {
    bc_rx *rx;
    int ear;
    int32_t *lane_port, *lane_row;
    uint64_t *lane_tick;        /* tick at the lane's sample 0 */
    bc_rx_event *events;        /* scratch */
    int32_t lanes_used;         /* highest lane in use, plus 1 */
} detector;                     /* [c] until handed over, then [t] */
void detector_free(detector *d);

/* Something that begins and ends, as it is told: fields of bc_event. */
typedef struct {
    int32_t code;
    uint64_t since;             /* tick */
    float x, y, z;
} signal_told;
enum { LATCH_DTMF = EAR_DTMF, LATCH_TONES = EAR_TONES, LATCH_MODEM = EAR_MODEM, LATCH_MF = EAR_MF, LATCH_SOUND, LATCHES };
typedef struct {
    bool on;                    /* `now` lasts */
    bool told;                  /* the beginning of a signal was told, its end was not */
    bool over;                  /* it has ended: `ending` waits for room */
    bool ends;                  /* somebody wants to know of the end */
    signal_told now, ending;
} latch;

/* ---- ports ------------------------------------------------------------------------------------------------------ */
enum { HELD_SUSPECT = 1, HELD_LIKELY = 2, HELD_DIGIT = 4 };
typedef struct {
    bool quiet;
    uint8_t marks;
    int16_t samples[BC_BLOCK];
} held_block;

typedef struct {
    bool open;                  /* [c] from open to the polling of BC_EV_CLOSED */
    bool shut;                  /* [c] closing was asked for */
    bool tap;                   /* [c] before the command: its `in` slot is a copy of `source` */
    uint8_t roles_taken;        /* [c] bits: a job of that role is not yet told ended */
    bool active;                /* [t] */
    bool closing;               /* [t] */
    const bc_port_ops *ops;     /* [c] before the command */
    void *state;                /* the same */
    int32_t listen;             /* [t] slot or -1 */
    int32_t source;             /* [t] tap: slot or -1 */
    struct ear {
        int32_t detector, lane; /* or -1 */
    } ear[EARS];                /* [t] */
    latch latch[LATCHES];       /* [t] */
    uint32_t waiting;           /* [t] bits: latches with something to be told when there is room */
    uint32_t detect;            /* [t] */
    int32_t tone_set;           /* [t] or -1 */
    uint32_t tones_on, modem_on; /* [t] bits: patterns, modem tones */
    bool secret, secret_ends;   /* [t] secret_ends: at the end of the digit that is down */
    bool digit_on;              /* [t] between BEGIN and END */
    bool late;                  /* [t] digits count at their end */
    uint8_t due;                /* [t] the digit that is on, if it is to count at its end */
    bool due_told;              /* [t] its beginning was told */
    uint64_t due_tick;          /* [t] at which it began */
    uint32_t delay;             /* [t] BC_MUTE_TICKS while digits are muted, else 0 */
    bool mute_ends;             /* [t] at the end of the digit that is down */
    held_block held[BC_MUTE_TICKS]; /* [t] by tick: what came from the line and is not on the bus yet */
    int32_t gain_in, gain_out;  /* [t] */
    uint32_t line_bits;         /* [t] as last reported */
    job *jobs[ROLES];           /* [t] */
    uint8_t digits[BC_MAX_DIGITS]; /* [t] type-ahead */
    uint32_t digit_count;       /* [t] */
    uint32_t lost;              /* [t] digits not reported yet as lost */
    bool sound;                 /* [t] state of the sound detector */
    uint32_t sound_run;         /* [t] ticks against the state */
    bool tone;                  /* [t] progress tone */
    uint32_t tone_run, tone_flip; /* [t] */
    int16_t tone_tail[BC_BLOCK]; /* [t] the block before: a 20 ms window */
    _Atomic int32_t outstanding; /* events in the ring: [t] up, [c] down */
} port;

typedef struct {
    bool taken;                 /* [c] */
    int32_t room;               /* [c] the conference */
    bool active;                /* [t] from here */
    int32_t conf, port;
    int32_t gain;
    bool listen_only, deaf;
} party;

typedef struct {
    bool taken;                 /* [c] */
} conference;

#define MAX_CONFERENCES 256
#define MAX_PARTIES 4096

typedef struct {
    int32_t op, port, a, b, c;
    int64_t id;
    void *pointer;
} command;
#define COMMANDS 8192

enum {
    OP_PORT_OPEN = 1, OP_PORT_CLOSE, OP_PORT_CONTROL, OP_DETECT, OP_SECRET, OP_CLEAR_DIGITS, OP_GAIN, OP_LISTEN,
    OP_JOB_START, OP_JOB_STOP, OP_CONF_CLOSE, OP_PARTY_ADD, OP_PARTY_SET, OP_PARTY_REMOVE,
    OP_SOURCE, OP_DETECTOR, OP_TONES, OP_LATE, OP_MUTE,
};

#define HISTOGRAM 512
typedef struct {
    _Atomic uint64_t count[HISTOGRAM];
    _Atomic uint64_t max;
} histogram;

struct bc_engine {
    bc_engine_options options;
    int isa;
    int32_t ports_max, slots, jobs_max;
    uint64_t silence_energy;    /* of a block */
    float tone_coefficient;
    int32_t job_used;           /* [c] jobs ever taken: the rest is untouched memory */
    /* the bus */
    int16_t *bus;               /* slots rows of BC_ROW */
    uint8_t *quiet;             /* [t] slot is known to be all zero */
    int32_t *sums;              /* [t] scratch of a conference */
    port *port;
    int32_t *active;            /* [t] ids in order */
    int32_t active_count;
    int32_t tap_count;          /* [t] of the active ports */
    job *job;
    int32_t job_free;           /* [c] */
    conference conf[MAX_CONFERENCES];
    party *party;
    int32_t *party_list;        /* [t] active, in order */
    int32_t party_count;
    detector *detector[DETECTORS]; /* [t] */
    detector *made[DETECTORS];  /* [c] the same, from the asking on */
    /* rings */
    command *commands;
    _Alignas(64) _Atomic uint32_t command_head;
    _Alignas(64) _Atomic uint32_t command_tail;
    bc_event *events;
    uint32_t event_capacity, event_reserved;
    _Alignas(64) _Atomic uint32_t event_head;
    _Alignas(64) _Atomic uint32_t event_tail;
    int event_fd;
    /* threads */
    pthread_t tick_thread, file_thread;
    bool running;               /* [c] */
    _Atomic bool stop;
    int timer_fd;
    double epoch_s;
    sem_t file_work;
    _Atomic(bc_file *) file_inbox;
    bc_file *file_list;         /* [f] */
    bc_file *graves;            /* [c] closed by a job, not yet by the file thread */
    uint64_t closed_slips;      /* [c] of ports that are closed */
    /* time and counters */
    _Atomic uint64_t tick;      /* ticks done; the tick being done has this number */
    uint64_t now;               /* [t] the same */
    bool posted;                /* [t] in this tick */
    histogram compute, late;
    struct {
        _Atomic uint64_t late_ticks, compute_ns, port_ticks, commands, events, events_dropped, events_latched,
            digits_lost, play_underruns, record_overruns, stream_overruns, stream_underruns, file_writes, file_errors,
            file_late_ns_max, ports, jobs, conferences, files;
        _Atomic int32_t realtime_priority;
    } n;
};

struct bc_stream {
    bc_spsc in, out;            /* in: from the line; out: to it */
    _Atomic bool told;          /* a report is waiting to be looked at */
    _Atomic bool wants_room;
    _Atomic uint64_t dropped;
    bool was_full_out;          /* [t] the last tick had something to send */
};

struct bc_audio_ring {
    bc_spsc ring;
    uint32_t limit, report;     /* samples */
    bool taken;                 /* [c] a job has it */
    _Atomic bool told;          /* a report is waiting to be looked at */
    _Atomic bool finished;      /* [c] nothing more will be written */
    _Atomic uint64_t underruns; /* [t] blocks */
};

/* One writer each, so a plain load and store: no locked instruction in the tick. */
#define COUNT(e, field, by)                                                                                           \
    atomic_store_explicit(&(e)->n.field, atomic_load_explicit(&(e)->n.field, memory_order_relaxed) + (uint64_t)(by), \
                          memory_order_relaxed)

static inline int16_t *slot_row(const bc_engine *e, int32_t slot) { return e->bus + (size_t)slot * BC_ROW; }
static inline int32_t slot_in(int32_t port_id) { return 2 * port_id; }
static inline int32_t slot_media(int32_t port_id) { return 2 * port_id + 1; }
static inline int32_t slot_party(const bc_engine *e, int32_t id) { return 2 * e->ports_max + id; }
static inline int32_t slot_conf(const bc_engine *e, int32_t id) { return 2 * e->ports_max + MAX_PARTIES + id; }
static inline int32_t slot_silence(const bc_engine *e) { return e->slots - 1; } /* always zero */

/* engine.c */
bool port_ok(const bc_engine *e, int id); /* [c] */
int tell_port(bc_engine *e, int id, int op, int32_t a, int32_t b, int32_t c);
int open_port(bc_engine *e, const bc_port_ops *ops, void *state, bool tap);
bool slot_ok(const bc_engine *e, int32_t slot); /* [c] -1, or a slot that somebody has now */
/* commands.c */
/* [t] the slot, or silence for one whose port is closed or closing */
int32_t live_slot(const bc_engine *e, int32_t slot);
int push_command(bc_engine *e, const command *c);
void drain_commands(bc_engine *e);
/* tap.c */
void receive_taps(bc_engine *e);
void hush_taps(bc_engine *e);
#define CARRY_DEPTH 8 /* a tap of a room of taps of rooms ... */
bool carries(const bc_engine *e, int32_t slot, int32_t port_id, int depth);
bool is_in_slot(const bc_engine *e, int32_t slot);
/* events.c */
bool post(bc_engine *e, int32_t port_id, int32_t kind, bool control, int64_t job_id, int32_t a, int32_t b, float x,
          float y);
bool post_event(bc_engine *e, bool control, bc_event event);
/* detect.c */
void lanes_switch(bc_engine *e, int32_t id);
void detect_signals(bc_engine *e);
int sounds_like_digit(const bc_engine *e, const port *p);
bool digit_suspected(const bc_engine *e, const port *p);
/* signals.c */
void signal_heard(bc_engine *e, int32_t id, int ear, uint64_t lane_tick, const bc_rx_event *heard);
void signals_cease(bc_engine *e, int32_t id, int ear);
void signals_tell(bc_engine *e, int32_t id);
/* mute.c */
void mute(port *p, bool on);
void mute_until(const bc_engine *e, port *p, uint64_t last_tick);
void hush(bc_engine *e, int32_t id);
uint32_t line_delay(const bc_engine *e, int32_t id);
/* tick.c */
void do_tick(bc_engine *e);
void silence(bc_engine *e, int32_t slot);
void apply_gain(int16_t *row, int32_t gain);
/* jobs.c */
int job_role(int kind);
void job_begin(bc_engine *e, job *j, int64_t id);
void job_end(bc_engine *e, job *j, int reason, int error);
bool jobs_digit(bc_engine *e, int32_t id, uint8_t digit, uint64_t start_tick);
void jobs_sound(port *p, bool sound);
void jobs_tone(bc_engine *e, port *p, int reason, int32_t tone);
void send_block(bc_engine *e, int32_t id);
void after_block(bc_engine *e, int32_t id);
void record_blank(bc_engine *e, int32_t port_id, uint64_t from_tick, bool all);
bool jobs_report(bc_engine *e, port *p);
int digit_bit(uint8_t digit);
/* audio_ring.c */
uint32_t audio_ring_room(const bc_audio_ring *r);
size_t audio_ring_play(bc_engine *e, const job *j, int16_t *row, bool *ended);
void audio_ring_recorded(bc_engine *e, const job *j);
/* conference.c */
void mix_conferences(bc_engine *e);
void party_join(bc_engine *e, int32_t id, int32_t conf, int32_t port_id, int32_t gain, bool listen_only, bool deaf);
void party_drop(bc_engine *e, int32_t id);
/* files.c */
void file_hand_over(bc_engine *e, bc_file *f);
void file_finish(bc_engine *e, bc_file *f);
void service_files(bc_engine *e);
void bury(bc_engine *e);
#endif
