#include "config.h"

#include "vnode_exec/options.h"

#include "base/number.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MODEL,
    DATA,
    BATCH,
    VNODES,
    DEVICES,
    MAPPING,
    PROFILE,
    PLAN,
    JOB,
    STAND_IN,
    COUPLE,
    STEPS,
    EPOCHS,
    SEED,
    OPTIMIZER,
    RATE,
    MOMENTUM,
    DECAY,
    SCHEDULE,
    WARMUP,
    CLIP,
    ARITHMETIC,
    LAYERS,
    WIDTH,
    HEADS,
    CONTEXT,
    RESIZE,
    FAIL,
    CHECKPOINT,
    EVERY,
    RESUME,
    LIMIT,
    DIGEST,
    EVAL,
    NO_EVAL,
    LOG,
    RESULTS,
    CONTROL,
    PROBE,
    MPI,
    QUIET,
    MOST,
    REPEAT,
    OUTPUT,
    SYNC,
    NOPTIONS
};

const struct vn_option vn_exec_options[NOPTIONS] = {
    [MODEL] = {"model", "NAME", "mlp, resnet8, resnet20 or gpt [mlp]", 'm'},
    [DATA] = {"data", "DATA",
              "fashion-mnist[:FOLDER], cifar10:FOLDER, bytes:FILE or "
              "synthetic[:N] [synthetic]",
              'd'},
    [BATCH] = {"batch", "N", "examples a step, over all nodes [256]", 'b'},
    [VNODES] = {"vnodes", "N", "virtual nodes [16]", 'v'},
    [DEVICES] = {"devices", "LIST",
                 "devices, such as host:2,host:slow=2.5:1 [host:1]", 'D'},
    [MAPPING] = {"mapping", "N[xB],...",
                 "virtual nodes of each device, of B examples [evenly]", 0},
    [PROFILE] = {"profile", "FILE",
                 "split the batch over unlike devices by the solver from "
                 "this profile; again for its other tables",
                 'p'},
    [PLAN] = {"plan", "FILE", "devices, nodes and resizes of a plan", 0},
    [JOB] = {"job", "ID", "of the plan [the only one]", 'j'},
    [STAND_IN] = {"device-type", "TYPE=DEVICE",
                  "what stands for a device type of the plan, such as "
                  "v100=host; may be repeated",
                  0},
    [COUPLE] = {"couple-batch", "N",
                "no virtual nodes: N examples on each device", 0},
    [STEPS] = {"steps", "N", "steps to train [100]", 'n'},
    [EPOCHS] = {"epochs", "X", "passes over the data, instead of steps", 'e'},
    [SEED] = {"seed", "N", "of parameters and order of examples [1]", 's'},
    [OPTIMIZER] = {"optimizer", "NAME", "sgd or adamw [the model's]", 0},
    [RATE] = {"rate", "X", "learning rate [the model's]", 'r'},
    [MOMENTUM] = {"momentum", "X", "of sgd [0.9]", 0},
    [DECAY] = {"decay", "X", "weight decay [0.0005; adamw 0.1]", 0},
    [SCHEDULE] = {"schedule", "NAME",
                  "of the rate: constant, cosine or steps [constant]", 0},
    [WARMUP] = {"warmup", "N", "steps before the schedule [0]", 0},
    [CLIP] = {"clip", "X", "largest norm of a gradient [any]", 0},
    [ARITHMETIC] = {"arithmetic", "KIND",
                    "exact (the same bits under every mapping), fast, or "
                    "tf32: fast on tensor cores [exact]",
                    'a'},
    [LAYERS] = {"layers", "N", "of gpt [4]", 0},
    [WIDTH] = {"width", "N", "of gpt [256]", 0},
    [HEADS] = {"heads", "N", "of gpt [8]", 0},
    [CONTEXT] = {"context", "N", "bytes that gpt sees [128]", 0},
    [RESIZE] = {"resize", "STEP:LIST",
                "other devices from that step on; may be repeated", 0},
    [FAIL] = {"fail", "DEVICE@STEP",
              "let a device fail in the middle of a step; may be repeated", 0},
    [CHECKPOINT] = {"checkpoint", "FILE", "write the state there at the end",
                    'c'},
    [EVERY] = {"checkpoint-every", "N", "and every N steps", 0},
    [RESUME] = {"resume", "FILE", "go on from a checkpoint", 0},
    [LIMIT] = {"memory-limit", "BYTES", "of each device, such as 300MiB", 0},
    [DIGEST] = {"digest", "N",
                "print a hash of parameters and state every N steps", 0},
    [EVAL] = {"eval", "N", "test every N steps [only at the end]", 0},
    [NO_EVAL] = {"no-eval", NULL, "do not test at the end", 0},
    [LOG] = {"log", "FILE", "a CSV row for each step", 'l'},
    [RESULTS] = {"results", "FILE", "add the run to a results file", 'R'},
    [CONTROL] = {"control", "PATH|fd:N",
                 "a socket that hears of resizes, checkpoints and an end", 0},
    [PROBE] = {"probe", NULL,
               "time a small piece of work before each step, which says how "
               "fast the processor is just then",
               0},
    [MPI] = {"mpi", NULL, "devices are the ranks of mpirun", 0},
    [QUIET] = {"quiet", NULL, "no progress, no table of devices", 'q'},
    [MOST] = {"max", "N", "profile: largest number of examples [256]", 0},
    [REPEAT] = {"repeat", "N", "profile: steps measured at each [9]", 0},
    [OUTPUT] = {"output", "FILE", "profile: where to write [-]", 'o'},
    [SYNC] = {"sync", "FILE",
              "profile: measure synchronisation of the devices too", 0},
};

const int vn_exec_noptions = NOPTIONS;

static enum vn_status
take_int(int i, const char *value, int64_t min, int64_t max, int64_t *to,
         struct vn_error *err)
{
    return vn_option_int(vn_exec_options[i].name, value, min, max, to, err);
}

static enum vn_status
take_real(int i, const char *value, double min, double max, double *to,
          struct vn_error *err)
{
    return vn_option_real(vn_exec_options[i].name, value, min, max, to, err);
}

static enum vn_status
take_small(int i, const char *value, int min, int max, int *to,
           struct vn_error *err)
{
    int64_t n = 0;
    enum vn_status status = take_int(i, value, min, max, &n, err);

    if (status == VN_OK)
        *to = (int) n;
    return status;
}

/* STEP:LIST */
static enum vn_status
take_resize(const char *value, struct vn_options *o, struct vn_error *err)
{
    struct vn_planned_resize *r = &o->resizes[o->nresizes];
    char *end;
    long long step = strtoll(value, &end, 10);

    if (end == value || *end != ':' || step < 1 || end[1] == '\0')
        return vn_args_refuse(err, "resize", value,
                              "STEP:DEVICES, such as 100:host:3");
    if (o->nresizes > 0 && step <= o->resizes[o->nresizes - 1].step)
        return vn_args_refuse(err, "resize", value,
                              "a later step than the resize before");
    if (o->nresizes == VN_RESIZES)
        return vn_args_refuse(err, "resize", value, "at most 32 of them");
    *r = (struct vn_planned_resize){step, end + 1};
    o->nresizes++;
    return VN_OK;
}

static enum vn_status
take_failure(const char *value, struct vn_options *o, struct vn_error *err)
{
    char *end, *last;
    long device = strtol(value, &end, 10);
    long long step = *end == '@' ? strtoll(end + 1, &last, 10) : -1;

    if (end == value || *end != '@' || last == end + 1 || *last != '\0'
        || device < 0 || device >= VN_SPEC_DEVICES || step < 0)
        return vn_args_refuse(err, "fail", value, "DEVICE@STEP, such as 1@20");
    if (o->nfailures == VN_FAILURES)
        return vn_args_refuse(err, "fail", value, "at most 16 of them");
    o->failures[o->nfailures++] =
        (struct vn_planned_failure){(int) device, step};
    return VN_OK;
}

static enum vn_status
take_stand_in(const char *value, struct vn_options *o, struct vn_error *err)
{
    static const char expected[] = "TYPE=DEVICE, such as v100=host";
    const char *equals = strchr(value, '=');
    struct vn_stand_in *to = &o->standins[o->nstandins];

    if (equals == NULL || equals == value || equals[1] == '\0'
        || (size_t) (equals - value) >= sizeof o->names[0])
        return vn_args_refuse(err, "device-type", value, expected);
    if (o->nstandins == VN_STAND_INS)
        return vn_args_refuse(err, "device-type", value, "at most 16 of them");
    memcpy(o->names[o->nstandins], value, (size_t) (equals - value));
    o->names[o->nstandins][equals - value] = '\0';
    to->type = o->names[o->nstandins++];
    to->device = equals + 1;
    return VN_OK;
}

static enum vn_status
take_choice(int i, const char *value, const char *const *names, int n, int *to,
            struct vn_error *err)
{
    return vn_option_choice(vn_exec_options[i].name, value, names, n, to, err);
}

static enum vn_status
take_training(int i, const char *value, struct vn_options *o,
              struct vn_error *err)
{
    static const char *const arithmetics[] = {"exact", "fast", "tf32"};
    struct vn_train *t = &o->train;
    int64_t seed = 0;
    int choice = 0;
    enum vn_status status;

    switch (i) {
    case BATCH:
        o->has_batch = true;
        return take_int(i, value, 1, 1 << 24, &t->batch, err);
    case VNODES:
        o->has_vnodes = true;
        return take_small(i, value, 1, 1 << 16, &t->vnodes, err);
    case COUPLE:
        return take_int(i, value, 1, 1 << 20, &o->couple, err);
    case STEPS:
        return take_int(i, value, 0, INT64_C(1) << 40, &t->steps, err);
    case EPOCHS:
        return take_real(i, value, 1e-6, 1e6, &o->epochs, err);
    case SEED:
        status = take_int(i, value, 0, INT64_MAX, &seed, err);
        t->seed = (uint64_t) seed;
        return status;
    case OPTIMIZER:
        o->has_optimizer = true;
        status = take_choice(i, value, vn_optimizer_names, 2, &choice, err);
        t->optimizer = (enum vn_optimizer) choice;
        return status;
    case RATE:
        o->has_rate = true;
        return take_real(i, value, 0, 1e6, &t->rate, err);
    case MOMENTUM:
        return take_real(i, value, 0, 0.9999, &t->momentum, err);
    case DECAY:
        return take_real(i, value, 0, 10, &t->decay, err);
    case SCHEDULE:
        status = take_choice(i, value, vn_schedule_names, 3, &choice, err);
        t->schedule = (enum vn_schedule) choice;
        return status;
    case WARMUP:
        return take_int(i, value, 0, 1 << 30, &t->warmup, err);
    case CLIP:
        return take_real(i, value, 1e-9, 1e9, &t->clip, err);
    default: /* ARITHMETIC */
        status = take_choice(i, value, arithmetics, 3, &choice, err);
        t->exact = choice == 0;
        t->tf32 = choice == 2;
        return status;
    }
}

static enum vn_status
take(int i, const char *value, struct vn_options *o, struct vn_error *err)
{
    const char **texts[NOPTIONS] = {
        [MODEL] = &o->model_name,
        [DATA] = &o->data_name,
        [DEVICES] = &o->devices,
        [PLAN] = &o->plan,
        [SYNC] = &o->sync,
        [MAPPING] = &o->mapping,
        [CHECKPOINT] = &o->checkpoint,
        [RESUME] = &o->resume,
        [LOG] = &o->log,
        [RESULTS] = &o->results,
        [OUTPUT] = &o->output,
        [CONTROL] = &o->control,
    };

    if (texts[i] != NULL) {
        *texts[i] = value;
        o->has_devices = o->has_devices || i == DEVICES;
        return VN_OK;
    }
    switch (i) {
    case LAYERS:
        return take_small(i, value, 1, 16, &o->shape.layers, err);
    case WIDTH:
        return take_small(i, value, 1, 4096, &o->shape.width, err);
    case HEADS:
        return take_small(i, value, 1, 256, &o->shape.heads, err);
    case CONTEXT:
        return take_small(i, value, 1, 4096, &o->shape.context, err);
    case PROFILE:
        if (o->nprofiles == VN_OPTION_PROFILES)
            return vn_fail(err, VN_EUSAGE, "--profile: more than %d tables",
                           VN_OPTION_PROFILES);
        o->profiles[o->nprofiles++] = value;
        return VN_OK;
    case RESIZE:
        return take_resize(value, o, err);
    case FAIL:
        return take_failure(value, o, err);
    case JOB:
        return take_int(i, value, 0, INT64_MAX, &o->plan_job, err);
    case STAND_IN:
        return take_stand_in(value, o, err);
    case EVERY:
        return take_int(i, value, 1, INT64_MAX, &o->checkpoint_every, err);
    case LIMIT:
        return vn_option_bytes("memory-limit", value, 1, INT64_MAX, &o->limit,
                               err);
    case DIGEST:
        return take_int(i, value, 1, INT64_MAX, &o->digest_every, err);
    case EVAL:
        return take_int(i, value, 1, INT64_MAX, &o->eval_every, err);
    case NO_EVAL:
        o->no_eval = true;
        return VN_OK;
    case PROBE:
        o->probe = true;
        return VN_OK;
    case MPI:
        o->mpi = true;
        return VN_OK;
    case QUIET:
        o->quiet = true;
        return VN_OK;
    case MOST:
        return take_int(i, value, 1, 1 << 20, &o->most, err);
    case REPEAT:
        return take_int(i, value, 1, 1000, &o->repeat, err);
    default:
        return take_training(i, value, o, err);
    }
}

enum vn_status
vn_options_read(int argc, char **argv, struct vn_options *o, bool *help,
                struct vn_error *err)
{
    struct vn_args args =
        vn_args_begin(argc, argv, vn_exec_options, vn_exec_noptions);
    const char *value;
    enum vn_status status = VN_OK;
    int i;

    *help = false;
    *o = (struct vn_options){.model_name = "mlp",
                             .devices = "host:1",
                             .shape = vn_model_defaults(),
                             .train = {.batch = 256,
                                       .vnodes = 16,
                                       .seed = 1,
                                       .steps = 100,
                                       .momentum = 0.9,
                                       .decay = -1,
                                       .exact = true},
                             .plan_job = -1,
                             .most = 256,
                             .repeat = 9};
    while (status == VN_OK && (i = vn_args_next(&args, &value, err)) >= 0)
        status = take(i, value, o, err);
    if (status != VN_OK)
        return status;
    if (i == VN_ARGS_FAILED)
        return VN_EUSAGE;
    if (i == VN_ARGS_HELP) {
        *help = true;
        return VN_OK;
    }
    if (args.nrest > 0)
        return vn_fail(err, VN_EUSAGE, "'%s' is not an option", args.rest[0]);
    return VN_OK;
}

void
vn_options_describe(const struct vn_options *o, const struct vn_data *data,
                    char *text, size_t size)
{
    const struct vn_train *t = &o->train;
    int n = snprintf(
        text, size,
        "model=%s\nlayers=%d\nwidth=%d\nheads=%d\ncontext=%d\ndata=%s\n"
        "data-hash=%016llx\nbatch=%lld\nvnodes=%d\nseed=%llu\n"
        "optimizer=%s\nrate=%.17g\nmomentum=%.17g\ndecay=%.17g\nclip=%.17g\n"
        "schedule=%s\nwarmup=%lld\narithmetic=%s\n",
        o->model_name, o->shape.layers, o->shape.width, o->shape.heads,
        o->shape.context, o->data_name, (unsigned long long) data->hash,
        (long long) t->batch, t->vnodes, (unsigned long long) t->seed,
        vn_optimizer_names[t->optimizer], t->rate, t->momentum, t->decay,
        t->clip, vn_schedule_names[t->schedule], (long long) t->warmup,
        t->exact  ? "exact"
        : t->tf32 ? "tf32"
                  : "fast");

    if (t->schedule != VN_CONSTANT && n > 0 && (size_t) n < size)
        snprintf(text + n, size - (size_t) n, "steps=%lld\n",
                 (long long) t->steps);
}
