#include "config.h"

#include "base/version.h"

#include "base/revision.h" /* made by base/revision.sh */

const char *
vn_version(void)
{
    return PACKAGE_VERSION "-" VN_REVISION;
}
