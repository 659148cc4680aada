/*
 * The programs that GLPK solves: prices of devices, and what is left.
 */
#include "config.h"

#include "sim/policy/adaptive/assign_state.h"

#include "base/xalloc.h"

#include <glpk.h>

#include <math.h>
#include <stdlib.h>

enum {
    CUTS = 200,
    NODES = 2000
};

static const double enough = 1e-6; /* hundredths */

/* What all choose at these prices, devices left over, and the bound. */
static double
respond(const struct vn_choices *c, const double *price, double *slack)
{
    const struct vn_assign_problem *p = c->problem;
    double bound = 0;

    for (int t = 0; t < p->ntypes; t++) {
        slack[t] = -p->capacity[t];
        bound -= price[t] * p->capacity[t];
    }
    for (int j = 0; j < p->njobs; j++) {
        const struct vn_choice *best = NULL;
        double least = INFINITY;

        for (int k = c->first[j]; k < c->first[j + 1]; k++) {
            const struct vn_choice *o = &c->of[k];
            double cost =
                o->cost + (o->type >= 0 ? price[o->type] * o->devices : 0);

            if (cost < least) {
                least = cost;
                best = o;
            }
        }
        bound += least;
        if (best->type >= 0)
            slack[best->type] += best->devices;
    }
    return bound;
}

static enum vn_status
gave_up(int code, int status, struct vn_error *err)
{
    return vn_fail(err, VN_EINVAL,
                   "a program of configurations was not solved (GLPK says %d, "
                   "%d), expected an optimum",
                   code, status);
}

/* bound <= at + slack (price - here), a row of the program of prices. */
static void
add_cut(glp_prob *lp, int ntypes, const double *here, const double *slack,
        double at)
{
    int row = glp_add_rows(lp, 1), column[VN_ASSIGN_TYPES + 2];
    double value[VN_ASSIGN_TYPES + 2];

    for (int t = 0; t < ntypes; t++) {
        column[1 + t] = 1 + t;
        value[1 + t] = -slack[t];
        at -= slack[t] * here[t];
    }
    column[1 + ntypes] = 1 + ntypes;
    value[1 + ntypes] = 1;
    glp_set_mat_row(lp, row, ntypes + 1, column, value);
    glp_set_row_bnds(lp, row, GLP_UP, 0, at);
}

enum vn_status
vn_assign_price(const struct vn_choices *c, double *price, double *bound,
                struct vn_error *err)
{
    int n = c->problem->ntypes, most = 0;
    double here[VN_ASSIGN_TYPES], slack[VN_ASSIGN_TYPES];
    glp_prob *lp = glp_create_prob();
    enum vn_status status = VN_OK;
    glp_smcp parameters;

    for (int j = 0; j < c->problem->njobs; j++)
        if (c->problem->jobs[j].none > most)
            most = c->problem->jobs[j].none;
    glp_term_out(GLP_OFF);
    glp_init_smcp(&parameters);
    parameters.msg_lev = GLP_MSG_OFF;
    glp_set_obj_dir(lp, GLP_MAX);
    glp_add_cols(lp, n + 1);
    for (int t = 0; t < n; t++) {
        glp_set_col_bnds(lp, 1 + t, GLP_DB, 0, most + 1);
        here[t] = fmin(price[t], most);
    }
    glp_set_col_bnds(lp, 1 + n, GLP_FR, 0, 0);
    glp_set_obj_coef(lp, 1 + n, 1);
    *bound = -INFINITY;
    for (int cut = 0; cut < CUTS && status == VN_OK; cut++) {
        double at = respond(c, here, slack);
        int code;

        if (at > *bound) {
            *bound = at;
            for (int t = 0; t < n; t++)
                price[t] = here[t];
        }
        add_cut(lp, n, here, slack, at);
        code = glp_simplex(lp, &parameters);
        if (code != 0 || glp_get_status(lp) != GLP_OPT)
            status = gave_up(code, glp_get_status(lp), err);
        if (glp_get_obj_val(lp) - *bound < enough)
            break;
        for (int t = 0; t < n; t++)
            here[t] = glp_get_col_prim(lp, 1 + t);
    }
    glp_delete_prob(lp);
    return status;
}

/* Rows: the types, then the jobs; columns: the choices. */
static glp_prob *
write_program(const struct vn_choices *c)
{
    const struct vn_assign_problem *p = c->problem;
    int all = c->first[p->njobs];
    glp_prob *lp = glp_create_prob();

    glp_add_rows(lp, p->ntypes + p->njobs);
    glp_add_cols(lp, all);
    for (int t = 0; t < p->ntypes; t++)
        glp_set_row_bnds(lp, 1 + t, GLP_UP, 0, p->capacity[t]);
    for (int j = 0; j < p->njobs; j++) {
        glp_set_row_bnds(lp, 1 + p->ntypes + j, GLP_FX, 1, 1);
        for (int k = c->first[j]; k < c->first[j + 1]; k++) {
            const struct vn_choice *o = &c->of[k];
            int row[] = {0, 1 + p->ntypes + j, 1 + o->type};
            double value[] = {0, 1, o->devices};

            glp_set_col_kind(lp, 1 + k, GLP_BV);
            glp_set_obj_coef(lp, 1 + k, o->cost);
            glp_set_mat_col(lp, 1 + k, o->type >= 0 ? 2 : 1, row, value);
        }
    }
    return lp;
}

/* Let the simplex begin at a solution: the job's choice is basic in its row,
 * what is left of a type in its own. */
static void
begin_at(glp_prob *lp, const struct vn_choices *c, const int *pick)
{
    int ntypes = c->problem->ntypes, njobs = c->problem->njobs;

    for (int t = 0; t < ntypes; t++)
        glp_set_row_stat(lp, 1 + t, GLP_BS);
    for (int j = 0; j < njobs; j++) {
        glp_set_row_stat(lp, 1 + ntypes + j, GLP_NS);
        for (int k = c->first[j]; k < c->first[j + 1]; k++)
            glp_set_col_stat(lp, 1 + k, k == pick[j] ? GLP_BS : GLP_NL);
    }
}

/* Give the solution that is known, and stop where nodes are many. */
struct search {
    double *known; /* [choices + 1] */
    int nodes;
};

static void
on_node(glp_tree *tree, void *arg)
{
    struct search *s = arg;

    if (glp_ios_reason(tree) == GLP_IHEUR && s->known != NULL) {
        glp_ios_heur_sol(tree, s->known);
        s->known = NULL;
    }
    if (glp_ios_reason(tree) == GLP_ISELECT && ++s->nodes > NODES)
        glp_ios_terminate(tree);
}

enum vn_status
vn_assign_branch(const struct vn_choices *c, int *pick, int64_t *cost,
                 double *bound, struct vn_error *err)
{
    const struct vn_assign_problem *p = c->problem;
    size_t all = (size_t) c->first[p->njobs];
    glp_prob *lp = write_program(c);
    double *known = vn_xcalloc(all + 1, sizeof *known);
    struct search search = {.known = known};
    glp_smcp simplex;
    glp_iocp parameters;
    int code;

    for (int j = 0; j < p->njobs; j++)
        known[1 + pick[j]] = 1;
    glp_term_out(GLP_OFF);
    glp_init_smcp(&simplex);
    simplex.msg_lev = GLP_MSG_OFF;
    glp_init_iocp(&parameters);
    parameters.msg_lev = GLP_MSG_OFF;
    parameters.cb_func = on_node;
    parameters.cb_info = &search;
    /* Costs are whole: what is less than one above the bound is the best. */
    parameters.mip_gap = 0.999 / fmax(1, (double) llabs(*cost) + 1);
    begin_at(lp, c, pick);
    code = glp_simplex(lp, &simplex);
    if (code == 0)
        code = glp_intopt(lp, &parameters);
    free(known);
    if (code == 0 || code == GLP_EMIPGAP)
        *bound = fmax(*bound, glp_mip_obj_val(lp) - 0.999);
    if (code != 0 && code != GLP_EMIPGAP && code != GLP_ESTOP) {
        glp_delete_prob(lp);
        return gave_up(code, GLP_UNDEF, err);
    }
    if (glp_mip_obj_val(lp) < (double) *cost - 0.5
        && (glp_mip_status(lp) == GLP_OPT || glp_mip_status(lp) == GLP_FEAS)) {
        *cost = llround(glp_mip_obj_val(lp));
        for (int j = 0; j < p->njobs; j++)
            for (int k = c->first[j]; k < c->first[j + 1]; k++)
                if (glp_mip_col_val(lp, 1 + k) > 0.5)
                    pick[j] = k;
    }
    glp_delete_prob(lp);
    return VN_OK;
}
