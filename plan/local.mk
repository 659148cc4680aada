noinst_LIBRARIES += libplan.a
libplan_a_SOURCES = \
	plan/cluster.c plan/cluster.h \
	plan/contention.c plan/contention.h \
	plan/cost.c plan/cost.h \
	plan/job.c plan/job.h \
	plan/mapped.c plan/mapped.h \
	plan/mix.c plan/mix.h \
	plan/plan.c plan/plan.h \
	plan/pricing.c plan/pricing.h \
	plan/profile.c plan/profile.h \
	plan/profile_gavel.c \
	plan/profile_virtualflow.c \
	plan/solver.c plan/solver.h \
	plan/sync.c plan/sync.h

check_PROGRAMS += t/cluster.t
t_cluster_t_SOURCES = t/cluster.c
t_cluster_t_LDADD = libplan.a $(BASE_LIBS) libtap.a

check_PROGRAMS += t/plan.t t/solver.t
t_plan_t_SOURCES = t/plan.c
t_plan_t_LDADD = libplan.a $(BASE_LIBS) libtap.a
t_solver_t_SOURCES = t/solver.c
t_solver_t_LDADD = libplan.a $(BASE_LIBS) libtap.a
EXTRA_DIST += t/data/plan/costs.csv t/data/plan/links.csv \
	t/data/plan/mappings.csv t/data/plan/nodes.csv t/data/plan/plan.csv
