noinst_LIBRARIES += libbase.a
libbase_a_SOURCES = \
	base/error.c base/error.h \
	base/file.c base/file.h \
	base/names.c base/names.h \
	base/number.c base/number.h \
	base/option.c base/option.h \
	base/progress.c base/progress.h \
	base/quantile.c base/quantile.h \
	base/rng.c base/rng.h \
	base/schema.c base/schema.h \
	base/schema_sql.c base/schema_sql.h \
	base/store.c base/store.h \
	base/store_export.c base/store_merge.c \
	base/table.c base/table.h \
	base/xalloc.c base/xalloc.h

check_PROGRAMS += t/base.t t/table.t
t_base_t_SOURCES = t/base.c
t_base_t_LDADD = $(BASE_LIBS) libtap.a
t_table_t_SOURCES = t/table.c
t_table_t_LDADD = $(BASE_LIBS) libtap.a
check_PROGRAMS += t/store.t
t_store_t_SOURCES = t/store.c
t_store_t_LDADD = $(BASE_LIBS) libtap.a
