#include "config.h"

#include "plan/adaptive/surface.h"

#include "base/xalloc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A measured placement at a batch. */
struct measured {
    int64_t key;
    int64_t batch;
    struct vn_step time;
    long line; /* of its table */
};

struct tetrahedron {
    int vertex[4];
    double inverse[3][3]; /* of the edges from vertex 0, as columns */
};

/* The tetrahedra that may hold a query of so many nodes and devices. */
struct cell {
    int first; /* in `listed` */
    int count;
};

struct points {
    struct vn_surface_point *at;
    int n;
    int room;
};

struct vn_surface {
    struct measured *measured; /* by (key, batch) once it is ready */
    int nmeasured;
    int room;
    struct points scalability;
    struct points vertices;
    struct points faces; /* by (nodes, devices, batch) once it is ready */
    struct tetrahedron *tetrahedra;
    int ntetrahedra;
    int troom;

    struct cell *cells; /* [nodes][devices] */
    int *listed;
    int width; /* devices of a cell, up to this */
};

/* How far outside of a tetrahedron a query on its face may come to lie. */
static const double outside = -1e-9;

struct vn_surface *
vn_surface_alloc(void)
{
    return vn_xcalloc(1, sizeof(struct vn_surface));
}

void
vn_surface_free(struct vn_surface *s)
{
    if (s == NULL)
        return;
    free(s->measured);
    free(s->scalability.at);
    free(s->vertices.at);
    free(s->faces.at);
    free(s->tetrahedra);
    free(s->cells);
    free(s->listed);
    free(s);
}

/* Room for one more of n things. */
static void *
grown(void *things, int n, int *room, size_t size)
{
    if (n < *room)
        return things;
    *room = *room > 0 ? 2 * *room : 64;
    return vn_xrealloc(things, (size_t) *room, size);
}

static void
add_point(struct points *p, struct vn_surface_point point)
{
    p->at = grown(p->at, p->n, &p->room, sizeof *p->at);
    p->at[p->n++] = point;
}

void
vn_surface_add_placement(struct vn_surface *s, int64_t key, int64_t batch,
                         struct vn_step time, long line)
{
    s->measured =
        grown(s->measured, s->nmeasured, &s->room, sizeof *s->measured);
    s->measured[s->nmeasured++] = (struct measured){
        .key = key, .batch = batch, .time = time, .line = line};
}

void
vn_surface_add_scalability(struct vn_surface *s, struct vn_surface_point point)
{
    add_point(&s->scalability, point);
}

void
vn_surface_add_vertex(struct vn_surface *s, struct vn_surface_point point)
{
    add_point(&s->vertices, point);
    if (point.replicas > s->width)
        s->width = point.replicas;
}

void
vn_surface_add_face(struct vn_surface *s, struct vn_surface_point point)
{
    add_point(&s->faces, point);
}

int
vn_surface_vertices(const struct vn_surface *s)
{
    return s->vertices.n;
}

int
vn_surface_faces(const struct vn_surface *s)
{
    return s->faces.n;
}

static void
coordinates(const struct vn_surface_point *p, double x[3])
{
    x[0] = p->nodes;
    x[1] = p->replicas;
    x[2] = (double) p->batch;
}

bool
vn_surface_add_tetrahedron(struct vn_surface *s, const int vertex[4])
{
    struct tetrahedron t;
    double x[4][3], e[3][3], det;

    for (int k = 0; k < 4; k++) {
        t.vertex[k] = vertex[k];
        coordinates(&s->vertices.at[vertex[k]], x[k]);
    }
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 3; k++)
            e[i][k] = x[k + 1][i] - x[0][i];
    det = e[0][0] * (e[1][1] * e[2][2] - e[1][2] * e[2][1])
          - e[0][1] * (e[1][0] * e[2][2] - e[1][2] * e[2][0])
          + e[0][2] * (e[1][0] * e[2][1] - e[1][1] * e[2][0]);
    if (det == 0)
        return false;
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 3; k++) {
            int a = (i + 1) % 3, b = (i + 2) % 3;
            int c = (k + 1) % 3, d = (k + 2) % 3;

            t.inverse[k][i] = (e[a][c] * e[b][d] - e[a][d] * e[b][c]) / det;
        }
    s->tetrahedra =
        grown(s->tetrahedra, s->ntetrahedra, &s->troom, sizeof *s->tetrahedra);
    s->tetrahedra[s->ntetrahedra++] = t;
    return true;
}

static int
compare_measured(const void *a, const void *b)
{
    const struct measured *x = a, *y = b;

    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return (x->batch > y->batch) - (x->batch < y->batch);
}

static int
compare_points(const void *a, const void *b)
{
    const struct vn_surface_point *x = a, *y = b;

    if (x->nodes != y->nodes)
        return x->nodes < y->nodes ? -1 : 1;
    if (x->replicas != y->replicas)
        return x->replicas < y->replicas ? -1 : 1;
    return (x->batch > y->batch) - (x->batch < y->batch);
}

/* The cells that a tetrahedron may reach into. */
static void
bounds(const struct vn_surface *s, const struct tetrahedron *t, int low[2],
       int high[2])
{
    for (int k = 0; k < 4; k++) {
        const struct vn_surface_point *p = &s->vertices.at[t->vertex[k]];
        int nodes = p->nodes < VN_SURFACE_NODES ? p->nodes : VN_SURFACE_NODES;

        low[0] = k == 0 || nodes < low[0] ? nodes : low[0];
        high[0] = k == 0 || nodes > high[0] ? nodes : high[0];
        low[1] = k == 0 || p->replicas < low[1] ? p->replicas : low[1];
        high[1] = k == 0 || p->replicas > high[1] ? p->replicas : high[1];
    }
}

/* List the tetrahedra of each cell: count, then fill. */
static void
make_cells(struct vn_surface *s)
{
    int ncells = (VN_SURFACE_NODES + 1) * (s->width + 1), total = 0;

    s->cells = vn_xcalloc((size_t) ncells, sizeof *s->cells);
    for (int pass = 0; pass < 2; pass++) {
        for (int i = 0; i < s->ntetrahedra; i++) {
            int low[2], high[2];

            bounds(s, &s->tetrahedra[i], low, high);
            for (int n = low[0]; n <= high[0]; n++)
                for (int r = low[1]; r <= high[1]; r++) {
                    struct cell *c = &s->cells[n * (s->width + 1) + r];

                    if (pass == 1)
                        s->listed[c->first + c->count] = i;
                    c->count++;
                }
        }
        if (pass == 1)
            break;
        for (int c = 0; c < ncells; c++) {
            s->cells[c].first = total;
            total += s->cells[c].count;
            s->cells[c].count = 0;
        }
        s->listed = vn_xcalloc((size_t) total, sizeof *s->listed);
    }
}

long
vn_surface_ready(struct vn_surface *s)
{
    if (s->nmeasured > 0)
        qsort(s->measured, (size_t) s->nmeasured, sizeof *s->measured,
              compare_measured);
    if (s->faces.n > 0)
        qsort(s->faces.at, (size_t) s->faces.n, sizeof *s->faces.at,
              compare_points);
    make_cells(s);
    for (int i = 1; i < s->nmeasured; i++) {
        const struct measured *a = &s->measured[i - 1], *b = a + 1;

        if (compare_measured(a, b) == 0)
            return a->line > b->line ? a->line : b->line;
    }
    return 0;
}

bool
vn_surface_alike(const struct vn_surface *a, const struct vn_surface *b)
{
    if (a->vertices.n != b->vertices.n)
        return false;
    for (int i = 0; i < a->vertices.n; i++) {
        const struct vn_surface_point *x = &a->vertices.at[i];
        const struct vn_surface_point *y = &b->vertices.at[i];

        if (compare_points(x, y) != 0 || x->time.step_s != y->time.step_s
            || x->time.sync_s != y->time.sync_s)
            return false;
    }
    return true;
}

void
vn_surface_copy_faces(struct vn_surface *to, const struct vn_surface *from)
{
    for (int i = 0; i < from->faces.n; i++)
        add_point(&to->faces, from->faces.at[i]);
}

int64_t
vn_surface_key(const int *placement, int nodes)
{
    int64_t best = -1;

    if (nodes < 1 || nodes > 18)
        return -1;
    for (int from = 0; from < nodes; from++) {
        int64_t key = 0;

        for (int i = 0; i < nodes; i++) {
            int devices = placement[(from + i) % nodes];

            if (devices < 1 || devices > 9)
                return -1;
            key = 10 * key + devices;
        }
        if (best < 0 || key < best)
            best = key;
    }
    return best;
}

/* The first measurement of a placement, or at least of a later one. */
static int
first_of(const struct vn_surface *s, int64_t key)
{
    int low = 0, high = s->nmeasured;

    while (low < high) {
        int middle = low + (high - low) / 2;

        if (s->measured[middle].key < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct vn_step
between(struct vn_step low, struct vn_step high, double width, double at)
{
    return (struct vn_step){
        .step_s = (high.step_s - low.step_s) / width * at + low.step_s,
        .sync_s = (high.sync_s - low.sync_s) / width * at + low.sync_s};
}

/* Linear in the batch, among the measurements from i of one placement. */
static bool
measured_time(const struct vn_surface *s, int i, int64_t batch,
              struct vn_step *time)
{
    int64_t key = s->measured[i].key;

    if (batch < s->measured[i].batch)
        return false;
    for (; i < s->nmeasured && s->measured[i].key == key; i++) {
        const struct measured *m = &s->measured[i];

        if (m->batch == batch) {
            *time = m->time;
            return true;
        }
        if (m->batch > batch) {
            const struct measured *low = m - 1;

            *time =
                between(low->time, m->time, (double) (m->batch - low->batch),
                        (double) (batch - low->batch));
            return true;
        }
    }
    return false;
}

/* The value within a tetrahedron; false if it is not within. */
static bool
within(const struct vn_surface *s, const struct tetrahedron *t,
       const double x[3], struct vn_step *time)
{
    double origin[3], share[4];

    coordinates(&s->vertices.at[t->vertex[0]], origin);
    share[0] = 1;
    for (int k = 0; k < 3; k++) {
        share[k + 1] = 0;
        for (int i = 0; i < 3; i++)
            share[k + 1] += t->inverse[k][i] * (x[i] - origin[i]);
        share[0] -= share[k + 1];
    }
    *time = (struct vn_step){0};
    for (int k = 0; k < 4; k++) {
        const struct vn_step *v = &s->vertices.at[t->vertex[k]].time;

        if (share[k] < outside)
            return false;
        time->step_s += share[k] * v->step_s;
        time->sync_s += share[k] * v->sync_s;
    }
    return true;
}

static bool
interpolated_time(const struct vn_surface *s, struct vn_surface_point query,
                  struct vn_step *time)
{
    const struct vn_surface_point *face = NULL;
    const struct cell *c;
    double x[3];

    if (s->faces.n > 0)
        face = bsearch(&query, s->faces.at, (size_t) s->faces.n,
                       sizeof *s->faces.at, compare_points);
    if (face != NULL) {
        *time = face->time;
        return true;
    }
    if (query.replicas > s->width)
        return false;
    coordinates(&query, x);
    c = &s->cells[query.nodes * (s->width + 1) + query.replicas];
    for (int i = 0; i < c->count; i++)
        if (within(s, &s->tetrahedra[s->listed[c->first + i]], x, time))
            return true;
    return false;
}

bool
vn_surface_time(const struct vn_surface *s, const int *placement, int nodes,
                int64_t batch, struct vn_step *time)
{
    struct vn_surface_point query = {
        .nodes = nodes < VN_SURFACE_NODES ? nodes : VN_SURFACE_NODES,
        .batch = batch};
    int64_t key = vn_surface_key(placement, nodes);
    int i = first_of(s, key);

    if (key >= 0 && i < s->nmeasured && s->measured[i].key == key)
        return measured_time(s, i, batch, time);
    for (int k = 0; k < nodes; k++)
        query.replicas += placement[k];
    return interpolated_time(s, query, time);
}

int64_t
vn_surface_largest(const struct vn_surface *s, const int *placement, int nodes)
{
    int64_t key = vn_surface_key(placement, nodes), most = 0;
    int replicas = 0;

    for (int i = first_of(s, key);
         key >= 0 && i < s->nmeasured && s->measured[i].key == key; i++)
        most = s->measured[i].batch;
    if (most > 0)
        return most;
    for (int k = 0; k < nodes; k++)
        replicas += placement[k];
    for (int i = 0; i < s->scalability.n; i++) {
        const struct vn_surface_point *p = &s->scalability.at[i];

        if (p->nodes >= nodes && p->replicas >= replicas && p->batch > most)
            most = p->batch;
    }
    return most;
}

int64_t
vn_surface_largest_of(const struct vn_surface *s, int replicas)
{
    int64_t most = 0;

    for (int i = 0; i < s->nmeasured; i++) {
        int sum = 0;

        for (int64_t key = s->measured[i].key; key > 0; key /= 10)
            sum += (int) (key % 10);
        if (sum == replicas && s->measured[i].batch > most)
            most = s->measured[i].batch;
    }
    return most;
}
