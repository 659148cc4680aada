# Every test is a program (t/tap.h) or a script (t/tap.sh) that speaks TAP and
# is named t/FOLDER/*.t.  Each folder's local.mk names its own; here is what all of
# them share.

check_LIBRARIES += libtap.a
libtap_a_SOURCES = t/tap.c t/tap.h

dist_check_SCRIPTS += t/tree/layers.sh.t t/tree/man.sh.t t/tree/samples.sh.t t/tree/install.sh.t
EXTRA_DIST += t/tap.sh

TESTS = $(check_PROGRAMS) $(dist_check_SCRIPTS)
TEST_EXTENSIONS = .t
T_LOG_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
TESTS_VARIABLES = \
	TOP_SRCDIR='$(abs_top_srcdir)' TOP_BUILDDIR='$(abs_top_builddir)' \
	NVCC='$(NVCC)' NVCC_FLAGS='$(NVCC_FLAGS)' \
	VN_SHARED_DATA="$${VN_SHARED_DATA-$(abs_top_srcdir)/../shared/data}" \
	LC_ALL=C.UTF-8
AM_TESTS_ENVIRONMENT = \
	$(TESTS_VARIABLES); \
	export TOP_SRCDIR TOP_BUILDDIR NVCC NVCC_FLAGS VN_SHARED_DATA LC_ALL;

VALGRIND = valgrind -q --leak-check=full --error-exitcode=99
.PHONY: check-valgrind fuzz
check-valgrind:
	$(MAKE) $(AM_MAKEFLAGS) check TESTS='$(check_PROGRAMS)' T_LOG_COMPILER='$(VALGRIND)'

# The driver leaves what each test said in its log; prove reads those, and its
# closing lines are the last word.
check-local: check-TESTS
	@logs='$(TEST_LOGS)'; prove --exec cat $$logs

# Fuzz targets (t/fuzz/fuzz.h): tests with a driver of their own, or libFuzzer's.
if FUZZING
FUZZERS = t/fuzz/table t/fuzz/yaml t/fuzz/model t/fuzz/array t/fuzz/trace t/fuzz/import t/fuzz/plan \
	t/fuzz/applications
noinst_PROGRAMS += $(FUZZERS)
FUZZ_SECONDS = 60
t_fuzz_table_SOURCES = t/fuzz/table.c t/fuzz/fuzz.h
t_fuzz_table_LDADD = $(BASE_LIBS)
t_fuzz_table_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
t_fuzz_array_SOURCES = t/fuzz/array.c t/fuzz/fuzz.h
t_fuzz_array_LDADD = $(EXEC_LIBS) $(BASE_LIBS)
t_fuzz_array_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
t_fuzz_model_SOURCES = t/fuzz/model.c t/fuzz/fuzz.h
t_fuzz_model_LDADD = $(EXEC_LIBS) $(BASE_LIBS)
t_fuzz_model_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
t_fuzz_applications_SOURCES = t/fuzz/applications.c t/fuzz/fuzz.h
t_fuzz_applications_LDADD = libplan.a $(BASE_LIBS)
t_fuzz_applications_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
t_fuzz_yaml_SOURCES = t/fuzz/yaml.c t/fuzz/fuzz.h
t_fuzz_yaml_LDADD = $(BASE_LIBS)
t_fuzz_yaml_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
t_fuzz_trace_SOURCES = t/fuzz/trace.c t/fuzz/jobs.c t/fuzz/jobs.h
t_fuzz_trace_LDADD = libtraces.a libplan.a $(BASE_LIBS)
t_fuzz_trace_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
t_fuzz_import_SOURCES = t/fuzz/import.c t/fuzz/jobs.c t/fuzz/jobs.h
t_fuzz_import_LDADD = libtraces.a libplan.a $(BASE_LIBS)
t_fuzz_import_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)

t_fuzz_plan_SOURCES = t/fuzz/plan.c t/fuzz/fuzz.h
t_fuzz_plan_LDADD = libplan.a $(BASE_LIBS)
t_fuzz_plan_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)

# What libFuzzer finds new stays in fuzz/NAME, what breaks in fuzz/NAME-*.
fuzz: $(FUZZERS)
	for t in $(FUZZERS); do \
	    d=fuzz/$${t##*/}; mkdir -p $$d; \
	    ./$$t -max_total_time=$(FUZZ_SECONDS) -artifact_prefix=$$d- \
	        -timeout=20 -print_final_stats=1 $$d $(top_srcdir)/t/data \
	        || exit 1; \
	done
else
check_PROGRAMS += t/fuzz/table.t t/fuzz/trace.t t/fuzz/import.t \
	t/fuzz/plan.t t/fuzz/yaml.t t/fuzz/model.t t/fuzz/array.t t/fuzz/applications.t
t_fuzz_array_t_SOURCES = t/fuzz/array.c t/fuzz/main.c t/fuzz/fuzz.h
t_fuzz_array_t_LDADD = $(EXEC_LIBS) $(BASE_LIBS) libtap.a
t_fuzz_model_t_SOURCES = t/fuzz/model.c t/fuzz/main.c t/fuzz/fuzz.h
t_fuzz_model_t_LDADD = $(EXEC_LIBS) $(BASE_LIBS) libtap.a
t_fuzz_applications_t_SOURCES = t/fuzz/applications.c t/fuzz/main.c t/fuzz/fuzz.h
t_fuzz_applications_t_LDADD = libplan.a $(BASE_LIBS) libtap.a
t_fuzz_yaml_t_SOURCES = t/fuzz/yaml.c t/fuzz/main.c t/fuzz/fuzz.h
t_fuzz_yaml_t_LDADD = $(BASE_LIBS) libtap.a
t_fuzz_plan_t_SOURCES = t/fuzz/plan.c t/fuzz/main.c t/fuzz/fuzz.h
t_fuzz_plan_t_LDADD = libplan.a $(BASE_LIBS) libtap.a
t_fuzz_table_t_SOURCES = t/fuzz/table.c t/fuzz/main.c t/fuzz/fuzz.h
t_fuzz_table_t_LDADD = $(BASE_LIBS) libtap.a
t_fuzz_trace_t_SOURCES = \
	t/fuzz/trace.c t/fuzz/jobs.c t/fuzz/jobs.h t/fuzz/main.c
t_fuzz_trace_t_LDADD = libtraces.a libplan.a $(BASE_LIBS) libtap.a
t_fuzz_import_t_SOURCES = \
	t/fuzz/import.c t/fuzz/jobs.c t/fuzz/jobs.h t/fuzz/main.c
t_fuzz_import_t_LDADD = libtraces.a libplan.a $(BASE_LIBS) \
	libtap.a
endif
