/* answering_machine.c - four channels in asynchronous mode: greeting, beep, message, again.

   answering_machine GREETING.wav FOLDER [CALLS]: messages go to FOLDER/channel-call.wav; it ends after CALLS calls in
   all, or never. A message ends at '#', after 3 s of silence, after 20 s, or when the caller hangs up. */
#include <dxxxlib.h>
#include <fcntl.h>
#include <srllib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHANNELS 4

typedef struct {
    int handle;
    int number;
    int calls;
    int file;
    DX_IOTT iott; /* the library reads these while it plays and records */
    DX_XPB xpb;
    TN_GEN beep;
} line;

static line lines[CHANNELS];
static const char *greeting, *folder;

static void die(const char *what, int handle)
{
    fprintf(stderr, "answering_machine: %s: %s\n", what, ATDV_ERRMSGP(handle));
    exit(1);
}

static line *find(long handle)
{
    for (int i = 0; i < CHANNELS; i++)
        if (lines[i].handle == handle)
            return &lines[i];
    fprintf(stderr, "answering_machine: an event of device %ld\n", handle);
    exit(1);
}

static void hook(line *l, int state)
{
    if (dx_sethook(l->handle, state, EV_ASYNC) == -1)
        die("dx_sethook", l->handle);
}

/* What ends each part when the caller is gone. */
static void loop_current_ends(DV_TPT *tpt, unsigned short type)
{
    tpt->tp_type = type;
    tpt->tp_termno = DX_LCOFF;
    tpt->tp_length = 3;
    tpt->tp_flags = TF_LCOFF | TF_10MS;
}

static void set_iott(line *l)
{
    memset(&l->iott, 0, sizeof l->iott);
    l->iott.io_type = IO_DEV | IO_EOT;
    l->iott.io_fhandle = l->file;
    l->iott.io_length = -1;
    memset(&l->xpb, 0, sizeof l->xpb);
    l->xpb.wFileFormat = FILE_FORMAT_WAVE;
    l->xpb.wDataFormat = DATA_FORMAT_PCM;
    l->xpb.nSamplesPerSec = DRT_8KHZ;
    l->xpb.wBitsPerSample = 16;
}

static void play_greeting(line *l)
{
    DV_TPT tpt[1];
    memset(tpt, 0, sizeof tpt);
    loop_current_ends(&tpt[0], IO_EOT);
    l->file = dx_fileopen(greeting, O_RDONLY);
    if (l->file < 0) {
        perror(greeting);
        exit(1);
    }
    set_iott(l);
    if (dx_clrdigbuf(l->handle) == -1 || dx_playiottdata(l->handle, &l->iott, tpt, &l->xpb, EV_ASYNC) == -1)
        die("dx_playiottdata", l->handle);
}

static void beep(line *l)
{
    DV_TPT tpt[1];
    memset(tpt, 0, sizeof tpt);
    loop_current_ends(&tpt[0], IO_EOT);
    dx_bldtngen(&l->beep, 1000, 0, -10, 0, 30);
    if (dx_playtone(l->handle, &l->beep, tpt, EV_ASYNC) == -1)
        die("dx_playtone", l->handle);
}

static void record(line *l)
{
    char name[512];
    DV_TPT tpt[4];
    memset(tpt, 0, sizeof tpt);
    loop_current_ends(&tpt[0], IO_CONT);
    tpt[1].tp_type = IO_CONT;
    tpt[1].tp_termno = DX_DIGMASK;
    tpt[1].tp_length = DM_P;
    tpt[1].tp_flags = TF_DIGMASK;
    tpt[2].tp_type = IO_CONT;
    tpt[2].tp_termno = DX_MAXSIL;
    tpt[2].tp_length = 30;
    tpt[2].tp_flags = TF_MAXSIL;
    tpt[3].tp_type = IO_EOT;
    tpt[3].tp_termno = DX_MAXTIME;
    tpt[3].tp_length = 200;
    tpt[3].tp_flags = TF_MAXTIME;
    snprintf(name, sizeof name, "%s/%d-%d.wav", folder, l->number, ++l->calls);
    l->file = dx_fileopen(name, O_RDWR | O_CREAT | O_TRUNC, 0644);
    if (l->file < 0) {
        perror(name);
        exit(1);
    }
    set_iott(l);
    if (dx_reciottdata(l->handle, &l->iott, tpt, &l->xpb, EV_ASYNC) == -1)
        die("dx_reciottdata", l->handle);
}

static void close_file(line *l)
{
    dx_fileclose(l->file);
    l->file = -1;
}

static void line_status(line *l, const DX_CST *cst)
{
    if (cst->cst_event == DE_RINGS && ATDX_HOOKST(l->handle) == DX_ONHOOK) {
        unsigned char caller[128] = "unknown";
        if (dx_gtcallid(l->handle, caller) == -1 && ATDV_LASTERR(l->handle) != EDX_CLIDINFO)
            die("dx_gtcallid", l->handle);
        printf("%d rings %s\n", l->number, caller);
        hook(l, DX_OFFHOOK);
    }
}

/* 1: a call is over. */
static int step(line *l, long type, const void *data)
{
    int hung_up = (ATDX_TERMMSK(l->handle) & TM_LCOFF) != 0;
    switch (type) {
    case TDX_CST:
        line_status(l, data);
        return 0;
    case TDX_SETHOOK:
        if (((const DX_CST *)data)->cst_event == DX_OFFHOOK) {
            play_greeting(l);
            return 0;
        }
        printf("%d idle\n", l->number);
        return 1;
    case TDX_PLAY:
        close_file(l);
        hung_up ? hook(l, DX_ONHOOK) : beep(l);
        return 0;
    case TDX_PLAYTONE:
        hung_up ? hook(l, DX_ONHOOK) : record(l);
        return 0;
    case TDX_RECORD:
        close_file(l);
        printf("%d recorded %ld octets, mask 0x%lx\n", l->number, ATDX_TRCOUNT(l->handle), ATDX_TERMMSK(l->handle));
        hook(l, DX_ONHOOK);
        return 0;
    default:
        die("an event that was not expected", l->handle);
        return 0;
    }
}

static void open_lines(void)
{
    for (int i = 0; i < CHANNELS; i++) {
        char name[32];
        lines[i].number = i + 1;
        snprintf(name, sizeof name, "dxxxB1C%d", i + 1);
        lines[i].handle = dx_open(name, 0);
        if (lines[i].handle == -1)
            perror(name), exit(1);
        if (dx_setrings(lines[i].handle, 2) == -1 || dx_setevtmsk(lines[i].handle, DM_RINGS) == -1)
            die("dx_setevtmsk", lines[i].handle);
    }
}

int main(int argc, char **argv)
{
    int mode = SR_POLLMODE;
    if (argc < 3) {
        fprintf(stderr, "usage: answering_machine GREETING.wav FOLDER [CALLS]\n");
        return 2;
    }
    greeting = argv[1];
    folder = argv[2];
    int calls = argc > 3 ? atoi(argv[3]) : -1;
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (sr_setparm(SRL_DEVICE, SR_MODEID, &mode) == -1)
        die("sr_setparm", SRL_DEVICE);
    open_lines();
    printf("ready\n");
    while (calls != 0) {
        if (sr_waitevt(-1) == -1)
            die("sr_waitevt", SRL_DEVICE);
        if (step(find(sr_getevtdev()), sr_getevttype(), sr_getevtdatap()))
            calls--;
    }
    for (int i = 0; i < CHANNELS; i++)
        dx_close(lines[i].handle);
    return 0;
}
