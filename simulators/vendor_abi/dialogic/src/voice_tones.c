/* voice_tones.c - tones that are played, and tones that are listened for. */
#include <stdlib.h>
#include <string.h>

#include "dx.h"
#include "voice_run.h"

#define FOREVER 0xFFFFFFFFu
#define LOWEST_HZ 200
#define HIGHEST_HZ 3500

static pthread_mutex_t built_lock = PTHREAD_MUTEX_INITIALIZER;
static dx_tone built; /* by the last dx_bldst or dx_blddt; dx_addtone takes it */

BC_EXPORT void dx_bldtngen(TN_GEN *tngenp, unsigned short freq1, unsigned short freq2, short amplitude1,
                           short amplitude2, short duration)
{
    if (tngenp)
        *tngenp = (TN_GEN){.tg_dflag = freq1 && freq2 ? TN_DUAL : TN_SINGLE, .tg_freq1 = freq1, .tg_freq2 = freq2,
                           .tg_ampl1 = amplitude1, .tg_ampl2 = amplitude2, .tg_dur = duration};
}

static int audible(unsigned hz)
{
    return hz >= LOWEST_HZ && hz <= HIGHEST_HZ;
}

static int loud(int db)
{
    return db >= -40 && db <= 3;
}

static int tone_error(const TN_GEN *tone)
{
    int dual = tone->tg_dflag == TN_DUAL;
    if (!dual && tone->tg_dflag != TN_SINGLE)
        return EDX_FLAGGEN;
    if (!audible(tone->tg_freq1) || (dual && !audible(tone->tg_freq2)))
        return EDX_FREQGEN;
    if (!loud(tone->tg_ampl1) || (dual && !loud(tone->tg_ampl2)))
        return EDX_AMPLGEN;
    return tone->tg_dur == 0 || tone->tg_dur < -1 ? EDX_BADPARM : EDX_NOERROR;
}

/* Times of the API are in 10 ms, -1 for ever. */
static void put_segment(wire_out *out, const TN_GEN *tone, int off_10ms)
{
    int dual = tone->tg_dflag == TN_DUAL;
    wire_u16(out, tone->tg_freq1);
    wire_u16(out, dual ? tone->tg_freq2 : 0);
    wire_u16(out, (unsigned)(tone->tg_ampl1 * 10));
    wire_u16(out, dual ? (unsigned)(tone->tg_ampl2 * 10) : 0);
    wire_u32(out, tone->tg_dur < 0 ? FOREVER : (uint32_t)tone->tg_dur * 10);
    wire_u32(out, (uint32_t)off_10ms * 10);
}

static int play_tones(int handle, const TN_GENCAD *cadence, const DV_TPT *tpt, unsigned mode)
{
    uint8_t body[WIRE_RULES + 4 + 4 * 16];
    wire_out out = {.octets = body, .room = sizeof body};
    wire_rules rules;
    const char *missing = NULL;
    int error = tpt_parse(tpt, TPT_TONE, &rules, &missing);
    if (missing)
        bcsrl_missing(missing);
    if (error == EDX_NOERROR && (cadence->numsegs < 1 || cadence->numsegs > 4))
        error = EDX_BADPARM;
    wire_put_rules(&out, &rules);
    wire_u8(&out, cadence->cycles == 255 ? 0 : cadence->cycles);
    wire_u8(&out, cadence->numsegs);
    wire_u16(&out, 0);
    for (int i = 0; error == EDX_NOERROR && i < cadence->numsegs; i++) {
        error = cadence->offtime[i] < 0 ? EDX_BADPARM : tone_error(&cadence->tone[i]);
        put_segment(&out, &cadence->tone[i], cadence->offtime[i]);
    }
    if (error != EDX_NOERROR)
        return voice_refuse(handle, error);
    dx_job *job = dx_job_new(WIRE_TONE, CS_TONE, TDX_PLAYTONE, mode);
    if (!job)
        return voice_refuse(handle, EDX_SYSTEM);
    job->tone_id = rules.tone;
    return dx_job_run(handle, job, body, out.n);
}

BC_EXPORT int dx_playtone(int ChDev, const TN_GEN *tngenp, const DV_TPT *tptp, int mode)
{
    TN_GENCAD cadence = {.cycles = 1, .numsegs = 1};
    if (!tngenp)
        return voice_refuse(ChDev, EDX_BADPARM);
    cadence.tone[0] = *tngenp;
    return play_tones(ChDev, &cadence, tptp, (unsigned)mode);
}

/* cycles: how often all segments are played; 255: until something ends it. */
BC_EXPORT int dx_playtoneEx(int ddd, const TN_GENCAD *tngencadp, const DV_TPT *tptp, int mode)
{
    if (!tngencadp || tngencadp->cycles == 0)
        return voice_refuse(ddd, EDX_BADPARM);
    return play_tones(ddd, tngencadp, tptp, (unsigned)mode);
}

static int build(dx_tone tone, unsigned mode)
{
    if (bcsrl_forked() || !audible(tone.freq1) || (tone.freq2 && !audible(tone.freq2)) || tone.dev1 > 1000 ||
        tone.dev2 > 1000 || tone.id < 1 || tone.id > 0xFFFF || mode & ~(unsigned)(TN_LEADING | TN_TRAILING))
        return -1;
    if (mode & TN_TRAILING) {
        bcsrl_missing("TN_TRAILING");
        return -1;
    }
    pthread_mutex_lock(&built_lock);
    built = tone;
    pthread_mutex_unlock(&built_lock);
    return 0;
}

BC_EXPORT int dx_bldst(unsigned int ToneID, unsigned int freq, unsigned int fqdev, unsigned int mode)
{
    return build((dx_tone){.id = ToneID, .freq1 = freq, .dev1 = fqdev}, mode);
}

BC_EXPORT int dx_blddt(unsigned int id, unsigned freq1, unsigned int fq1dev, unsigned int freq2, unsigned int fq2dev,
                       unsigned int mode)
{
    if (!freq2)
        return -1;
    return build((dx_tone){.id = id, .freq1 = freq1, .dev1 = fq1dev, .freq2 = freq2, .dev2 = fq2dev}, mode);
}

static int watch(int handle, const dx_tone *tone, int on)
{
    uint8_t body[12];
    wire_out out = {.octets = body, .room = sizeof body};
    wire_u16(&out, tone->id);
    wire_u8(&out, (unsigned)on);
    wire_u8(&out, 0);
    wire_u16(&out, tone->freq1);
    wire_u16(&out, tone->dev1);
    wire_u16(&out, tone->freq2);
    wire_u16(&out, tone->dev2);
    return voice_request(handle, DX_CHANNEL, WIRE_TONE_WATCH, body, out.n, NULL);
}

static dx_tone *find(dx_device *device, unsigned id)
{
    for (int i = 0; i < device->tone_count; i++)
        if (device->tones[i].id == id)
            return &device->tones[i];
    return NULL;
}

static int add_error(dx_device *device, const dx_tone *tone)
{
    if (!tone->id || find(device, tone->id))
        return EDX_TONEID;
    return device->tone_count == DX_TONES ? EDX_MAXTMPLT : EDX_NOERROR;
}

BC_EXPORT int dx_addtone(int chdev, unsigned char digit, unsigned char digtype)
{
    pthread_mutex_lock(&built_lock);
    dx_tone tone = built;
    pthread_mutex_unlock(&built_lock);
    dx_device *device = dx_enter(chdev, DX_CHANNEL);
    if (!device)
        return -1;
    int error = add_error(device, &tone);
    if (digit || digtype) {
        bcsrl_missing("a digit for a tone of dx_addtone");
        error = EDX_DIGTYPE;
    }
    if (dx_leave(device, error) != 0 || watch(chdev, &tone, 1) != 0)
        return -1;
    device = dx_enter(chdev, DX_CHANNEL);
    if (!device)
        return -1;
    error = add_error(device, &tone);
    if (error == EDX_NOERROR) {
        tone.mask = DM_TONEON | DM_TONEOFF; /* both are on until dx_distone */
        device->tones[device->tone_count++] = tone;
    }
    return dx_leave(device, error);
}

static int change_mask(int handle, int id, int mask, int on)
{
    dx_device *device = dx_enter(handle, DX_CHANNEL);
    if (!device)
        return -1;
    if (mask & ~(DM_TONEON | DM_TONEOFF))
        return dx_leave(device, EDX_BADPARM);
    int found = 0;
    for (int i = 0; i < device->tone_count; i++) {
        dx_tone *tone = &device->tones[i];
        if ((unsigned)id != TONEALL && (unsigned)id != tone->id)
            continue;
        tone->mask = on ? tone->mask | mask : tone->mask & ~mask;
        found = 1;
    }
    return dx_leave(device, found ? EDX_NOERROR : EDX_TONEID);
}

BC_EXPORT int dx_enbtone(int chdev, int ToneID, int evtMask)
{
    return change_mask(chdev, ToneID, evtMask, 1);
}

BC_EXPORT int dx_distone(int chdev, int toneID, int evtMask)
{
    return change_mask(chdev, toneID, evtMask, 0);
}

BC_EXPORT int dx_deltones(int chdev)
{
    dx_tone tones[DX_TONES];
    dx_device *device = dx_enter(chdev, DX_CHANNEL);
    if (!device)
        return -1;
    int n = device->tone_count;
    memcpy(tones, device->tones, sizeof tones);
    device->tone_count = 0;
    dx_leave(device, EDX_NOERROR);
    int result = 0;
    for (int i = 0; i < n; i++)
        result |= watch(chdev, &tones[i], 0);
    return result;
}
