/* wire.h - messages of the simulator's protocol, version 1 (docs/simulator-protocol.md), packed and parsed. Pure. */
#ifndef WIRE_H
#define WIRE_H
#include <stddef.h>
#include <stdint.h>

#define WIRE_HEADER 16
#define WIRE_MAX_BODY 65536
#define WIRE_MAGIC 0x50534342u
#define WIRE_VERSION 1
#define WIRE_ROLE_BOARD 1
#define WIRE_NOTHING 0xFFFFFFFFu /* a timeslot that is none */
#define WIRE_RULES 40

enum {
    WIRE_HELLO = 1, WIRE_OPEN, WIRE_CLOSE, WIRE_HOOK, WIRE_ROUTE, WIRE_CLEAR_DIGITS, WIRE_QUERY, WIRE_TONE_WATCH,
    WIRE_PLAY, WIRE_RECORD, WIRE_COLLECT, WIRE_DIAL, WIRE_TONE, WIRE_STOP, WIRE_DATA, WIRE_CREDIT, WIRE_FINISH,
    WIRE_REPLY = 101, WIRE_WELCOME, WIRE_OPENED, WIRE_STATE, WIRE_EVENT, WIRE_JOB_ENDED, WIRE_DATA_IN, WIRE_CREDIT_IN,
};
enum {
    WIRE_OK, WIRE_PROTOCOL, WIRE_VERSION_WRONG, WIRE_NO_DEVICE, WIRE_IN_USE, WIRE_BUSY, WIRE_BAD_VALUE,
    WIRE_UNSUPPORTED, WIRE_NO_LINE, WIRE_GONE, WIRE_REFUSED, WIRE_FAILED,
};
enum {
    WIRE_RING = 1, WIRE_RING_END, WIRE_RINGS_OFF, WIRE_LOOP, WIRE_POLARITY, WIRE_SOUND, WIRE_DIGIT, WIRE_TONE_HEARD,
    WIRE_FAULT,
};
enum {
    WIRE_ENDED_DATA = 1, WIRE_ENDED_MAX_TIME = 2, WIRE_ENDED_MAX_DIGITS = 4, WIRE_ENDED_DIGIT = 8,
    WIRE_ENDED_SILENCE = 16, WIRE_ENDED_NONSILENCE = 32, WIRE_ENDED_FIRST = 64, WIRE_ENDED_INTER = 128,
    WIRE_ENDED_STOPPED = 256, WIRE_ENDED_LOOP = 512, WIRE_ENDED_TONE = 1024, WIRE_ENDED_ERROR = 2048,
};
enum {
    WIRE_LINE_OFF_HOOK = 1, WIRE_LINE_RINGING = 2, WIRE_LINE_CURRENT = 4, WIRE_LINE_REVERSED = 8, WIRE_LINE_SOUND = 16,
    WIRE_LINE_FAULT = 32,
};
enum {
    WIRE_RULE_LOOP = 1, WIRE_RULE_CLEAR_FIRST = 2, WIRE_RULE_CLEAR_END = 4, WIRE_RULE_NEW_DIGITS = 8,
    WIRE_RULE_NEW_MASK = 16, WIRE_RULE_TONE = 32,
};

typedef struct {
    uint32_t max_ms, silence_ms, first_silence_ms, nonsilence_ms, first_digit_ms, inter_digit_ms, digit_mask;
    uint16_t max_digits, flags, tone;
} wire_rules;

/* A body that is being packed; what does not fit sets `full` and is left out. */
typedef struct {
    uint8_t *octets;
    size_t n, room;
    int full;
} wire_out;

void wire_u8(wire_out *out, unsigned value);
void wire_u16(wire_out *out, unsigned value);
void wire_u32(wire_out *out, uint32_t value);
void wire_octets(wire_out *out, const void *octets, size_t n);
void wire_put_rules(wire_out *out, const wire_rules *rules);
void wire_put_header(uint8_t header[WIRE_HEADER], size_t size, unsigned kind, unsigned device, uint32_t ref);
/* Bit of a digit in a mask, 0 for any other character. */
uint32_t wire_digit_bit(int digit);

typedef struct {
    uint32_t size, ref, tick;
    uint16_t kind, device;
} wire_header;

/* A parsed message of the server. Strings and data point into the body and are not terminated. */
typedef struct {
    wire_header head;
    uint16_t status;                  /* REPLY */
    uint16_t boards;                  /* WELCOME: data holds the rest, see wire_next_board */
    uint16_t board, channel;          /* OPENED */
    uint8_t has_line;
    uint32_t voice_slot, line_slot;
    uint32_t digits, line;            /* STATE */
    uint16_t event, a;                /* EVENT */
    uint32_t b;
    uint32_t reasons, ms, job_status; /* JOB_ENDED */
    uint64_t transferred;
    uint32_t credit;                  /* CREDIT */
    const uint8_t *data;              /* DATA, and the string of every other kind */
    size_t data_n;
} wire_message;

typedef struct {
    uint16_t channels;
    uint8_t flags;
    char name[256];
} wire_board;

wire_header wire_get_header(const uint8_t octets[WIRE_HEADER]);
/* 0, or -1: a kind that is not the server's, or a body shorter than its kind asks. */
int wire_parse(const wire_header *head, const uint8_t *body, wire_message *out);
/* Take the next board off a WELCOME: 1, 0 at the end, -1 if it is cut short. */
int wire_next_board(wire_message *welcome, wire_board *out);
#endif
