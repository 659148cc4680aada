# What confines plug-ins is linked with whatever runs policies.
noinst_LIBRARIES += libsim.a
libsim_a_SOURCES = $(ENCLAVEDOM_SOURCES) \
	sim/answer.c sim/answer.h \
	sim/carrier.h \
	sim/api.c sim/api.h \
	sim/assumptions.c sim/assumptions.h \
	sim/engine.c sim/engine.h \
	sim/fair.c sim/fair.h \
	sim/faults.c sim/faults.h \
	sim/fleet.c sim/fleet.h sim/state.h \
	sim/admission.c sim/admission.h \
	sim/outage.c sim/outage.h \
	sim/phase.c sim/phase.h \
	sim/supply.c sim/supply.h \
	sim/transition.c sim/transition.h \
	sim/external.c sim/external.h \
	sim/heap.c sim/heap.h \
	sim/ledger.c sim/ledger.h \
	sim/limit.c sim/limit.h \
	sim/memory.c sim/memory.h \
	sim/ordered.c sim/ordered.h \
	sim/output.c sim/output.h \
	sim/planner.c sim/planner.h \
	sim/plugin.c sim/plugin.h \
	sim/policy.c sim/policy.h \
	sim/policy_exec.c sim/policy_exec.h \
	sim/centre.c sim/centre.h \
	sim/policy_fifo.c \
	sim/policy_ftf.c \
	sim/policy_gavel.c \
	sim/policy_gavel_fifo.c \
	sim/policy_makespan.c \
	sim/program.c sim/program.h \
	sim/rounds.c sim/rounds.h \
	sim/rounds_authors.c sim/rounds_authors.h \
	sim/rounds_gavel.c sim/rounds_gavel.h \
	sim/solutions.c sim/solutions.h \
	sim/policy_fifo_skip.c \
	sim/policy_las.c \
	sim/policy_priority.c \
	sim/policy_sjf.c \
	sim/policy_srtf.c \
	sim/policy_wfs.c \
	sim/policy_wfs_ht.c \
	sim/pool.c sim/pool.h \
	sim/recorder.c sim/recorder.h \
	sim/rigid.c sim/rigid.h \
	sim/sampler.c sim/sampler.h \
	sim/shares.c sim/shares.h sim/shares_plain.c sim/shares_plan.c \
	sim/summary.c sim/summary.h \
	sim/view.c \
	sim/waiting.c sim/waiting.h

bin_PROGRAMS += vnsim
dist_man_MANS += man/vnsim.1 man/enclavedom.7
dist_check_SCRIPTS += t/vnsim.sh.t t/expected.sh.t t/gavel.sh.t
vnsim_SOURCES = sim/main.c sim/new_policy.c sim/new_policy.h \
	sim/solve.c sim/solve.h
vnsim_LDADD = libsim.a libtraces.a libplan.a $(BASE_LIBS) $(GLPK_LIBS)

check_PROGRAMS += t/recorder.t
t_recorder_t_SOURCES = t/recorder.c
t_recorder_t_LDADD = libsim.a libtraces.a libplan.a $(BASE_LIBS) libtap.a $(GLPK_LIBS)
check_PROGRAMS += t/shares.t
t_shares_t_SOURCES = t/shares.c
t_shares_t_LDADD = libsim.a libplan.a $(BASE_LIBS) libtap.a $(GLPK_LIBS)

check_PROGRAMS += t/program.t t/rounds.t
t_rounds_t_SOURCES = t/rounds.c t/script.c t/script.h
t_rounds_t_LDADD = libsim.a libtraces.a libplan.a $(BASE_LIBS) libtap.a $(GLPK_LIBS)
t_program_t_SOURCES = t/program.c
t_program_t_LDADD = libsim.a libplan.a $(BASE_LIBS) libtap.a $(GLPK_LIBS)
check_PROGRAMS += t/index.t t/replay.t
t_index_t_SOURCES = t/index.c
t_index_t_LDADD = libsim.a libplan.a $(BASE_LIBS) libtap.a $(GLPK_LIBS)
t_replay_t_SOURCES = t/replay.c t/naive.c t/naive.h
t_replay_t_LDADD = libsim.a libtraces.a libplan.a $(BASE_LIBS) libtap.a $(GLPK_LIBS)

check_PROGRAMS += t/policy.t t/engine.t
t_policy_t_SOURCES = t/policy.c t/script.c t/script.h
t_policy_t_LDADD = libsim.a libtraces.a libplan.a $(BASE_LIBS) libtap.a $(GLPK_LIBS)
t_engine_t_SOURCES = t/engine.c t/script.c t/script.h
t_engine_t_LDADD = libsim.a libtraces.a libplan.a $(BASE_LIBS) libtap.a $(GLPK_LIBS)
check_PROGRAMS += t/transition.t t/faults.t
t_faults_t_SOURCES = t/faults.c
t_faults_t_LDADD = libsim.a libplan.a $(BASE_LIBS) libtap.a $(GLPK_LIBS)
t_transition_t_SOURCES = t/transition.c
t_transition_t_LDADD = libsim.a libtraces.a libplan.a $(BASE_LIBS) libtap.a $(GLPK_LIBS)
check_PROGRAMS += t/properties.t t/contention.t
t_contention_t_SOURCES = t/contention.c
t_contention_t_LDADD = libsim.a libtraces.a libplan.a $(BASE_LIBS) libtap.a $(GLPK_LIBS)
t_properties_t_SOURCES = t/properties.c t/world.c t/world.h t/world_price.c
t_properties_t_LDADD = libsim.a libtraces.a libplan.a $(BASE_LIBS) libtap.a $(GLPK_LIBS)
EXTRA_DIST += t/data/small.csv t/data/small-srtf.csv

EXTRA_DIST += t/bench.sh t/bench_gavel.sh
.PHONY: bench bench-gavel
bench: vnsim vntrace
	TOP_BUILDDIR=. $(srcdir)/t/bench.sh
.PHONY: bench-elastic
EXTRA_DIST += t/bench_elastic.sh
EXTRA_PROGRAMS += t/bench_solver
t_bench_solver_SOURCES = t/bench_solver.c
t_bench_solver_LDADD = libplan.a $(BASE_LIBS)
bench-elastic: vnsim t/bench_solver
	TOP_BUILDDIR=. $(srcdir)/t/bench_elastic.sh
CLEANFILES += t/bench_solver
bench-gavel: vnsim
	TOP_SRCDIR=$(srcdir) TOP_BUILDDIR=. $(srcdir)/t/bench_gavel.sh

nobase_include_HEADERS = virtualflow/policy.h

# Plug-ins to test with: the built-in policies, and hostile ones.
SUFFIXES += .so
HOSTILE = ledger rng forge scan jump fork loop recurse longjmp exit unmap \
	constructor memory syscall wrpkru handle \
	engine results various
BUILTIN = fifo fifo_skip sjf srtf las priority wfs wfs_ht
PLUGIN_CFLAGS = -std=gnu11 -O2 -shared -fPIC -I. -I$(top_srcdir)
.c.so:
	@$(MKDIR_P) $(@D)
	$(AM_V_CC)$(CC) $(PLUGIN_CFLAGS) -o $@ $<
t/plugin/builtin.stamp: t/plugin/builtin.c $(libsim_a_SOURCES)
	@$(MKDIR_P) t/plugin
	$(AM_V_GEN)for p in $(BUILTIN); do \
	  $(CC) $(PLUGIN_CFLAGS) -Wl,--gc-sections -ffunction-sections \
	    -DPOLICY=vn_policy_$$p -o t/plugin/$$p.so \
	    $(top_srcdir)/t/plugin/builtin.c $(top_srcdir)/base/rng.c \
	    $(top_srcdir)/sim/policy_$$p.c \
	    $(top_srcdir)/sim/fair.c $(top_srcdir)/sim/heap.c \
	    $(top_srcdir)/sim/ordered.c $(top_srcdir)/sim/pool.c \
	    $(top_srcdir)/sim/rigid.c $(top_srcdir)/sim/shares.c \
	    $(top_srcdir)/sim/shares_plain.c $(top_srcdir)/sim/shares_plan.c \
	    $(top_srcdir)/sim/waiting.c || exit 1; \
	done
	@touch $@
PLUGINS = t/plugin/builtin.stamp $(HOSTILE:%=t/plugin/hostile_%.so)
check_DATA += $(PLUGINS)
dist_check_SCRIPTS += t/plugin.sh.t
EXTRA_DIST += t/plugin/fifo.py t/plugin/builtin.c t/plugin/hostile.h \
	$(HOSTILE:%=t/plugin/hostile_%.c)
CLEANFILES += $(PLUGINS) $(BUILTIN:%=t/plugin/%.so)

# Protection keys under emulation; and what it all costs.
EXTRA_PROGRAMS += t/initramfs t/mpk_init t/bench_gate
t_initramfs_SOURCES = t/initramfs.c
t_mpk_init_SOURCES = t/mpk_init.c
t_bench_gate_SOURCES = t/bench_gate.c
t_bench_gate_LDADD = $(ENCLAVEDOM_LIBS) $(BASE_LIBS)
EXTRA_DIST += t/mpk.sh t/bench_enclave.sh
CLEANFILES += t/initramfs t/mpk_init t/bench_gate
.PHONY: check-mpk bench-enclavedom
check-mpk: vnsim t/initramfs t/mpk_init t/enclave.t t/enclave_attack.t \
	t/enclave_after.t t/enclave_scan.t $(PLUGINS)
	TOP_BUILDDIR=. $(srcdir)/t/mpk.sh
bench-enclavedom: vnsim t/bench_gate $(PLUGINS)
	TOP_BUILDDIR=. $(srcdir)/t/bench_enclave.sh

check_PROGRAMS += t/plugin.t
t_plugin_t_SOURCES = t/plugin.c t/plugin_layout.c t/plugin_layout.h
t_plugin_t_LDADD = libsim.a libplan.a $(BASE_LIBS) libtap.a $(GLPK_LIBS)
