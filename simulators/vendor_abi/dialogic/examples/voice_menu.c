/* voice_menu.c - one channel, synchronous: a menu, digits read back, a recording in memory, until '*' or hang-up.

   voice_menu CHANNEL FOLDER: plays FOLDER/menu.wav and FOLDER/0.wav to 9.wav. */
#include <dxxxlib.h>
#include <srllib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MEMORY (8000 * 4) /* 4 s of mu-law */

static int channel;
static const char *folder;
static char memory[MEMORY];

static void die(const char *what)
{
    fprintf(stderr, "voice_menu: %s: %s\n", what, ATDV_ERRMSGP(channel));
    exit(1);
}

static DV_TPT condition(unsigned short number, unsigned short length, unsigned short flags)
{
    DV_TPT tpt;
    memset(&tpt, 0, sizeof tpt);
    tpt.tp_type = IO_CONT;
    tpt.tp_termno = number;
    tpt.tp_length = length;
    tpt.tp_flags = flags;
    return tpt;
}

static int hung_up(void)
{
    return (ATDX_TERMMSK(channel) & TM_LCOFF) != 0;
}

/* 0: the caller is gone. */
static int play(const char *name)
{
    char path[512];
    DV_TPT tpt[2] = {condition(DX_LCOFF, 1, TF_LCOFF), condition(DX_MAXDTMF, 1, TF_MAXDTMF)};
    tpt[1].tp_type = IO_EOT;
    snprintf(path, sizeof path, "%s/%s.wav", folder, name);
    if (dx_playwav(channel, path, tpt, EV_SYNC) == -1)
        die(path);
    return !hung_up();
}

static int get_digits(DV_DIGIT *digits)
{
    DV_TPT tpt[4] = {condition(DX_LCOFF, 1, TF_LCOFF), condition(DX_MAXDTMF, 4, TF_MAXDTMF),
                     condition(DX_DIGMASK, DM_P | DM_S, TF_DIGMASK), condition(DX_IDDTIME, 50, TF_IDDTIME)};
    tpt[3].tp_type = IO_EOT;
    int n = dx_getdig(channel, tpt, digits, EV_SYNC);
    if (n == -1)
        die("dx_getdig");
    printf("%d digits, mask 0x%lx\n", n - 1, ATDX_TERMMSK(channel));
    return !hung_up();
}

static int say_digits(const DV_DIGIT *digits)
{
    for (const char *digit = digits->dg_value; *digit; digit++) {
        char name[2] = {*digit, 0};
        if (*digit >= '0' && *digit <= '9' && !play(name))
            return 0;
    }
    return 1;
}

static int echo(void)
{
    DX_IOTT iott;
    DX_XPB xpb;
    DV_TPT tpt[2] = {condition(DX_LCOFF, 1, TF_LCOFF), condition(DX_MAXSIL, 10, TF_MAXSIL)};
    tpt[1].tp_type = IO_EOT;
    memset(&iott, 0, sizeof iott);
    memset(&xpb, 0, sizeof xpb);
    iott.io_type = IO_MEM | IO_EOT;
    iott.io_bufp = memory;
    iott.io_length = MEMORY;
    xpb.wFileFormat = FILE_FORMAT_VOX;
    xpb.wDataFormat = DATA_FORMAT_MULAW;
    xpb.nSamplesPerSec = DRT_8KHZ;
    xpb.wBitsPerSample = 8;
    if (dx_reciottdata(channel, &iott, tpt, &xpb, EV_SYNC | RM_TONE) == -1)
        die("dx_reciottdata");
    printf("recorded %ld octets, mask 0x%lx\n", ATDX_TRCOUNT(channel), ATDX_TERMMSK(channel));
    if (hung_up())
        return 0;
    iott.io_length = ATDX_TRCOUNT(channel);
    tpt[0].tp_type = IO_EOT;
    if (iott.io_length > 0 && dx_playiottdata(channel, &iott, tpt, &xpb, EV_SYNC) == -1)
        die("dx_playiottdata");
    return !hung_up();
}

static void serve_call(void)
{
    DV_DIGIT digits;
    while (play("menu") && get_digits(&digits) && !strchr(digits.dg_value, '*') && say_digits(&digits) && echo()) {
    }
    printf("%s\n", hung_up() ? "caller hung up" : "goodbye");
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: voice_menu CHANNEL FOLDER\n");
        return 2;
    }
    folder = argv[2];
    setvbuf(stdout, NULL, _IOLBF, 0);
    channel = dx_open(argv[1], 0);
    if (channel == -1) {
        perror(argv[1]);
        return 1;
    }
    printf("ready\n");
    if (dx_wtring(channel, 1, DX_OFFHOOK, 60) == -1)
        die("dx_wtring");
    printf("answered\n");
    if (dx_clrdigbuf(channel) == -1) /* what the last caller pressed */
        die("dx_clrdigbuf");
    serve_call();
    if (dx_sethook(channel, DX_ONHOOK, EV_SYNC) == -1)
        die("dx_sethook");
    return dx_close(channel) == -1;
}
