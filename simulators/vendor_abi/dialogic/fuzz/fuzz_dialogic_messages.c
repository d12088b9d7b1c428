/* fuzz_dialogic_messages.c - libFuzzer: any octets as a stream of the server's messages, through header and parser.

   Checked besides the sanitizers: what the parser promises lies inside the body, and lists of boards end. */
#include <stdlib.h>

#include "wire.h"

static void check_message(wire_message *message, const uint8_t *body, size_t n)
{
    if (message->data < body || message->data_n != n - (size_t)(message->data - body))
        abort();
    wire_board board;
    for (int boards = message->boards; message->head.kind == WIRE_WELCOME && wire_next_board(message, &board) == 1;)
        if (boards-- == 0)
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t n)
{
    while (n >= WIRE_HEADER) {
        wire_header head = wire_get_header(octets);
        wire_message message;
        octets += WIRE_HEADER;
        n -= WIRE_HEADER;
        if (head.size > n)
            head.size = (uint32_t)n; /* the reader has that much before it parses */
        if (wire_parse(&head, octets, &message) != 0)
            return 0;
        check_message(&message, octets, head.size);
        octets += head.size;
        n -= head.size;
    }
    return 0;
}
