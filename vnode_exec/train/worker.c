#include "config.h"

#include "vnode_exec/train/worker.h"

#include "base/xalloc.h"
#include "vnode_exec/device/host/team.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct vn_worker {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int cpu;
    bool exactly;
    struct vn_pin pin;
    bool busy;
    bool stop;
    vn_worker_fn fn;
    void *arg;
    enum vn_status status;
    struct vn_error err;
};

static void *
worker_main(void *arg)
{
    struct vn_worker *w = arg;

    w->pin = vn_pin_thread(w->cpu, w->exactly);
    pthread_mutex_lock(&w->lock);
    for (;;) {
        while (!w->busy && !w->stop)
            pthread_cond_wait(&w->changed, &w->lock);
        if (w->stop)
            break;
        pthread_mutex_unlock(&w->lock);
        w->status = w->fn(w->arg, &w->err);
        pthread_mutex_lock(&w->lock);
        w->busy = false;
        pthread_cond_broadcast(&w->changed);
    }
    pthread_mutex_unlock(&w->lock);
    vn_unpin(&w->pin);
    return NULL;
}

enum vn_status
vn_worker_start(int cpu, bool exactly, struct vn_worker **worker,
                struct vn_error *err)
{
    struct vn_worker *w = vn_xcalloc(1, sizeof *w);
    int code;

    w->cpu = cpu;
    w->exactly = exactly;
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->changed, NULL);
    code = pthread_create(&w->thread, NULL, worker_main, w);
    if (code != 0) {
        pthread_cond_destroy(&w->changed);
        pthread_mutex_destroy(&w->lock);
        free(w);
        return vn_fail(err, VN_EDEVICE, "no thread for a device: %s",
                       strerror(code));
    }
    *worker = w;
    return VN_OK;
}

int
vn_worker_cpu(const struct vn_worker *w)
{
    return w->pin.cpu;
}

void
vn_worker_stop(struct vn_worker *w)
{
    if (w == NULL)
        return;
    pthread_mutex_lock(&w->lock);
    while (w->busy)
        pthread_cond_wait(&w->changed, &w->lock);
    w->stop = true;
    pthread_cond_broadcast(&w->changed);
    pthread_mutex_unlock(&w->lock);
    pthread_join(w->thread, NULL);
    pthread_cond_destroy(&w->changed);
    pthread_mutex_destroy(&w->lock);
    free(w);
}

void
vn_worker_post(struct vn_worker *w, vn_worker_fn fn, void *arg)
{
    pthread_mutex_lock(&w->lock);
    w->fn = fn;
    w->arg = arg;
    w->busy = true;
    pthread_cond_broadcast(&w->changed);
    pthread_mutex_unlock(&w->lock);
}

enum vn_status
vn_worker_wait(struct vn_worker *w, struct vn_error *err)
{
    enum vn_status status;

    pthread_mutex_lock(&w->lock);
    while (w->busy)
        pthread_cond_wait(&w->changed, &w->lock);
    status = w->status;
    if (status != VN_OK)
        *err = w->err;
    pthread_mutex_unlock(&w->lock);
    return status;
}

bool
vn_worker_busy(struct vn_worker *w)
{
    bool busy;

    pthread_mutex_lock(&w->lock);
    busy = w->busy;
    pthread_mutex_unlock(&w->lock);
    return busy;
}
