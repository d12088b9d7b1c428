/* events.c - the way from the tick to the control thread. */
#include <errno.h>
#include <unistd.h>

#include "internal.h"

/* A control event takes one of its port's credits; level reports share what is beyond all credits. */
bool post_event(bc_engine *e, bool control, bc_event event)
{
    port *p = &e->port[event.port];
    uint32_t head = atomic_load_explicit(&e->event_head, memory_order_relaxed);
    uint32_t used = head - atomic_load_explicit(&e->event_tail, memory_order_acquire);
    if (control) {
        if (atomic_load_explicit(&p->outstanding, memory_order_acquire) >= BC_PORT_CREDITS) {
            COUNT(e, events_latched, 1);
            return false;
        }
        atomic_fetch_add_explicit(&p->outstanding, 1, memory_order_relaxed);
    } else if (used >= e->event_capacity - e->event_reserved) {
        COUNT(e, events_dropped, 1);
        return false;
    }
    event.tick = e->now + 1;
    e->events[head & (e->event_capacity - 1)] = event;
    atomic_store_explicit(&e->event_head, head + 1, memory_order_release);
    COUNT(e, events, 1);
    e->posted = true;
    return true;
}

bool post(bc_engine *e, int32_t port_id, int32_t kind, bool control, int64_t job, int32_t a, int32_t b, float x, float y)
{
    return post_event(e, control, (bc_event){.job = job, .port = port_id, .kind = kind, .a = a, .b = b, .x = x, .y = y});
}

static void job_told(bc_engine *e, job *j)
{
    j->reported = true;
    if (j->spec.ring)
        j->spec.ring->taken = false;
    e->port[j->port].roles_taken &= (uint8_t)~(1u << job_role(j->spec.kind));
}

static bool is_control(int32_t kind) { return kind != BC_EV_SOUND && kind != BC_EV_STREAM; }

int bc_engine_poll(bc_engine *e, bc_event *out, int max_events)
{
    uint64_t told;
    if (e->event_fd >= 0 && read(e->event_fd, &told, sizeof told) < 0 && errno != EAGAIN && errno != EINTR)
        return BC_EIO;
    uint32_t tail = atomic_load_explicit(&e->event_tail, memory_order_relaxed);
    uint32_t head = atomic_load_explicit(&e->event_head, memory_order_acquire);
    int count = 0;
    for (; tail != head && count < max_events; tail++, count++) {
        const bc_event *event = &out[count]; /* our copy: with its credit the place may be written again */
        out[count] = e->events[tail & (e->event_capacity - 1)];
        port *p = &e->port[event->port];
        if (is_control(event->kind))
            atomic_fetch_sub_explicit(&p->outstanding, 1, memory_order_release);
        if (event->kind == BC_EV_JOB)
            job_told(e, &e->job[(event->job & 0xfffff) - 1]);
        if (event->kind == BC_EV_CLOSED) {
            p->open = false;
            if (p->ops->slips) /* its state is still there: nobody knew before this */
                e->closed_slips += p->ops->slips(p->state);
        }
    }
    atomic_store_explicit(&e->event_tail, tail, memory_order_release);
    if (tail != head && e->event_fd >= 0) { /* more than fitted: wake the reader again */
        uint64_t one = 1;
        if (write(e->event_fd, &one, sizeof one) < 0)
            return BC_EIO;
    }
    bury(e);
    return count;
}
