/* dx_connection.c - the socket: connecting, requests and their answers, the reader thread, the loss. */
#include "dx.h"

#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#define ANSWER_S 10 /* to HELLO */
#define SEND_S 5    /* how long a server may leave everything unread; it counts as lost then */
#define MAX_BOARDS 256

typedef struct request {
    struct request *next;
    uint32_t ref;
    dx_device *device;
    int hook;   /* -1, or the state that an asynchronous dx_sethook asked for: then it frees itself */
    int done;
    int error;
    pthread_cond_t answered;
    dx_answer answer;
} request;

static pthread_mutex_t open_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t send_lock = PTHREAD_MUTEX_INITIALIZER;
static int fd = -1;          /* changed under all of open_lock, send_lock */
static int connected, dead;  /* dead: under dx_lock */
static pthread_t reader;
static request *requests;    /* under dx_lock */
static uint32_t last_ref;    /* under dx_lock */
static wire_board boards[MAX_BOARDS];
static int board_count;

void dx_connection_lock(void)
{
    pthread_mutex_lock(&open_lock);
}

void dx_connection_unlock(void)
{
    pthread_mutex_unlock(&open_lock);
}

const wire_board *dx_boards(int *count)
{
    *count = board_count;
    return boards;
}

uint32_t dx_new_ref(void)
{
    if (++last_ref == 0)
        last_ref = 1;
    return last_ref;
}

static int send_all(int to, struct iovec *part, int parts)
{
    while (parts) {
        struct msghdr message = {.msg_iov = part, .msg_iovlen = (size_t)parts};
        ssize_t n = sendmsg(to, &message, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        for (size_t left = (size_t)n; parts && left >= part->iov_len; part++, parts--)
            left -= part->iov_len, n -= (ssize_t)part->iov_len;
        if (parts) {
            part->iov_base = (char *)part->iov_base + n;
            part->iov_len -= (size_t)n;
        }
    }
    return 0;
}

int dx_send(unsigned kind, unsigned device, uint32_t ref, const void *body, size_t n)
{
    uint8_t header[WIRE_HEADER];
    wire_put_header(header, n, kind, device, ref);
    struct iovec parts[2] = {{header, sizeof header}, {(void *)(uintptr_t)body, n}};
    pthread_mutex_lock(&send_lock);
    int result = fd < 0 ? -1 : send_all(fd, parts, n ? 2 : 1);
    if (result != 0 && fd >= 0)
        shutdown(fd, SHUT_RDWR); /* a message may be cut short: nothing can follow it. The reader tells of the loss */
    pthread_mutex_unlock(&send_lock);
    return result;
}

static int receive(int from, void *out, size_t n)
{
    for (char *at = out; n;) {
        ssize_t k = recv(from, at, n, 0);
        if (k < 0 && errno == EINTR)
            continue;
        if (k <= 0)
            return -1;
        at += k;
        n -= (size_t)k;
    }
    return 0;
}

static int receive_message(int from, uint8_t *body, wire_message *out)
{
    uint8_t octets[WIRE_HEADER];
    if (receive(from, octets, sizeof octets) != 0)
        return -1;
    wire_header head = wire_get_header(octets);
    if (head.size > WIRE_MAX_BODY || receive(from, body, head.size) != 0)
        return -1;
    return wire_parse(&head, body, out);
}

static void complete(request *r, const wire_message *message)
{
    r->done = 1;
    r->answer.message = *message;
    r->answer.status = message->head.kind == WIRE_REPLY ? message->status : WIRE_OK;
    size_t n = message->data_n < sizeof r->answer.text - 1 ? message->data_n : sizeof r->answer.text - 1;
    memcpy(r->answer.text, message->data, n);
    r->answer.text[n] = 0;
    if (message->head.kind == WIRE_OPENED && r->device) /* at once: its first event may follow on its heels */
        dx_name_server(r->device, message->head.device);
    r->error = (int)dx_error_of_status(r->answer.status);
    if (r->answer.status == WIRE_REFUSED) /* the vendor's code, as a test asked for */
        r->error = atoi(r->answer.text);
    if (r->answer.status != WIRE_OK && r->error == EDX_NOERROR)
        r->error = EDX_FWERROR; /* a refusal without a code is one */
}

static void hook_done(request *r)
{
    dx_device *device = r->device;
    device->hooking = 0;
    if (r->error == EDX_NOERROR) {
        DX_CST cst = {.cst_event = (unsigned short)r->hook};
        device->off_hook = r->hook == DX_OFFHOOK;
        device->rings = 0;
        bcsrl_post(device->handle, TDX_SETHOOK, &cst, sizeof cst, 0);
    } else {
        bcsrl_post(device->handle, TDX_ERROR, NULL, 0, r->error);
    }
    pthread_cond_broadcast(&device->changed);
    free(r);
}

static void answer(const wire_message *message)
{
    for (request **at = &requests; *at; at = &(*at)->next) {
        request *r = *at;
        if (r->ref != message->head.ref)
            continue;
        *at = r->next;
        complete(r, message);
        if (r->hook >= 0)
            hook_done(r);
        else
            pthread_cond_signal(&r->answered);
        return;
    }
}

/* Let the requests of a device (NULL: of all) fail. */
static void fail_requests(const dx_device *device)
{
    for (request **at = &requests; *at;) {
        request *r = *at;
        if (device && r->device != device) {
            at = &r->next;
            continue;
        }
        *at = r->next;
        r->done = 1;
        r->error = EDX_SYSTEM;
        if (r->hook >= 0)
            r->device->hooking = 0, free(r);
        else
            pthread_cond_signal(&r->answered);
    }
}

static int dispatch(const wire_message *message)
{
    dx_device *device = dx_find_server(message->head.device);
    switch (message->head.kind) {
    case WIRE_REPLY:
        if (message->head.ref == 0)
            return -1; /* the server's last word */
        answer(message);
        return 0;
    case WIRE_OPENED:
    case WIRE_STATE:
        answer(message);
        return 0;
    case WIRE_EVENT:
        if (device)
            dx_line_event(device, message);
        return 0;
    case WIRE_JOB_ENDED:
        if (device)
            dx_job_end(device, message);
        return 0;
    case WIRE_CREDIT_IN:
        if (device)
            dx_job_credit(device, message);
        return 0;
    case WIRE_DATA_IN:
        return device ? dx_job_data(device, message) : 0;
    default:
        return -1; /* a second WELCOME */
    }
}

static void lose_devices(void)
{
    dead = 1;
    fail_requests(NULL);
    for (int i = 1; i < DX_HANDLES; i++) {
        dx_device *device = dx_find(i);
        if (!device || device->lost)
            continue;
        device->lost = 1;
        int told = device->job && device->job->asynchronous && !device->job->ended; /* by the end of its job */
        dx_job_lost(device);
        if (!told && !device->closing)
            bcsrl_post(device->handle, TDX_ERROR, NULL, 0, EDX_SYSTEM);
        pthread_cond_broadcast(&device->changed);
    }
}

static void *read_messages(void *pointer)
{
    static uint8_t body[WIRE_MAX_BODY];
    int from = (int)(intptr_t)pointer;
    wire_message message;
    int good = 1;
    while (good && receive_message(from, body, &message) == 0) {
        pthread_mutex_lock(&dx_lock);
        good = dispatch(&message) == 0;
        pthread_mutex_unlock(&dx_lock);
    }
    pthread_mutex_lock(&dx_lock);
    lose_devices();
    pthread_mutex_unlock(&dx_lock);
    shutdown(from, SHUT_RDWR); /* wakes a thread that is sending */
    return NULL;
}

static int socket_address(struct sockaddr_un *out)
{
    const char *path = getenv("BOARDCORE_SIM_SOCKET"), *folder = getenv("XDG_RUNTIME_DIR");
    *out = (struct sockaddr_un){.sun_family = AF_UNIX};
    int n = path && *path ? snprintf(out->sun_path, sizeof out->sun_path, "%s", path)
                          : snprintf(out->sun_path, sizeof out->sun_path, "%s/boardcore-sim.sock",
                                     folder && *folder ? folder : "/tmp");
    return n < (int)sizeof out->sun_path ? 0 : ENAMETOOLONG;
}

void dx_tell_unreached(int error)
{
    static atomic_flag told = ATOMIC_FLAG_INIT;
    const char *wanted = getenv("BOARDCORE_DIALOGIC_LOG");
    struct sockaddr_un address;
    if ((wanted && strcmp(wanted, "0") == 0) || socket_address(&address) || atomic_flag_test_and_set(&told))
        return;
    fprintf(stderr, "boardcore-dialogic: no simulator serves at %s (BOARDCORE_SIM_SOCKET): %s\n", address.sun_path,
            strerror(error));
}

static int read_welcome(wire_message *message)
{
    if (message->head.kind != WIRE_WELCOME || message->status != WIRE_VERSION)
        return EPROTO;
    board_count = 0;
    int more = 0;
    while (board_count < MAX_BOARDS && (more = wire_next_board(message, &boards[board_count])) == 1)
        board_count++;
    return more < 0 ? EPROTO : 0;
}

static int greet(int to)
{
    static uint8_t reply[WIRE_MAX_BODY];
    uint8_t body[64];
    wire_out out = {.octets = body, .room = sizeof body};
    wire_message message;
    struct timeval limit = {.tv_sec = ANSWER_S}, patience = {.tv_sec = SEND_S}, none = {0};
    wire_u32(&out, WIRE_MAGIC);
    wire_u16(&out, WIRE_VERSION);
    wire_u16(&out, WIRE_ROLE_BOARD);
    wire_octets(&out, "dialogic", 8);
    setsockopt(to, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(to, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience); /* else all senders would wait for ever */
    if (dx_send(WIRE_HELLO, 0, 1, body, out.n) != 0 || receive_message(to, reply, &message) != 0)
        return ECONNRESET;
    setsockopt(to, SOL_SOCKET, SO_RCVTIMEO, &none, sizeof none);
    return read_welcome(&message);
}

static void set_fd(int to)
{
    pthread_mutex_lock(&send_lock);
    int old = fd;
    fd = to;
    bcsrl_close_in_child(to);
    pthread_mutex_unlock(&send_lock);
    if (old >= 0)
        close(old);
}

static void disconnect(void)
{
    if (!connected)
        return;
    shutdown(fd, SHUT_RDWR);
    pthread_join(reader, NULL);
    dx_io_stop();
    set_fd(-1);
    connected = 0;
}

static int start_threads(void)
{
    if (dx_io_start() != 0)
        return EAGAIN;
    if (pthread_create(&reader, NULL, read_messages, (void *)(intptr_t)fd) == 0)
        return 0;
    dx_io_stop();
    return EAGAIN;
}

int dx_connect(void)
{
    struct sockaddr_un address;
    pthread_mutex_lock(&dx_lock);
    int usable = connected && !dead;
    pthread_mutex_unlock(&dx_lock);
    if (usable)
        return 0;
    disconnect();
    int error = socket_address(&address);
    if (error)
        return error;
    int to = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (to < 0)
        return errno;
    if (connect(to, (const struct sockaddr *)&address, sizeof address) != 0) {
        error = errno;
        close(to);
        return error;
    }
    set_fd(to);
    pthread_mutex_lock(&dx_lock);
    dead = 0;
    pthread_mutex_unlock(&dx_lock);
    error = greet(to);
    if (!error)
        error = start_threads();
    if (error)
        set_fd(-1);
    else
        connected = 1;
    return error;
}

void dx_disconnect_unused(void)
{
    int used = 0;
    pthread_mutex_lock(&dx_lock);
    for (int i = 1; i < DX_HANDLES; i++) {
        const dx_device *device = dx_find(i);
        used += device && !device->lost;
    }
    pthread_mutex_unlock(&dx_lock);
    if (!used)
        disconnect();
}

/* Of a device that is being closed only the CLOSE: dx_close has made all others fail and waits for their callers. */
static int enlist(request *r, unsigned kind)
{
    if (dead || (r->device && (r->device->lost || (r->device->closing && kind != WIRE_CLOSE))))
        return -1;
    r->ref = dx_new_ref();
    r->next = requests;
    requests = r;
    return 0;
}

int dx_request(dx_device *device, unsigned kind, const void *body, size_t n, long long deadline_ns, dx_answer *out)
{
    request r = {.device = device, .hook = -1};
    unsigned number = device ? device->server : 0;
    pthread_mutex_lock(&dx_lock);
    if (enlist(&r, kind) != 0) {
        pthread_mutex_unlock(&dx_lock);
        return EDX_SYSTEM;
    }
    dx_init_condition(&r.answered);
    if (device)
        device->calls++;
    pthread_mutex_unlock(&dx_lock);
    dx_send(kind, number, r.ref, body, n); /* a failure shows as the loss of the connection */
    pthread_mutex_lock(&dx_lock);
    while (!r.done && dx_wait(&r.answered, deadline_ns) == 0) {
    }
    if (!r.done) {
        for (request **at = &requests; *at; at = &(*at)->next)
            if (*at == &r) {
                *at = r.next;
                break;
            }
        r.error = EDX_TIMEOUT;
    }
    if (device && --device->calls == 0)
        pthread_cond_broadcast(&device->changed); /* for dx_close */
    pthread_mutex_unlock(&dx_lock);
    pthread_cond_destroy(&r.answered);
    if (out)
        *out = r.answer;
    return r.error;
}

int dx_request_hook(dx_device *device, int hook)
{
    uint8_t body[1] = {hook == DX_OFFHOOK};
    request *r = calloc(1, sizeof *r);
    if (!r)
        return EDX_SYSTEM;
    *r = (request){.device = device, .hook = hook};
    pthread_mutex_lock(&dx_lock);
    unsigned number = device->server;
    int failed = enlist(r, WIRE_HOOK);
    uint32_t ref = r->ref;
    pthread_mutex_unlock(&dx_lock);
    if (failed) {
        free(r);
        return EDX_SYSTEM;
    }
    dx_send(WIRE_HOOK, number, ref, body, sizeof body);
    return EDX_NOERROR;
}

void dx_abandon(const dx_device *device)
{
    fail_requests(device);
}
