/*
 * Which program this is.
 */
#ifndef BASE_VERSION_H
#define BASE_VERSION_H

/*
 * Its version and the commit it was built from, "0.1.0-6a527b7c0d11", or
 * "0.1.0-6a527b7c0d11-1f6ac2d04b93" where its sources are not that commit's:
 * the last part is then a digest of them.
 */
const char *vn_version(void);

/*
 * What its results hang on: its version and a digest of its sources,
 * "0.1.0-1f6ac2d04b93".  Documents and tests are no part of it, so a commit to
 * those alone leaves it as it is.
 */
const char *vn_sources(void);

/* The commit, as in vn_version(). */
const char *vn_commit(void);

#endif /* BASE_VERSION_H */
