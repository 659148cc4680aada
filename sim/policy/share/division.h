/*
 * Divisions of devices among jobs that may have any number of them.
 *
 * A claim is what a rule knows of a job; a rule sets how many devices each
 * gets.  Work is in seconds on one device, and speed says how much of it k
 * devices do in a second.  The rules are pure: policies (sim/policy/share/)
 * and the replays of published simulators (replay/experiment/) are built on
 * the same ones.
 *
 * To add one, write vn_divide_NAME() in division.c or a file of its own, and
 * cases in t/sim/division.c.
 */
#ifndef SIM_POLICY_SHARE_DIVISION_H
#define SIM_POLICY_SHARE_DIVISION_H

struct vn_claim {
    double left;         /* work still to be done, s */
    double service;      /* all of it, s; > 0 */
    double age;          /* since it was submitted, s */
    double present;      /* mean number of jobs present since then, >= 1 */
    int demand;          /* the most devices it can use, > 0 */
    const double *speed; /* [0 .. demand], 0 and 1 first; NULL for linear */
    double devices;      /* the answer */
};

/* Work done in a second on so many devices, between whole ones in between. */
double vn_claim_speed(const struct vn_claim *claim, double devices);

/*
 * In the order of the claims each gets what it can use of what is left, the
 * last a part of that.
 */
void vn_divide_in_order(struct vn_claim *const *claims, int n, int devices);

/*
 * Max-min fairness in parts of devices (water filling): none has less than
 * another unless it can use no more.
 */
void vn_divide_fair(struct vn_claim *const *claims, int n, int devices);

/* The same in whole devices; what is left over goes to the first claims that
 * can use it, one each. */
void vn_divide_fair_whole(struct vn_claim *const *claims, int n, int devices);

/*
 * AFS (Hwang et al., NSDI 2021; algorithm 1): devices are dealt one at a
 * time.  Of two jobs the one with the shorter remaining time on what it has
 * so far gets it if that raises its own speed, in proportion, by more than it
 * would raise the other's, in proportion to what that would then be; the
 * first of the claims is held against each of the others in turn.  Costs n
 * for each device.
 */
void vn_divide_afs(struct vn_claim *const *claims, int n, int devices);

/*
 * Themis' finish-time fairness (Mahajan et al., NSDI 2020), greedily: the job
 * whose
 *
 *     rho = (age + left / k) / (service / min(devices / present, demand))
 *
 * is largest, k what it could have now of what is left, gets those k; and so
 * on.  The first of equals.
 */
void vn_divide_themis(struct vn_claim *const *claims, int n, int devices);

/*
 * Optimus (Peng et al., EuroSys 2018; division_optimus.c): each gets the least
 * on which it has a speed, in the order of the claims; then a device at a time
 * goes where it shortens the time left the most, first of equals, as long as
 * it does.  Costs n for each device.
 */
void vn_divide_optimus(struct vn_claim *const *claims, int n, int devices);

#endif /* SIM_POLICY_SHARE_DIVISION_H */
