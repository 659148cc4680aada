/*
 * Where Sia's simulator puts jobs whose numbers of devices are decided: those
 * with the most first, each on whole nodes that are free, then on whatever is;
 * it goes on from the node at which the job before left off.
 */
#include "config.h"

#include "sim/adaptive/policies.h"

void
vn_sia_place(int nodes, int size, const int *wants, int njobs, int **lists,
             int *free_on, int *order)
{
    int at = 0;

    for (int i = 0; i < nodes; i++)
        free_on[i] = size;
    for (int i = 0; i < njobs; i++) {
        int k = i;

        for (; k > 0 && wants[order[k - 1]] < wants[i]; k--)
            order[k] = order[k - 1];
        order[k] = i;
    }
    for (int i = 0; i < njobs; i++) {
        int job = order[i], whole = wants[job] / size, need = wants[job];
        int *list = lists[job];

        for (int seen = 0; seen < nodes && whole > 0; seen++) {
            if (free_on[at] == size) {
                for (int d = 0; d < size; d++)
                    *list++ = at;
                free_on[at] = 0;
                need -= size;
                whole--;
            }
            at = (at + 1) % nodes;
        }
        for (int seen = 0; seen < nodes && need > 0; seen++) {
            for (; free_on[at] > 0 && need > 0; need--, free_on[at]--)
                *list++ = at;
            at = (at + 1) % nodes;
        }
    }
}
