noinst_LIBRARIES += libreplay.a
libreplay_a_SOURCES = \
	replay/validate/timing.c replay/validate/timing.h \
	replay/validate/calibrate.c replay/validate/calibrate.h \
	replay/validate/calibrate_table.c \
	replay/validate/calibration.h \
	replay/command/command.h \
	replay/claims/claims.h \
	replay/claims/measured.c \
	replay/claims/replayed.c \
	replay/command/calibrate.c \
	replay/command/claims.c \
	replay/command/compare.c \
	replay/command/experiment.c \
	replay/command/export.c \
	replay/command/figures.c \
	replay/command/init.c \
	replay/command/list.c \
	replay/command/timeline.c \
	replay/command/live.c \
	replay/command/merge.c \
	replay/command/reproduce.c \
	replay/command/results.c replay/command/results.h \
	replay/command/run.c \
	replay/command/sweep.c replay/command/sweep.h \
	replay/command/sbatch.c \
	replay/command/schema.c \
	replay/command/validate.c \
	replay/validate/plan_run.c replay/validate/plan_run.h \
	replay/validate/plan_run_report.c \
	replay/validate/plan_run_store.c replay/validate/plan_run_store.h \
	replay/experiment/adaptive.c replay/experiment/adaptive.h \
	replay/experiment/adaptive/seeds.c replay/experiment/adaptive/seeds.h \
	replay/experiment/pollux.c \
	replay/experiment/adaptive/sia.c \
	replay/experiment/elastic.h \
	replay/experiment/elastic_measured.c \
	replay/experiment/elastic_report.c \
	replay/experiment/elastic_simulated.c \
	replay/live/executor.c replay/live/executor.h \
	replay/experiment/experiment.c replay/experiment/experiment.h \
	replay/experiment/elastic.c \
	replay/experiment/gavel.c \
	replay/experiment/allocation.c replay/experiment/allocation.h \
	replay/experiment/fgd.c \
	replay/experiment/het.c \
	replay/experiment/pcs.c \
	replay/experiment/shockwave.c \
	replay/experiment/lucid.c replay/experiment/lucid.h replay/experiment/lucid_run.c \
	replay/experiment/muri.c replay/experiment/muri.h \
	replay/experiment/muri_antman.c replay/experiment/muri_run.c \
	replay/experiment/openb.c replay/experiment/openb.h \
	replay/experiment/openb_whole.c \
	replay/experiment/elasticflow/elasticflow.c replay/experiment/elasticflow/elasticflow.h \
	replay/experiment/elasticflow/dlas.c \
	replay/experiment/elasticflow/edf.c \
	replay/experiment/elasticflow/ef.c \
	replay/experiment/elasticflow/events.c \
	replay/experiment/elasticflow/place.c \
	replay/experiment/elasticflow/run.c \
	replay/experiment/sheet.c replay/experiment/sheet.h \
	replay/findings.c replay/findings.h \
	replay/live/forced.c replay/live/forced.h \
	replay/sweep/generate.c replay/sweep/generate.h \
	replay/live/host_speed.c replay/live/host_speed.h \
	replay/live/setup.c replay/live/setup.h \
	replay/live/layout.c replay/live/layout.h \
	replay/live/live.c replay/live/live.h \
	replay/live/seat.c replay/live/seat.h \
	replay/live/store.c \
	replay/sweep/workers.c replay/sweep/pool.h \
	replay/sweep/course.c replay/sweep/course.h \
	replay/sweep/paper.c replay/sweep/paper.h \
	replay/sweep/ranks.c replay/sweep/ranks.h \
	replay/sweep/request.c replay/sweep/request.h \
	replay/compare/report.c replay/compare/report.h \
	replay/compare/flips.c replay/compare/flips.h \
	replay/compare/grid.c replay/compare/grid.h \
	replay/compare/summary.c replay/compare/summary.h \
	replay/compare/outcomes.c replay/compare/outcomes.h \
	replay/compare/machine.c \
	replay/compare/text.c \
	replay/validate/contest.h \
	replay/validate/contest_blame.c \
	replay/validate/contest_order.c replay/validate/contest_redraw.c replay/validate/contest_report.c \
	replay/validate/contest_run.c \
	replay/validate/contest_simulate.c \
	replay/sweep/sweep.c replay/sweep/sweep.h \
	replay/validate/validate.c replay/validate/validate.h \
	replay/validate/validate_split.c \
	replay/sweep/workload.c replay/sweep/workload.h

libreplay_a_CFLAGS = $(AM_CFLAGS) $(MPI_CFLAGS)
libreplay_a_CPPFLAGS = $(AM_CPPFLAGS) \
	-DVN_EXPERIMENTS_DIR='"$(pkgdatadir)/experiments"' \
	-DVN_EXPERIMENTS_SOURCE='"$(abs_top_srcdir)/replay/experiments"'

# The facts that experiments start from.
virtualflowdir = $(pkgdatadir)/experiments/virtualflow
dist_virtualflow_DATA = \
	replay/experiments/virtualflow/9-11_20jobs_8jph.csv \
	replay/experiments/virtualflow/9-12_3jobs.csv \
	replay/experiments/virtualflow/9-13_3jobs.csv \
	replay/experiments/virtualflow/9-14-2_20jobs_12jph.csv \
	replay/experiments/virtualflow/9-14_20jobs_10jph.csv \
	replay/experiments/virtualflow/9-9_3jobs.csv \
	replay/experiments/virtualflow/allocations.csv \
	replay/experiments/virtualflow/costs.csv \
	replay/experiments/virtualflow/costs-20jobs.csv \
	replay/experiments/virtualflow/links-a.csv \
	replay/experiments/virtualflow/links-b.csv \
	replay/experiments/virtualflow/measured.csv \
	replay/experiments/virtualflow/nodes.csv \
	replay/experiments/virtualflow/steps-9-14-2.csv

gavel_htdir = $(pkgdatadir)/experiments/gavel-ht
dist_gavel_ht_DATA = \
	replay/experiments/gavel-ht/1jph.csv \
	replay/experiments/gavel-ht/3jph.csv \
	replay/experiments/gavel-ht/5jph.csv \
	replay/experiments/gavel-ht/7jph.csv \
	replay/experiments/gavel-ht/9jph.csv \
	replay/experiments/gavel-ht/11jph.csv \
	replay/experiments/gavel-ht/nodes.csv \
	replay/experiments/gavel-ht/published.csv \
	replay/experiments/gavel-ht/whole.csv
gaveldir = $(pkgdatadir)/experiments/gavel
dist_gavel_DATA = \
	replay/experiments/gavel/artifact_evaluation.csv \
	replay/experiments/gavel/expected.csv \
	replay/experiments/gavel/minimize_makespan.csv \
	replay/experiments/gavel/steps.csv
hetdir = $(pkgdatadir)/experiments/het
dist_het_DATA = \
	replay/experiments/het/gavel.csv \
	replay/experiments/het/measured.csv \
	replay/experiments/het/profile.csv

bin_PROGRAMS += vnreplay
dist_man_MANS += man/vnreplay.1 man/virtualflow-results.7
# What draws traces is a command of vntrace.
vnreplay_SOURCES = replay/main.c traces/command/generate.c
vnreplay_LDADD = libreplay.a libsim.a libtraces.a libplan.a $(ANALYSIS_LIBS) $(SIM_LIBS) $(MPI_LIBS)

# A trace for two devices of one host (vnreplay(1), validate).
examplesdir = $(pkgdatadir)/examples
dist_examples_DATA = replay/examples/two-cores.csv replay/examples/demo.yaml \
	replay/examples/philly.yaml replay/examples/scaling.yaml replay/examples/results.ipynb \
	traces/examples/philly-like.csv

dist_check_SCRIPTS += t/replay/claims.sh.t
dist_check_SCRIPTS += t/replay/adaptive.sh.t t/replay/sia.sh.t
dist_check_SCRIPTS += t/replay/fgd.sh.t t/replay/lucid.sh.t t/replay/muri.sh.t
EXTRA_DIST += t/replay/lucid_plain.py
dist_check_SCRIPTS += t/replay/replay.sh.t t/replay/paper.sh.t t/replay/kill.sh.t t/replay/read.sh.t t/replay/slurm.sh.t t/replay/reproduce.sh.t t/replay/unknown.sh.t t/replay/experiment.sh.t t/replay/planned.sh.t \
	t/replay/live.sh.t t/replay/mixed.sh.t t/replay/pcs.sh.t t/replay/elasticflow.sh.t t/replay/shockwave.sh.t \
	t/replay/validate.sh.t

# What takes minutes: 100 kills.
.PHONY: check-long
check-long: all
	$(TESTS_VARIABLES) KILLS=100 $(SHELL) $(srcdir)/t/replay/kill.sh.t

EXTRA_DIST += t/bench/adaptive.sh
.PHONY: bench-adaptive
bench-adaptive: vnreplay t/sim/assign.t
	TOP_BUILDDIR=. $(srcdir)/t/bench/adaptive.sh

# What the laboratory is for, in half a minute.
DEMO_POLICIES = fifo,fifo-skip,sjf,srtf,las,priority,wfs
DEMO_RECIPE = --preset philly --jobs 5000 --priorities 1:0.7,5:0.2,10:0.1
DEMO_CLUSTER = v100:16x8
.PHONY: demo
demo: vntrace vnreplay vnplot
	@rm -rf demo && $(MKDIR_P) demo
	@echo '== A trace of 5,000 jobs like those of Microsoft'\''s Philly clusters'
	./vntrace generate $(DEMO_RECIPE) --load 0.9 --cluster $(DEMO_CLUSTER) \
		--output demo/philly.csv
	./vntrace stat --cluster $(DEMO_CLUSTER) demo/philly.csv
	@echo
	@echo '== Ten such traces under seven policies'
	./vnreplay run --generate '$(DEMO_RECIPE)' --load 0.9 --scaling linear --seed 1:10 \
		--cluster $(DEMO_CLUSTER) --policy $(DEMO_POLICIES) \
		--keep all --results demo/demo.db
	@echo
	@echo '== What they show'
	./vnreplay compare demo/demo.db
	@echo
	@echo '== As figures'
	@for f in jct jct-cdf queue-cdf utilisation; do \
		./vnplot $$f demo/demo.db --output demo/$$f.pdf; \
		case $$? in \
		0) echo "`pwd`/demo/$$f.pdf" ;; \
		3) echo "`pwd`/demo/$$f.gp and .csv" ;; \
		*) exit 1 ;; \
		esac; \
	done

# Every figure that the demo's results have, and a page of them.
gallery: demo
	@rm -rf gallery && $(MKDIR_P) gallery
	./vnplot all demo/demo.db --format svg -o gallery
	./vnplot report demo/demo.db -o gallery/report.html
	@echo "`pwd`/gallery/report.html"
.PHONY: gallery

clean-demo:
	-rm -rf demo gallery
.PHONY: clean-demo
clean-local: clean-demo

check_PROGRAMS += t/replay/workload.t
t_replay_workload_t_SOURCES = t/replay/workload.c
t_replay_workload_t_LDADD = libreplay.a libsim.a libtraces.a libplan.a $(ANALYSIS_LIBS) $(SIM_LIBS) libtap.a

check_PROGRAMS += t/replay/forced.t
t_replay_forced_t_SOURCES = t/replay/forced.c
t_replay_forced_t_LDADD = libreplay.a libsim.a libtraces.a libplan.a $(ANALYSIS_LIBS) $(SIM_LIBS) libtap.a

check_PROGRAMS += t/replay/blame.t
t_replay_blame_t_SOURCES = t/replay/blame.c
t_replay_blame_t_LDADD = libreplay.a libsim.a libtraces.a libplan.a $(ANALYSIS_LIBS) $(SIM_LIBS) libtap.a

check_PROGRAMS += t/replay/host_speed.t
t_replay_host_speed_t_SOURCES = t/replay/host_speed.c
t_replay_host_speed_t_LDADD = libreplay.a libsim.a libtraces.a libplan.a $(ANALYSIS_LIBS) $(SIM_LIBS) libtap.a
