/* All domains that are open in this process, whatever thread opened them. */
#include "config.h"

#include "enclavedom/backend/backend.h"

#include <pthread.h>
#include <sys/mman.h>

static struct ed_domain *first;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* A domain that is started is closed to writing. */
static void
set_next(struct ed_domain *d, struct ed_domain *next)
{
    if (d->started && d->backend->confines)
        mprotect(d, ED_DOMAIN_BYTES, PROT_READ | PROT_WRITE);
    d->next = next;
    if (d->started && d->backend->confines)
        mprotect(d, ED_DOMAIN_BYTES, PROT_READ);
}

void
ed_domains_add(struct ed_domain *d)
{
    pthread_mutex_lock(&lock);
    d->next = first;
    first = d;
    pthread_mutex_unlock(&lock);
}

void
ed_domains_remove(struct ed_domain *d)
{
    pthread_mutex_lock(&lock);
    if (first == d)
        first = d->next;
    else
        for (struct ed_domain *o = first; o != NULL; o = o->next)
            if (o->next == d) {
                set_next(o, d->next);
                break;
            }
    pthread_mutex_unlock(&lock);
}

struct ed_domain *
ed_domains_first(void)
{
    return first;
}
