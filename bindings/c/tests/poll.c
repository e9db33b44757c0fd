/* Calls that the caller gives up, against a server that never answers. */
#include <signal.h>
#include <sys/time.h>
#include <time.h>

#include "silent.h"

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static int third_time(void *context) { return ++*(int *)context < 3; }

static void gives_up(const wechatpay_client *silent) {
    int asked = 0;
    wechatpay_client *client, *derived;
    wechatpay_reply *reply = GARBAGE(wechatpay_reply);
    OK(wechatpay_client_with_poll(silent, third_time, &asked, &client));
    double started = now();
    wechatpay_error *error = wechatpay_call(client, OPERATION, PARAMS, strlen(PARAMS), &reply);
    CHECK(now() - started < 25 && asked == 3 && reply == NULL);
    CHECK(wechatpay_error_kind(error) == WECHATPAY_ERROR_TIMEOUT && strcmp(wechatpay_error_code(error), "cancelled") == 0);
    CHECK(wechatpay_error_may_have_taken_effect(error) == 1);
    CHECK(wechatpay_error_retryability(error) == WECHATPAY_RETRY_CHECK_FIRST);
    CHECK(strcmp(wechatpay_error_operation(error), OPERATION) == 0);
    wechatpay_error_free(error);

    /* A GET changes nothing; and what is derived is asked too. */
    asked = 0;
    OK(wechatpay_client_with_options(client, 20, "off", &derived));
    wechatpay_client_free(client);
    error = wechatpay_request(derived, "GET", "/v3/x", NULL, 0, NULL, 0, &reply);
    CHECK(asked == 3 && strcmp(wechatpay_error_code(error), "cancelled") == 0);
    CHECK(wechatpay_error_may_have_taken_effect(error) == 0);
    CHECK(wechatpay_error_retryability(error) == WECHATPAY_RETRY_SAFE);
    wechatpay_error_free(error);

    /* Nobody is asked any more. */
    asked = 0;
    OK(wechatpay_client_with_poll(derived, NULL, NULL, &client));
    wechatpay_client_free(derived);
    OK(wechatpay_client_with_options(client, 0.3, NULL, &derived));
    wechatpay_client_free(client);
    error = wechatpay_call(derived, OPERATION, PARAMS, strlen(PARAMS), &reply);
    CHECK(asked == 0 && wechatpay_error_kind(error) == WECHATPAY_ERROR_TIMEOUT);
    CHECK(strcmp(wechatpay_error_code(error), "cancelled") != 0);
    wechatpay_error_free(error);
    wechatpay_client_free(derived);
}

static volatile sig_atomic_t interrupted;

static void on_signal(int signal) {
    (void)signal;
    interrupted = 1;
}

static int not_interrupted(void *context) {
    (void)context;
    return !interrupted;
}

/* As an interpreter does it: a handler takes note, and the call ends before its time. */
static void ends_on_a_signal(const wechatpay_client *silent) {
    wechatpay_client *client;
    wechatpay_reply *reply;
    OK(wechatpay_client_with_poll(silent, not_interrupted, NULL, &client));
    struct sigaction action = {.sa_handler = on_signal};
    CHECK(sigaction(SIGALRM, &action, NULL) == 0);
    struct itimerval after = {.it_value = {.tv_usec = 300000}};
    double started = now();
    CHECK(setitimer(ITIMER_REAL, &after, NULL) == 0);
    wechatpay_error *error = wechatpay_call(client, OPERATION, PARAMS, strlen(PARAMS), &reply);
    double took = now() - started;
    CHECK(interrupted && strcmp(wechatpay_error_code(error), "cancelled") == 0);
    CHECK(took >= 0.3 && took < 25);
    wechatpay_error_free(error);
    wechatpay_client_free(client);
}

/* What is asked may make calls of its own. */
static int calls_inside(void *sandbox) {
    call_once(sandbox);
    return 0;
}

static void calls_from_within(const wechatpay_client *silent) {
    wechatpay_client *sandbox = sandbox_client(), *client;
    wechatpay_reply *reply;
    OK(wechatpay_client_with_poll(silent, calls_inside, sandbox, &client));
    FAILS(wechatpay_call(client, OPERATION, PARAMS, strlen(PARAMS), &reply), WECHATPAY_ERROR_TIMEOUT, "cancelled", NULL);
    wechatpay_client_free(client);
    wechatpay_client_free(sandbox);
}

int main(void) {
    wechatpay_client *silent = silent_client();
    gives_up(silent);
    calls_from_within(silent);
    ends_on_a_signal(silent);
    wechatpay_client_free(silent);
    return done("poll");
}
