/* bc_tones.h - tones by description: a set of sounds and of cadences over them, such as a country's, heard on many lanes
   in one pass. A receiver of bc_rx.h, and like its others: any split of the samples, any neighbour and any instruction
   set give the same bits.

   A sound is what is heard at one time: up to four frequencies, or one whose amplitude is modulated. A pattern is a
   cadence of sounds. A sound is told by its edges, to a few milliseconds; a pattern is told when it alone in the set
   fits what was heard, and is over when what is heard no longer fits it. */
#ifndef BC_TONES_H
#define BC_TONES_H
#include "bc_base.h"
#include "bc_rx.h"

/* CDEF */
#define BC_TONES_FREQS 4     /* of a sound */
#define BC_TONES_SOUNDS 16   /* of a set */
#define BC_TONES_PATTERNS 16
#define BC_TONES_BURSTS 8    /* of a pattern */
#define BC_TONES_BINS 16     /* frequencies of a set, told apart also by how widely they are listened to */
#define BC_TONES_BEATS 4     /* of these, modulated ones and pairs closer than 35 Hz */
#define BC_TONES_FOREVER 0xFFFFFFFF

/* Kinds of bc_rx_event beside BC_RX_BEGIN and BC_RX_END, which tell of patterns: `code` is the pattern's number, `start`
   its first burst, `detail` how sure, 0 to 1; BC_RX_END's `duration` goes to the end of the last burst that fitted.
   With options.edges also a sound's own edges, `code` its number: BC_TONES_SOUND_BEGIN comes 35 to 80 ms into it (90 to
   145 where a modulated sound or a pair closer than 35 Hz must be told from a plain one), BC_TONES_SOUND_END 40 to 50 ms
   after it (85 of these). A gap of 15 ms is bridged, one of 30 ms and more ends a sound.
   Levels are those of a frequency, the mean of all. */
#define BC_TONES_SOUND_BEGIN 16
#define BC_TONES_SOUND_END 17

typedef struct {
    int32_t freqs;                  /* 1 to BC_TONES_FREQS at a time */
    double freq_hz[BC_TONES_FREQS]; /* 150 to 3800, 12 apart at least */
    double tolerance_hz;            /* of each, either side: above 0, up to 50; 25 with more than one frequency */
    double am_hz;                   /* 0, or 14 to 30: the amplitude of its one frequency is modulated, by 0.7 or more */
} bc_tones_sound;
typedef struct {
    int32_t sound;                  /* its number in the set */
    uint32_t on, off;               /* samples; on at least 360 (45 ms), BC_TONES_FOREVER in a last burst; off 0 only
                                       before another sound, else at least 240 */
} bc_tones_burst;
typedef struct {
    int32_t bursts;
    bc_tones_burst burst[BC_TONES_BURSTS];
    double tolerance;               /* share of each time, either side: 0 to 0.45 */
    int32_t repeats;                /* 0: heard once */
} bc_tones_pattern;
typedef struct {
    double min_level_dbm0;          /* of each frequency; default -38, allowed -60 to 0 */
    double twist_db;                /* of a sound's strongest over its weakest frequency; default 6, allowed 0 to 20 */
    double purity;                  /* of a sound's energy in all energy; default 0.7, allowed 0.3 to 0.95 */
    int32_t edges;                  /* 1: give sounds' own edges too; default 0 */
} bc_tones_options;
void bc_tones_defaults(bc_tones_options *options);
/* lanes: 1 to 65536. isa: BC_ISA_...; options may be NULL; patterns may be 0 where edges are wanted. The descriptions are
   copied. NULL with *error set on failure: BC_EINVAL for numbers out of range and for what contradicts itself,
   BC_EFULL for more frequencies than BC_TONES_BINS or more of them modulated than BC_TONES_BEATS. */
bc_rx *bc_tones_rx_new(int lanes, int isa, const bc_tones_sound *sound, int sounds, const bc_tones_pattern *pattern,
                       int patterns, const bc_tones_options *options, int *error);
/* END CDEF */
#endif
