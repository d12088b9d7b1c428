/* loss.c - the server goes away: the waiting call, idle devices, and a new start. Reads a line when it is back. */
#include <dirent.h>
#include <dxxxlib.h>
#include <stdio.h>
#include <stdlib.h>

#define CHECK(condition)                                                     \
    do {                                                                     \
        if (!(condition)) {                                                  \
            printf("%d: failed: %s\n", __LINE__, #condition);                \
            exit(1);                                                         \
        }                                                                    \
    } while (0)

static int count(const char *folder)
{
    int n = 0;
    DIR *d = opendir(folder);
    while (d && readdir(d))
        n++;
    closedir(d);
    return n;
}

int main(void)
{
    char line[16];
    TN_GEN tone;
    int files = count("/proc/self/fd"), errors = 0;
    int idle = dx_open("dxxxB1C1", 0), playing = dx_open("dxxxB1C2", 0), waiting = dx_open("dxxxB1C3", 0);
    CHECK(idle > 0 && playing > 0 && waiting > 0);
    dx_bldtngen(&tone, 440, 0, -10, 0, -1);
    CHECK(dx_playtone(playing, &tone, NULL, EV_ASYNC) == 0);
    printf("ready\n");
    fflush(stdout);
    CHECK(dx_getdig(waiting, NULL, NULL, EV_SYNC) == -1 && ATDV_LASTERR(waiting) == EDX_SYSTEM);
    while (errors < 3) { /* each device is told once */
        CHECK(sr_waitevt(10000) != -1 && sr_getevttype() == TDX_ERROR);
        CHECK(ATDV_LASTERR(sr_getevtdev()) == EDX_SYSTEM);
        errors++;
    }
    CHECK(sr_waitevt(0) == -1);
    CHECK(dx_clrdigbuf(idle) == -1 && ATDV_LASTERR(idle) == EDX_SYSTEM && ATDX_STATE(idle) == AT_FAILURE);
    CHECK(dx_open("dxxxB1C4", 0) == -1);
    printf("lost\n");
    fflush(stdout);
    CHECK(fgets(line, sizeof line, stdin));
    int again = dx_open("dxxxB1C1", 0); /* with the old handle still open */
    CHECK(again > 0 && again != idle && dx_clrdigbuf(again) == 0 && dx_clrdigbuf(idle) == -1);
    CHECK(dx_close(idle) == 0 && dx_close(playing) == 0 && dx_close(waiting) == 0 && dx_clrdigbuf(again) == 0);
    CHECK(dx_close(again) == 0 && count("/proc/self/fd") == files);
    printf("good\n");
    return 0;
}
