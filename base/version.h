/*
 * Which program this is: "0.1.0-6a527b7c0d11", its version and the commit it
 * was built from, or "0.1.0-6a527b7c0d11-1f6ac2d04b93" where its sources are
 * not that commit's: the last part is a digest of them.  So two programs of
 * one version have the same sources.
 */
#ifndef BASE_VERSION_H
#define BASE_VERSION_H

const char *vn_version(void);

#endif /* BASE_VERSION_H */
