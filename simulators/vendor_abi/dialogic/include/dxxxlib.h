/* dxxxlib.h - the voice library of Dialogic's R4 API as boardcore's simulated boards have it; see srllib.h. */
#ifndef DXXXLIB_H
#define DXXXLIB_H
#include "srllib.h"

#define DX_ONHOOK 0
#define DX_OFFHOOK 1
#define TDX_PLAY 129
#define TDX_RECORD 130
#define TDX_GETDIG 131
#define TDX_DIAL 132
#define TDX_CALLP 133
#define TDX_CST 134
#define TDX_SETHOOK 135
#define TDX_WINK 136
#define TDX_ERROR 137
#define TDX_PLAYTONE 138
#define TDX_GETR2MF 139
#define TDX_BARGEIN 140
#define TDX_NOSTOP 141
#define TDX_TXDATA 144
#define TDX_RXDATA 145
#define TDX_CACHEPROMPT 146
#define TDX_UNDERRUN 147
#define TDX_LOWWATER 148
#define TDX_HIGHWATER 149
#define TDX_QUERYTONE 150
#define TDX_QUERYTONE_FAIL 151
#define TDX_DELETETONE 152
#define TDX_DELETETONE_FAIL 153
#define TDX_CREATETONE 154
#define TDX_CREATETONE_FAIL 155
#define TDX_VAD 156
#define TDX_LISTEN 157
#define TDX_UNLISTEN 158
#define TDX_LISTEN_FAIL 159
#define TDX_UNLISTEN_FAIL 160
#define TDX_RESET 161
#define TDX_RESETERR 162
#define DX_ATOMIC_ERR 238
#define TDX_UNKNOWN 0x3e8
#define EDX_NOERROR 0
#define EDX_SYSTEM 1
#define EDX_FWERROR 2
#define EDX_TIMEOUT 3
#define EDX_BADIOTT 4
#define EDX_BADTPT 5
#define EDX_BADPARM 6
#define EDX_BADDEV 7
#define EDX_BADPROD 8
#define EDX_BUSY 9
#define EDX_IDLE 10
#define EDX_STOPRINGS 11
#define EDX_WTRINGSTOP 11
#define EDX_BADWAVEFILE 12
#define EDX_XPBPARM 13
#define EDX_NOSUPPORT 14
#define EDX_NOTIMP 15
#define EDX_BADSUBCOMMAND 16
#define EDX_BADCHANNELNUMBER 17
#define EDX_BADRESOURCEID 18
#define EDX_NORESOURCE 19
#define EDX_DSPERROR 20
#define EDX_INUSE 21
#define EDX_HOOKSTATETRANSITIONERROR 25
#define EDX_TONEID 65
#define EDX_MAXTMPLT 66
#define EDX_INVSUBCMD 67
#define EDX_CHANNUM 68
#define EDX_FREQDET 69
#define EDX_CADENCE 70
#define EDX_ASCII 71
#define EDX_DIGTYPE 72
#define EDX_MSGSTATUS 73
#define EDX_SVADJBLKS 74
#define EDX_SPDVOL 75
#define EDX_SVMTSIZE 76
#define EDX_SVMTRANGE 77
#define EDX_NONZEROSIZE 78
#define EDX_FLAGGEN 79
#define EDX_FREQGEN 80
#define EDX_AMPLGEN 81
#define EDX_TNQUERYDELETE 82
#define EDX_SH_CMDBLOCK 89
#define EDX_SH_BADCMD 96
#define EDX_SH_LIBBSY 97
#define EDX_SH_BADINDX 98
#define EDX_SH_LIBNOTINIT 99
#define EDX_SH_NOCLK 100
#define EDX_SH_MISSING 102
#define EDX_SH_BADMODE 106
#define EDX_SH_BADLCLTS 111
#define EDX_SH_BADTYPE 112
#define EDX_SH_BADEXTTS 113
#define EDX_SH_LCLTSCNCT 114
#define EDX_SH_LCLDSCNCT 115
#define EDX_CLIDINFO 128
#define EDX_CLIDBLK 129
#define EDX_CLIDOOA 130
#define EDX_CLIDPUB 131
#define EDX_CLIDPLAN 132
#define EDX_BADREGVALUE 144
#define EDX_BADTSFFILE 145
#define EDX_BADTSFDATA 146
#define EDX_FEATUREDISABLED 147
#define EDX_BADMODE 144
#define EDX_UNSUPPORTED 145
#define EDX_TNINFO 0x101
#define EDX_TNINVALID 0x102
#define EDX_TNFRAMES 0x103
#define EDX_TNCONTIM 0x104
#define EDX_TNCADFLAG 0x105
#define EDX_LMPARM 0x106
#define EDX_TNAMP 0x107
#define EDX_LMMETHOD 0x108
#define EDX_LMFREQTOL 0x109
#define EDX_LMDURTOL 0x10a
#define EDX_TNDFLAG 0x10b
#define EDX_TNPARM 0x10c
#define EDX_LMQUALID 0x10d
#define EDX_NOTENOUGHBRDMEM 0x100
#define CLIDINFO_CMPLT 0x100
#define CLIDINFO_GENERAL 0x101
#define CLIDINFO_CALLID 0x102
#define CLIDINFO_FRAMETYPE 0x103
#define CS_IDLE 1
#define CS_PLAY 2
#define CS_RECD 3
#define CS_DIAL 4
#define CS_GTDIG 5
#define CS_TONE 6
#define CS_STOPD 7
#define CS_SENDFAX 8
#define CS_RECVFAX 9
#define CS_CALL 13
#define CS_GETR2MF 14
#define CS_BLOCKED 16
#define CS_RECDPREPARE 17
#define CS_FAXIO 10
#define CS_HOOK 11
#define CS_WINK 12
#define CS_RINGS 15
#define CS_WAITEVT 15
#define DE_RINGS 1
#define DE_SILON 2
#define DE_SILOF 3
#define DE_LCON 4
#define DE_LCOF 5
#define DE_WINK 6
#define DE_RNGOFF 7
#define DE_DIGITS 8
#define DE_DIGOFF 9
#define DE_LCREV 13
#define DE_TONEON 17
#define DE_TONEOFF 18
#define DE_STOPRINGS 19
#define DE_VAD 20
#define DE_UNDERRUN 21
#define DM_RINGS 1
#define DM_SILON 2
#define DM_SILOF 4
#define DM_LCON 8
#define DM_LCOF 16
#define DM_LCREV 0x1000
#define DM_WINK 32
#define DM_RNGOFF 64
#define DM_DIGITS 128
#define DM_DIGOFF 0x100
#define DM_VADEVTS 0x80000
#define DM_UNDERRUN 0x100000
#define DM_D 1
#define DM_1 2
#define DM_2 4
#define DM_3 8
#define DM_4 16
#define DM_5 32
#define DM_6 64
#define DM_7 128
#define DM_8 0x100
#define DM_9 0x200
#define DM_0 0x400
#define DM_S 0x800
#define DM_P 0x1000
#define DM_A 0x2000
#define DM_B 0x4000
#define DM_C 0x8000
#define TN_DTMF_1 0x8001
#define TN_DTMF_2 0x8002
#define TN_DTMF_3 0x8003
#define TN_DTMF_4 0x8004
#define TN_DTMF_5 0x8005
#define TN_DTMF_6 0x8006
#define TN_DTMF_7 0x8007
#define TN_DTMF_8 0x8008
#define TN_DTMF_9 0x8009
#define TN_DTMF_STAR 0x800e
#define TN_DTMF_0 0x8000
#define TN_DTMF_POUND 0x800f
#define TN_DTMF_A 0x800a
#define TN_DTMF_B 0x800b
#define TN_DTMF_C 0x800c
#define TN_DTMF_D 0x800d
#define DXCH_DTMFTLK 0x20000101
#define DXCH_DTMFDEB 0x20000201
#define DXCH_DTINITSET 0x20000203
#define DXCH_WINKDLY 0x20000204
#define DXCH_WINKLEN 0x20000205
#define DXCH_MINRWINK 0x20000206
#define DXCH_MAXRWINK 0x20000207
#define DXCH_TTDATA 0x20000208
#define DXCH_T_IDD 0x20000209
#define DXCH_ADSIALERT_LENGTH 0x2000020d
#define DXCH_ADSIALERT_ACK 0x2000020e
#define DXCH_ADSIACK_LENGTH 0x2000020f
#define DXCH_ADSIACK_FSK 0x20000210
#define DXCH_ADSIALERT_AMPL 0x20000211
#define DXCH_MFMODE 0x22000201
#define DXCH_MFDIAG 0x22000202
#define DXCH_PLAYDRATE 0x21000e01
#define DXCH_RECRDRATE 0x21000e02
#define DXCH_DFLAGS 0x20000801
#define DXCH_RINGCNT 0x28000001
#define DXCH_CALLID 0x20000e04
#define DX_CALLIDDISABLE 0
#define DX_CALLIDENABLE 1
#define DXCH_AUDIOLINEIN 0x20000e05
#define DX_LINEINDISABLE 0
#define DX_LINEINENABLE 1
#define DXCH_DIGBUFMODE 0x30000002
#define DXCH_XFERBUFSIZE 0x30000003
#define DXCH_RXDATABUFSIZE 0x30000004
#define DXCH_TXDATABUFSIZE 0x30000005
#define DXCH_NUMRXBUFFERS 0x30000006
#define DXCH_NUMTXBUFFERS 0x30000007
#define DXCH_DONOTTRIMTONES 0x30000008
#define DXCH_BARGEINONLY 0x30000009
#define DXCH_MEDIAXMITGAIN 0x3000000a
#define DXCH_MEDIARECVGAIN 0x3000000b
#define DXCH_PSTNXMITGAIN 0x3000000c
#define DXCH_PSTNRECVGAIN 0x3000000d
#define DXCH_ECRXMITGAIN 0x3000000e
#define DXCH_ECRRECVGAIN 0x3000000f
#define DXCH_VARNUMBUFFERS 0x30000010
#define DXCH_SCRFEATURE 0x30000011
#define DXCH_SCRDISABLED 0
#define DXCH_SCRENABLED 1
#define DXCH_FSKINTERBLKTIMEOUT 0x30000012
#define DXCH_FSKSTANDARD 0x30000013
#define DXCH_FSKCHSEIZURE 0x30000014
#define DXCH_FSKMARKLENGTH 0x30000015
#define DXCH_EC_TAP_LENGTH 0x2000021b
#define DXCH_BARGEIN_RECFORMAT 0x20000212
#define DXCH_VADTIMEOUT 0x20000213
#define DXCH_SPEECHSNR 0x20000214
#define DXCH_SPEECHTHRESH 0x20000215
#define DXCH_SPEECHPLAYTHRESH 0x20000215
#define DXCH_SPEECHPLAYTRIGG 0x20000216
#define DXCH_SPEECHNONPLAYTRIGG 0x20000217
#define DXCH_SPEECHPLAYWINDOW 0x20000218
#define DXCH_SPEECHNONPLAYWINDOW 0x20000219
#define DXCH_SPEECHNONPLAYTHRESH 0x2000021a
#define DXCH_DSPCARRIERDETECTDEBOUNCE 0x20000232
#define DXCH_DSPCARRIERDETECTTHRESHOLD 0x20000233
#define DXCH_AGC_TARGETOUTPUTLEVEL 0x20000300
#define DXCH_AGC_MAXGAIN 0x20000301
#define DXCH_AGC_SPEECHTHRESHOLD 0x20000302
#define DXCH_AGC_NOISETHRESHOLD 0x20000303
#define DXCH_AGC_MEMORYMAXIMUMSIZE 0x20000304
#define DXCH_AGC_MEMORYSILENCERESET 0x20000305
#define DXCH_AGC_GAININCSPEECH 0x20000306
#define DXCH_EC_ACTIVE 0x20000307
#define DX_DIGCYCLIC 1
#define DX_DIGTRUNC 2
#define DXBD_TXBUFSIZE 0x248000f6
#define DXBD_RXBUFSIZE 0x248000f7
#define DXBD_FLASHCHR 0x20800301
#define DXBD_INITDLY 0x20800302
#define DXBD_MINPDON 0x20800303
#define DXBD_MINPDOFF 0x20800304
#define DXBD_TTDATA 0x20800305
#define DXBD_MINSLON 0x20800306
#define DXBD_MINSLOFF 0x20800307
#define DXBD_MINTION 0x20800308
#define DXBD_MINTIOFF 0x20800309
#define DXBD_R_EDGE 0x2080030a
#define DXBD_FLASHTM 0x20800401
#define DXBD_PAUSETM 0x20800402
#define DXBD_MINOFFHKTM 0x20800403
#define DXBD_P_MK 0x20800404
#define DXBD_P_BK 0x20800405
#define DXBD_P_IDD 0x20800406
#define DXBD_T_IDD 0x20800407
#define DXBD_OFFHDLY 0x20800408
#define DXBD_R_ON 0x20800409
#define DXBD_R_OFF 0x2080040a
#define DXBD_R_IRD 0x2080040b
#define DXBD_S_BNC 0x2080040c
#define DXBD_MINIPD 0x2080040d
#define DXBD_MINLCOFF 0x2080040e
#define DXBD_MAXPDOFF 0x2080040f
#define DXBD_MINISL 0x20800410
#define DXBD_MAXSLOFF 0x20800411
#define DXBD_HWTYPE 0x20800601
#define DXBD_CHNUM 0x20800602
#define DXBD_SYSCFG 0x20800604
#define DXBD_MFMINON 0x22000101
#define DXBD_MFTONE 0x22000102
#define DXBD_MFDELAY 0x22000103
#define DXBD_MFLKPTONE 0x22000104
#define MD_ADPCM 0
#define MD_PCM 0x100
#define MD_FFT 0x200
#define MD_GAIN 0
#define MD_NOGAIN 0x1000
#define PM_TONE 1
#define RM_TONE 1
#define PM_SR6 0x2000
#define PM_SR8 0x4000
#define RM_SR6 0x2000
#define RM_SR8 0x4000
#define PM_ALAW 32
#define RM_ALAW 32
#define PM_DTINIT 2
#define RM_DTINIT 2
#define PM_DTINITSET 18
#define RM_DTINITSET 18
#define RM_USERTONE 64
#define RM_NOTIFY 4
#define RM_VADNOTIFY 8
#define RM_ISCR 128
#define EV_NOSTOP 0x200
#define PM_RAW 0x200
#define PM_ADSI 128
#define PM_ADSIALERT 147
#define PM_NOREADWRITE 0x400
#define PM_BARGEIN 0x800
#define PM_BARGEIN_VADOFF 0x1000
#define RM_BARGEIN 0x800
#define DX_CNGTONE 2
#define DE_SILOFF 3
#define DE_LCOFF 5
#define DM_SILOFF 4
#define DM_LCOFF 16
#define MD_SELECT 0x100
#define RLS_SILENCE 128
#define RLS_DTMF 64
#define RLS_LCSENSE 32
#define RLS_RING 16
#define RLS_HOOK 8
#define RLS_RINGBK 4
#define DM_TONEON 1
#define DM_TONEOFF 2
#define TONEALL 0xFFFFFFFFUL
#define TN_SINGLE 0
#define TN_DUAL 1
#define TN_FREQDEV 5
#define TN_CADENCE 1
#define TN_LEADING 2
#define TN_TRAILING 4
#define FILE_FORMAT_VOX 1
#define FILE_FORMAT_WAVE 2
#define FILE_FORMAT_NONE 3
#define DRT_6KHZ 48
#define DRT_8KHZ 64
#define DRT_11KHZ 88
#define DATA_FORMAT_DIALOGIC_ADPCM 1
#define DATA_FORMAT_ALAW 3
#define DATA_FORMAT_G726 4
#define DATA_FORMAT_MULAW 7
#define DATA_FORMAT_PCM 8
#define DATA_FORMAT_G729A 12
#define DATA_FORMAT_GSM610 13
#define DATA_FORMAT_GSM610_MICROSOFT 13
#define DATA_FORMAT_GSM610_ETSI 14
#define DATA_FORMAT_GSM610_TIPHON 15
#define DATA_FORMAT_LC_CELP 16
#define DATA_FORMAT_TRUESPEECH 16
#define DATA_FORMAT_G711_ALAW 3
#define DATA_FORMAT_G711_ALAW_8BIT_REV 17
#define DATA_FORMAT_G711_ALAW_16BIT_REV 18
#define DATA_FORMAT_G711_MULAW 7
#define DATA_FORMAT_G711_MULAW_8BIT_REV 19
#define DATA_FORMAT_G711_MULAW_16BIT_REV 20
#define DATA_FORMAT_G721 21
#define DATA_FORMAT_G721_8BIT_REV 22
#define DATA_FORMAT_G721_16BIT_REV 23
#define DATA_FORMAT_G721_16BIT_REV_NIBBLE_SWAP 24
#define DATA_FORMAT_IMA_ADPCM 25
#define DATA_FORMAT_RAW 26
#define DATA_FORMAT_FFT 255
#define FT_ADPCM 1
#define FT_PCM 2
#define FT_ALAW 4
#define FT_ULAW 8
#define FT_LINEAR 16
#define FT_ITU_G_726 32
#define FT_ADSI 64
#define FT_RAW64KBIT 128
#define FT_DRT6KHZ 0x100
#define FT_DRT8KHZ 0x200
#define FT_DRT11KHZ 0x400
#define FT_FFT 0x800
#define FT_FSK_OH 0x1000
#define FT_G729A 0x2000
#define FT_MSGSM 0x4000
#define FT_RESRVD1 0x8000
#define FT_RESRVD2 0x10000
#define FT_TRUSPEECH 1
#define FT_GTDENABLED 1
#define FT_GTGENABLED 2
#define FT_CADENCE_TONE 4
#define FT_CALLP 2
#define FT_MF_TONE_DETECT 4
#define FT_DPD 32
#define FT_SYNTELLECT 64
#define FT_ECR 128
#define FT_CSP 0x100
#define FT_CONFERENCE 0x200
#define FT_FAX 1
#define FT_VFX40 2
#define FT_VFX40E 4
#define FT_VFX40E_PLUS 8
#define FT_FAX_EXT_TBL 16
#define FT_RS_SHARE 32
#define FT_FAX_T38UDP 64
#define FT_ANALOG 1
#define FT_EARTH_RECALL 2
#define FT_ROUTEABLE 4
#define FT_ISDN 8
#define FT_CAS 16
#define FT_R2MF 32
#define FT_ANALOG_CID 64
#define FT_CALLERID 1
#define FT_PROMPTEDREC 2
#define FT_GAIN_AND_LAW 4
#define FT_VAD 8
#define FT_RECFLOWCONTROL 16
#define FT_CSPEXTRATSLOT 32
#define FT_TX14400 1
#define FT_TXASCII 2
#define FT_SENDFAX_TXFILE_ASCII 2
#define FT_TXFILEMR 4
#define FT_TXFILEMMR 8
#define FT_TXLINEMR 16
#define FT_TXLINEMMR 32
#define FT_TXECM 64
#define FT_TXCCTFAX 128
#define FT_RX14400 1
#define FT_RX12000 2
#define FT_RXASCII 4
#define FT_RXFILEMR 8
#define FT_RXFILEMMR 16
#define FT_RXLINEMR 32
#define FT_RXLINEMMR 64
#define FT_RXECM 128

/* Terminations and transfer tables. */
#define TM_NORMTERM 0
#define TM_MAXDTMF 1
#define TM_MAXSIL 2
#define TM_MAXNOSIL 4
#define TM_LCOFF 8
#define TM_IDDTIME 16
#define TM_MAXTIME 32
#define TM_DIGIT 64
#define TM_PATTERN 128
#define TM_USRSTOP 0x100
#define TM_EOD 0x200
#define TM_TONE 0x2000
#define TM_BARGEIN 0x8000
#define TM_ERROR 0x80000
#define TM_MAXDATA 0x100000
#define IO_DEV 0
#define IO_MEM 8
#define IO_UIO 16
#define IO_STREAM 32
#define IO_CACHED 64
#define IO_USEOFFSET 128
#define DX_MAXDTMF 1
#define DX_MAXSIL 2
#define DX_MAXNOSIL 3
#define DX_LCOFF 4
#define DX_IDDTIME 5
#define DX_MAXTIME 6
#define DX_DIGMASK 7
#define DX_PMOFF 8
#define DX_PMON 9
#define DX_DIGTYPE 11
#define DX_TONE 12
#define DX_MAXDATA 13
#define DX_FSKSTDBELLCORE 1
#define DX_FSKSTDETSI 2
#define DX_FSKSTDETSIAUTO 3
#define TF_EDGE 0
#define TF_LEVEL 1
#define TF_CLREND 2
#define TF_CLRBEG 4
#define TF_USE 8
#define TF_SETINIT 16
#define TF_10MS 32
#define TF_FIRST 2
#define TF_IMMEDIATE 64
#define TF_MAXDTMF 9
#define TF_MAXSIL 8
#define TF_MAXNOSIL 8
#define TF_LCOFF 11
#define TF_IDDTIME 0
#define TF_MAXTIME 0
#define TF_DIGMASK 1
#define TF_PMON 0
#define TF_DIGTYPE 1
#define TF_TONE 11
#define TF_MAXDATA 0
#define DX_TONEON 1
#define DX_TONEOFF 0
#define DX_CACHETOTAL 1
#define DX_CACHEREMAINING 2

/* Digits. */
#define LEN_DIGBUF 31
#define DG_MAXDIGS 31
#define DG_END (-1)
#define D_DTMF 1
#define D_LPD 2
#define D_APD 4
#define D_MF 8
#define D_DPD 16
#define D_DPDZ 32
#define DG_DTMF_ASCII 48
#define DG_LPD_ASCII 49
#define DG_APD_ASCII 50
#define DG_DPD_ASCII 50
#define DG_MF_ASCII 51
#define DG_DTMF 0
#define DG_LPD 1
#define DG_APD 2
#define DG_MF 3

/* Call progress analysis: named, not there; dx_dial refuses DX_CALLP. */
#define DX_CALLP 1
#define CR_BUSY 7
#define CR_NOANS 8
#define CR_NORB 9
#define CR_CNCT 10
#define CR_CEPT 11
#define CR_STOPD 12
#define CR_NODIALTONE 17
#define CR_FAXTONE 18
#define CR_ERROR 0x100
#define CR_MEMERR 1
#define CR_TMOUTON 2
#define CR_TMOUTOFF 3
#define CR_UNEXPTN 4
#define CR_MXFRQERR 5
#define CR_UPFRQERR 6
#define CR_LGTUERR 7
#define CR_OVRLPERR 8
#define CON_CAD 1
#define CON_LPC 2
#define CON_PVD 3
#define CON_PAMD 4
#define CON_DIGITAL 5

/* Kinds of device. */
#define DT_DXBD 0x101000
#define DT_DXCH 0x101100
#define DI_D41BD 0x101029
#define DI_D41CH 0x101129
#define CT_DFD41D 1
#define CT_DFD41E 2
#define CT_DFSPAN 3
#define CT_DFMSI 4
#define CT_DFDM3 5
#define CT_DFSCX 6
#define CT_DFNETSTRUCTIP 7
#define CT_DFSSP 8
#define CT_DFHMPDM3 8
#define CT_DFHMPATCA 9
#define CT_DMNETWORK 0
#define CT_DMRESOURCE 1
#define CT_NTNONE 0
#define CT_NTT1 1
#define CT_NTE1 2
#define CT_NTANALOG 3
#define CT_NTMSI 4
#define CT_NTIPT 5
#define CT_NTHIZ 128
#define CT_NTTXZSWITCHABLE 64
#define CT_BMPEB 0
#define CT_BMSCBUS 1
#define CT_BMVIRTUAL 5
#define CT_BMH100 6
#define CT_BMH110 7
#define CT_BEULAW 0
#define CT_BEALAW 1
#define CT_BELLAW 2
#define CT_BEBYPASS 3
#define CT_ISDN 1
#define CT_CAS 2
#define CT_R2MF 3
#define CT_CLEAR 4

typedef struct dx_iott {
    unsigned short io_type;
    unsigned short rfu;
    int io_fhandle;
    char *io_bufp;
    unsigned long io_offset;
    long int io_length;
    struct dx_iott *io_nextp;
    struct dx_iott *io_prevp;
} DX_IOTT;

typedef struct dx_cap {
    unsigned short ca_nbrdna;
    unsigned short ca_stdely;
    unsigned short ca_cnosig;
    short ca_lcdly;
    unsigned short ca_lcdly1;
    unsigned short ca_hedge;
    unsigned short ca_cnosil;
    unsigned short ca_lo1tola;
    unsigned short ca_lo1tolb;
    unsigned short ca_lo2tola;
    unsigned short ca_lo2tolb;
    unsigned short ca_hi1tola;
    unsigned short ca_hi1tolb;
    unsigned short ca_lo1bmax;
    unsigned short ca_lo2bmax;
    unsigned short ca_hi1bmax;
    unsigned short ca_nsbusy;
    unsigned short ca_logltch;
    unsigned short ca_higltch;
    unsigned short ca_lo1rmax;
    unsigned short ca_lo2rmin;
    unsigned short ca_intflg;
    unsigned short ca_intfltr;
    unsigned short rfu1;
    unsigned short rfu2;
    unsigned short rfu3;
    unsigned short rfu4;
    unsigned short ca_hisiz;
    unsigned short ca_alowmax;
    unsigned short ca_blowmax;
    unsigned short ca_nbrbeg;
    unsigned short ca_hi1ceil;
    unsigned short ca_lo1ceil;
    unsigned short ca_lowerfrq;
    unsigned short ca_upperfrq;
    unsigned short ca_timefrq;
    unsigned short ca_rejctfrq;
    unsigned short ca_maxansr;
    unsigned short ca_ansrdgl;
    unsigned short ca_mxtimefrq;
    unsigned short ca_lower2frq;
    unsigned short ca_upper2frq;
    unsigned short ca_time2frq;
    unsigned short ca_mxtime2frq;
    unsigned short ca_lower3frq;
    unsigned short ca_upper3frq;
    unsigned short ca_time3frq;
    unsigned short ca_mxtime3frq;
    unsigned short ca_dtn_pres;
    unsigned short ca_dtn_npres;
    unsigned short ca_dtn_deboff;
    unsigned short ca_pamd_failtime;
    unsigned short ca_pamd_minring;
    unsigned char ca_pamd_spdval;
    unsigned char ca_pamd_qtemp;
    unsigned short ca_noanswer;
    unsigned short ca_maxintering;
} DX_CAP;

typedef struct dv_digit {
    char dg_value[31 +1];
    char dg_type[31 +1];
} DV_DIGIT;

typedef struct dx_uio {
    int (*u_read)(int, char *, unsigned);
    int (*u_write)(int, char *, unsigned);
    long (*u_seek)(int, long, int);
} DX_UIO;

typedef struct ct_devinfo {
    unsigned long ct_prodid;
    unsigned char ct_devfamily;
    unsigned char ct_devmode;
    unsigned char ct_nettype;
    unsigned char ct_busmode;
    unsigned char ct_busencoding;
    union {
        unsigned char ct_RFU[7];
        struct { unsigned char ct_prottype; } ct_net_devinfo;
    } ct_ext_devinfo;
} CT_DEVINFO;

typedef struct dx_eblk {
    unsigned short ev_event;
    unsigned short ev_data;
    unsigned char ev_rfu[12];
} DX_EBLK;

typedef struct dx_cst {
    unsigned short cst_event;
    unsigned short cst_data;
} DX_CST;

typedef struct tn_gen {
    unsigned short tg_dflag;
    unsigned short tg_freq1;
    unsigned short tg_freq2;
    short tg_ampl1;
    short tg_ampl2;
    short tg_dur;
} TN_GEN;

typedef struct tn_gencad {
    unsigned char cycles;
    unsigned char numsegs;
    short offtime[4];
    TN_GEN tone[4];
} TN_GENCAD;

typedef struct dx_xpb {
    unsigned short wFileFormat;
    unsigned short wDataFormat;
    unsigned long nSamplesPerSec;
    unsigned short wBitsPerSample;
} DX_XPB;

#pragma pack(push, 1) /* 30 octets in the facts: packed */
typedef struct feature_table {
    unsigned short ft_play;
    unsigned short ft_record;
    unsigned short ft_tone;
    unsigned short ft_e2p_brd_cfg;
    unsigned short ft_fax;
    unsigned short ft_front_end;
    unsigned short ft_misc;
    unsigned short ft_send;
    unsigned short ft_receive;
    unsigned int ft_play_ext;
    unsigned int ft_record_ext;
    unsigned short ft_device;
    unsigned short ft_rfu;
} FEATURE_TABLE;
#pragma pack(pop)

typedef struct sc_tsinfo {
    unsigned long sc_numts;
    long *sc_tsarrayp;
} SC_TSINFO;

#ifdef __cplusplus
extern "C" {
#endif

int dx_open(const char *namep, int oflags);
int dx_close(int dev);
int dx_sethook(int ChDev, int HookState, unsigned short mode);
int dx_wtring(int ChDev, int numRings, int HookState, int timeout);
int dx_setevtmsk(int ChDev, unsigned int mask);
int dx_getevt(int chdev, DX_EBLK *eblkp, int timeout);
int dx_setrings(int devd, unsigned int nrings);
int dx_setparm(int Dev, unsigned long parm, const void *valuep);
int dx_getparm(int Dev, unsigned long parm, void *valuep);
int dx_gtcallid(int Chdev, unsigned char *bufp);
int dx_play(int ChDev, DX_IOTT *iottp, const DV_TPT *tptp, unsigned short mode);
int dx_playf(int ChDev, const char *fNamep, const DV_TPT *tptp, unsigned short mode);
int dx_playiottdata(int ChDev, DX_IOTT *iottp, const DV_TPT *tptp, const DX_XPB *xpbp, unsigned short mode);
int dx_playwav(int ChDev, const char *fNamep, const DV_TPT *tptp, unsigned short mode);
int dx_playvox(int ChDev, const char *fNamep, const DV_TPT *tptp, const DX_XPB *xpbp, unsigned short mode);
int dx_rec(int ChDev, DX_IOTT *iottp, const DV_TPT *tptp, unsigned short mode);
int dx_recf(int ChDev, const char *fNamep, const DV_TPT *tptp, unsigned short mode);
int dx_reciottdata(int ChDev, DX_IOTT *iottp, const DV_TPT *tptp, DX_XPB *xpbp, unsigned short mode);
int dx_recwav(int ChDev, const char *fNamep, const DV_TPT *tptp, DX_XPB *xpbp, unsigned short mode);
int dx_recvox(int ChDev, const char *fNamep, const DV_TPT *tptp, DX_XPB *xpbp, unsigned short mode);
int dx_getdig(int chdev, const DV_TPT *tptp, DV_DIGIT *digitp, unsigned short mode);
int dx_clrdigbuf(int chdev);
int dx_clrtpt(DV_TPT *tptp, int size);
int dx_dial(int chdev, const char *dialstrp, const DX_CAP *capp, unsigned short mode);
void dx_clrcap(DX_CAP *capp);
int dx_stopch(int ChDev, unsigned short mode);
int dx_getxmitslot(int chDev, SC_TSINFO *sc_tsinfop);
int dx_listen(int chDev, SC_TSINFO *sc_tsinfop);
int dx_unlisten(int chDev);
int ag_getxmitslot(int chDev, SC_TSINFO *sc_tsinfop);
int ag_listen(int chDev, SC_TSINFO *sc_tsinfop);
int ag_unlisten(int chDev);
int dx_setuio(DX_UIO uio);
int dx_setdevuio(int chDev, DX_UIO *devuiop, DX_UIO **retuiop);
int dx_fileopen(const char *filep, int flags, ...);
int dx_fileclose(int handle);
long dx_fileseek(int handle, long offset, int origin);
int dx_fileread(int handle, void *buffer, unsigned int count);
int dx_filewrite(int handle, void *buffer, unsigned int count);
void dx_bldtngen(TN_GEN *tngenp, unsigned short freq1, unsigned short freq2, short amplitude1, short amplitude2,
                 short duration);
int dx_playtone(int ChDev, const TN_GEN *tngenp, const DV_TPT *tptp, int mode);
int dx_playtoneEx(int ddd, const TN_GENCAD *tngencadp, const DV_TPT *tptp, int mode);
int dx_bldst(unsigned int ToneID, unsigned int freq, unsigned int fqdev, unsigned int mode);
int dx_blddt(unsigned int id, unsigned freq1, unsigned int fq1dev, unsigned int freq2, unsigned int fq2dev,
             unsigned int mode);
int dx_addtone(int chdev, unsigned char digit, unsigned char digtype);
int dx_enbtone(int chdev, int ToneID, int evtMask);
int dx_distone(int chdev, int toneID, int evtMask);
int dx_deltones(int chdev);
int dx_getctinfo(int chDev, CT_DEVINFO *ct_devinfop);
int dx_getfeaturelist(int chDev, FEATURE_TABLE *feature_tablep);
char *ATDX_BDNAMEP(int SrlDevice);
char **ATDX_CHNAMES(int SrlDevice);
long ATDX_BDTYPE(int SrlDevice);
long ATDX_BUFDIGS(int SrlDevice);
long ATDX_CHNUM(int SrlDevice);
long ATDX_DEVTYPE(int SrlDevice);
long ATDX_EVTCNT(int SrlDevice);
long ATDX_HOOKST(int SrlDevice);
long ATDX_LINEST(int SrlDevice);
long ATDX_NUMCHAN(int SrlDevice);
long ATDX_RINGCNT(int SrlDevice);
long ATDX_STATE(int SrlDevice);
long ATDX_TERMMSK(int SrlDevice);
long ATDX_TONEID(int SrlDevice);
long ATDX_TRCOUNT(int SrlDevice);
#ifdef __cplusplus
}
#endif
#endif
