/* A client, a receiver, and a store of notifications, in forked children: before the first use, after it, beside other threads that used it, and in
 * the middle of their calls. A hang is a failure. */
#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

#include "notification.h"

#define PATIENCE 150 /* seconds; valgrind is slow */

/* The allocator of AddressSanitizer has locks of its own that a fork does not take (GCC before 14): a child of a process
 * whose other threads allocate at that moment waits for them for ever, whatever it does. There the plain program and the
 * one under valgrind fork in the middle of calls. */
#ifdef __SANITIZE_ADDRESS__
#define FORKS_BESIDE_CALLS 0
#else
#define FORKS_BESIDE_CALLS 20
#endif

/* Runs `use` in a child, which must end well. */
static void in_child(void (*use)(wechatpay_client *), wechatpay_client *client) {
    fflush(NULL);
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        alarm(PATIENCE);
        use(client);
        exit(0);
    }
    int status;
    CHECK(waitpid(child, &status, 0) == child);
    if (WIFSIGNALED(status)) fprintf(stderr, "the child died of signal %d\n", WTERMSIG(status));
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void call_and_free(wechatpay_client *client) {
    call_once(client);
    call_once(client);
    wechatpay_client_free(client);
}

static void only_free(wechatpay_client *client) { wechatpay_client_free(client); }

static void call_in_grandchild(wechatpay_client *client) {
    call_once(client);
    in_child(call_and_free, client);
    call_and_free(client);
}

static void make_another(wechatpay_client *inherited) {
    wechatpay_client *own = sandbox_client();
    call_once(own);
    wechatpay_client_free(own);
    call_and_free(inherited);
}

static wechatpay_notifications *receiver;

static void parse_and_free(wechatpay_client *client) {
    parse_once(receiver);
    wechatpay_notifications_free(receiver);
    wechatpay_client_free(client);
}

static wechatpay_seen *store;

/* The parent has claimed it: the child knows, over a connection of its own, and says that it is done. */
static void finish_and_free(wechatpay_client *client) {
    int32_t claimed;
    FAILS(wechatpay_seen_claim(store, getenv("CLAIMED"), &claimed), WECHATPAY_ERROR_TIMEOUT, "seen_busy", NULL);
    OK(wechatpay_seen_done(store, getenv("CLAIMED")));
    wechatpay_seen_free(store);
    wechatpay_client_free(client);
}

static void share_a_store(wechatpay_client *client) {
    char id[64];
    int32_t claimed;
    snprintf(id, sizeof id, "EV-fork-%ld", (long)getpid());
    setenv("CLAIMED", id, 1);
    OK(wechatpay_seen_redis(getenv("WECHATPAY_TEST_REDIS"), 60, &store));
    OK(wechatpay_seen_claim(store, id, &claimed));
    CHECK(claimed == 1);
    in_child(finish_and_free, client);
    OK(wechatpay_seen_claim(store, id, &claimed));
    CHECK(claimed == 0);
    wechatpay_seen_free(store);
}

static pthread_barrier_t used, forked;

/* A thread that has made its call and is still there when the process forks. */
static void *stay(void *client) {
    wechatpay_reply *reply;
    wechatpay_error *error = wechatpay_call(client, OPERATION, PARAMS, strlen(PARAMS), &reply);
    pthread_barrier_wait(&used);
    pthread_barrier_wait(&forked);
    wechatpay_reply_free(reply);
    wechatpay_error_free(error);
    return error == NULL ? NULL : "a call failed in the parent";
}

static atomic_bool enough;

static void *keep_calling(void *client) {
    while (!atomic_load(&enough)) {
        wechatpay_reply *reply;
        wechatpay_error *error = wechatpay_call(client, OPERATION, PARAMS, strlen(PARAMS), &reply);
        if (error != NULL) return "a call failed in the parent";
        wechatpay_reply_free(reply);
    }
    return NULL;
}

static void *join(pthread_t thread) {
    void *problem;
    CHECK(pthread_join(thread, &problem) == 0);
    return problem;
}

int main(void) {
    alarm(5 * PATIENCE);
    wechatpay_client *client = sandbox_client();
    in_child(call_and_free, client);
    call_once(client);
    in_child(only_free, client);
    in_child(call_and_free, client);
    in_child(make_another, client);
    in_child(call_in_grandchild, client);
    call_once(client);

    OK(wechatpay_client_notifications(client, &receiver));
    in_child(parse_and_free, client);
    parse_once(receiver);
    in_child(parse_and_free, client);
    wechatpay_notifications_free(receiver);

    if (getenv("WECHATPAY_TEST_REDIS") != NULL) share_a_store(client);

    pthread_t threads[4];
    CHECK(pthread_barrier_init(&used, NULL, 5) == 0 && pthread_barrier_init(&forked, NULL, 5) == 0);
    for (size_t at = 0; at < 4; at++) CHECK(pthread_create(&threads[at], NULL, stay, client) == 0);
    pthread_barrier_wait(&used);
    for (int left = 5; left > 0; left--) in_child(call_and_free, client);
    pthread_barrier_wait(&forked);
    for (size_t at = 0; at < 4; at++) CHECK(join(threads[at]) == NULL);

    for (size_t at = 0; at < 2; at++) CHECK(pthread_create(&threads[at], NULL, keep_calling, client) == 0);
    for (int left = FORKS_BESIDE_CALLS; left > 0; left--) in_child(call_and_free, client);
    atomic_store(&enough, 1);
    for (size_t at = 0; at < 2; at++) CHECK(join(threads[at]) == NULL);
    call_once(client);
    wechatpay_client_free(client);
    return done("fork");
}
