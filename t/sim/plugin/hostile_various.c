/*
 * Many ways to misbehave, by --option attack=NAME.  The last few are attacks
 * on what is left behind: those go on, and nothing may come of them.
 */
#include "virtualflow/policy.h"

#include <stdlib.h>

enum attack {
    ABORT,
    NOTHING,
    DIVIDE,
    CODE,
    RUN_DATA,
    RUN_STACK,
    PIVOT,
    HUGE_MEMORY,
    STRAY_FREE,
    SLOT,
    TYPE,
    VIEW,
    ANSWER,
    FLOOD,
    GATES,
    PROGRAM,
    WAKE,
    GREED,
    NEGATIVE,
    TWICE,
    POINTER,
    LESS,
    SEGMENT,
    FLAGS,
    ROUNDING,
    ATTACKS
};

static const char *const names[ATTACKS + 1] = {
    "abort",     "nothing", "divide",      "code",       "run-data",
    "run-stack", "pivot",   "huge-memory", "stray-free", "slot",
    "type",      "view",    "answer",      "flood",      "gates",
    "program",   "wake",    "greed",       "negative",   "twice",
    "pointer",   "less",    "segment",     "flags",      "rounding"};

static const struct vn_policy_option options[] = {{.name = "attack",
                                                   .help = "what it does",
                                                   .fallback = "abort",
                                                   .kind = VN_OPTION_CHOICE,
                                                   .choices = names},
                                                  {0}};

struct state {
    enum attack attack;
    int *waiting;
    int first, n, arrived;
};

static enum vn_status
open(void *state, const struct vn_view *view, const double *values,
     struct vn_error *err)
{
    (void) view, (void) err;
    ((struct state *) state)->attack = (enum attack) values[0];
    return VN_OK;
}

static void
arrive(void *state, const struct vn_view *view, int job)
{
    struct state *s = state;

    (void) view;
    s->waiting = realloc(s->waiting, sizeof(int) * ((size_t) s->n + 1));
    s->waiting[s->n++] = job;
    s->arrived++;
}

static void
leave_flags(void)
{
    __asm__ volatile("lea -128(%%rsp), %%rsp\n\tpushf\n\t"
                     "orq $0x40400, (%%rsp)\n\tpopf\n\t"
                     "lea 128(%%rsp), %%rsp"
                     :
                     :
                     : "cc", "memory");
}

static void
leave_rounding(void)
{
    const unsigned mxcsr = 0x7f80, x87 = 0x0f7f;

    __asm__ volatile("ldmxcsr %0\n\tfldcw %1" : : "m"(mxcsr), "m"(x87));
}

/* What touches memory or the processor. */
static void
touch(struct state *s)
{
    volatile unsigned char here[64] = {0xc3};
    volatile uintptr_t stray = (uintptr_t) 1 << 44;
    volatile unsigned char *heap;

    switch (s->attack) {
    case ABORT:
        abort();
    case NOTHING:
        *(volatile int *) 0 = 1;
        break;
    case DIVIDE:
        __asm__ volatile("div %%ecx" : : "a"(1), "c"(0), "d"(0) : "cc");
        break;
    case CODE:
        *(volatile unsigned char *) (uintptr_t) arrive = 0xc3;
        break;
    case RUN_DATA:
        heap = malloc(64);
        heap[0] = 0xc3;
        ((void (*)(void))(uintptr_t) heap)();
        break;
    case RUN_STACK:
        ((void (*)(void))(uintptr_t) here)();
        break;
    case PIVOT:
        __asm__ volatile("mov %0, %%rsp\n\tpush %%rax" : : "r"(4096L));
        break;
    case HUGE_MEMORY:
        heap = malloc((size_t) 1 << 40);
        heap[0] = 1;
        break;
    case STRAY_FREE:
        free((void *) stray);
        break;
    default:
        break;
    }
}

/* What gives gates what they should not take. */
static void
give(struct state *s, const struct vn_view *view, struct vn_answer *answer)
{
    switch (s->attack) {
    case SLOT:
        s->arrived += vn_view_job(view, -1)->devices;
        break;
    case TYPE:
        s->arrived += vn_view_free(view, 7);
        break;
    case VIEW:
        s->arrived += vn_view_now((const void *) s) != 0;
        break;
    case ANSWER:
        vn_answer_set((void *) s, 0, 0, 1);
        break;
    case FLOOD:
        for (int i = 0; i <= 1 << 20; i++)
            vn_answer_set(answer, 0, 0, 1);
        break;
    case GATES:
        while (vn_view_now(view) >= 0)
            continue;
        break;
    case PROGRAM: /* the gates are the program's */
        *(volatile unsigned char *) (uintptr_t) vn_view_now = 0xc3;
        break;
    case WAKE:
        vn_answer_wake(answer, vn_view_now(view));
        break;
    case GREED:
        vn_answer_set(answer, s->waiting[s->n - 1], 0, 1 << 20);
        break;
    case NEGATIVE:
        vn_answer_set(answer, s->waiting[s->n - 1], 0, -1);
        break;
    case TWICE:
        for (int i = s->first; i < s->n; i++)
            vn_answer_set(answer, s->waiting[i], 0,
                          vn_view_job(view, s->waiting[i])->devices);
        break;
    case POINTER:
        s->arrived += vn_view_step_s(view, 0, (const int *) view) > 0;
        break;
    case LESS:
        s->arrived += vn_view_step_s(view, 0, &(int){-1}) > 0;
        break;
    case SEGMENT:
        __asm__ volatile("mov %0, %%fs" : : "r"(0));
        break;
    case FLAGS:
        leave_flags();
        break;
    case ROUNDING:
        leave_rounding();
        break;
    default:
        touch(s);
        break;
    }
}

static void
decide(void *state, const struct vn_view *view, struct vn_answer *answer)
{
    struct state *s = state;
    int free = vn_view_free(view, 0);

    if (s->arrived >= 20)
        give(s, view, answer);
    for (; s->first < s->n; s->first++) {
        int job = s->waiting[s->first];
        int devices = vn_view_job(view, job)->devices;

        if (devices > free)
            break;
        vn_answer_set(answer, job, 0, devices);
        free -= devices;
    }
    if (s->attack == FLAGS)
        leave_flags();
    if (s->attack == ROUNDING)
        leave_rounding();
}

static const struct vn_policy policy = {
    .name = "various",
    .summary = "misbehaves as it is told",
    .options = options,
    .rigid = true,
    .state_size = sizeof(struct state),
    .open = open,
    .arrive = arrive,
    .decide = decide,
};
VN_POLICY_EXPORT(policy);
