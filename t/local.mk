# Every test is a program or script that speaks TAP and is named t/*.t.  Each
# folder's local.mk names its own; here is what they share.

check_LIBRARIES += libtap.a
libtap_a_SOURCES = t/tap.c t/tap.h

dist_check_SCRIPTS += t/layers.sh.t t/man.sh.t

TESTS = $(check_PROGRAMS) $(dist_check_SCRIPTS)
TEST_EXTENSIONS = .t
T_LOG_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
TESTS_VARIABLES = \
	TOP_SRCDIR='$(abs_top_srcdir)' TOP_BUILDDIR='$(abs_top_builddir)' \
	VN_SHARED_DATA="$${VN_SHARED_DATA-$(abs_top_srcdir)/../shared/data}" \
	LC_ALL=C.UTF-8
AM_TESTS_ENVIRONMENT = \
	$(TESTS_VARIABLES); \
	export TOP_SRCDIR TOP_BUILDDIR VN_SHARED_DATA LC_ALL;

VALGRIND = valgrind -q --leak-check=full --error-exitcode=99
.PHONY: check-valgrind
check-valgrind:
	$(MAKE) $(AM_MAKEFLAGS) check TESTS='$(check_PROGRAMS)' T_LOG_COMPILER='$(VALGRIND)'

# The driver leaves what each test said in its log; prove reads those, and its
# closing lines are the last word.
check-local: check-TESTS
	@logs='$(TEST_LOGS)'; prove --exec cat $$logs
