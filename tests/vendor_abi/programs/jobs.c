/* jobs.c - asynchronous jobs, handlers, user I/O, several threads. Resources of board 2: no lines are needed. */
#include <dxxxlib.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHECK(condition)                                                     \
    do {                                                                     \
        if (!(condition)) {                                                  \
            printf("%d: failed: %s\n", __LINE__, #condition);                \
            exit(1);                                                         \
        }                                                                    \
    } while (0)

static int a, b;
static char speech[8000], heard[8000];
static atomic_int reads, released, handled;

static int slow_read(int fd, char *out, unsigned n)
{
    (void)fd;
    if (reads++ == 1)
        while (!released) /* holds up its own channel only */
            usleep(1000);
    memset(out, 0x55, n);
    return reads > 20 ? 0 : (int)n;
}

static long consume(unsigned long parm)
{
    (void)parm;
    CHECK(sr_getevttype() == TDX_PLAYTONE && sr_getevtdev() == b);
    CHECK(sr_waitevt(0) == -1 && ATDV_LASTERR(SRL_DEVICE) == ESR_MODE);
    handled++;
    return 0;
}

static void wait_for(long device, long type)
{
    long event = 0;
    CHECK(sr_waitevtEx(&device, 1, 20000, &event) != -1);
    CHECK(event != 0 && sr_getevtdev(event) == device);
    if (sr_getevttype(event) != type)
        printf("event %ld came, wanted %ld; %s\n", sr_getevttype(event), type, ATDV_ERRMSGP(device));
    CHECK(sr_getevttype(event) == type);
}

static void record_what_the_other_plays(void)
{
    DX_XPB xpb = {FILE_FORMAT_VOX, DATA_FORMAT_MULAW, DRT_8KHZ, 8};
    DX_IOTT out = {.io_type = IO_MEM | IO_EOT, .io_bufp = speech, .io_length = sizeof speech};
    DX_IOTT in = {.io_type = IO_MEM | IO_EOT, .io_bufp = heard, .io_length = sizeof heard};
    long slot;
    SC_TSINFO info = {1, &slot};
    for (size_t i = 0; i < sizeof speech; i++)
        speech[i] = (char)(i / 4 % 2 ? 0x90 : 0x10); /* a square wave of 1 kHz */
    CHECK(dx_getxmitslot(a, &info) == 0 && dx_listen(b, &info) == 0);
    CHECK(dx_reciottdata(b, &in, NULL, &xpb, EV_ASYNC) == 0);
    CHECK(dx_reciottdata(b, &in, NULL, &xpb, EV_ASYNC) == -1 && ATDV_LASTERR(b) == EDX_BUSY);
    CHECK(ATDX_STATE(b) == CS_RECD);
    CHECK(dx_playiottdata(a, &out, NULL, &xpb, EV_SYNC) == 0);
    CHECK(ATDX_TERMMSK(a) == TM_EOD && ATDX_TRCOUNT(a) == sizeof speech);
    wait_for(b, TDX_RECORD);
    CHECK(ATDX_TERMMSK(b) == TM_EOD && ATDX_TRCOUNT(b) == sizeof heard); /* the memory is full */
    int loud = 0;
    for (size_t i = 0; i < sizeof heard; i++)
        loud += (heard[i] & 0x7F) < 0x20;
    CHECK(loud > 4000);
}

static void stop_and_nothing_to_stop(void)
{
    TN_GEN tone;
    dx_bldtngen(&tone, 440, 480, -10, -10, -1);
    CHECK(dx_playtone(a, &tone, NULL, EV_ASYNC) == 0 && ATDX_STATE(a) == CS_TONE);
    CHECK(dx_stopch(a, EV_SYNC) == 0 && ATDX_STATE(a) == CS_IDLE);
    wait_for(a, TDX_PLAYTONE);
    CHECK(ATDX_TERMMSK(a) == TM_USRSTOP);
    CHECK(dx_stopch(a, EV_ASYNC | EV_NOSTOP) == 0);
    wait_for(a, TDX_NOSTOP);
}

static void a_user_function_holds_up_nobody_else(void)
{
    DX_UIO uio = {slow_read, NULL, NULL};
    DX_XPB xpb = {FILE_FORMAT_VOX, DATA_FORMAT_MULAW, DRT_8KHZ, 8};
    DX_IOTT user = {.io_type = IO_UIO | IO_EOT, .io_length = -1}, out = {.io_type = IO_MEM | IO_EOT};
    out.io_bufp = speech;
    out.io_length = 800;
    CHECK(dx_setuio(uio) == 0);
    CHECK(dx_playiottdata(a, &user, NULL, &xpb, EV_ASYNC) == 0);
    while (reads < 2)
        usleep(1000);
    CHECK(dx_playiottdata(b, &out, NULL, &xpb, EV_SYNC) == 0 && ATDX_TERMMSK(b) == TM_EOD);
    released = 1;
    wait_for(a, TDX_PLAY);
    CHECK(ATDX_TERMMSK(a) == TM_EOD && ATDX_TRCOUNT(a) > 800);
}

static void handlers(void)
{
    TN_GEN tone;
    dx_bldtngen(&tone, 440, 0, -10, 0, 5);
    CHECK(sr_enbhdlr(EV_ANYDEV, TDX_PLAYTONE, consume) == 0);
    CHECK(dx_playtone(b, &tone, NULL, EV_ASYNC) == 0);
    CHECK(sr_waitevt(1500) == -1 && ATDV_LASTERR(SRL_DEVICE) == ESR_TMOUT && handled == 1);
    CHECK(sr_dishdlr(EV_ANYDEV, TDX_PLAYTONE, consume) == 0);
    CHECK(sr_dishdlr(EV_ANYDEV, TDX_PLAYTONE, consume) == -1 && ATDV_LASTERR(SRL_DEVICE) == ESR_NOHDLR);
    CHECK(sr_putevt(b, 4711, 5, "four", 0) == 0 && sr_waitevt(0) != -1 && sr_getevttype() == 4711);
    CHECK(sr_getevtlen() == 5 && strcmp(sr_getevtdatap(), "four") == 0);
}

static int stored;

static int short_write(int fd, char *octets, unsigned n)
{
    (void)fd;
    (void)octets;
    int takes = stored + (int)n > 1000 ? 1000 - stored : (int)n; /* then it is full */
    stored += takes;
    return takes;
}

static void recordings_that_end_early(void)
{
    DX_UIO uio = {NULL, short_write, NULL};
    DX_XPB xpb = {FILE_FORMAT_VOX, DATA_FORMAT_MULAW, DRT_8KHZ, 8};
    DX_IOTT user = {.io_type = IO_UIO | IO_EOT, .io_length = -1}, disk = {.io_type = IO_DEV | IO_EOT, .io_length = -1};
    CHECK(dx_setdevuio(b, &uio, NULL) == 0);
    CHECK(dx_reciottdata(b, &user, NULL, &xpb, EV_SYNC) == 0);
    CHECK(ATDX_TERMMSK(b) == TM_EOD && ATDX_TRCOUNT(b) == 1000 && stored == 1000);
    disk.io_fhandle = dx_fileopen("/dev/full", O_RDWR);
    CHECK(disk.io_fhandle >= 0 && dx_reciottdata(b, &disk, NULL, &xpb, EV_ASYNC) == 0);
    wait_for(b, TDX_ERROR);
    CHECK(ATDV_LASTERR(b) == EDX_SYSTEM && ATDX_TERMMSK(b) & TM_ERROR && ATDX_TRCOUNT(b) == 0);
    CHECK(dx_fileclose(disk.io_fhandle) == 0);
}

static void a_pipe_can_be_played(void)
{
    DX_XPB xpb = {FILE_FORMAT_VOX, DATA_FORMAT_MULAW, DRT_8KHZ, 8};
    DX_IOTT pipe_end = {.io_type = IO_DEV | IO_EOT, .io_length = -1};
    int ends[2];
    CHECK(pipe(ends) == 0 && write(ends[1], speech, 4000) == 4000 && close(ends[1]) == 0);
    pipe_end.io_fhandle = ends[0];
    CHECK(dx_playiottdata(b, &pipe_end, NULL, &xpb, EV_SYNC) == 0 && ATDX_TRCOUNT(b) == 4000);
    CHECK(close(ends[0]) == 0);
}

static void *close_later(void *unused)
{
    (void)unused;
    while (ATDX_STATE(a) != CS_GTDIG)
        usleep(1000);
    CHECK(dx_close(a) == 0);
    return NULL;
}

/* A thread that waits for digits is let go when another closes the channel. */
static void closing_under_a_call(void)
{
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, close_later, NULL) == 0);
    int result = dx_getdig(a, NULL, NULL, EV_SYNC);
    CHECK(result == 1 || result == -1);
    pthread_join(thread, NULL);
    CHECK(ATDX_STATE(a) == AT_FAILURE);
}

int main(void)
{
    a = dx_open("dxxxB2C1", 0);
    b = dx_open("dxxxB2C2", 0);
    CHECK(a > 0 && b > 0 && a != b);
    CHECK(dx_sethook(a, DX_OFFHOOK, EV_SYNC) == -1 && ATDV_LASTERR(a) == EDX_BADPROD);
    record_what_the_other_plays();
    stop_and_nothing_to_stop();
    a_user_function_holds_up_nobody_else();
    handlers();
    recordings_that_end_early();
    a_pipe_can_be_played();
    closing_under_a_call();
    CHECK(dx_close(b) == 0);
    printf("good\n");
    return 0;
}
