/* The store of processed notifications: in memory, and in the Redis WECHATPAY_TEST_REDIS, which is not set under
 * valgrind. */
#include <pthread.h>
#include <unistd.h>

#include "check.h"

#define THREADS 8
#define SECONDS 60.0

static const int32_t config = WECHATPAY_ERROR_CONFIG, refused = WECHATPAY_ERROR_INVALID_REQUEST;

static char *new_id(void) {
    static char id[64];
    static int last;
    snprintf(id, sizeof id, "EV-c-%ld-%d", (long)getpid(), ++last);
    return id;
}

static int32_t claim(const wechatpay_seen *seen, const char *id) {
    int32_t claimed = 7;
    OK(wechatpay_seen_claim(seen, id, &claimed));
    return claimed;
}

/* Somebody has it. */
static void busy(const wechatpay_seen *seen, const char *id) {
    int32_t claimed = 7;
    FAILS(wechatpay_seen_claim(seen, id, &claimed), WECHATPAY_ERROR_TIMEOUT, "seen_busy", NULL);
    CHECK(claimed == 0);
}

static void once(const wechatpay_seen *seen) {
    const char *id = new_id();
    CHECK(claim(seen, id) == 1);
    busy(seen, id);
    OK(wechatpay_seen_release(seen, id));
    CHECK(claim(seen, id) == 1);
    OK(wechatpay_seen_done(seen, id));
    CHECK(claim(seen, id) == 0);
    OK(wechatpay_seen_release(seen, id));
    CHECK(claim(seen, id) == 0);
}

static const wechatpay_seen *shared;
static const char *wanted;

static void *want(void *unused) {
    int32_t claimed = 0;
    (void)unused;
    wechatpay_error_free(wechatpay_seen_claim(shared, wanted, &claimed));
    return claimed == 1 ? &shared : NULL;
}

static void one_of_many_threads(const wechatpay_seen *seen) {
    pthread_t threads[THREADS];
    int got = 0;
    shared = seen;
    wanted = new_id();
    for (size_t at = 0; at < THREADS; at++) CHECK(pthread_create(&threads[at], NULL, want, NULL) == 0);
    for (size_t at = 0; at < THREADS; at++) {
        void *claimed;
        CHECK(pthread_join(threads[at], &claimed) == 0);
        got += claimed != NULL;
    }
    CHECK(got == 1);
}

static void misuse(const wechatpay_seen *seen) {
    wechatpay_seen *none = GARBAGE(wechatpay_seen);
    int32_t claimed = 7;
    FAILS(wechatpay_seen_memory(SECONDS, NULL), refused, "bad_argument", "seen");
    FAILS(wechatpay_seen_memory(1e300, &none), config, "bad_option", "seconds");
    CHECK(none == NULL);
    FAILS(wechatpay_seen_memory(0.0 / 0.0, &none), config, "bad_option", "seconds");
    FAILS(wechatpay_seen_redis(NULL, SECONDS, &none), config, "bad_option", "url");
    FAILS(wechatpay_seen_redis("\xff", SECONDS, &none), config, "bad_option", "url");
    FAILS(wechatpay_seen_redis("http://cache", SECONDS, &none), config, "bad_url", "url");
    FAILS(wechatpay_seen_redis("redis://cache", SECONDS, NULL), refused, "bad_argument", "seen");
    FAILS(wechatpay_seen_claim(NULL, "EV-1", &claimed), refused, "bad_argument", "seen");
    FAILS(wechatpay_seen_claim(seen, NULL, &claimed), refused, "bad_argument", "id");
    FAILS(wechatpay_seen_claim(seen, "", &claimed), refused, "bad_argument", "id");
    FAILS(wechatpay_seen_claim(seen, "\xff", &claimed), refused, "bad_argument", "id");
    FAILS(wechatpay_seen_claim(seen, "EV-1", NULL), refused, "bad_argument", "claimed");
    CHECK(claimed == 0);
    FAILS(wechatpay_seen_done(NULL, "EV-1"), refused, "bad_argument", "seen");
    FAILS(wechatpay_seen_done(seen, NULL), refused, "bad_argument", "id");
    FAILS(wechatpay_seen_release(NULL, "EV-1"), refused, "bad_argument", "seen");
    FAILS(wechatpay_seen_release(seen, ""), refused, "bad_argument", "id");
    wechatpay_seen_free(NULL);
}

/* Told, and without the password. */
static void down(void) {
    wechatpay_seen *nobody;
    int32_t claimed = 7;
    OK(wechatpay_seen_redis("redis://:secret@127.0.0.1:1/2", 0, &nobody));
    wechatpay_error *error = wechatpay_seen_claim(nobody, "EV-1", &claimed);
    CHECK(error != NULL && claimed == 0);
    CHECK(strstr(wechatpay_error_text(error), "redis://127.0.0.1:1/2") != NULL);
    CHECK(strstr(wechatpay_error_text(error), "secret") == NULL);
    FAILS(error, WECHATPAY_ERROR_TRANSPORT, "seen_store", NULL);
    FAILS(wechatpay_seen_done(nobody, "EV-1"), WECHATPAY_ERROR_TRANSPORT, "seen_store", NULL);
    FAILS(wechatpay_seen_release(nobody, "EV-1"), WECHATPAY_ERROR_TRANSPORT, "seen_store", NULL);
    wechatpay_seen_free(nobody);
}

static void in_redis(void) {
    wechatpay_seen *redis, *other;
    char *url = strdup(getenv("WECHATPAY_TEST_REDIS"));
    OK(wechatpay_seen_redis(url, SECONDS, &redis));
    OK(wechatpay_seen_redis(url, SECONDS, &other));
    memset(url, 'x', strlen(url));
    free(url);
    once(redis);
    one_of_many_threads(redis);
    const char *id = new_id();
    CHECK(claim(redis, id) == 1);
    busy(other, id);
    OK(wechatpay_seen_done(redis, id));
    CHECK(claim(other, id) == 0);
    misuse(redis);
    wechatpay_seen_free(redis);
    wechatpay_seen_free(other);
}

int main(void) {
    wechatpay_seen *memory;
    OK(wechatpay_seen_memory(0, &memory));
    once(memory);
    one_of_many_threads(memory);
    misuse(memory);
    wechatpay_seen_free(memory);
    down();
    if (getenv("WECHATPAY_TEST_REDIS") != NULL) in_redis();
    return done("seen");
}
