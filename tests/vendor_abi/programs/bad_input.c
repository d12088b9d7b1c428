/* bad_input.c - what a program can do wrong gets the vendor's error. Prints what failed; needs a server. */
#include <dxxxlib.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHECK(condition)                                                     \
    do {                                                                     \
        if (!(condition)) {                                                  \
            printf("%d: failed: %s\n", __LINE__, #condition);                \
            exit(1);                                                         \
        }                                                                    \
    } while (0)
#define FAILS(call, error) CHECK((call) == -1 && ATDV_LASTERR(ch) == (error))

static int ch;
static char memory[16000];

static int count(const char *folder)
{
    int n = 0;
    DIR *d = opendir(folder);
    while (d && readdir(d))
        n++;
    closedir(d);
    return n;
}

static DX_XPB mulaw(void)
{
    return (DX_XPB){FILE_FORMAT_VOX, DATA_FORMAT_MULAW, DRT_8KHZ, 8};
}

static DX_IOTT in_memory(long length)
{
    return (DX_IOTT){.io_type = IO_MEM | IO_EOT, .io_bufp = memory, .io_length = length};
}

static void devices(void)
{
    CHECK(dx_open(NULL, 0) == -1 && dx_open("", 0) == -1 && dx_open("dxxxB9C9", 0) == -1 && errno == ENODEV);
    CHECK(dx_open("a name that is much longer than any name of a device may ever be", 0) == -1 && errno == EINVAL);
    CHECK(dx_open("dxxxB1C1", 0) == -1 && errno == EBUSY); /* it is open */
    CHECK(dx_close(0) == -1 && dx_close(-5) == -1 && dx_close(INT_MAX) == -1 && dx_close(ch + 1) == -1);
    CHECK(dx_sethook(INT_MIN, DX_OFFHOOK, EV_SYNC) == -1 && ATDX_STATE(4000) == AT_FAILURE);
    CHECK(ATDV_LASTERR(4000) == EDV_BADDESC && ATDV_NAMEP(4000) == NULL && ATDV_ERRMSGP(4000) != NULL);
    int second = dx_open("dxxxB1C2", 0);
    CHECK(second > 0 && dx_close(second) == 0 && dx_close(second) == -1);
    int board = dx_open("dxxxB1", 0);
    CHECK(board > 0 && ATDX_NUMCHAN(board) == 4 && strcmp(ATDX_CHNAMES(board)[3], "dxxxB1C4") == 0);
    CHECK(dx_clrdigbuf(board) == -1 && ATDV_LASTERR(board) == EDX_BADDEV && dx_close(board) == 0);
}

static void tables(void)
{
    DX_XPB xpb = mulaw();
    DX_IOTT iott = in_memory(sizeof memory);
    DV_TPT tpt[40];
    memset(tpt, 0, sizeof tpt);
    for (int i = 0; i < 40; i++)
        tpt[i] = (DV_TPT){.tp_type = IO_CONT, .tp_termno = DX_MAXTIME, .tp_length = 10};
    FAILS(dx_playiottdata(ch, &iott, tpt, &xpb, EV_SYNC), EDX_BADTPT); /* no end mark */
    tpt[0].tp_type = IO_LINK;
    tpt[0].tp_nextp = tpt; /* a loop */
    FAILS(dx_getdig(ch, tpt, NULL, EV_SYNC), EDX_BADTPT);
    memset(tpt, 0xA5, sizeof tpt);
    FAILS(dx_getdig(ch, tpt, NULL, EV_SYNC), EDX_BADTPT);
    iott.io_type = IO_MEM | IO_LINK;
    iott.io_nextp = &iott;
    FAILS(dx_playiottdata(ch, &iott, NULL, &xpb, EV_SYNC), EDX_BADIOTT);
    iott.io_nextp = NULL;
    FAILS(dx_playiottdata(ch, &iott, NULL, &xpb, EV_SYNC), EDX_BADIOTT);
    iott = in_memory(-7);
    FAILS(dx_playiottdata(ch, &iott, NULL, &xpb, EV_SYNC), EDX_BADIOTT);
    iott = in_memory(100);
    iott.io_bufp = NULL;
    FAILS(dx_reciottdata(ch, &iott, NULL, &xpb, EV_SYNC), EDX_BADIOTT);
    iott.io_type = 0xFFFF;
    FAILS(dx_reciottdata(ch, &iott, NULL, &xpb, EV_SYNC), EDX_BADIOTT);
    FAILS(dx_playiottdata(ch, NULL, NULL, &xpb, EV_SYNC), EDX_BADIOTT);
    iott = in_memory(100);
    FAILS(dx_playiottdata(ch, &iott, NULL, NULL, EV_SYNC), EDX_BADPARM);
    xpb.wDataFormat = DATA_FORMAT_DIALOGIC_ADPCM;
    FAILS(dx_playiottdata(ch, &iott, NULL, &xpb, EV_SYNC), EDX_XPBPARM);
    FAILS(dx_play(ch, &iott, NULL, EV_SYNC), EDX_NOSUPPORT); /* ADPCM of 6 kHz is dx_play's default */
    iott.io_type = IO_UIO | IO_EOT;
    FAILS(dx_play(ch, &iott, NULL, MD_PCM | PM_SR8), EDX_BADIOTT); /* no functions were set */
    FAILS(dx_playwav(ch, "/dev/null", NULL, EV_SYNC), EDX_BADWAVEFILE);
    FAILS(dx_playwav(ch, "/no/such/file", NULL, EV_SYNC), EDX_SYSTEM);
    FAILS(dx_playwav(ch, NULL, NULL, EV_SYNC), EDX_BADPARM);
    iott = (DX_IOTT){.io_type = IO_DEV | IO_EOT, .io_fhandle = 999, .io_length = -1};
    xpb = mulaw();
    FAILS(dx_playiottdata(ch, &iott, NULL, &xpb, EV_SYNC), EDX_SYSTEM); /* no such descriptor */
}

static void values(void)
{
    SC_TSINFO info = {0, NULL};
    TN_GEN gen;
    FAILS(dx_sethook(ch, 7, EV_SYNC), EDX_BADPARM);
    FAILS(dx_wtring(ch, 0, DX_OFFHOOK, 1), EDX_BADPARM);
    FAILS(dx_wtring(ch, 1, DX_OFFHOOK, 0), EDX_TIMEOUT);
    FAILS(dx_getevt(ch, NULL, 0), EDX_BADPARM);
    FAILS(dx_dial(ch, NULL, NULL, EV_SYNC), EDX_BADPARM);
    FAILS(dx_dial(ch, "12?", NULL, EV_SYNC), EDX_BADPARM);
    FAILS(dx_dial(ch, "12", NULL, EV_SYNC | DX_CALLP), EDX_UNSUPPORTED);
    FAILS(dx_getxmitslot(ch, NULL), EDX_BADPARM);
    FAILS(dx_listen(ch, &info), EDX_BADPARM);
    FAILS(dx_gtcallid(ch, NULL), EDX_BADPARM);
    dx_bldtngen(&gen, 9, 0, -10, 0, 10);
    FAILS(dx_playtone(ch, &gen, NULL, EV_SYNC), EDX_FREQGEN);
    FAILS(dx_setparm(ch, 0xFFFFFFFF, &info), EDX_BADPARM);
    CHECK(dx_clrtpt(NULL, 3) == -1);
    CHECK(sr_waitevtEx(NULL, 1, 0, NULL) == -1 && ATDV_LASTERR(SRL_DEVICE) == ESR_NULL_DATAP);
    long handle = ch, event;
    CHECK(sr_waitevtEx(&handle, INT_MAX, 0, &event) == -1 && ATDV_LASTERR(SRL_DEVICE) == ESR_BADPARM);
    CHECK(sr_waitevt(0) == -1 && ATDV_LASTERR(SRL_DEVICE) == ESR_TMOUT);
    CHECK(sr_putevt(ch, 1, LONG_MAX, memory, 0) == -1 && ATDV_LASTERR(SRL_DEVICE) == ESR_DATASZ);
}

static void *stop_when_waiting(void *unused)
{
    (void)unused;
    while (ATDX_STATE(ch) != CS_RINGS)
        usleep(1000);
    CHECK(dx_stopch(ch, EV_SYNC) == 0);
    return NULL;
}

static void waiting_for_rings_can_be_stopped(void)
{
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, stop_when_waiting, NULL) == 0);
    FAILS(dx_wtring(ch, 1, DX_OFFHOOK, -1), EDX_WTRINGSTOP);
    pthread_join(thread, NULL);
}

static void child(void)
{
    pid_t pid = fork();
    if (pid == 0) {
        int bad = dx_clrdigbuf(ch) != -1 || ATDV_LASTERR(ch) != ESR_SYS || dx_open("dxxxB1C3", 0) != -1;
        bad |= sr_waitevt(-1) != -1 || dx_close(ch) != -1;
        _exit(bad);
    }
    int status;
    CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0);
    CHECK(dx_clrdigbuf(ch) == 0); /* the parent's is as it was */
}

int main(void)
{
    int files = count("/proc/self/fd"), threads = count("/proc/self/task"), boards = 0;
    char class[] = DEV_CLASS_VOICE;
    CHECK(sr_getboardcnt(class, &boards) == 0 && boards == 2);
    CHECK(count("/proc/self/fd") == files);
    ch = dx_open("dxxxB1C1", 0);
    CHECK(ch > 0);
    devices();
    tables();
    values();
    waiting_for_rings_can_be_stopped();
    child();
    CHECK(ATDX_STATE(ch) == CS_IDLE);
    CHECK(dx_close(ch) == 0);
    CHECK(count("/proc/self/fd") == files);
    CHECK(count("/proc/self/task") == threads);
    printf("good\n");
    return 0;
}
