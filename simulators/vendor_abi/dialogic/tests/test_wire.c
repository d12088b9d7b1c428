/* Messages of the simulator's protocol: exact octets out, every short body refused on the way in. */
#include "wire.h"

#include <string.h>

#include "check.h"

static void rules_are_forty_octets(void)
{
    uint8_t body[WIRE_RULES + 1];
    wire_out out = {.octets = body, .room = WIRE_RULES};
    wire_rules rules = {.max_ms = 0x04030201, .digit_mask = 0x800, .max_digits = 31, .flags = 63, .tone = 0x102};
    wire_put_rules(&out, &rules);
    CHECK(out.n == WIRE_RULES && !out.full && memcmp(body, "\1\2\3\4", 4) == 0);
    CHECK(body[25] == 8 && body[28] == 31 && body[30] == 63 && body[32] == 2 && body[33] == 1);
    wire_u8(&out, 1);
    CHECK(out.full && out.n == WIRE_RULES);
}

static void headers(void)
{
    uint8_t octets[WIRE_HEADER];
    wire_put_header(octets, 65536, WIRE_PLAY, 0x1234, 0xFFFFFFFF);
    CHECK(memcmp(octets, "\0\0\1\0\x09\0\x34\x12\xFF\xFF\xFF\xFF\0\0\0\0", WIRE_HEADER) == 0);
    wire_header head = wire_get_header(octets);
    CHECK(head.size == 65536 && head.kind == WIRE_PLAY && head.device == 0x1234 && head.ref == 0xFFFFFFFF);
}

static void digits(void)
{
    CHECK(wire_digit_bit('0') == 1 && wire_digit_bit('*') == 1 << 10 && wire_digit_bit('D') == 1 << 15);
    CHECK(!wire_digit_bit(0) && !wire_digit_bit(',') && !wire_digit_bit('a') && !wire_digit_bit(-1));
}

/* A body of a kind, of every length: refused below its fields, taken from there on. */
static void body_lengths(void)
{
    static const struct {
        uint16_t kind;
        unsigned fields;
    } kinds[] = {{WIRE_REPLY, 4},   {WIRE_WELCOME, 4},    {WIRE_OPENED, 16}, {WIRE_STATE, 8},
                 {WIRE_EVENT, 8},   {WIRE_JOB_ENDED, 20}, {WIRE_DATA_IN, 0}, {WIRE_CREDIT_IN, 4}};
    uint8_t body[32] = {0};
    wire_message message;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        for (uint32_t n = 0; n <= sizeof body; n++) {
            wire_header head = {.size = n, .kind = kinds[i].kind};
            CHECK(wire_parse(&head, body, &message) == (n < kinds[i].fields ? -1 : 0));
            CHECK(n < kinds[i].fields || message.data_n == n - kinds[i].fields);
        }
    wire_header unknown = {.kind = 99};
    CHECK(wire_parse(&unknown, body, &message) == -1);
    wire_header from_client = {.kind = WIRE_PLAY, .size = 32};
    CHECK(wire_parse(&from_client, body, &message) == -1);
    wire_header large = {.kind = WIRE_DATA_IN, .size = WIRE_MAX_BODY + 1};
    CHECK(wire_parse(&large, body, &message) == -1);
}

static void job_ended(void)
{
    const uint8_t body[] = "\x01\x08\0\0\xE8\x03\0\0\x40\x1F\0\0\x01\0\0\0\x0A\0\0\0" "12";
    wire_header head = {.size = 22, .kind = WIRE_JOB_ENDED};
    wire_message message;
    CHECK(wire_parse(&head, body, &message) == 0 && message.reasons == (WIRE_ENDED_DATA | WIRE_ENDED_ERROR));
    CHECK(message.ms == 1000 && message.transferred == 0x100001F40 && message.job_status == WIRE_REFUSED);
    CHECK(message.data_n == 2 && memcmp(message.data, "12", 2) == 0);
}

static void boards(void)
{
    const uint8_t body[] = "\1\0\2\0" "\4\0\1\6dxxxB1" "\x10\0\0\6dxxxB2";
    wire_header head = {.size = sizeof body - 1, .kind = WIRE_WELCOME};
    wire_message message;
    wire_board board;
    CHECK(wire_parse(&head, body, &message) == 0);
    CHECK(wire_next_board(&message, &board) == 1 && board.channels == 4 && strcmp(board.name, "dxxxB1") == 0);
    CHECK(wire_next_board(&message, &board) == 1 && board.channels == 16 && board.flags == 0);
    CHECK(wire_next_board(&message, &board) == 0);
    head.size -= 1;
    CHECK(wire_parse(&head, body, &message) == 0 && wire_next_board(&message, &board) == 1);
    CHECK(wire_next_board(&message, &board) == -1);
}

int main(void)
{
    rules_are_forty_octets();
    headers();
    digits();
    body_lengths();
    job_ended();
    boards();
    return 0;
}
