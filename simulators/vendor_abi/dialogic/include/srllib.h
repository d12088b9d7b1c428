/* srllib.h - the standard runtime of Dialogic's R4 API as boardcore's simulated boards have it.

   Written from names, numbers and layouts alone. Layouts are those that a 64-bit program sees that is compiled against
   this header; those of the vendor's own 64-bit headers are unverified. Failure is -1, or NULL from functions that
   return a pointer; ATDV_LASTERR tells why. */
#ifndef SRLLIB_H
#define SRLLIB_H

#define AT_FAILURE (-1)
#define AT_FAILUREP 0
#define EDV_BADDESC (-1)
#define EDV_NOERROR 0
#define OF_DEFAULT 0
#define EV_ANYEVT 0xFFFFFFFFUL
#define EV_ANYDEV (-1)
#define SR_DFLT_DATASIZE 48
#define SR_INTERPOLLID 1
#define SR_MODEID 2
#define SR_DATASZID 3
#define SR_QSIZEID 4
#define SR_MODELTYPE 5
#define SR_USERCONTEXT 6
#define SR_WIN32INFO 7
#define SR_STATISTICS 8
#define SR_PARMHIPRIMODE 9
#define SR_POLLMODE 0
#define SR_SIGMODE 1
#define SRL_DEVICE 0
#define SR_TMOUTEVT 0
#define SR_STASYNC 0
#define SR_MTASYNC 1
#define SR_MTSYNC 2
#define SR_NOTIFY_ON 0
#define SR_NOTIFY_OFF 1
#define SR_HIPRIDEFAULT 0
#define SR_HIPRISYNC 1
#define ESR_NOERR 0
#define ESR_SCAN 1
#define ESR_PARMID 2
#define ESR_TMOUT 3
#define ESR_SYS 4
#define ESR_DATASZ 5
#define ESR_QSIZE 6
#define ESR_NOHDLR 7
#define ESR_MODE 8
#define ESR_NOTIMP 9
#define ESR_NULL_DATAP 10
#define ESR_BADDEV 11
#define ESR_NOMEM 12
#define ESR_BADPARM 13
#define ESR_NOCOM 14
#define ESR_INSUFBUF 15
#define ESR_THREAD_DEVICE_GROUP_EXISTS 16
#define ESR_THREAD_DEVICE_GROUP_NO_GROUP_DEFINED 17
#define SR_TMOUT (-1)
#define DLGC_ST 0
#define DLGC_MT 1
#define EV_SYNC 0
#define EV_ASYNC 0x8000

/* How an entry of a DV_TPT or DX_IOTT table goes on. */
#define IO_CONT 1
#define IO_LINK 2
#define IO_EOT 4

typedef struct dv_tpt {
    unsigned short tp_type;
    unsigned short tp_termno;
    unsigned short tp_length;
    unsigned short tp_flags;
    unsigned short tp_data;
    unsigned short rfu;
    struct dv_tpt *tp_nextp;
} DV_TPT;

#define DEV_CLASS_VOICE "Voice"

#ifdef __cplusplus
extern "C" {
#endif

/* In C these four take no argument or the handle that sr_waitevtEx gave; both mean this thread's current event. */
#ifdef __cplusplus
long sr_getevtdev(...);
long sr_getevttype(...);
long sr_getevtlen(...);
void *sr_getevtdatap(...);
#else
long sr_getevtdev();
long sr_getevttype();
long sr_getevtlen();
void *sr_getevtdatap();
#endif
long sr_setparm(long ddd, long parmid, void *valuep);
long sr_getparm(long ddd, long parmid, void *valuep);
long sr_waitevt(long tmout);
long sr_waitevtEx(long *handlep, int count, long tmout, long *evthp);
long sr_enbhdlr(long ddd, unsigned long event_type, long (*hdlr)(unsigned long parm));
long sr_dishdlr(long ddd, unsigned long event_type, long (*hdlr)(unsigned long parm));
long sr_putevt(long dev, unsigned long evt, long len, void *datap, long err);
long sr_hold(void);
long sr_release(void);
long sr_getboardcnt(char *brdname, int *brdcnt);
long ATDV_LASTERR(long ddd);
char *ATDV_ERRMSGP(long ddd);
char *ATDV_NAMEP(long ddd);
long ATDV_SUBDEVS(long ddd);
#ifdef __cplusplus
}
#endif
#endif
