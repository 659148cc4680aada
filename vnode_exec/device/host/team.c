#include "config.h"

#include "vnode_exec/device/host/team.h"

#include "base/xalloc.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

struct member {
    struct vn_team *team;
    int thread;
    pthread_t id;
};

struct vn_team {
    int threads;
    int cpu;
    pthread_mutex_t lock;
    pthread_cond_t work;
    pthread_cond_t done;
    vn_team_fn fn; /* NULL: end */
    void *arg;
    unsigned round; /* of work given out */
    int busy;
    struct member *members;
};

static void *
member_main(void *arg)
{
    struct member *m = arg;
    struct vn_team *team = m->team;
    unsigned round = 0;
    struct vn_pin pin =
        vn_pin_thread(team->cpu < 0 ? -1 : team->cpu + m->thread, false);

    for (;;) {
        vn_team_fn fn;

        pthread_mutex_lock(&team->lock);
        while (team->round == round)
            pthread_cond_wait(&team->work, &team->lock);
        round = team->round;
        fn = team->fn;
        pthread_mutex_unlock(&team->lock);
        if (fn == NULL)
            break;
        fn(team->arg, m->thread, team->threads);
        pthread_mutex_lock(&team->lock);
        if (--team->busy == 0)
            pthread_cond_signal(&team->done);
        pthread_mutex_unlock(&team->lock);
    }
    vn_unpin(&pin);
    return NULL;
}

static void
team_start(struct vn_team *team, vn_team_fn fn, void *arg)
{
    pthread_mutex_lock(&team->lock);
    team->fn = fn;
    team->arg = arg;
    team->busy = team->threads - 1;
    team->round++;
    pthread_cond_broadcast(&team->work);
    pthread_mutex_unlock(&team->lock);
}

struct vn_team *
vn_team_alloc(int threads, int cpu)
{
    struct vn_team *team = vn_xcalloc(1, sizeof *team);

    team->threads = 1;
    team->cpu = cpu;
    pthread_mutex_init(&team->lock, NULL);
    pthread_cond_init(&team->work, NULL);
    pthread_cond_init(&team->done, NULL);
    team->members = vn_xcalloc((size_t) threads, sizeof *team->members);
    for (int i = 1; i < threads; i++) {
        struct member *m = &team->members[i];

        *m = (struct member){.team = team, .thread = i};
        if (pthread_create(&m->id, NULL, member_main, m) != 0)
            break; /* fewer threads: slower, the same results */
        team->threads++;
    }
    return team;
}

void
vn_team_free(struct vn_team *team)
{
    if (team == NULL)
        return;
    team_start(team, NULL, NULL);
    for (int i = 1; i < team->threads; i++)
        pthread_join(team->members[i].id, NULL);
    pthread_cond_destroy(&team->done);
    pthread_cond_destroy(&team->work);
    pthread_mutex_destroy(&team->lock);
    free(team->members);
    free(team);
}

void
vn_team_run(struct vn_team *team, vn_team_fn fn, void *arg)
{
    if (team->threads == 1) {
        fn(arg, 0, 1);
        return;
    }
    team_start(team, fn, arg);
    fn(arg, 0, team->threads);
    pthread_mutex_lock(&team->lock);
    while (team->busy > 0)
        pthread_cond_wait(&team->done, &team->lock);
    pthread_mutex_unlock(&team->lock);
}

void
vn_team_share(size_t n, size_t grain, int thread, int threads, size_t *from,
              size_t *to)
{
    size_t grains = (n + grain - 1) / grain;

    *from = grains * (size_t) thread / (size_t) threads * grain;
    *to = grains * ((size_t) thread + 1) / (size_t) threads * grain;
    *from = *from < n ? *from : n;
    *to = *to < n ? *to : n;
}
