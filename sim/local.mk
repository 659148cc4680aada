# What confines plug-ins is linked with whatever runs policies.
# What libsim.a needs beside the other rooms.
SIM_LIBS = $(GLPK_LIBS) $(NLOPT_LIBS)
noinst_LIBRARIES += libsim.a
libsim_a_SOURCES = $(ENCLAVEDOM_SOURCES) \
	sim/adaptive/advance.c \
	sim/adaptive/optimus.c \
	sim/adaptive/policies.h \
	sim/adaptive/pollux.c \
	sim/adaptive/sia.c sim/adaptive/sia_place.c \
	sim/adaptive/reference.c sim/adaptive/reference.h \
	sim/adaptive/reference_state.h \
	sim/adaptive/tiresias.c \
	sim/engine/fairness.c sim/engine/fairness.h \
	sim/api/forecast.c sim/api/forecast.h \
	sim/engine/answer.c sim/engine/answer.h \
	sim/engine/carrier.h \
	sim/outside/rules.c sim/outside/rules.h \
	sim/assumptions.c sim/assumptions.h \
	sim/equal_share.c sim/equal_share.h \
	sim/engine/engine.c sim/engine/engine.h \
	sim/policy/share/realm.c sim/policy/share/realm.h \
	sim/engine/faults.c sim/engine/faults.h \
	sim/engine/fleet.c sim/engine/fleet.h sim/engine/state.h \
	sim/engine/admission.c sim/engine/admission.h \
	sim/engine/outage.c sim/engine/outage.h \
	sim/engine/phase.c sim/engine/phase.h \
	sim/engine/record.c sim/engine/record.h \
	sim/engine/supply.c sim/engine/supply.h \
	sim/engine/transition.c sim/engine/transition.h \
	sim/outside/external.c sim/outside/external.h \
	sim/api/heap.c sim/api/heap.h \
	sim/engine/ledger.c sim/engine/ledger.h \
	sim/outside/limit.c sim/outside/limit.h \
	sim/api/memory.c sim/api/memory.h \
	sim/policy/queue/ordered.c sim/policy/queue/ordered.h \
	sim/output.c sim/output.h \
	sim/place/place.c sim/place/place.h \
	sim/place/consolidate.c sim/place/consolidate.h \
	sim/place/hosts.c sim/place/hosts.h \
	sim/place/fragmentation.c sim/place/fragmentation.h \
	sim/place/best_fit.c \
	sim/place/dot_prod.c \
	sim/place/fgd.c \
	sim/place/gpu_clustering.c \
	sim/place/gpu_packing.c \
	sim/place/random.c \
	sim/place/shared.c sim/place/shared.h \
	sim/observe/planner.c sim/observe/planner.h \
	sim/outside/plugin.c sim/outside/plugin.h \
	sim/policy/policies.c sim/policy/policies.h \
	sim/api/policy.c sim/api/policy.h \
	sim/outside/asked.c sim/outside/asked.h \
	sim/outside/exec.c sim/outside/exec.h \
	sim/outside/pipe.c sim/outside/pipe.h \
	sim/outside/libos.c sim/outside/libos.h \
	sim/policy/adaptive/assign.c sim/policy/adaptive/assign.h \
	sim/policy/adaptive/assign_program.c \
	sim/policy/adaptive/assign_state.h \
	sim/policy/adaptive/genetic.c sim/policy/adaptive/genetic.h \
	sim/policy/adaptive/genetic_child.c \
	sim/policy/adaptive/genetic_rank.c \
	sim/policy/adaptive/genetic_state.h \
	sim/policy/adaptive/numbers.c sim/policy/adaptive/numbers.h \
	sim/policy/adaptive/pollux_fixed.c \
	sim/policy/adaptive/sia_fixed.c \
	sim/policy/adaptive/speedup.c sim/policy/adaptive/speedup.h \
	sim/policy/round/interior_point.c sim/policy/round/interior_point.h \
	sim/policy/queue/fifo.c \
	sim/policy/round/finish_time_fairness.c \
	sim/policy/round/gavel.c \
	sim/policy/round/gavel_fifo.c \
	sim/policy/round/makespan.c \
	sim/policy/round/program.c sim/policy/round/program.h \
	sim/policy/round/rounds.c sim/policy/round/rounds.h \
	sim/policy/round/authors.c sim/policy/round/authors.h \
	sim/policy/round/simulator.c sim/policy/round/simulator.h \
	sim/policy/round/solved.c sim/policy/round/solved.h \
	sim/policy/round/solutions.c sim/policy/round/solutions.h \
	sim/policy/queue/fifo_skip.c \
	sim/policy/queue/las.c \
	sim/api/prediction.c sim/api/prediction.h \
	sim/policy/queue/priority.c \
	sim/policy/queue/sjf.c \
	sim/policy/queue/srtf.c \
	sim/policy/queue/tiresias.c \
	sim/policy/share/division.c sim/policy/share/division.h \
	sim/policy/share/divided.c sim/policy/share/divided.h \
	sim/policy/share/divisions.c \
	sim/policy/share/auction.c sim/policy/share/auction.h \
	sim/policy/share/themis.c \
	sim/policy/round/gandiva_fair.c \
	sim/policy/deadline/deadlines.c sim/policy/deadline/deadlines.h \
	sim/policy/deadline/edf.c \
	sim/policy/deadline/elasticflow.c \
	sim/policy/queue/qssf.c \
	sim/policy/queue/srsf.c \
	sim/policy/share/deadline_plan.c sim/policy/share/deadline_plan.h \
	sim/policy/share/timeline.c sim/policy/share/timeline.h \
	sim/policy/share/division_optimus.c \
	sim/policy/share/optimus.c \
	sim/policy/share/wfs.c \
	sim/policy/share/wfs_ht.c \
	sim/policy/queue/pool.c sim/policy/queue/pool.h \
	sim/observe/recorder.c sim/observe/recorder.h \
	sim/policy/queue/choice.c sim/policy/queue/choice.h \
	sim/policy/queue/rigid.c sim/policy/queue/rigid.h \
	sim/observe/sampler.c sim/observe/sampler.h \
	sim/observe/steady.c sim/observe/steady.h \
	sim/policy/share/shares.c sim/policy/share/shares.h sim/policy/share/shares_plain.c sim/policy/share/shares_plan.c \
	sim/engine/tally.c sim/engine/tally.h \
	sim/engine/view.c \
	sim/policy/queue/waiting.c sim/policy/queue/waiting.h

bin_PROGRAMS += vnsim
dist_man_MANS += man/vnsim.1 man/enclavedom.7
dist_check_SCRIPTS += t/sim/share.sh.t t/sim/instructions.sh.t
dist_check_SCRIPTS += t/sim/vnsim.sh.t t/sim/expected.sh.t t/sim/gavel.sh.t
vnsim_SOURCES = sim/main.c sim/outside/new_policy.c sim/outside/new_policy.h \
	sim/share.c sim/share.h sim/solve.c sim/solve.h
# The module for policies in Python, as new-policy writes it.
sim/outside/new_policy.$(OBJEXT): sim/outside/virtualflow_py.h
sim/outside/virtualflow_py.h: sim/outside/python/virtualflow.py
	@$(MKDIR_P) sim/outside
	$(AM_V_GEN){ echo 'static const char *const virtualflow_py[] = {' && \
	  sed 's/\\/\\\\/g; s/"/\\"/g; s/.*/    "&\\n",/' \
	    $(srcdir)/sim/outside/python/virtualflow.py && \
	  echo '    NULL};'; } > $@.part && mv $@.part $@
CLEANFILES += sim/outside/virtualflow_py.h
pythonexamplesdir = $(pkgdatadir)/python
dist_pythonexamples_DATA = \
	sim/outside/python/las.py \
	sim/outside/python/virtualflow.py \
	sim/outside/python/wfs.py
dist_check_SCRIPTS += t/sim/exec.sh.t t/sim/timeline.sh.t
vnsim_LDADD = libsim.a libtraces.a libplan.a $(BASE_LIBS) $(SIM_LIBS)

check_PROGRAMS += t/sim/steady.t
t_sim_steady_t_SOURCES = t/sim/steady.c
t_sim_steady_t_LDADD = libsim.a libtraces.a libplan.a $(BASE_LIBS) libtap.a $(SIM_LIBS)
check_PROGRAMS += t/sim/recorder.t
t_sim_recorder_t_SOURCES = t/sim/recorder.c
t_sim_recorder_t_LDADD = libsim.a libtraces.a libplan.a $(BASE_LIBS) libtap.a $(SIM_LIBS)
check_PROGRAMS += t/sim/shares.t
t_sim_shares_t_SOURCES = t/sim/shares.c
t_sim_shares_t_LDADD = libsim.a libplan.a $(BASE_LIBS) libtap.a $(SIM_LIBS)

check_PROGRAMS += t/sim/division.t
t_sim_division_t_SOURCES = t/sim/division.c
t_sim_division_t_LDADD = libsim.a $(BASE_LIBS) libtap.a

check_PROGRAMS += t/sim/genetic.t t/sim/assign.t t/sim/numbers.t
t_sim_numbers_t_SOURCES = t/sim/numbers.c
t_sim_numbers_t_LDADD = libsim.a libplan.a $(BASE_LIBS) libtap.a $(SIM_LIBS)
t_sim_assign_t_SOURCES = t/sim/assign.c t/vectors.c t/vectors.h
t_sim_assign_t_LDADD = libsim.a libplan.a $(BASE_LIBS) libtap.a $(SIM_LIBS)
t_sim_genetic_t_SOURCES = t/sim/genetic.c t/vectors.c t/vectors.h
t_sim_genetic_t_LDADD = libsim.a libplan.a $(BASE_LIBS) libtap.a $(SIM_LIBS)

check_PROGRAMS += t/sim/program.t t/sim/rounds.t
t_sim_rounds_t_SOURCES = t/sim/rounds.c t/sim/script.c t/sim/script.h
t_sim_rounds_t_LDADD = libsim.a libtraces.a libplan.a $(BASE_LIBS) libtap.a $(SIM_LIBS)
t_sim_program_t_SOURCES = t/sim/program.c
t_sim_program_t_LDADD = libsim.a libplan.a $(BASE_LIBS) libtap.a $(SIM_LIBS)
check_PROGRAMS += t/sim/index.t t/sim/replay.t
t_sim_index_t_SOURCES = t/sim/index.c
t_sim_index_t_LDADD = libsim.a libplan.a $(BASE_LIBS) libtap.a $(SIM_LIBS)
t_sim_replay_t_SOURCES = t/sim/replay.c t/sim/naive.c t/sim/naive.h
t_sim_replay_t_LDADD = libsim.a libtraces.a libplan.a $(BASE_LIBS) libtap.a $(SIM_LIBS)

check_PROGRAMS += t/sim/goodput.t
t_sim_goodput_t_SOURCES = t/sim/goodput.c
t_sim_goodput_t_LDADD = $(t_sim_adaptive_t_LDADD)
check_PROGRAMS += t/sim/adaptive.t
t_sim_adaptive_t_SOURCES = t/sim/adaptive.c
t_sim_adaptive_t_LDADD = libsim.a libplan.a $(BASE_LIBS) libtap.a $(SIM_LIBS)

check_PROGRAMS += t/sim/policy.t t/sim/engine.t
t_sim_policy_t_SOURCES = t/sim/policy.c t/sim/script.c t/sim/script.h
t_sim_policy_t_LDADD = libsim.a libtraces.a libplan.a $(BASE_LIBS) libtap.a $(SIM_LIBS)
t_sim_engine_t_SOURCES = t/sim/engine.c t/sim/script.c t/sim/script.h
t_sim_engine_t_LDADD = libsim.a libtraces.a libplan.a $(BASE_LIBS) libtap.a $(SIM_LIBS)
check_PROGRAMS += t/sim/transition.t t/sim/faults.t
t_sim_faults_t_SOURCES = t/sim/faults.c
t_sim_faults_t_LDADD = libsim.a libplan.a $(BASE_LIBS) libtap.a $(SIM_LIBS)
t_sim_transition_t_SOURCES = t/sim/transition.c
t_sim_transition_t_LDADD = libsim.a libtraces.a libplan.a $(BASE_LIBS) libtap.a $(SIM_LIBS)
check_PROGRAMS += t/sim/properties.t t/sim/contention.t
t_sim_contention_t_SOURCES = t/sim/contention.c
t_sim_contention_t_LDADD = libsim.a libtraces.a libplan.a $(BASE_LIBS) libtap.a $(SIM_LIBS)
t_sim_properties_t_SOURCES = t/sim/properties.c t/sim/world.c t/sim/world.h t/sim/world_price.c
t_sim_properties_t_LDADD = libsim.a libtraces.a libplan.a $(BASE_LIBS) libtap.a $(SIM_LIBS)
check_PROGRAMS += t/sim/admission.t
t_sim_admission_t_SOURCES = t/sim/admission.c
t_sim_admission_t_LDADD = libsim.a libtraces.a libplan.a $(BASE_LIBS) libtap.a $(SIM_LIBS)
check_PROGRAMS += t/sim/api/forecast.t
t_sim_api_forecast_t_SOURCES = t/sim/api/forecast.c
t_sim_api_forecast_t_LDADD = libsim.a libplan.a $(BASE_LIBS) libtap.a $(SIM_LIBS)
check_PROGRAMS += t/sim/place.t t/sim/consolidate.t
t_sim_consolidate_t_SOURCES = t/sim/consolidate.c
t_sim_consolidate_t_LDADD = libsim.a libplan.a $(BASE_LIBS) libtap.a
t_sim_place_t_SOURCES = t/sim/place.c
t_sim_place_t_LDADD = libsim.a $(BASE_LIBS) libtap.a
dist_check_SCRIPTS += t/sim/adaptive.sh.t t/sim/predicted.sh.t
EXTRA_DIST += t/data/adaptive/applications.csv \
	t/data/adaptive/epoch_progress.csv t/data/adaptive/interp_points.csv \
	t/data/adaptive/interp_tets.csv t/data/adaptive/placements.csv \
	t/data/adaptive/validation.csv
EXTRA_DIST += t/data/small.csv t/data/small-srtf.csv

EXTRA_DIST += t/bench/sim.sh t/bench/gavel.sh
.PHONY: bench bench-gavel
bench: vnsim vntrace
	TOP_BUILDDIR=. $(srcdir)/t/bench/sim.sh
.PHONY: bench-elastic
EXTRA_DIST += t/bench/elastic.sh
EXTRA_PROGRAMS += t/bench/solver
t_bench_solver_SOURCES = t/bench/solver.c
t_bench_solver_LDADD = libplan.a $(BASE_LIBS)
bench-elastic: vnsim t/bench/solver
	TOP_BUILDDIR=. $(srcdir)/t/bench/elastic.sh
CLEANFILES += t/bench/solver
bench-gavel: vnsim
	TOP_SRCDIR=$(srcdir) TOP_BUILDDIR=. $(srcdir)/t/bench/gavel.sh

# The interface of policies, and what of the tree it includes.
nobase_include_HEADERS = virtualflow/policy.h
pkgconfig_DATA += virtualflow/virtualflow.pc
nobase_enclavedom_HEADERS += plan/job.h

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
$(HOSTILE:%=t/sim/plugin/hostile_%.so): virtualflow/policy.h t/sim/plugin/hostile.h
t/sim/plugin/builtin.stamp: t/sim/plugin/builtin.c $(libsim_a_SOURCES)
	@$(MKDIR_P) t/sim/plugin
	$(AM_V_GEN)for p in $(BUILTIN); do \
	  $(CC) $(PLUGIN_CFLAGS) -Wl,--gc-sections -ffunction-sections \
	    -DPOLICY=vn_policy_$$p -o t/sim/plugin/$$p.so \
	    $(top_srcdir)/t/sim/plugin/builtin.c $(top_srcdir)/base/rng.c \
	    $(top_srcdir)/sim/policy/*/$$p.c $(top_srcdir)/sim/api/policy.c \
	    $(top_srcdir)/sim/policy/share/realm.c $(top_srcdir)/sim/api/heap.c \
	    $(top_srcdir)/sim/policy/queue/choice.c $(top_srcdir)/sim/policy/queue/ordered.c $(top_srcdir)/sim/policy/queue/pool.c \
	    $(top_srcdir)/sim/api/prediction.c \
	    $(top_srcdir)/sim/policy/queue/rigid.c $(top_srcdir)/sim/policy/share/shares.c \
	    $(top_srcdir)/sim/policy/share/shares_plain.c $(top_srcdir)/sim/policy/share/shares_plan.c \
	    $(top_srcdir)/sim/policy/queue/waiting.c || exit 1; \
	done
	@touch $@
PLUGINS = t/sim/plugin/builtin.stamp $(HOSTILE:%=t/sim/plugin/hostile_%.so)
check_DATA += $(PLUGINS)
dist_check_SCRIPTS += t/sim/plugin.sh.t
EXTRA_DIST += t/sim/plugin/fifo.py t/sim/plugin/builtin.c t/sim/plugin/hostile.h \
	$(HOSTILE:%=t/sim/plugin/hostile_%.c)
CLEANFILES += $(PLUGINS) $(BUILTIN:%=t/sim/plugin/%.so)

# Protection keys under emulation; and what it all costs.
EXTRA_PROGRAMS += t/enclavedom/initramfs t/enclavedom/mpk_init t/bench/gate
t_enclavedom_initramfs_SOURCES = t/enclavedom/initramfs.c
t_enclavedom_mpk_init_SOURCES = t/enclavedom/mpk_init.c
t_bench_gate_SOURCES = t/bench/gate.c
t_bench_gate_LDADD = $(ENCLAVEDOM_LIBS) $(BASE_LIBS)
EXTRA_DIST += t/enclavedom/mpk.sh t/bench/enclave.sh
CLEANFILES += t/enclavedom/initramfs t/enclavedom/mpk_init t/bench/gate
.PHONY: check-mpk bench-enclavedom
check-mpk: vnsim t/enclavedom/initramfs t/enclavedom/mpk_init t/enclavedom/enclave.t t/enclavedom/attack.t \
	t/enclavedom/after.t t/enclavedom/scan.t t/enclavedom/escape.t t/enclavedom/libos.t \
	t/enclavedom/extension.t t/enclavedom/stranger.so t/enclavedom/libos_guest \
	t/enclavedom/libos_attack enclavedom/enclavedom $(PLUGINS)
	TOP_BUILDDIR=. $(srcdir)/t/enclavedom/mpk.sh
EXTRA_PROGRAMS += t/bench/libos_calls
t_bench_libos_calls_SOURCES = t/bench/libos_calls.c
EXTRA_DIST += t/bench/libos.sh
CLEANFILES += t/bench/libos_calls
.PHONY: bench-libos
bench-libos: vnsim vntrace enclavedom/enclavedom t/bench/libos_calls
	TOP_SRCDIR=$(srcdir) TOP_BUILDDIR=. $(srcdir)/t/bench/libos.sh
bench-enclavedom: vnsim t/bench/gate $(PLUGINS)
	TOP_BUILDDIR=. $(srcdir)/t/bench/enclave.sh

check_PROGRAMS += t/sim/plugin.t
t_sim_plugin_t_SOURCES = t/sim/plugin.c
t_sim_plugin_t_LDADD = libsim.a libplan.a $(BASE_LIBS) libtap.a $(SIM_LIBS)
