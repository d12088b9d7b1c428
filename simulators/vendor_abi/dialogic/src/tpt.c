/* Termination tables. Times are in units of 100 ms, with TF_10MS of 10 ms. */
#include <string.h>

#include "tables.h"

/* Bits of DX_DIGMASK in their order, DM_D first. */
static const char mask_digits[] = "D1234567890*#ABC";

static uint32_t time_ms(const DV_TPT *entry, unsigned value)
{
    return (uint32_t)value * (entry->tp_flags & TF_10MS ? 10u : 100u);
}

static uint32_t digit_mask(unsigned bits)
{
    uint32_t mask = 0;
    for (int i = 0; mask_digits[i]; i++)
        if (bits & 1u << i)
            mask |= wire_digit_bit(mask_digits[i]);
    return mask;
}

static int max_digits(const DV_TPT *entry, wire_rules *out)
{
    if (entry->tp_length < 1 || entry->tp_length > DG_MAXDIGS)
        return EDX_BADTPT;
    out->max_digits = entry->tp_length;
    if (!(entry->tp_flags & TF_LEVEL))
        out->flags |= WIRE_RULE_NEW_DIGITS;
    return EDX_NOERROR;
}

static int add_mask(const DV_TPT *entry, uint32_t mask, wire_rules *out)
{
    if (!mask)
        return EDX_BADTPT;
    out->digit_mask |= mask;
    if (!(entry->tp_flags & TF_LEVEL))
        out->flags |= WIRE_RULE_NEW_MASK;
    return EDX_NOERROR;
}

static int refuse(const char *what, const char **missing)
{
    if (missing)
        *missing = what;
    return EDX_BADTPT;
}

/* TF_FIRST: the time counts from the first digit on only. It shares its bit with TF_CLREND. */
static int digit_times(const DV_TPT *entry, int job, wire_rules *out, const char **missing)
{
    if (job != TPT_COLLECT)
        return refuse("DX_IDDTIME other than in dx_getdig", missing);
    out->inter_digit_ms = time_ms(entry, entry->tp_length);
    out->first_digit_ms = entry->tp_flags & TF_FIRST ? 0 : out->inter_digit_ms;
    return EDX_NOERROR;
}

static int silence(const DV_TPT *entry, wire_rules *out)
{
    out->silence_ms = time_ms(entry, entry->tp_length);
    if (entry->tp_flags & TF_SETINIT)
        out->first_silence_ms = time_ms(entry, entry->tp_data);
    return EDX_NOERROR;
}

static int tone(const DV_TPT *entry, wire_rules *out, const char **missing)
{
    if (entry->tp_data != DX_TONEON)
        return refuse("DX_TONE with DX_TONEOFF", missing);
    out->flags |= WIRE_RULE_TONE;
    out->tone = entry->tp_length;
    return EDX_NOERROR;
}

static int condition(const DV_TPT *entry, int job, wire_rules *out, const char **missing)
{
    switch (entry->tp_termno) {
    case DX_MAXDTMF:
        return max_digits(entry, out);
    case DX_MAXSIL:
        return silence(entry, out);
    case DX_MAXNOSIL:
        out->nonsilence_ms = time_ms(entry, entry->tp_length);
        return EDX_NOERROR;
    case DX_LCOFF: /* the board's own debounce stands for tp_length */
        out->flags |= WIRE_RULE_LOOP;
        return EDX_NOERROR;
    case DX_IDDTIME:
        return digit_times(entry, job, out, missing);
    case DX_MAXTIME:
        out->max_ms = time_ms(entry, entry->tp_length);
        return EDX_NOERROR;
    case DX_DIGMASK:
        return add_mask(entry, digit_mask(entry->tp_length), out);
    case DX_DIGTYPE:
        if (entry->tp_length >> 8 != DG_DTMF)
            return refuse("DX_DIGTYPE of other than DTMF digits", missing);
        return add_mask(entry, wire_digit_bit(entry->tp_length & 0xFF), out);
    case DX_TONE:
        return tone(entry, out, missing);
    case DX_PMON:
    case DX_PMOFF:
        return refuse("DX_PMON and DX_PMOFF", missing);
    case DX_MAXDATA:
        return refuse("DX_MAXDATA", missing);
    default:
        return EDX_BADTPT;
    }
}

/* For digits only: the vendor's own TF_LCOFF has TF_CLREND in it, and does not cost a program its digits. */
static void clear_flags(const DV_TPT *entry, wire_rules *out)
{
    if (entry->tp_termno != DX_MAXDTMF && entry->tp_termno != DX_DIGMASK && entry->tp_termno != DX_DIGTYPE)
        return;
    if (entry->tp_flags & TF_CLRBEG)
        out->flags |= WIRE_RULE_CLEAR_FIRST;
    if (entry->tp_flags & TF_CLREND)
        out->flags |= WIRE_RULE_CLEAR_END;
}

int tpt_parse(const DV_TPT *table, int job, wire_rules *out, const char **missing)
{
    *out = (wire_rules){0};
    for (int i = 0; table && i < TPT_MAX; i++) {
        int error = condition(table, job, out, missing);
        if (error != EDX_NOERROR)
            return error;
        clear_flags(table, out);
        switch (table->tp_type) {
        case IO_EOT:
            return EDX_NOERROR;
        case IO_CONT:
            table++;
            break;
        case IO_LINK:
            table = table->tp_nextp;
            if (!table)
                return EDX_BADTPT;
            break;
        default:
            return EDX_BADTPT;
        }
    }
    return table ? EDX_BADTPT : EDX_NOERROR; /* no end mark, or a loop */
}
