#include "wire.h"

#include <string.h>

void wire_octets(wire_out *out, const void *octets, size_t n)
{
    if (n > out->room - out->n) {
        out->full = 1;
        return;
    }
    if (n)
        memcpy(out->octets + out->n, octets, n);
    out->n += n;
}

void wire_u8(wire_out *out, unsigned value)
{
    uint8_t octet = (uint8_t)value;
    wire_octets(out, &octet, 1);
}

void wire_u16(wire_out *out, unsigned value)
{
    wire_u8(out, value & 0xFF);
    wire_u8(out, value >> 8 & 0xFF);
}

void wire_u32(wire_out *out, uint32_t value)
{
    wire_u16(out, value & 0xFFFF);
    wire_u16(out, value >> 16);
}

void wire_put_rules(wire_out *out, const wire_rules *rules)
{
    wire_u32(out, rules->max_ms);
    wire_u32(out, rules->silence_ms);
    wire_u32(out, rules->first_silence_ms);
    wire_u32(out, rules->nonsilence_ms);
    wire_u32(out, rules->first_digit_ms);
    wire_u32(out, rules->inter_digit_ms);
    wire_u32(out, rules->digit_mask);
    wire_u16(out, rules->max_digits);
    wire_u16(out, rules->flags);
    wire_u16(out, rules->tone);
    wire_u16(out, 0);
    wire_u32(out, 0);
}

void wire_put_header(uint8_t header[WIRE_HEADER], size_t size, unsigned kind, unsigned device, uint32_t ref)
{
    wire_out out = {.octets = header, .room = WIRE_HEADER};
    wire_u32(&out, (uint32_t)size);
    wire_u16(&out, kind);
    wire_u16(&out, device);
    wire_u32(&out, ref);
    wire_u32(&out, 0);
}

uint32_t wire_digit_bit(int digit)
{
    static const char order[] = "0123456789*#ABCD";
    const char *at = digit ? strchr(order, digit) : NULL;
    return at ? 1u << (at - order) : 0;
}

typedef struct {
    const uint8_t *at;
    size_t left;
    int cut;
} reader;

static const uint8_t *take(reader *in, size_t n)
{
    static const uint8_t zeros[8];
    if (in->left < n) {
        in->cut = 1;
        in->left = 0;
        return zeros;
    }
    const uint8_t *at = in->at;
    in->at += n;
    in->left -= n;
    return at;
}

static uint8_t u8(reader *in)
{
    return take(in, 1)[0];
}

static uint16_t u16(reader *in)
{
    const uint8_t *at = take(in, 2);
    return (uint16_t)(at[0] | at[1] << 8);
}

static uint32_t u32(reader *in)
{
    uint32_t low = u16(in);
    return low | (uint32_t)u16(in) << 16;
}

static uint64_t u64(reader *in)
{
    uint64_t low = u32(in);
    return low | (uint64_t)u32(in) << 32;
}

wire_header wire_get_header(const uint8_t octets[WIRE_HEADER])
{
    reader in = {.at = octets, .left = WIRE_HEADER};
    wire_header head = {.size = u32(&in)};
    head.kind = u16(&in);
    head.device = u16(&in);
    head.ref = u32(&in);
    head.tick = u32(&in);
    return head;
}

static int parse_fields(reader *in, wire_message *out)
{
    switch (out->head.kind) {
    case WIRE_REPLY:
        out->status = u16(in);
        u16(in);
        return 0;
    case WIRE_WELCOME:
        out->status = u16(in); /* the version */
        out->boards = u16(in);
        return 0;
    case WIRE_OPENED:
        out->board = u16(in);
        out->channel = u16(in);
        out->has_line = u8(in) & 1;
        take(in, 3);
        out->voice_slot = u32(in);
        out->line_slot = u32(in);
        return 0;
    case WIRE_STATE:
        out->digits = u32(in);
        out->line = u32(in);
        return 0;
    case WIRE_EVENT:
        out->event = u16(in);
        out->a = u16(in);
        out->b = u32(in);
        return 0;
    case WIRE_JOB_ENDED:
        out->reasons = u32(in);
        out->ms = u32(in);
        out->transferred = u64(in);
        out->job_status = u32(in);
        return 0;
    case WIRE_DATA_IN:
        return 0;
    case WIRE_CREDIT_IN:
        out->credit = u32(in);
        return 0;
    default:
        return -1;
    }
}

int wire_parse(const wire_header *head, const uint8_t *body, wire_message *out)
{
    reader in = {.at = body, .left = head->size};
    *out = (wire_message){.head = *head};
    if (head->size > WIRE_MAX_BODY || parse_fields(&in, out) != 0 || in.cut)
        return -1;
    out->data = in.at;
    out->data_n = in.left;
    return 0;
}

int wire_next_board(wire_message *welcome, wire_board *out)
{
    reader in = {.at = welcome->data, .left = welcome->data_n};
    if (welcome->boards == 0)
        return 0;
    *out = (wire_board){.channels = u16(&in)};
    out->flags = u8(&in);
    size_t n = u8(&in);
    const uint8_t *name = in.left < n ? NULL : take(&in, n);
    if (in.cut || !name)
        return -1;
    memcpy(out->name, name, n);
    welcome->boards--;
    welcome->data = in.at;
    welcome->data_n = in.left;
    return 1;
}
