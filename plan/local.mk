noinst_LIBRARIES += libplan.a
libplan_a_SOURCES = \
	plan/adaptive/application.c plan/adaptive/application.h \
	plan/adaptive/application_epochs.c \
	plan/adaptive/application_read.c plan/adaptive/application_read.h \
	plan/adaptive/application_surface.c \
	plan/adaptive/fit.c plan/adaptive/fit.h \
	plan/adaptive/goodput.c plan/adaptive/goodput.h \
	plan/adaptive/learned.c plan/adaptive/learned.h \
	plan/adaptive/surface.c plan/adaptive/surface.h \
	plan/cluster.c plan/cluster.h \
	plan/contention.c plan/contention.h \
	plan/cost.c plan/cost.h \
	plan/job.c plan/job.h \
	plan/mapped.c plan/mapped.h \
	plan/mix.c plan/mix.h \
	plan/plan.c plan/plan.h \
	plan/pricing.c plan/pricing.h \
	plan/profile/profile.c plan/profile/profile.h \
	plan/profile/format.c plan/profile/format.h \
	plan/profile/applications.c \
	plan/profile/gavel.c \
	plan/profile/table.c \
	plan/profile/virtualflow.c \
	plan/solver.c plan/solver.h \
	plan/speed.c plan/speed.h \
	plan/sync.c plan/sync.h

check_PROGRAMS += t/plan/cluster.t
t_plan_cluster_t_SOURCES = t/plan/cluster.c
t_plan_cluster_t_LDADD = libplan.a $(BASE_LIBS) libtap.a

check_PROGRAMS += t/plan/adaptive.t
t_plan_adaptive_t_SOURCES = t/plan/adaptive.c
t_plan_adaptive_t_LDADD = libplan.a $(BASE_LIBS) libtap.a

check_PROGRAMS += t/plan/goodput.t
t_plan_goodput_t_SOURCES = t/plan/goodput.c t/vectors.c t/vectors.h
t_plan_goodput_t_LDADD = libplan.a $(BASE_LIBS) libtap.a $(NLOPT_LIBS)

check_PROGRAMS += t/plan/plan.t t/plan/solver.t
t_plan_plan_t_SOURCES = t/plan/plan.c
t_plan_plan_t_LDADD = libplan.a $(BASE_LIBS) libtap.a
t_plan_solver_t_SOURCES = t/plan/solver.c
t_plan_solver_t_LDADD = libplan.a $(BASE_LIBS) libtap.a
EXTRA_DIST += t/data/plan/costs.csv t/data/plan/links.csv \
	t/data/plan/mappings.csv t/data/plan/nodes.csv t/data/plan/plan.csv
