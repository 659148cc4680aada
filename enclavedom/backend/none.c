/* No protection: to measure against, and as the control of every test. */
#include "config.h"

#include "enclavedom/backend/backend.h"

const struct ed_backend ed_backend_none = {
    .name = "none",
    .summary = "no protection at all: to measure, and to test against",
};
