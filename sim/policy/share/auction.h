/*
 * Themis' partial allocation mechanism (Mahajan et al., NSDI 2020, section
 * 4.2, after Cole, Gkatzelis and Goel, EC 2013) for whole devices.
 *
 * Each bidder says what every number of devices up to a most is worth to it.
 * The devices are divided so that the product of what all get is largest.  Of
 * what it won a bidder keeps a part, the hidden payment: the product of what
 * the others have, over what it would be had the bidder not been there.  So
 * nobody gains by saying that devices are worth more to it than they are.
 *
 * Of equal products, to 1e-9 of their logarithm, the earlier bidder has more.
 * Costs bidders x devices x most, and bidders x devices doubles, twice.
 */
#ifndef SIM_POLICY_SHARE_AUCTION_H
#define SIM_POLICY_SHARE_AUCTION_H

struct vn_bid {
    /* [0 .. most], logarithms of valuations; -INFINITY where it cannot use so
     * many.  That of none is finite. */
    const double *value;
    int most;

    /* The answer. */
    int won;      /* devices, before it pays */
    double keeps; /* of them, in (0, 1] */
};

void vn_auction(struct vn_bid *bids, int n, int devices);

#endif /* SIM_POLICY_SHARE_AUCTION_H */
