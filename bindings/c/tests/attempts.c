/* Attempts: those that an error carries, and those that a client's function is told of. */
#include <pthread.h>
#include <time.h>

#include "check.h"

#define NOWHERE "http://127.0.0.1:1"
#define MOST 16
#define THREADS 8

struct told {
    int count;
    pthread_t thread[MOST];
    char line[MOST][256];
    double time[MOST];
    const wechatpay_client *other;
};

static const char *or_none(const char *text) { return text == NULL ? "-" : text; }

static void watch(void *context, const wechatpay_attempt *attempt) {
    struct told *told = context;
    CHECK(told->count < MOST);
    CHECK(strcmp(wechatpay_attempt_operation(attempt), OPERATION) == 0);
    CHECK(strcmp(wechatpay_attempt_mchid(attempt), getenv("WECHATPAY_MCHID")) == 0);
    int begins = wechatpay_attempt_phase(attempt) == NULL;
    CHECK(begins ? wechatpay_attempt_duration(attempt) == 0 : wechatpay_attempt_duration(attempt) > 0);
    CHECK((wechatpay_attempt_request_id(attempt) != NULL) == (wechatpay_attempt_status(attempt) != 0));
    snprintf(told->line[told->count], sizeof told->line[0], "%u %s %s %d %s", (unsigned)wechatpay_attempt_number(attempt),
             wechatpay_attempt_host(attempt), or_none(wechatpay_attempt_phase(attempt)),
             (int)wechatpay_attempt_status(attempt), or_none(wechatpay_attempt_code(attempt)));
    told->thread[told->count] = pthread_self();
    told->time[told->count] = wechatpay_attempt_time(attempt);
    told->count++;
    if (told->other != NULL) call_once(told->other);
}

static void told_is(const struct told *told, int at, int number, const char *host, const char *end) {
    char expected[256];
    snprintf(expected, sizeof expected, "%d %s %s", number, host, end);
    CHECK(strcmp(told->line[at], expected) == 0);
    CHECK(pthread_equal(told->thread[at], pthread_self()));
    CHECK(at == 0 || told->time[at - 1] <= told->time[at]);
}

static wechatpay_client *watched(const wechatpay_client *client, struct told *told) {
    wechatpay_client *derived;
    OK(wechatpay_client_with_on_attempt(client, watch, told, &derived));
    return derived;
}

/* The first host refuses, and the second one answers. */
static void both_ends_are_told(const wechatpay_client *failing_over, const char *well) {
    struct told told = {.other = NULL};
    wechatpay_client *client = watched(failing_over, &told), *derived;
    call_once(client);
    CHECK(told.count == 4);
    told_is(&told, 0, 1, NOWHERE, "- 0 -");
    told_is(&told, 1, 1, NOWHERE, "connecting 0 connect_failed");
    told_is(&told, 2, 2, well, "- 0 -");
    told_is(&told, 3, 2, well, "answered 200 -");
    CHECK(told.time[0] > 1e9 && told.time[3] < (double)time(NULL) + 2);

    /* What is derived is watched too, until it is not any more. */
    told.count = 0;
    OK(wechatpay_client_with_options(client, 100, NULL, &derived));
    wechatpay_client_free(client);
    call_once(derived);
    CHECK(told.count >= 2);
    told.count = 0;
    OK(wechatpay_client_with_on_attempt(derived, NULL, NULL, &client));
    wechatpay_client_free(derived);
    call_once(client);
    CHECK(told.count == 0);
    wechatpay_client_free(client);
}

static void calls_from_within(const wechatpay_client *plain) {
    struct told told = {.other = plain};
    wechatpay_client *client = watched(plain, &told);
    call_once(client);
    CHECK(told.count == 2);
    wechatpay_client_free(client);
}

static void *calls(void *plain) {
    struct told told = {.other = NULL};
    wechatpay_client *client = watched(plain, &told);
    for (int at = 0; at < 4; at++) {
        told.count = 0;
        call_once(client);
        CHECK(told.count == 2);
        told_is(&told, 1, 1, getenv("WELL"), "answered 200 -");
    }
    wechatpay_client_free(client);
    return NULL;
}

static void each_thread_is_told_of_its_own(wechatpay_client *plain) {
    pthread_t threads[THREADS];
    for (int at = 0; at < THREADS; at++) CHECK(pthread_create(&threads[at], NULL, calls, plain) == 0);
    for (int at = 0; at < THREADS; at++) CHECK(pthread_join(threads[at], NULL) == 0);
}

static void errors_carry_them(const wechatpay_client *lost) {
    wechatpay_reply *reply = GARBAGE(wechatpay_reply);
    wechatpay_error *error = wechatpay_call(lost, OPERATION, PARAMS, strlen(PARAMS), &reply);
    CHECK(reply == NULL && strcmp(wechatpay_error_code(error), "connect_failed") == 0);
    CHECK(wechatpay_error_attempts(error) == 1 && wechatpay_error_attempt(error, 1) == NULL);
    CHECK(wechatpay_error_check_with(error) == NULL);
    const wechatpay_attempt *attempt = wechatpay_error_attempt(error, 0);
    CHECK(wechatpay_attempt_number(attempt) == 1 && strcmp(wechatpay_attempt_host(attempt), NOWHERE) == 0);
    CHECK(strcmp(wechatpay_attempt_phase(attempt), "connecting") == 0);
    CHECK(strcmp(wechatpay_attempt_code(attempt), "connect_failed") == 0);
    CHECK(wechatpay_attempt_status(attempt) == 0 && wechatpay_attempt_request_id(attempt) == NULL);
    CHECK(wechatpay_attempt_operation(attempt) == NULL && wechatpay_attempt_mchid(attempt) == NULL);
    wechatpay_error_free(error);
}

static void null_is_harmless(void) {
    wechatpay_client *client = GARBAGE(wechatpay_client);
    FAILS(wechatpay_client_with_on_attempt(NULL, watch, NULL, &client), WECHATPAY_ERROR_INVALID_REQUEST, "bad_argument",
          "client");
    CHECK(client == NULL);
    CHECK(wechatpay_error_attempts(NULL) == 0 && wechatpay_error_attempt(NULL, 0) == NULL);
    CHECK(wechatpay_error_check_with(NULL) == NULL);
    CHECK(wechatpay_attempt_operation(NULL) == NULL && wechatpay_attempt_mchid(NULL) == NULL);
    CHECK(wechatpay_attempt_number(NULL) == 0 && wechatpay_attempt_host(NULL) == NULL);
    CHECK(wechatpay_attempt_phase(NULL) == NULL && wechatpay_attempt_code(NULL) == NULL);
    CHECK(wechatpay_attempt_status(NULL) == 0 && wechatpay_attempt_request_id(NULL) == NULL);
    CHECK(wechatpay_attempt_duration(NULL) == 0 && wechatpay_attempt_time(NULL) == 0);
}

int main(void) {
    wechatpay_client *plain, *failing_over, *lost, *once;
    unsetenv("WECHATPAY_BACKUP_URL");
    /* Hosts are well or ill for the whole process: here they are so for a moment only. */
    setenv("WECHATPAY_COOL_DOWN", "0.0001", 1);
    setenv("WELL", getenv("WECHATPAY_BASE_URL"), 1);
    OK(wechatpay_client_from_env(&plain));
    setenv("WECHATPAY_BASE_URL", NOWHERE, 1);
    OK(wechatpay_client_from_env(&lost));
    OK(wechatpay_client_with_options(lost, 0, "off", &once));
    setenv("WECHATPAY_BACKUP_URL", getenv("WELL"), 1);
    OK(wechatpay_client_from_env(&failing_over));
    null_is_harmless();
    both_ends_are_told(failing_over, getenv("WELL"));
    calls_from_within(plain);
    each_thread_is_told_of_its_own(plain);
    errors_carry_them(once);
    wechatpay_client_free(once);
    wechatpay_client_free(lost);
    wechatpay_client_free(failing_over);
    wechatpay_client_free(plain);
    return done("attempts");
}
