noinst_LIBRARIES += libplan.a
libplan_a_SOURCES = \
	plan/cluster.c plan/cluster.h \
	plan/cost.c plan/cost.h \
	plan/job.c plan/job.h \
	plan/plan.c plan/plan.h \
	plan/pricing.c plan/pricing.h \
	plan/profile.c plan/profile.h \
	plan/profile_gavel.c \
	plan/solver.c plan/solver.h \
	plan/sync.c plan/sync.h

check_PROGRAMS += t/cluster.t
t_cluster_t_SOURCES = t/cluster.c
t_cluster_t_LDADD = libplan.a $(BASE_LIBS) libtap.a
