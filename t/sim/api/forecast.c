/* What is predicted of jobs: by hand. */
#include "config.h"

#include "sim/api/forecast.h"
#include "sim/api/prediction.h"
#include "t/tap.h"

#include <math.h>
#include <stdlib.h>

/* The forecast, in seconds, of a job in whole seconds. */
static double
predict(struct vn_forecast *f, int submit, int user, const char *name,
        int devices, int duration)
{
    struct vn_job job = {
        .submit = submit * VN_SECOND, .user = user, .devices = devices};

    return (double) vn_forecast(f, &job, name, duration * VN_SECOND) * 1e-6;
}

static void
test_history(void)
{
    const struct vn_predict how = {.kind = VN_PREDICT_HISTORY};
    struct vn_forecast *f = vn_forecast_alloc(&how);

    is_near(predict(f, 0, 0, "train-1", 1, 10), 3600, 0,
            "before any has ended an hour");
    is_near(predict(f, 9, 0, "train-1", 1, 99), 3600, 0,
            "so, a second before the first ends");
    is_near(predict(f, 10, 1, "train-1", 1, 30), 10, 0,
            "a new user: the mean of all, from the end on");
    is_near(predict(f, 40, 0, "other", 1, 50), 10, 0,
            "no such name: the mean of the user's");
    is_near(predict(f, 40, 1, "other", 1, 1), 30, 0, "of that user's");
    /* By 200: user 0 has train-1 (10, 99 on one device) and other (50). */
    is_near(predict(f, 200, 0, "train-2", 1, 70), 54.5, 0,
            "names that are alike: the mean of theirs");
    is_near(predict(f, 200, 0, "train-2", 2, 20), 54.5, 0,
            "on other devices too where nothing else is known");
    /* By 300: train-2 has 70 on one and 20 on two. */
    is_near(predict(f, 300, 0, "train-1", 2, 1), 20, 0,
            "else those that asked for as many devices");
    is_near(predict(f, 300, 0, "train-1", 1, 1), (10 + 99 + 70) / 3.0, 1e-6,
            "of the two nearest names");
    is_near(predict(f, 400, 0, NULL, 1, 1),
            (10 + 99 + 50 + 70 + 20 + 1 + 1) / 7.0, 1e-6,
            "without a name the mean of the user's");
    is_near(predict(f, 500, -1, "train-1", 1, 1),
            (10 + 99 + 30 + 50 + 1 + 70 + 20 + 1 + 1 + 1) / 10.0, 1e-6,
            "without a user, before there was one, that of all");
    vn_forecast_free(f);
}

static void
test_noise(void)
{
    struct vn_predict how;
    struct vn_forecast *f;
    struct vn_error err;
    double sum = 0, squares = 0;
    bool same = true;
    enum {
        N = 4000
    };

    ok(vn_predict_read("noise=lognormal:0.5", &how, &err) == VN_OK
           && how.kind == VN_PREDICT_NOISE && how.sigma == 0.5,
       "noise is read");
    f = vn_forecast_alloc(&how);
    for (int i = 0; i < N; i++) {
        struct vn_job job = {.id = i};
        vn_time t = vn_forecast(f, &job, NULL, 1000 * VN_SECOND);
        double z = log((double) t / (1000.0 * VN_SECOND)) / 0.5;

        same = same
               && t
                      == (vn_time) (1000.0 * VN_SECOND
                                    * vn_prediction_factor(0.5, (uint64_t) i));
        sum += z;
        squares += z * z;
    }
    vn_forecast_free(f);
    is_near(sum / N, 0, 0.06, "its logarithm has the mean 0"); /* 3.8 sd */
    is_near(squares / N, 1, 0.09, "and the standard deviation that was said");
    ok(same, "and is that of error=");
    ok(vn_predict_read("none", &how, &err) == VN_OK
           && vn_forecast_alloc(&how) == NULL,
       "nothing is predicted unasked");
    ok(vn_predict_read("noise=lognormal:x", &how, &err) == VN_EUSAGE,
       "a factor that is none is refused");
    ok(vn_predict_read("oracle", &how, &err) == VN_EUSAGE,
       "and what is not known");
    is_str(err.text,
           "--predict: 'oracle' is wrong, expected history, "
           "noise=lognormal:S or none",
           "which is said");
}

int
main(void)
{
    test_history();
    test_noise();
    return done_testing();
}
