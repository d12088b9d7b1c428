/* The whole library against a small server in this program: threads on several channels, closing, the loss, garbage.
   What the boards really do is tested elsewhere; this is for the sanitizers. */
#include <dirent.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "check.h"
#include "dxxxlib.h"
#include "wire.h"

#define CHANNELS 4
#define ROUNDS 20

static int listener;
static _Atomic int stuck;   /* nothing is read any more until it is 0 */
static _Atomic int garbage; /* 1: the next CLEAR_DIGITS is answered by a kind that nobody knows */

typedef struct {
    int fd, opened;
    uint64_t played[CHANNELS + 1];
} client;

static int receive(int fd, void *out, size_t n)
{
    return n == 0 || recv(fd, out, n, MSG_WAITALL) == (ssize_t)n ? 0 : -1;
}

static void reply(client *c, const wire_header *to, unsigned kind, const void *body, size_t n)
{
    uint8_t header[WIRE_HEADER];
    wire_put_header(header, n, kind, to->device, to->ref);
    send(c->fd, header, sizeof header, MSG_NOSIGNAL);
    send(c->fd, body, n, MSG_NOSIGNAL);
}

static void end_job(client *c, const wire_header *head, uint32_t reasons, uint64_t octets, const char *digits)
{
    uint8_t body[64];
    wire_out out = {.octets = body, .room = sizeof body};
    wire_u32(&out, reasons);
    wire_u32(&out, 100);
    wire_u32(&out, (uint32_t)octets);
    wire_u32(&out, 0);
    wire_u32(&out, 0);
    wire_octets(&out, digits, strlen(digits));
    reply(c, head, WIRE_JOB_ENDED, body, out.n);
}

static void credit(client *c, const wire_header *head, uint32_t n)
{
    uint8_t body[4];
    wire_out out = {.octets = body, .room = sizeof body};
    wire_u32(&out, n);
    reply(c, head, WIRE_CREDIT_IN, body, out.n);
}

static void record(client *c, const wire_header *head)
{
    uint8_t samples[100] = {1};
    for (int i = 0; i < 10; i++)
        reply(c, head, WIRE_DATA_IN, samples, sizeof samples);
    end_job(c, head, WIRE_ENDED_MAX_TIME, 1000, "");
}

static void open_device(client *c, wire_header *head)
{
    uint8_t body[32] = {1, 0, (uint8_t)(c->opened + 1), 0, 1};
    head->device = (uint16_t)++c->opened;
    reply(c, head, WIRE_OPENED, body, 20);
}

static void serve(client *c, wire_header *head)
{
    static const uint8_t welcome[] = "\1\0\1\0\4\0\1\6dxxxB1", zeros[8], unknown[4];
    switch (head->kind) {
    case WIRE_HELLO:
        reply(c, head, WIRE_WELCOME, welcome, sizeof welcome - 1);
        break;
    case WIRE_OPEN:
        open_device(c, head);
        break;
    case WIRE_QUERY:
        reply(c, head, WIRE_STATE, zeros, sizeof zeros);
        break;
    case WIRE_PLAY:
        c->played[head->device % (CHANNELS + 1)] = 0;
        credit(c, head, 300);
        break;
    case WIRE_DATA:
        c->played[head->device % (CHANNELS + 1)] += head->size;
        credit(c, head, head->size);
        break;
    case WIRE_FINISH:
        end_job(c, head, WIRE_ENDED_DATA, c->played[head->device % (CHANNELS + 1)], "");
        break;
    case WIRE_RECORD:
        record(c, head);
        break;
    case WIRE_COLLECT:
        end_job(c, head, WIRE_ENDED_MAX_DIGITS, 0, "12");
        break;
    case WIRE_STOP:
        end_job(c, head, WIRE_ENDED_STOPPED, 0, "");
        break;
    case WIRE_CREDIT:
    case WIRE_TONE:
        break;
    default:
        reply(c, head, garbage && head->kind == WIRE_CLEAR_DIGITS ? 99 : WIRE_REPLY, unknown, sizeof unknown);
    }
}

static void *run_server(void *unused)
{
    static uint8_t body[WIRE_MAX_BODY];
    (void)unused;
    for (;;) {
        client c = {.fd = accept(listener, NULL, NULL)};
        uint8_t octets[WIRE_HEADER];
        if (c.fd < 0)
            return NULL;
        while (receive(c.fd, octets, sizeof octets) == 0) {
            while (stuck)
                usleep(1000);
            wire_header head = wire_get_header(octets);
            if (head.size > sizeof body || receive(c.fd, body, head.size) != 0)
                break;
            serve(&c, &head);
        }
        close(c.fd);
    }
}

static pthread_t start_server(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    pthread_t thread;
    strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    listener = socket(AF_UNIX, SOCK_STREAM, 0);
    CHECK(bind(listener, (struct sockaddr *)&address, sizeof address) == 0 && listen(listener, 4) == 0);
    CHECK(setenv("BOARDCORE_SIM_SOCKET", path, 1) == 0);
    CHECK(pthread_create(&thread, NULL, run_server, NULL) == 0);
    return thread;
}

static int user_read(int fd, char *out, unsigned n)
{
    (void)fd;
    memset(out, 1, n < 50 ? n : 50);
    return n < 50 ? (int)n : 50;
}

static void wait_for(long device, long type)
{
    long event;
    CHECK(sr_waitevtEx(&device, 1, 20000, &event) == 0 && sr_getevttype() == type);
}

static void *use_channel(void *pointer)
{
    char name[16], samples[2000] = {0}, heard[2000];
    DX_XPB xpb = {FILE_FORMAT_VOX, DATA_FORMAT_MULAW, DRT_8KHZ, 8};
    DX_IOTT out = {.io_type = IO_MEM | IO_EOT, .io_bufp = samples, .io_length = sizeof samples};
    DX_IOTT in = {.io_type = IO_MEM | IO_EOT, .io_bufp = heard, .io_length = sizeof heard};
    DX_IOTT user = {.io_type = IO_UIO | IO_EOT, .io_length = 500};
    DX_UIO uio = {user_read, NULL, NULL};
    DV_DIGIT digits;
    TN_GEN tone;
    snprintf(name, sizeof name, "dxxxB1C%d", (int)(intptr_t)pointer);
    int ch = dx_open(name, 0);
    CHECK(ch > 0 && dx_setdevuio(ch, &uio, NULL) == 0);
    dx_bldtngen(&tone, 440, 0, -10, 0, -1);
    for (int i = 0; i < ROUNDS; i++) {
        CHECK(dx_sethook(ch, DX_OFFHOOK, EV_ASYNC) == 0);
        wait_for(ch, TDX_SETHOOK);
        CHECK(ATDX_HOOKST(ch) == DX_OFFHOOK);
        CHECK(dx_playiottdata(ch, &out, NULL, &xpb, EV_SYNC) == 0 && ATDX_TRCOUNT(ch) == sizeof samples);
        CHECK(dx_playiottdata(ch, &user, NULL, &xpb, EV_ASYNC) == 0);
        wait_for(ch, TDX_PLAY);
        CHECK(ATDX_TRCOUNT(ch) == 500);
        CHECK(dx_reciottdata(ch, &in, NULL, &xpb, EV_ASYNC) == 0);
        wait_for(ch, TDX_RECORD);
        CHECK(ATDX_TRCOUNT(ch) == 1000 && ATDX_TERMMSK(ch) == TM_MAXTIME);
        CHECK(dx_getdig(ch, NULL, &digits, EV_SYNC) == 3 && strcmp(digits.dg_value, "12") == 0);
        CHECK(dx_playtone(ch, &tone, NULL, EV_ASYNC) == 0 && dx_stopch(ch, EV_SYNC) == 0);
        wait_for(ch, TDX_PLAYTONE);
    }
    CHECK(dx_playtone(ch, &tone, NULL, EV_ASYNC) == 0 && dx_close(ch) == 0);
    return NULL;
}

static int count(const char *folder)
{
    int n = 0;
    DIR *d = opendir(folder);
    while (d && readdir(d))
        n++;
    closedir(d);
    return n;
}

static void channels_side_by_side(void)
{
    pthread_t threads[CHANNELS];
    for (int i = 0; i < CHANNELS; i++)
        CHECK(pthread_create(&threads[i], NULL, use_channel, (void *)(intptr_t)(i + 1)) == 0);
    for (int i = 0; i < CHANNELS; i++)
        pthread_join(threads[i], NULL);
}

static void garbage_is_a_loss(void)
{
    TN_GEN tone;
    int ch = dx_open("dxxxB1C1", 0);
    CHECK(ch > 0);
    dx_bldtngen(&tone, 440, 0, -10, 0, -1);
    CHECK(dx_playtone(ch, &tone, NULL, EV_ASYNC) == 0);
    garbage = 1;
    CHECK(dx_clrdigbuf(ch) == -1 && ATDV_LASTERR(ch) == EDX_SYSTEM);
    wait_for(ch, TDX_ERROR);
    CHECK(sr_waitevt(0) == -1);
    garbage = 0;
    int again = dx_open("dxxxB1C1", 0);
    CHECK(again > 0 && dx_clrdigbuf(again) == 0 && dx_close(ch) == 0 && dx_close(again) == 0);
}

static void *close_channel(void *pointer)
{
    CHECK(dx_close((int)(intptr_t)pointer) == 0);
    return NULL;
}

/* A play from a pipe in which nothing is: files of other channels are played meanwhile, and while it is being closed
   others are opened and closed. */
static void blocked_file_holds_up_nobody(void)
{
    char samples[100] = {0};
    int ends[2];
    pthread_t closer;
    CHECK(pipe(ends) == 0);
    DX_XPB xpb = {FILE_FORMAT_VOX, DATA_FORMAT_MULAW, DRT_8KHZ, 8};
    DX_IOTT blocked = {.io_type = IO_DEV | IO_EOT, .io_fhandle = ends[0], .io_length = -1};
    DX_IOTT memory = {.io_type = IO_MEM | IO_EOT, .io_bufp = samples, .io_length = sizeof samples};
    int ch = dx_open("dxxxB1C1", 0), other = dx_open("dxxxB1C2", 0);
    CHECK(ch > 0 && other > 0 && dx_playiottdata(ch, &blocked, NULL, &xpb, EV_ASYNC) == 0);
    CHECK(dx_playiottdata(other, &memory, NULL, &xpb, EV_ASYNC) == 0);
    wait_for(other, TDX_PLAY);
    CHECK(pthread_create(&closer, NULL, close_channel, (void *)(intptr_t)ch) == 0);
    while (dx_stopch(ch, EV_ASYNC) == 0) /* until it is being closed */
        usleep(1000);
    CHECK(dx_close(other) == 0);
    other = dx_open("dxxxB1C2", 0);
    CHECK(other > 0 && dx_close(other) == 0);
    close(ends[1]);
    pthread_join(closer, NULL);
    close(ends[0]);
}

/* Nor does it hold up those who connect anew after a loss. */
static void blocked_file_outlives_its_connection(void)
{
    int ends[2];
    CHECK(pipe(ends) == 0);
    DX_XPB xpb = {FILE_FORMAT_VOX, DATA_FORMAT_MULAW, DRT_8KHZ, 8};
    DX_IOTT blocked = {.io_type = IO_DEV | IO_EOT, .io_fhandle = ends[0], .io_length = -1};
    int ch = dx_open("dxxxB1C1", 0);
    CHECK(ch > 0 && dx_playiottdata(ch, &blocked, NULL, &xpb, EV_ASYNC) == 0);
    garbage = 1;
    CHECK(dx_clrdigbuf(ch) == -1);
    garbage = 0;
    int again = dx_open("dxxxB1C1", 0);
    CHECK(again > 0 && dx_clrdigbuf(again) == 0 && dx_close(again) == 0);
    close(ends[1]);
    wait_for(ch, TDX_ERROR);
    CHECK(dx_close(ch) == 0);
    close(ends[0]);
}

/* A server that reads nothing: what cannot be sent is a loss, and holds up neither its caller nor dx_close for ever. */
static void stuck_server_is_a_loss(void)
{
    TN_GEN tone;
    int ch = dx_open("dxxxB1C1", 0);
    CHECK(ch > 0);
    dx_bldtngen(&tone, 440, 0, -10, 0, -1);
    CHECK(dx_playtone(ch, &tone, NULL, EV_ASYNC) == 0);
    stuck = 1;
    int calls = 0; /* each sends a STOP; a socket holds some thousands */
    while (dx_stopch(ch, EV_ASYNC) == 0 && calls < 1000000)
        calls++;
    CHECK(calls < 1000000 && ATDV_LASTERR(ch) == EDX_SYSTEM);
    wait_for(ch, TDX_ERROR);
    CHECK(dx_close(ch) == 0);
    stuck = 0;
}

int main(void)
{
    char folder[] = "/tmp/boardcore-abi-XXXXXX", path[64];
    CHECK(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/socket", folder);
    pthread_t server = start_server(path);
    channels_side_by_side(); /* sanitizers open files of their own at first */
    int files = count("/proc/self/fd");
    channels_side_by_side();
    garbage_is_a_loss();
    blocked_file_holds_up_nobody();
    blocked_file_outlives_its_connection();
    stuck_server_is_a_loss();
    shutdown(listener, SHUT_RDWR);
    pthread_join(server, NULL);
    CHECK(count("/proc/self/fd") <= files);
    close(listener);
    CHECK(dx_open("dxxxB1C1", 0) == -1);
    unlink(path);
    rmdir(folder);
    return 0;
}
