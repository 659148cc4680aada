#include "config.h"

#include "base/version.h"

#include "base/revision.h" /* made by base/revision.sh */

const char *
vn_version(void)
{
    return PACKAGE_VERSION "-" VN_REVISION;
}

const char *
vn_sources(void)
{
    return PACKAGE_VERSION "-" VN_SOURCES;
}

const char *
vn_commit(void)
{
    return VN_REVISION;
}
