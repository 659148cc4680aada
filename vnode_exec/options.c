#include "config.h"

#include "vnode_exec/options.h"

#include "base/number.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MODEL,
    DATA,
    NORMALISE,
    VALIDATION,
    CLASSES,
    AUGMENT,
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
    SET,
    RESIZE,
    FAIL,
    CHECKPOINT,
    EVERY,
    KEEP,
    BEST,
    PATIENCE,
    RESUME,
    FINE_TUNE,
    INIT,
    LIMIT,
    DIGEST,
    EVAL,
    NO_EVAL,
    LOG,
    RESULTS,
    CONTROL,
    PROBE,
    NO_PIN,
    MPI,
    QUIET,
    MOST,
    REPEAT,
    OUTPUT,
    SYNC,
    NOPTIONS
};

const struct vn_option vn_exec_options[NOPTIONS] = {
    [MODEL] = {"model", "NAME",
               "mlp, resnet8, resnet20, gpt or a FILE.yaml [mlp]", 'm'},
    [DATA] = {"data", "DATA",
              "fashion-mnist[:FOLDER], cifar10:FOLDER, idx:FOLDER, "
              "npy:FOLDER|FILE.npz, csv:FILE, bytes:FILE, tokens16:FILE, "
              "tokens32:FILE or synthetic[:N] [synthetic]",
              'd'},
    [NORMALISE] = {"normalise", "HOW",
                   "own (mean and deviation of the training examples), "
                   "MEAN,DEVIATION, or none [own]",
                   0},
    [VALIDATION] = {"validation", "X",
                    "part of the training examples that is kept to test on "
                    "while training",
                    0},
    [CLASSES] = {"classes", "N", "of the data, or tokens, at least", 0},
    [AUGMENT] = {"augment", "WHAT",
                 "flip, crop=N, or both: images of training, as drawn", 0},
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
    [CONTEXT] = {"context", "N", "tokens that gpt sees [128]", 0},
    [SET] = {"set", "NAME=N",
             "an option of the model, such as layers=2; may be repeated", 0},
    [RESIZE] = {"resize", "STEP:LIST",
                "other devices from that step on; may be repeated", 0},
    [FAIL] = {"fail", "DEVICE@STEP",
              "let a device fail in the middle of a step; may be repeated", 0},
    [CHECKPOINT] = {"checkpoint", "FILE", "write the state there at the end",
                    'c'},
    [EVERY] = {"checkpoint-every", "N", "and every N steps", 0},
    [KEEP] = {"keep", "N",
              "checkpoints, the older ones as FILE.1, FILE.2 ... [1]", 0},
    [BEST] = {"best", "FILE", "a checkpoint of the lowest loss of --eval", 0},
    [PATIENCE] = {"patience", "N",
                  "end after N evaluations without a lower loss", 0},
    [RESUME] = {"resume", "FILE",
                "go on from a checkpoint; auto: from that of --checkpoint, "
                "where it is there",
                0},
    [FINE_TUNE] = {"fine-tune", NULL,
                   "go on with other data, batch, rate or schedule", 0},
    [INIT] = {"init", "FILE",
              "begin with the parameters of a .safetensors or .npz", 'i'},
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
    [NO_PIN] = {"no-pin", NULL, "let threads of the host run on any processor",
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
take_profile(const char *value, struct vn_options *o, struct vn_error *err)
{
    if (o->nprofiles == VN_OPTION_PROFILES)
        return vn_fail(err, VN_EUSAGE, "--profile: more than %d tables",
                       VN_OPTION_PROFILES);
    o->profiles[o->nprofiles++] = value;
    return VN_OK;
}

static enum vn_status
take_limit(const char *value, struct vn_options *o, struct vn_error *err)
{
    return vn_option_bytes("memory-limit", value, 1, INT64_MAX, &o->limit,
                           err);
}

static enum vn_status
take_seed(const char *value, struct vn_options *o, struct vn_error *err)
{
    int64_t seed = 0;
    enum vn_status status =
        vn_option_int("seed", value, 0, INT64_MAX, &seed, err);

    o->train.seed = (uint64_t) seed;
    return status;
}

static enum vn_status
take_optimizer(const char *value, struct vn_options *o, struct vn_error *err)
{
    int choice = 0;
    enum vn_status status = vn_option_choice(
        "optimizer", value, vn_optimizer_names, 2, &choice, err);

    o->train.optimizer = (enum vn_optimizer) choice;
    return status;
}

static enum vn_status
take_schedule(const char *value, struct vn_options *o, struct vn_error *err)
{
    int choice = 0;
    enum vn_status status = vn_option_choice(
        "schedule", value, vn_schedule_names, 3, &choice, err);

    o->train.schedule = (enum vn_schedule) choice;
    return status;
}

static enum vn_status
take_arithmetic(const char *value, struct vn_options *o, struct vn_error *err)
{
    static const char *const names[] = {"exact", "fast", "tf32"};
    int choice = 0;
    enum vn_status status =
        vn_option_choice("arithmetic", value, names, 3, &choice, err);

    o->train.exact = choice == 0;
    o->train.tf32 = choice == 2;
    return status;
}

/* An option of the model, which may not be known yet. */
static enum vn_status
set_option(const char *name, size_t n, const char *value, const char *option,
           struct vn_options *o, struct vn_error *err)
{
    struct vn_model_options *set = &o->set;
    int64_t number = 0;
    enum vn_status status =
        vn_option_int(option, value, 1, 1 << 16, &number, err);
    int i = 0;

    if (status != VN_OK)
        return status;
    while (
        i < set->n
        && (strlen(set->name[i]) != n || strncmp(set->name[i], name, n) != 0))
        i++;
    if (i == VN_MODEL_OPTIONS || n >= sizeof set->name[0])
        return vn_args_refuse(err, option, value,
                              "an option that the model has");
    memcpy(set->name[i], name, n);
    set->name[i][n] = '\0';
    set->value[i] = (int) number;
    set->n = i == set->n ? i + 1 : set->n;
    return VN_OK;
}

static enum vn_status
take_layers(const char *value, struct vn_options *o, struct vn_error *err)
{
    return set_option("layers", 6, value, "layers", o, err);
}

static enum vn_status
take_width(const char *value, struct vn_options *o, struct vn_error *err)
{
    return set_option("width", 5, value, "width", o, err);
}

static enum vn_status
take_heads(const char *value, struct vn_options *o, struct vn_error *err)
{
    return set_option("heads", 5, value, "heads", o, err);
}

static enum vn_status
take_context(const char *value, struct vn_options *o, struct vn_error *err)
{
    return set_option("context", 7, value, "context", o, err);
}

static enum vn_status
take_set(const char *value, struct vn_options *o, struct vn_error *err)
{
    const char *equals = strchr(value, '=');

    if (equals == NULL || equals == value)
        return vn_args_refuse(err, "set", value, "NAME=N, such as layers=2");
    return set_option(value, (size_t) (equals - value), equals + 1, "set", o,
                      err);
}

/* What an option's value is, and where it goes. */
enum kind {
    TEXT,
    FLAG,
    WHOLE, /* int64_t */
    SMALL, /* int */
    REAL,
    OWN /* taken by a function */
};

/* clang-format off: a row an option */
#define AT(field) offsetof(struct vn_options, field)
static const struct setting {
    enum kind kind;
    size_t at;
    double min, max; /* up to 2^53 */
    size_t given;    /* a bool that it was; 0: nobody asks */
    enum vn_status (*take)(const char *value, struct vn_options *o,
                           struct vn_error *err);
} settings[NOPTIONS] = {
    [MODEL] = {TEXT, AT(model_name)},
    [DATA] = {TEXT, AT(data_name)},
    [NORMALISE] = {TEXT, AT(data.normalise)},
    [VALIDATION] = {REAL, AT(data.validation), 1e-6, 0.9},
    [CLASSES] = {SMALL, AT(data.classes), 2, 1 << 24},
    [AUGMENT] = {TEXT, AT(data.augment)},
    [BATCH] = {WHOLE, AT(train.batch), 1, 1 << 24, AT(has_batch)},
    [VNODES] = {SMALL, AT(train.vnodes), 1, 1 << 16, AT(has_vnodes)},
    [DEVICES] = {TEXT, AT(devices), .given = AT(has_devices)},
    [MAPPING] = {TEXT, AT(mapping)},
    [PROFILE] = {OWN, .take = take_profile},
    [PLAN] = {TEXT, AT(plan)},
    [JOB] = {WHOLE, AT(plan_job), 0, 0x1p53},
    [STAND_IN] = {OWN, .take = take_stand_in},
    [COUPLE] = {WHOLE, AT(couple), 1, 1 << 20},
    [STEPS] = {WHOLE, AT(train.steps), 0, 0x1p40, AT(has_steps)},
    [EPOCHS] = {REAL, AT(epochs), 1e-6, 1e6},
    [SEED] = {OWN, .take = take_seed},
    [OPTIMIZER] = {OWN, .given = AT(has_optimizer), .take = take_optimizer},
    [RATE] = {REAL, AT(train.rate), 0, 1e6, AT(has_rate)},
    [MOMENTUM] = {REAL, AT(train.momentum), 0, 0.9999},
    [DECAY] = {REAL, AT(train.decay), 0, 10},
    [SCHEDULE] = {OWN, .take = take_schedule},
    [WARMUP] = {WHOLE, AT(train.warmup), 0, 1 << 30},
    [CLIP] = {REAL, AT(train.clip), 1e-9, 1e9},
    [ARITHMETIC] = {OWN, .take = take_arithmetic},
    [LAYERS] = {OWN, .take = take_layers},
    [WIDTH] = {OWN, .take = take_width},
    [HEADS] = {OWN, .take = take_heads},
    [CONTEXT] = {OWN, .take = take_context},
    [SET] = {OWN, .take = take_set},
    [RESIZE] = {OWN, .take = take_resize},
    [FAIL] = {OWN, .take = take_failure},
    [CHECKPOINT] = {TEXT, AT(checkpoint)},
    [EVERY] = {WHOLE, AT(checkpoint_every), 1, 0x1p53},
    [KEEP] = {WHOLE, AT(keep), 1, 1000},
    [BEST] = {TEXT, AT(best)},
    [PATIENCE] = {WHOLE, AT(patience), 1, 1 << 30},
    [RESUME] = {TEXT, AT(resume)},
    [FINE_TUNE] = {FLAG, AT(fine_tune)},
    [INIT] = {TEXT, AT(init)},
    [LIMIT] = {OWN, .take = take_limit},
    [DIGEST] = {WHOLE, AT(digest_every), 1, 0x1p53},
    [EVAL] = {WHOLE, AT(eval_every), 1, 0x1p53},
    [NO_EVAL] = {FLAG, AT(no_eval)},
    [LOG] = {TEXT, AT(log)},
    [RESULTS] = {TEXT, AT(results)},
    [CONTROL] = {TEXT, AT(control)},
    [PROBE] = {FLAG, AT(probe)},
    [NO_PIN] = {FLAG, AT(no_pin)},
    [MPI] = {FLAG, AT(mpi)},
    [QUIET] = {FLAG, AT(quiet)},
    [MOST] = {WHOLE, AT(most), 1, 1 << 20, AT(has_profile)},
    [REPEAT] = {WHOLE, AT(repeat), 1, 1000, AT(has_profile)},
    [OUTPUT] = {TEXT, AT(output), .given = AT(has_profile)},
    [SYNC] = {TEXT, AT(sync), .given = AT(has_profile)},
};
/* clang-format on */

static enum vn_status
take(int i, const char *value, struct vn_options *o, struct vn_error *err)
{
    const struct setting *s = &settings[i];
    const char *name = vn_exec_options[i].name;
    void *to = (char *) o + s->at;
    int64_t n = 0;
    enum vn_status status = VN_OK;

    switch (s->kind) {
    case TEXT:
        *(const char **) to = value;
        break;
    case FLAG:
        *(bool *) to = true;
        break;
    case WHOLE:
        status = vn_option_int(name, value, (int64_t) s->min, (int64_t) s->max,
                               to, err);
        break;
    case SMALL:
        status = vn_option_int(name, value, (int64_t) s->min, (int64_t) s->max,
                               &n, err);
        if (status == VN_OK)
            *(int *) to = (int) n;
        break;
    case REAL:
        status = vn_option_real(name, value, s->min, s->max, to, err);
        break;
    case OWN:
        status = s->take(value, o, err);
        break;
    }
    if (s->given != 0)
        *(bool *) ((char *) o + s->given) = true;
    return status;
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
                             .train = {.batch = 256,
                                       .vnodes = 16,
                                       .seed = 1,
                                       .steps = 100,
                                       .momentum = 0.9,
                                       .decay = -1,
                                       .exact = true},
                             .keep = 1,
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
    if (o->epochs > 0 && o->has_steps)
        return vn_fail(err, VN_EUSAGE, "--epochs does without --steps");
    if (o->has_profile && strcmp(argv[0], "profile") != 0)
        return vn_fail(err, VN_EUSAGE,
                       "--max, --repeat, --output and --sync are of vnexec "
                       "profile");
    return VN_OK;
}

/* What was said about the data, where that is more than what they are. */
static size_t
describe_data(const struct vn_data_options *o, char *text, size_t n,
              size_t size)
{
    if (o->normalise != NULL && n < size)
        n += (size_t) snprintf(text + n, size - n, "normalise=%s\n",
                               o->normalise);
    if (o->validation > 0 && n < size)
        n += (size_t) snprintf(text + n, size - n, "validation=%.17g\n",
                               o->validation);
    if (o->augment != NULL && n < size)
        n += (size_t) snprintf(text + n, size - n, "augment=%s\n", o->augment);
    return n;
}

void
vn_options_describe(const struct vn_options *o, const struct vn_model *model,
                    const struct vn_graph *graph, const struct vn_data *data,
                    char *text, size_t size)
{
    const struct vn_train *t = &o->train;
    size_t n = (size_t) snprintf(text, size, "model=%s\n", model->name);

    for (int i = 0; i < model->options.n && n < size; i++)
        n +=
            (size_t) snprintf(text + n, size - n, "option.%s=%d\n",
                              model->options.name[i], model->options.value[i]);
    if (n < size)
        n += (size_t) snprintf(
            text + n, size - n,
            "model-hash=%016llx\ndata=%s\ndata-hash=%016llx\n"
            "shape=%dx%dx%d:%d\nbatch=%lld\nvnodes=%d\nseed=%llu\n"
            "optimizer=%s\nrate=%.17g\nmomentum=%.17g\ndecay=%.17g\n"
            "clip=%.17g\nschedule=%s\nwarmup=%lld\narithmetic=%s\n",
            (unsigned long long) vn_graph_hash(graph), o->data_name,
            (unsigned long long) data->hash, data->shape.height,
            data->shape.width, data->shape.channels, data->shape.classes,
            (long long) t->batch, t->vnodes, (unsigned long long) t->seed,
            vn_optimizer_names[t->optimizer], t->rate, t->momentum, t->decay,
            t->clip, vn_schedule_names[t->schedule], (long long) t->warmup,
            t->exact  ? "exact"
            : t->tf32 ? "tf32"
                      : "fast");
    n = describe_data(&o->data, text, n, size);
    if (o->init != NULL && n < size)
        n += (size_t) snprintf(text + n, size - n, "init-hash=%016llx\n",
                               (unsigned long long) o->init_hash);
    if (t->schedule != VN_CONSTANT && n < size)
        snprintf(text + n, size - n, "steps=%lld\n", (long long) t->steps);
}
