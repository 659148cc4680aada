#include "config.h"

#include "sim/policy/share/realm.h"

#include "base/xalloc.h"

#include <stdlib.h>
#include <string.h>

void
vn_realms_open(struct vn_realms *f, const struct vn_view *view)
{
    f->ntypes = vn_view_types(view);
    f->realms = vn_xcalloc((size_t) f->ntypes, sizeof *f->realms);
    for (int t = 0; t < f->ntypes; t++)
        f->realms[t].shares.devices = vn_view_devices(view, t);
}

static void
free_shared(struct vn_shared *m)
{
    vn_shares_plan_free(&m->plan);
    free(m->mark);
}

void
vn_realms_close(struct vn_realms *f)
{
    for (int t = 0; t < f->ntypes && f->realms != NULL; t++) {
        vn_shares_free(&f->realms[t].shares);
        free_shared(&f->realms[t].now);
        free_shared(&f->realms[t].with);
        free_shared(&f->realms[t].without);
    }
    for (int q = 0; q < f->nqueues; q++)
        vn_waiting_free(&f->queues[q].waiting);
    free(f->realms);
    free(f->queues);
    free(f->jobs);
    free(f->fresh);
}

static void
grow_marks(struct vn_shared *m, int from, int to)
{
    m->mark = vn_xrealloc(m->mark, (size_t) to, sizeof *m->mark);
    memset(m->mark + from, 0, (size_t) (to - from) * sizeof *m->mark);
}

/* Put a job in the line of its types. */
static void
queue_up(struct vn_realms *f, const struct vn_view *view, int job)
{
    int64_t weight = vn_shares_weight(vn_view_job(view, job)->weight);
    uint64_t types = 0;
    int q = 0;

    for (int t = 0; t < f->ntypes; t++)
        types |= (uint64_t) vn_view_runs(view, job, t) << t;
    while (q < f->nqueues && f->queues[q].types != types)
        q++;
    if (q == f->nqueues) {
        f->queues =
            vn_xrealloc(f->queues, (size_t) f->nqueues + 1, sizeof *f->queues);
        f->queues[f->nqueues++] = (struct vn_queue){.types = types};
    }
    vn_waiting_add(&f->queues[q].waiting, job,
                   (struct vn_key){-weight, vn_view_order(view, job)}, 1);
}

void
vn_realms_arrive(struct vn_realms *f, const struct vn_view *view, int job)
{
    if (job >= f->njobs) {
        int n = 2 * job + 64;

        f->jobs = vn_xrealloc(f->jobs, (size_t) n, sizeof *f->jobs);
        for (int t = 0; t < f->ntypes; t++) {
            grow_marks(&f->realms[t].now, f->njobs, n);
            grow_marks(&f->realms[t].with, f->njobs, n);
            grow_marks(&f->realms[t].without, f->njobs, n);
        }
        f->njobs = n;
    }
    f->jobs[job] = (struct vn_realms_job){.home = -1};
    queue_up(f, view, job);
}

void
vn_realms_leave(struct vn_realms *f, int job)
{
    struct vn_realm *r = &f->realms[f->jobs[job].home];

    vn_shares_leave(&r->shares, job);
    r->given -= f->jobs[job].given;
    r->lifted -= f->jobs[job].lifted;
    r->changed = true;
    f->jobs[job].home = -1;
}

static void
work_out(struct vn_realm *r, struct vn_shared *m)
{
    for (int i = 0; i < m->plan.nnamed; i++)
        m->mark[m->plan.named[i].job] = 0;
    vn_shares_work_out(&r->shares, &m->plan);
    for (int i = 0; i < m->plan.nnamed; i++)
        m->mark[m->plan.named[i].job] = m->plan.named[i].share;
}

static int
share_of(const struct vn_realm *r, const struct vn_shared *m, int job)
{
    return m->mark[job] > 0 ? m->mark[job]
                            : vn_shares_base(&r->shares, &m->plan, job);
}

/* Does a job that runs, and is heavier, get less with the newcomer? */
static bool
loses(const struct vn_realms *f, const struct vn_realm *r, int job,
      int64_t weight)
{
    const struct vn_shares *sh = &r->shares;

    return vn_shares_has(sh, job) && f->jobs[job].given != VN_FRESH
           && sh->groups[sh->jobs[job].group].weight > weight
           && share_of(r, &r->with, job) < share_of(r, &r->without, job);
}

/* Does one of those between two orders? */
static bool
range_loses(const struct vn_realms *f, const struct vn_realm *r,
            const struct vn_shares_group *group, int64_t from, int64_t to,
            int64_t weight)
{
    for (int i = vn_shares_place(group, from);
         i < group->length && group->order[i] < to; i++)
        if (group->row[i] >= 0 && loses(f, r, group->row[i], weight))
            return true;
    return false;
}

/* Does one of a group's?  Those of a class have its base, but for those that
 * are named. */
static bool
group_loses(const struct vn_realms *f, const struct vn_realm *r, int g,
            int64_t weight)
{
    const struct vn_shares *sh = &r->shares;
    const struct vn_shares_group *group = &sh->groups[g];
    int base = g * VN_SHARES_CLASSES;

    if (r->with.plan.end[g] < r->without.plan.end[g]
        && range_loses(f, r, group, r->with.plan.end[g],
                       r->without.plan.end[g], weight))
        return true;
    for (int k = 0; k < VN_SHARES_CLASSES; k++) {
        if (r->with.plan.base[base + k] == r->without.plan.base[base + k])
            continue;
        for (int j = group->class[k].first; j >= 0; j = sh->jobs[j].next)
            if (loses(f, r, j, weight))
                return true;
    }
    return false;
}

static bool
any_loses(const struct vn_realms *f, const struct vn_realm *r, int64_t weight)
{
    const struct vn_shares *sh = &r->shares;

    for (int i = 0; i < sh->nsorted; i++) {
        if (sh->groups[sh->sorted[i]].weight <= weight)
            break;
        if (group_loses(f, r, sh->sorted[i], weight))
            return true;
    }
    for (int i = 0; i < r->with.plan.nnamed; i++)
        if (loses(f, r, r->with.plan.named[i].job, weight))
            return true;
    for (int i = 0; i < r->without.plan.nnamed; i++)
        if (loses(f, r, r->without.plan.named[i].job, weight))
            return true;
    return false;
}

static void
swap(struct vn_shared *a, struct vn_shared *b)
{
    struct vn_shared c = *a;

    *a = *b;
    *b = c;
}

static void
join(struct vn_realms *f, const struct vn_view *view, int type, int job,
     int64_t weight)
{
    vn_shares_join(&f->realms[type].shares, job, weight,
                   vn_view_job(view, job)->devices, f->joins++);
    f->jobs[job].given = VN_FRESH;
}

/* Let a job join a type, unless a heavier one loses by it. */
static bool
try_join(struct vn_realms *f, const struct vn_view *view, int type, int job,
         int64_t weight)
{
    struct vn_realm *r = &f->realms[type];
    bool compare;

    if (r->shares.count >= r->shares.devices)
        return false;
    compare = vn_shares_heaviest(&r->shares) > weight;
    if (compare && !r->known)
        work_out(r, &r->without);
    join(f, view, type, job, weight);
    if (!compare) {
        r->known = false;
        return true;
    }
    work_out(r, &r->with);
    if (any_loses(f, r, weight)) {
        vn_shares_leave(&r->shares, job);
        r->known = true;
        return false;
    }
    swap(&r->with, &r->without);
    r->known = true;
    return true;
}

/* What the share that it would get on a type is worth to a job that joined
 * it: nanoseconds, less is better. */
static int64_t
worth(struct vn_realms *f, const struct vn_view *view, int type, int job)
{
    struct vn_realm *r = &f->realms[type];

    if (!r->known)
        work_out(r, &r->without);
    r->known = true;
    return vn_view_step_ns(
        view, job, type,
        vn_view_size(view, job, type, share_of(r, &r->without, job)));
}

/* Find a home for a job: its type, joined; or -1. */
static int
settle(struct vn_realms *f, const struct vn_view *view, uint64_t types,
       int job, int64_t weight)
{
    bool choice = (types & (types - 1)) != 0;
    int64_t least = INT64_MAX;
    int best = -1;

    for (int t = 0; t < f->ntypes; t++) {
        int64_t ns;

        if ((types >> t & 1) == 0 || !try_join(f, view, t, job, weight))
            continue;
        if (!choice)
            return t;
        ns = worth(f, view, t, job);
        if (best < 0 || ns < least) {
            best = t;
            least = ns;
        }
        vn_shares_leave(&f->realms[t].shares, job);
        f->realms[t].known = false;
    }
    if (best >= 0)
        join(f, view, best, job, weight);
    return best;
}

/* The line whose head comes first of those that are not blocked; or -1. */
static int
first_queue(const struct vn_realms *f, int *job, struct vn_key *key)
{
    int best = -1;

    for (int q = 0; q < f->nqueues; q++) {
        struct vn_key mine;
        int demand, head;

        if (f->queues[q].blocked || f->queues[q].waiting.count == 0)
            continue;
        head = vn_waiting_first(&f->queues[q].waiting, 1, &mine, &demand);
        if (head >= 0 && (best < 0 || vn_key_before(mine, *key))) {
            best = q;
            *job = head;
            *key = mine;
        }
    }
    return best;
}

static bool
any_room(const struct vn_realms *f)
{
    for (int t = 0; t < f->ntypes; t++)
        if (f->realms[t].shares.count < f->realms[t].shares.devices)
            return true;
    return false;
}

/* Admit from the heads of the lines while nobody heavier loses. */
static void
admit(struct vn_realms *f, const struct vn_view *view)
{
    struct vn_key key = {0};
    int job = -1, q;

    for (int t = 0; t < f->ntypes; t++)
        f->realms[t].known = false;
    for (q = 0; q < f->nqueues; q++)
        f->queues[q].blocked = false;
    while (any_room(f) && (q = first_queue(f, &job, &key)) >= 0) {
        int home = settle(f, view, f->queues[q].types, job, -key.major);

        if (home < 0) {
            f->queues[q].blocked = true;
            continue;
        }
        f->jobs[job].home = home;
        f->realms[home].changed = true;
        vn_waiting_take(&f->queues[q].waiting, 1);
        if (f->nfresh == f->fresh_size) {
            f->fresh_size = 2 * f->fresh_size + 64;
            f->fresh = vn_xrealloc(f->fresh, (size_t) f->fresh_size,
                                   sizeof *f->fresh);
        }
        f->fresh[f->nfresh++] = job;
    }
}

/* Who is told what changes, while it is worked out. */
struct giving {
    struct vn_realms *fair;
    const struct vn_view *view;
    struct vn_realm *realm;
    int type;
    void (*give)(void *arg, int job, int type, int devices);
    void *arg;
};

/* A job that shares has so many devices from now on. */
static void
give_devices(struct giving *g, int job, int devices)
{
    int before = g->fair->jobs[job].given;

    before = before == VN_FRESH ? 0 : before;
    g->fair->jobs[job].given = devices;
    g->realm->given += devices - before;
    if (devices != before)
        g->give(g->arg, job, g->type, devices);
}

/* Give a job that shares what its realm's `with` says, if it has it not. */
static void
give(struct giving *g, int job)
{
    if (vn_shares_has(&g->realm->shares, job))
        give_devices(g, job,
                     vn_view_size(g->view, job, g->type,
                                  share_of(g->realm, &g->realm->with, job)));
}

/* Call fn() for all that share, the heaviest first. */
static void
each(struct giving *g, void (*fn)(struct giving *g, int job))
{
    const struct vn_shares *sh = &g->realm->shares;

    for (int i = 0; i < sh->nsorted; i++) {
        const struct vn_shares_group *group = &sh->groups[sh->sorted[i]];

        for (int k = 0; k < group->length; k++)
            if (group->row[k] >= 0)
                fn(g, group->row[k]);
    }
}

static void
lower(struct giving *g, int job)
{
    if (!g->fair->jobs[job].lifted)
        return;
    g->fair->jobs[job].lifted = false;
    g->realm->lifted--;
    give_devices(g, job, 0);
}

static void
lift(struct giving *g, int job)
{
    const struct vn_job *j = vn_view_job(g->view, job);
    int idle = vn_view_devices(g->view, g->type) - g->realm->given;
    int n = vn_view_size(g->view, job, g->type,
                         j->devices < idle ? j->devices : idle);

    if (n == 0)
        n = vn_view_size(g->view, job, g->type, idle);
    if (n == 0)
        return;
    g->fair->jobs[job].lifted = true;
    g->realm->lifted++;
    give_devices(g, job, n);
}

/* Give those of a group whom the doubling now reaches, or no longer does. */
static void
give_range(struct giving *g, struct vn_shares_group *group, int64_t end)
{
    int64_t before = group->applied_end;
    int64_t from = before < end ? before : end;
    int64_t to = before < end ? end : before;

    if (from < to)
        for (int i = vn_shares_place(group, from);
             i < group->length && group->order[i] < to; i++)
            if (group->row[i] >= 0)
                give(g, group->row[i]);
    group->applied_end = end;
}

static void
give_group(struct giving *g, int number)
{
    struct vn_realm *r = g->realm;
    struct vn_shares_group *group = &r->shares.groups[number];

    for (uint64_t u = group->used; u != 0; u &= u - 1) {
        int k = __builtin_ctzll(u);
        int base = r->with.plan.base[number * VN_SHARES_CLASSES + k];

        if (group->class[k].applied == base + 1)
            continue;
        group->class[k].applied = base + 1;
        for (int j = group->class[k].first; j >= 0; j = r->shares.jobs[j].next)
            give(g, j);
    }
    give_range(g, group, r->with.plan.end[number]);
}

static void
share_out(struct giving *g)
{
    struct vn_realm *r = g->realm;
    const struct vn_realms *f = g->fair;

    work_out(r, &r->with);
    if (r->lifted > 0)
        each(g, lower);
    for (int i = 0; i < r->shares.nsorted; i++)
        give_group(g, r->shares.sorted[i]);
    for (int i = 0; i < r->now.plan.nnamed; i++)
        give(g, r->now.plan.named[i].job);
    for (int i = 0; i < r->with.plan.nnamed; i++)
        give(g, r->with.plan.named[i].job);
    for (int i = 0; i < f->nfresh; i++)
        if (f->jobs[f->fresh[i]].home == g->type)
            give(g, f->fresh[i]);
    if (r->given == 0)
        each(g, lift);
    swap(&r->now, &r->with);
    r->changed = false;
}

/* The lightest job of a realm that is not done, of equals the last that
 * joined; or -1. */
static int
lightest(const struct vn_realm *r, const struct vn_view *view)
{
    for (int g = r->shares.nsorted; g-- > 0;) {
        const struct vn_shares_group *group =
            &r->shares.groups[r->shares.sorted[g]];

        for (int i = group->length; i-- > 0;)
            if (group->row[i] >= 0
                && vn_view_remaining(view, group->row[i]) > 0)
                return group->row[i];
    }
    return -1;
}

/* As many devices as work now; who has no place any more waits again. */
static void
fit(struct giving *g)
{
    struct vn_realm *r = g->realm;
    struct vn_realms *f = g->fair;
    int devices = vn_view_devices(g->view, g->type);

    if (r->shares.devices == devices)
        return;
    r->changed = true;
    while (r->shares.count > devices) {
        int job = lightest(r, g->view);

        if (job < 0)
            break;
        vn_shares_leave(&r->shares, job);
        if (f->jobs[job].given > 0)
            g->give(g->arg, job, g->type, 0);
        r->given -= f->jobs[job].given;
        r->lifted -= f->jobs[job].lifted;
        f->jobs[job] = (struct vn_realms_job){.home = -1};
        queue_up(f, g->view, job);
    }
    /* Jobs that are done, and whose devices are being released, may be more.
     */
    r->shares.devices = devices > r->shares.count ? devices : r->shares.count;
}

void
vn_realms_decide(struct vn_realms *f, const struct vn_view *view,
                 void (*tell)(void *arg, int job, int type, int devices),
                 void *arg)
{
    struct giving g = {.fair = f, .view = view, .give = tell, .arg = arg};

    for (g.type = 0; g.type < f->ntypes; g.type++) {
        g.realm = &f->realms[g.type];
        fit(&g);
    }
    admit(f, view);
    for (g.type = 0; g.type < f->ntypes; g.type++) {
        g.realm = &f->realms[g.type];
        if (g.realm->changed)
            share_out(&g);
    }
    f->nfresh = 0;
}
