/*
 * The process of a plug-in is to die with the program.  Linux kills it when
 * the thread that forked it ends (PR_SET_PDEATHSIG), and any thread may open a
 * domain and end; so one that does nothing else forks them all.
 */
#include "config.h"

#include "enclavedom/backend/backend.h"

#include <errno.h>
#include <pthread.h>
#include <unistd.h>

enum {
    STACK_BYTES = 256 << 10
};

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;

static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pid_t process; /* whose thread it is: a fork has none */
    void (*child)(void *);
    void *arg;
    sigset_t mask; /* of the one who asks */
    pid_t pid;
    int error;
    bool asked;
} keeper;

static void *
keep(void *unused)
{
    (void) unused;
    pthread_mutex_lock(&keeper.lock);
    for (;;) {
        while (!keeper.asked)
            pthread_cond_wait(&keeper.changed, &keeper.lock);
        keeper.pid = fork();
        if (keeper.pid == 0) {
            pthread_sigmask(SIG_SETMASK, &keeper.mask, NULL);
            keeper.child(keeper.arg);
            _exit(1);
        }
        keeper.error = errno;
        keeper.asked = false;
        pthread_cond_broadcast(&keeper.changed);
    }
    return NULL;
}

/* Start it, in a process that has none; it hears no signals. */
static int
open_keeper(void)
{
    sigset_t all, former;
    pthread_attr_t attr;
    pthread_t thread;
    int error;

    if (keeper.process == getpid())
        return 0;
    pthread_mutex_init(&keeper.lock, NULL);
    pthread_cond_init(&keeper.changed, NULL);
    keeper.asked = false;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &former);
    pthread_attr_init(&attr);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attr, STACK_BYTES);
    error = pthread_create(&thread, &attr, keep, NULL);
    pthread_attr_destroy(&attr);
    pthread_sigmask(SIG_SETMASK, &former, NULL);
    if (error == 0)
        keeper.process = getpid();
    return error;
}

pid_t
ed_keeper_fork(void (*child)(void *), void *arg)
{
    pid_t pid = -1;

    pthread_mutex_lock(&turn);
    errno = open_keeper();
    if (errno == 0) {
        pthread_mutex_lock(&keeper.lock);
        keeper.child = child;
        keeper.arg = arg;
        pthread_sigmask(SIG_SETMASK, NULL, &keeper.mask);
        keeper.asked = true;
        pthread_cond_broadcast(&keeper.changed);
        while (keeper.asked)
            pthread_cond_wait(&keeper.changed, &keeper.lock);
        pid = keeper.pid;
        errno = keeper.error;
        pthread_mutex_unlock(&keeper.lock);
    }
    pthread_mutex_unlock(&turn);
    return pid;
}
