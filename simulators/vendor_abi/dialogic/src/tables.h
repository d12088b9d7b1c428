/* tables.h - the application's tables, DV_TPT and DX_IOTT, checked and taken over into structures of our own. */
#ifndef TABLES_H
#define TABLES_H
#include "dxxxlib.h"
#include "wire.h"

#define TPT_MAX 32   /* entries; a table that is longer has lost its end */
#define IOTT_MAX 1024

enum { TPT_PLAY = 1, TPT_RECORD, TPT_COLLECT, TPT_TONE };

/* 0 or EDX_BADTPT. *missing, when not NULL, then names what is not simulated. table may be NULL: no rules. */
int tpt_parse(const DV_TPT *table, int job, wire_rules *out, const char **missing);

typedef struct {
    int kind;      /* IO_DEV, IO_MEM or IO_UIO */
    int fd;
    char *memory;
    long offset;   /* octets from the start of the file */
    long length;   /* -1: to the end */
    int seek;      /* IO_UIO: go to offset first */
} iott_part;

/* Parts of a chain into out[*count]: 0, EDX_BADIOTT, or EDX_SYSTEM without memory; the caller frees *out. */
int iott_parse(const DX_IOTT *chain, iott_part **out, int *count, const char **missing);

/* Encoding of a DX_XPB (WAVE format tag): 1 PCM 16 bit, 6 A-law, 7 mu-law; 0: EDX_XPBPARM. */
int xpb_encoding(const DX_XPB *xpb);
/* Encoding of dx_play's and dx_rec's mode: as above; 0: not simulated. */
int mode_encoding(unsigned mode, int default_rate_hz);
#endif
