"""What of the vendor's API this driver declares to cffi.

Structures are laid out as in the headers of the simulated library (LP64). Those of the vendor's real 64-bit headers
are unverified.
"""

from __future__ import annotations

import re

__all__ = ["CDEF", "functions"]

CDEF = """
typedef struct DV_TPT { unsigned short tp_type, tp_termno, tp_length, tp_flags, tp_data, rfu;
    struct DV_TPT *tp_nextp; } DV_TPT;
typedef struct DX_IOTT { unsigned short io_type, rfu; int io_fhandle; char *io_bufp; unsigned long io_offset;
    long io_length; struct DX_IOTT *io_nextp, *io_prevp; } DX_IOTT;
typedef struct { unsigned short wFileFormat, wDataFormat; unsigned long nSamplesPerSec;
    unsigned short wBitsPerSample; } DX_XPB;
typedef struct { unsigned long sc_numts; long *sc_tsarrayp; } SC_TSINFO;
typedef struct { int (*u_read)(int, char *, unsigned); int (*u_write)(int, char *, unsigned);
    long (*u_seek)(int, long, int); } DX_UIO;
long sr_setparm(long, long, void *);
long sr_waitevt(long);
long sr_putevt(long, unsigned long, long, void *, long);
long sr_getevtdev(unsigned long);
long sr_getevttype(unsigned long);
long sr_getevtlen(unsigned long);
void *sr_getevtdatap(unsigned long);
long sr_getboardcnt(char *, int *);
long ATDV_LASTERR(long);
char *ATDV_ERRMSGP(long);
long ATDV_SUBDEVS(long);
long ATDX_TERMMSK(int);
long ATDX_TRCOUNT(int);
int dx_open(const char *, int);
int dx_close(int);
int dx_sethook(int, int, unsigned short);
int dx_setevtmsk(int, unsigned int);
int dx_setparm(int, unsigned long, const void *);
int dx_playiottdata(int, DX_IOTT *, const DV_TPT *, const DX_XPB *, unsigned short);
int dx_reciottdata(int, DX_IOTT *, const DV_TPT *, DX_XPB *, unsigned short);
int dx_dial(int, const char *, const void *, unsigned short);
int dx_stopch(int, unsigned short);
int dx_getxmitslot(int, SC_TSINFO *);
int dx_listen(int, SC_TSINFO *);
int ag_getxmitslot(int, SC_TSINFO *);
int ag_listen(int, SC_TSINFO *);
int dx_setuio(DX_UIO);
int dx_gtcallid(int, unsigned char *);
int dx_bldst(unsigned int, unsigned int, unsigned int, unsigned int);
int dx_blddt(unsigned int, unsigned int, unsigned int, unsigned int, unsigned int, unsigned int);
int dx_addtone(int, unsigned char, unsigned char);
int dx_enbtone(int, int, int);
int dx_distone(int, int, int);
"""


def functions() -> list[str]:
    """The functions that are declared here."""
    return re.findall(r"\b((?:sr|dx|ag|ATDV|ATDX)_\w+)\(", CDEF)
